//! Figures on the command line, and what a report says.

mod support;

use std::fs;

use support::{SMALL, SMALL_TEXT, messages, onset, write};
use tempfile::{TempDir, tempdir};

const LONGER: [&str; 4] = ["--set", "train.steps=60", "--set", "data.validation_fraction=0.5"];

fn trained(folder: &TempDir, more: &[&str]) {
    write(folder, "messages.tsv", messages());
    onset(folder).args(["train", "messages.tsv"]).args(SMALL_TEXT).args(LONGER).args(more).assert().success();
}

fn output(folder: &TempDir, arguments: &[&str]) -> String {
    let output = onset(folder).args(arguments).assert().success().get_output().stdout.clone();
    String::from_utf8(output).unwrap()
}

fn refused(folder: &TempDir, arguments: &[&str]) -> String {
    let error = onset(folder).args(arguments).assert().code(2).get_output().stderr.clone();
    String::from_utf8(error).unwrap()
}

fn read(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).unwrap()
}

#[test]
fn the_figures_of_runs_are_listed() {
    let folder = tempdir().unwrap();
    trained(&folder, &["--seeds", "2"]);
    let several = output(&folder, &["figure", "runs/messages"]);
    assert!(several.contains("accuracy against steps") && !several.contains("alpha"), "{several}");
    let one = output(&folder, &["figure", "runs/messages/seed-0"]);
    assert!(one.contains("loss") && one.contains("alpha"), "{one}");
}

#[test]
fn a_score_is_written_as_svg_pdf_and_csv() {
    let folder = tempdir().unwrap();
    trained(&folder, &["--seeds", "2"]);
    for name in ["a.svg", "a.pdf", "a.csv"] {
        output(&folder, &["figure", "runs/messages", "accuracy", "-o", name]);
    }
    let svg = read(&folder, "a.svg");
    assert!(
        svg.starts_with("<svg") && svg.contains("seed 1</text>") && svg.contains(">accuracy</text>"),
        "{svg}"
    );
    assert!(
        svg.contains(">60</text>") && !svg.contains(">80</text>"),
        "the axis ends where the data does: {svg}"
    );
    assert!(fs::read(folder.path().join("a.pdf")).unwrap().starts_with(b"%PDF-1.4"));
    let csv = read(&folder, "a.csv");
    assert!(csv.starts_with("line,step,value,low,high\nseed 0,0,") && csv.contains("\nmedian,60,"), "{csv}");
}

#[test]
fn settings_that_differ_are_lines_named_by_what_differs() {
    let folder = tempdir().unwrap();
    trained(&folder, &[]);
    trained(&folder, &["--out", "wide", "--set", "model.hidden=9"]);
    output(&folder, &["figure", "runs", "wide", "loss", "-o", "loss.svg", "--log"]);
    let svg = read(&folder, "loss.svg");
    assert!(
        svg.contains("hidden = 6") && svg.contains("hidden = 9") && svg.contains("step (logarithmic)"),
        "{svg}"
    );
}

#[test]
fn attention_is_drawn_by_checkpoint_or_by_target_word() {
    let folder = tempdir().unwrap();
    trained(&folder, &[]);
    let run = "runs/messages/seed-0";
    output(&folder, &["figure", run, "alpha", "-o", "alpha.csv"]);
    let csv = read(&folder, "alpha.csv");
    assert!(csv.starts_with("row,step,position,word,α\n0,0,0,<bos>,"), "{csv}");
    output(&folder, &["figure", run, "beta", "-o", "beta.svg", "--step", "60"]);
    assert!(read(&folder, "beta.svg").contains("<rect"));
    onset(&folder).args(["train", "copying"]).args(SMALL).assert().success();
    output(&folder, &["figure", "runs/copying/seed-0", "alpha", "-o", "copying.pdf"]);
    output(
        &folder,
        &["figure", "runs/copying/seed-0", "alpha", "-o", "copying.csv", "--step", "20", "--example", "1"],
    );
    let csv = read(&folder, "copying.csv");
    assert!(
        csv.starts_with("target_position,target,source_position,source,α\n") && csv.lines().count() == 50,
        "{csv}"
    );
}

#[test]
fn what_cannot_be_drawn_is_refused_with_what_can() {
    let folder = tempdir().unwrap();
    trained(&folder, &["--seeds", "2"]);
    let run = ["figure", "runs/messages"];
    for (more, parts) in [
        (&["acuracy", "-o", "a.svg"][..], &["no figure `acuracy`", "did you mean `accuracy`?"][..]),
        (&["accuracy", "-o", "a.png"], &["PNG", ".svg"]),
        (&["accuracy", "-o", "a"], &["ends in .svg, .pdf or .csv"]),
        (&["accuracy"], &["-o accuracy.svg"]),
        (&["-o", "a.svg"], &["name a figure after the runs", "loss"]),
        (&["accuracy", "-o", "a.svg", "--step", "3"], &["--step", "leave it out"]),
        (&["accuracy", "-o", "a.csv", "--log"], &["--log", "leave it out"]),
        (&["alpha", "-o", "a.svg"], &["shows a single run", "there are 2 runs"]),
    ] {
        let error = refused(&folder, &[&run[..], more].concat());
        assert!(parts.iter().all(|part| error.contains(part)), "{error}");
    }
    let one = ["figure", "runs/messages/seed-0", "alpha", "-o", "a.svg"];
    for (more, part) in
        [(["--step", "61"], "no attention records for step 61"), (["--example", "99"], "example 99")]
    {
        let error = onset(&folder).args(one).args(more).assert().code(1).get_output().stderr.clone();
        assert!(String::from_utf8(error).unwrap().contains(part));
    }
}

#[test]
fn a_uniform_run_names_no_words_that_attention_goes_to() {
    let folder = tempdir().unwrap();
    write(&folder, "messages.tsv", messages());
    let uniform = ["train", "messages.tsv", "--set", "model.attention=uniform"];
    let arguments = [&uniform[..], &SMALL_TEXT, &LONGER].concat();
    let table = output(&folder, &arguments);
    assert!(
        table.contains("attention is uniform") && !table.contains("words that attention goes to"),
        "{table}"
    );
    let report = read(&folder, "runs/messages/report.html");
    assert!(report.contains("None: attention is uniform at the last recorded step"));
    assert!(!report.contains("<td>1.00 ×</td>"));
}

#[test]
fn a_report_begins_with_what_was_learned_and_ends_with_where_it_comes_from() {
    let folder = tempdir().unwrap();
    trained(&folder, &[]);
    let mut report = onset(&folder);
    report.env("SOURCE_DATE_EPOCH", "951782400").args(["report", "runs", "-o", "a.html"]).assert().success();
    let page = read(&folder, "a.html");
    let verdict = page.split("verdict-box\">").nth(1).unwrap().split("</p>").next().unwrap();
    assert!(
        verdict.contains("Accuracy on held-out texts is") && verdict.contains("the most frequent label"),
        "{verdict}"
    );
    assert!(page.find("verdict-box\">") < page.find("<table"), "the verdict is before the table");
    assert!(page.contains("<dl class=\"columns\"><dt>Label</dt>"), "the table has a legend");
    assert!(page.contains("<details class=\"glossary\">") && page.contains("attention weight</dt>"));
    let footer = page.split("<footer>").nth(1).unwrap().split("</footer>").next().unwrap();
    for part in [
        "2000-02-29 00:00 UTC",
        "Onset 0.1.0",
        "onset report runs -o a.html",
        "messages.tsv: SHA-256",
        "[train]",
    ] {
        assert!(footer.contains(part), "{part}: {footer}");
    }
}

#[test]
fn superscripts_are_typeset_in_the_report_of_a_study() {
    let folder = tempdir().unwrap();
    write(&folder, "messages.tsv", messages());
    let arguments = ["reproduce", "classification", "--data", "messages.tsv", "--seeds", "13"];
    onset(&folder).args(arguments).args(SMALL_TEXT).assert().success();
    let page = read(&folder, "runs/classification/report.html");
    assert!(page.contains("A(α, β<sup>uf</sup>)"));
    let words = page.split("<script").next().unwrap();
    assert!(!words.contains("β^"), "{words}");
}

#[test]
fn the_run_without_data_is_recorded_densely_where_attention_is_learned() {
    let folder = tempdir().unwrap();
    onset(&folder)
        .args(["train"])
        .args(&SMALL_TEXT[..8])
        .args(["--set", "train.steps=30"])
        .assert()
        .success();
    let spec = read(&folder, "runs/keyword/seed-0/spec.toml");
    let steps = spec.split("checkpoints = [").nth(1).unwrap().split(']').next().unwrap();
    let steps: Vec<u64> = steps.split(',').filter_map(|step| step.trim().parse().ok()).collect();
    assert_eq!(steps, [0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30]);
}
