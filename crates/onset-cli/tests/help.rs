//! What explains the commands: keys, completions, manual pages, version; and what people read, as it was read.

mod support;

use std::fs;
use std::path::Path;

use support::{SMALL, SMALL_TEXT, assert_parts, failure, messages, onset, success, write};
use tempfile::tempdir;

#[test]
fn keys_are_described_by_part_with_what_is_possible_and_the_default() {
    let folder = tempdir().unwrap();
    let [rnn, _] = success(onset(&folder).args(["keys", "rnn"]));
    assert_parts(&rnn, &["kind = \"rnn\"", "model.hidden = 256", "A whole number from 1 to 1,048,576"]);
    assert!(!rnn.contains("train.steps"), "{rnn}");
    let [steps, _] = success(onset(&folder).args(["keys", "train.steps"]));
    let steps = steps.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_parts(&steps, &["Optimiser steps.", "200 for copying", "4000 for classification"]);
    let [record, _] = success(onset(&folder).args(["keys", "record"]));
    assert_parts(&record, &["record.probes", "or a whole number", "record.checkpoints"]);
    let [json, _] = success(onset(&folder).args(["keys", "copying", "--json"]));
    let sections: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(sections[0]["keys"][0]["key"], "task.vocabulary");
}

#[test]
fn a_key_that_does_not_exist_is_answered_with_the_nearest() {
    let folder = tempdir().unwrap();
    let message = failure(onset(&folder).args(["keys", "hiden"]), 2);
    assert_parts(&message, &["hiden", "did you mean `hidden`?", "`onset keys`"]);
    let message = failure(onset(&folder).args(["train", "copying", "--set", "model.hiden=3"]), 2);
    assert_parts(&message, &["did you mean `hidden`?", "`onset keys`"]);
}

#[test]
fn the_page_of_keys_is_what_the_command_prints() {
    let folder = tempdir().unwrap();
    let [page, _] = success(onset(&folder).args(["keys", "--markdown"]));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/keys.md");
    let there = fs::read_to_string(path).unwrap_or_default();
    assert!(there == page, "docs/keys.md is not current: cargo run -- keys --markdown > docs/keys.md");
}

#[test]
fn completions_are_there_for_each_shell() {
    let folder = tempdir().unwrap();
    for (shell, part) in [
        ("bash", "complete -F"),
        ("zsh", "#compdef onset"),
        ("fish", "complete -c onset"),
        ("powershell", "Register-Arg"),
    ] {
        let [script, _] = success(onset(&folder).args(["completions", shell]));
        assert_parts(&script, &[part, "reproduce", "length-penalty"]);
    }
    failure(onset(&folder).args(["completions", "cmd"]), 2);
}

#[test]
fn a_manual_page_is_printed_for_any_command_and_written_for_all() {
    let folder = tempdir().unwrap();
    let [page, _] = success(onset(&folder).args(["man"]));
    assert_parts(&page, &[".TH onset 1", "A laboratory for how attention learns"]);
    let [page, _] = success(onset(&folder).args(["man", "reproduce", "copying"]));
    assert_parts(&page, &["Vocabulary sizes to compare"]);
    let message = failure(onset(&folder).args(["man", "trian"]), 2);
    assert_parts(&message, &["trian", "did you mean `train`?"]);
    success(onset(&folder).args(["man", "--out", "pages"]));
    for page in ["onset.1", "onset-train.1", "onset-reproduce-copying.1", "onset-data-fetch.1"] {
        assert!(folder.path().join("pages").join(page).exists(), "{page}");
    }
}

#[test]
fn the_version_is_that_of_onset() {
    let folder = tempdir().unwrap();
    let [version, _] = success(onset(&folder).arg("--version"));
    assert_eq!(version, format!("onset {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_built_in_task_that_is_mistyped_is_suggested() {
    let folder = tempdir().unwrap();
    for (typed, meant) in [("keywrod", "keyword"), ("copyng", "copying"), ("inductoin", "induction")] {
        let message = failure(onset(&folder).args(["train", typed]), 2);
        assert_parts(&message, &[&format!("did you mean `{meant}`?")]);
    }
}

#[test]
fn instructions_that_are_unknown_are_refused_before_anything_is_done() {
    let folder = tempdir().unwrap();
    let message =
        failure(onset(&folder).args(["train", "copying"]).args(SMALL).env("ONSET_KERNEL", "sse9"), 2);
    assert_parts(&message, &["ONSET_KERNEL=sse9", "avx512, avx2, plain"]);
    assert!(!folder.path().join("runs").exists());
}

/// A report without what its figures hold: headings, tables and captions, in their order.
fn skeleton(html: &str) -> String {
    let mut lines = Vec::new();
    let mut rest = html;
    while let Some(begin) = rest.find('<') {
        rest = &rest[begin..];
        let tag: String = rest[1..].chars().take_while(char::is_ascii_alphanumeric).collect();
        let end = rest.find('>').map_or(rest.len(), |end| end + 1);
        let close = rest.find(&format!("</{tag}>")).unwrap_or(end).max(end);
        match tag.as_str() {
            "title" | "h1" | "h2" | "h3" | "th" | "figcaption" | "summary" | "caption" => {
                lines.push(format!("{tag}: {}", text(&rest[end..close])));
                rest = &rest[close..];
            }
            "script" | "style" => rest = &rest[close..],
            _ => rest = &rest[1..],
        }
    }
    lines.join("\n")
}

/// Text without tags.
fn text(html: &str) -> String {
    let parts = html.split('<').enumerate().map(|(place, part)| match part.split_once('>') {
        Some((_, after)) if place > 0 => after,
        _ => part,
    });
    parts.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn tables_and_reports_are_as_they_were_read() {
    let folder = tempdir().unwrap();
    write(&folder, "messages.tsv", messages());
    let command = |arguments: &[&str], small: &[&str]| {
        // The same last digits on every machine.
        let [out, _] = success(onset(&folder).args(arguments).args(small).env("ONSET_KERNEL", "plain"));
        let out = out.replace(&folder.path().display().to_string(), "FOLDER");
        out.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    };
    insta::assert_snapshot!("table-train-copying", command(&["train", "copying", "--seeds", "2"], &SMALL));
    insta::assert_snapshot!("table-train-texts", command(&["train", "messages.tsv"], &SMALL_TEXT));
    insta::assert_snapshot!(
        "table-predict-texts",
        command(&["predict", "messages.tsv", "--set", "task.min_count=1"], &[])
    );
    insta::assert_snapshot!("table-data-list", command(&["data", "list"], &[]));
    insta::assert_snapshot!("table-data-inspect", command(&["data", "inspect", "messages.tsv"], &[]));
    for (name, folder_of_run) in [("copying", "runs/copying"), ("texts", "runs/messages")] {
        let report = fs::read_to_string(folder.path().join(folder_of_run).join("report.html")).unwrap();
        insta::assert_snapshot!(format!("report-{name}"), skeleton(&report));
    }
}
