//! `onset translate`: what it reads, what it writes, and when.

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use support::{SMALL_PAIRS, failure, onset, sentences, success, write};
use tempfile::{TempDir, tempdir};

const RUN: &str = "runs/a/seed-0";

/// A run that has learned to translate, more or less.
static TRAINED: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempdir().unwrap();
    let [german, english] = sentences();
    write(&folder, "a.de", german);
    write(&folder, "a.en", english);
    let more = ["train.steps=150", "train.learning_rate=0.02", "record.checkpoints=[150]", "model.hidden=16"];
    let more = more.iter().flat_map(|given| ["--set", given]);
    onset(&folder).args(["train", "a.de,a.en"]).args(SMALL_PAIRS).args(more).assert().success();
    folder
});

/// A folder with a copy of a trained run.
fn trained() -> TempDir {
    let folder = tempdir().unwrap();
    let copied = Command::new("cp").arg("-r").arg(TRAINED.path().join("runs")).arg(folder.path()).status();
    assert!(copied.unwrap().success());
    folder
}

/// Standard output and error of `onset translate` on `input`.
fn translate(folder: &TempDir, more: &[&str], input: impl Into<Vec<u8>>) -> [String; 2] {
    success(onset(folder).args(["translate", RUN]).args(more).write_stdin(input))
}

fn read(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).unwrap()
}

#[test]
fn a_command_that_fails_leaves_the_files_that_it_would_have_written() {
    let folder = trained();
    let fails = |arguments: &[&str], input: &[u8], part: &str| {
        write(&folder, "kept", "precious\n");
        let message = failure(onset(&folder).args(arguments).write_stdin(input), 1);
        assert!(message.contains(part), "{message}");
        assert_eq!(read(&folder, "kept"), "precious\n");
    };
    for option in ["--attention", "--alignment"] {
        fails(&["translate", "nosuch", option, "kept"], b"x\n", "no run in nosuch");
        fails(&["translate", RUN, "--reference", "nosuch", option, "kept"], b"x\n", "nosuch");
        fails(
            &["translate", RUN, option, "kept"],
            b"ein\n\xff\n",
            "standard input:2: a byte that is not UTF-8",
        );
    }
    fails(&["predict", "nosuch.de,nosuch.en", "--attention", "kept"], b"", "nosuch.de");
    let left = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(!left.into_iter().any(|name| name.to_string_lossy().contains("partial")));
}

#[test]
fn a_file_that_cannot_be_written_ends_the_command_before_anything_is_translated() {
    let folder = trained();
    let mut command = onset(&folder);
    let message = failure(command.args(["translate", RUN, "--attention", "none/a"]).write_stdin("ein\n"), 1);
    assert!(message.contains("cannot write none/a"), "{message}");
}

#[test]
fn a_byte_order_mark_is_left_out_as_in_training() {
    let folder = trained();
    let [plain, _] = translate(&folder, &["--attention", "plain", "--subwords"], "ein Hund\n");
    let [marked, _] = translate(&folder, &["--attention", "marked", "--subwords"], "\u{feff}ein Hund\n");
    assert_eq!(plain, marked);
    assert_eq!(read(&folder, "plain"), read(&folder, "marked"));
    let score = |reference: String| {
        write(&folder, "ref", reference);
        let [_, error] = translate(&folder, &["--reference", "ref"], "ein Hund\n");
        error.lines().find(|line| line.contains("BLEU")).unwrap().to_string()
    };
    assert_eq!(score(plain.clone()), score(format!("\u{feff}{plain}")));
}

#[test]
fn blank_lines_stay_blank_and_are_not_scored() {
    let folder = trained();
    let [out, _] = translate(&folder, &["--attention", "a", "--alignment", "b"], "ein Hund\n\n \nein Kind");
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!((lines.len(), lines[1], lines[2]), (4, "", ""));
    assert!(!lines[0].is_empty() && !lines[3].is_empty(), "{out}");
    assert_eq!((read(&folder, "a").lines().count(), read(&folder, "b").lines().count()), (4, 4));
    write(&folder, "ref", format!("{}\n\nsomething\n\n", lines[0]));
    let [_, error] = translate(&folder, &["--reference", "ref"], "ein Hund\n\n \nein Kind");
    assert!(error.contains("3 lines with an empty source or reference are not scored"), "{error}");
    assert!(error.contains("ratio = 1.000"), "{error}");
    write(&folder, "ref", "\n\n");
    let [_, error] = translate(&folder, &["--reference", "ref"], "ein Hund\nein Kind\n");
    assert!(error.contains("no line to score") && !error.contains("BLEU"), "{error}");
}

#[test]
fn a_reference_that_is_not_utf8_is_named_with_its_line() {
    let folder = trained();
    write(&folder, "ref", b"one\n\xff\n");
    let mut command = onset(&folder);
    let message =
        failure(command.args(["translate", RUN, "--reference", "ref"]).write_stdin("ein\nein\n"), 1);
    assert!(message.contains("ref:2: a byte that is not UTF-8"), "{message}");
}

#[test]
fn a_pipe_gets_each_translation_as_soon_as_its_line_is_there() {
    let folder = trained();
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("onset"))
        .current_dir(folder.path())
        .args(["translate", RUN])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    for line in ["ein Hund", "ein Kind sieht"] {
        // Without an answer to each line, this would wait for ever.
        writeln!(input, "{line}").unwrap();
        let mut answer = String::new();
        output.read_line(&mut answer).unwrap();
        assert!(answer.ends_with('\n'));
    }
    drop(input);
    assert!(child.wait().unwrap().success());
}

#[test]
fn waiting_for_a_line_ends_with_ctrl_c() {
    let folder = trained();
    let mut child = Command::new(assert_cmd::cargo::cargo_bin("onset"))
        .current_dir(folder.path())
        .args(["translate", RUN, "--alignment", "b"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    writeln!(input, "ein Hund").unwrap();
    let mut answer = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut answer).unwrap();
    Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(!folder.path().join("b").exists());
    drop(input);
}

#[test]
fn alignments_are_written_by_word_in_pharaohs_form() {
    let folder = trained();
    let input = "ein Hund\nein rote Hund sieht ein Kind\n";
    let [out, _] = translate(&folder, &["--alignment", "b", "--attention", "a"], input);
    let (links, attention) = (read(&folder, "b"), read(&folder, "a"));
    for (((source, translation), links), line) in
        input.lines().zip(out.lines()).zip(links.lines()).zip(attention.lines())
    {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let words = |side: &str| -> Vec<String> { serde_json::from_value(line[side].clone()).unwrap() };
        assert_eq!(words("source"), source.split(' ').collect::<Vec<_>>());
        assert_eq!(words("target"), translation.split_whitespace().collect::<Vec<_>>());
        let alpha: Vec<Vec<f64>> = serde_json::from_value(line["alpha"].clone()).unwrap();
        let marks: Vec<f64> = serde_json::from_value(line["marks"].clone()).unwrap();
        for (row, marks) in alpha.iter().zip(marks) {
            assert!((row.iter().sum::<f64>() + marks - 1.0).abs() < 1e-5, "{row:?} {marks}");
        }
        let mut targets = 0;
        for link in links.split(' ') {
            let (i, j) = link.split_once('-').unwrap();
            let (i, j): (usize, usize) = (i.parse().unwrap(), j.parse().unwrap());
            assert!(alpha[j].iter().all(|&weight| weight <= alpha[j][i]));
            targets += 1;
        }
        assert_eq!(targets, alpha.len());
    }
}

#[test]
fn what_normalisation_changes_is_said_and_references_are_normalised_alike() {
    let folder = tempdir().unwrap();
    let line = |i: usize, word: &str| format!("{word} ½ … {}\n", ["rot", "blau"][i % 2]);
    write(&folder, "a.de", (0..60).map(|i| line(i, "alt")).collect::<String>());
    write(&folder, "a.en", (0..60).map(|i| line(i, "old")).collect::<String>());
    let train = |more: &[&str]| {
        let sizes = ["--set", "data.vocabulary=60", "--set", "task.bleu=full"];
        success(onset(&folder).args(["train", "a.de,a.en"]).args(SMALL_PAIRS).args(sizes).args(more))
    };
    let [_, error] = train(&[]);
    assert!(
        error.contains("NFKC changes characters in 60 pairs") && error.contains("½ becomes 1⁄2"),
        "{error}"
    );
    let [_, quiet] = train(&["--set", "task.normalization=none", "--out", "none"]);
    assert!(!quiet.contains("NFKC"), "{quiet}");
    let [out, _] = translate(&folder, &[], "alt ½ …\n");
    let score = |run: &str, more: &[&str]| {
        let arguments = [&["translate", run, "--reference", "ref"], more].concat();
        success(onset(&folder).args(arguments).write_stdin("alt ½ …\n"))[1].clone()
    };
    // What the model wrote, and what it would have been before normalisation.
    write(&folder, "ref", format!("{} …\n", out.trim_end()));
    let [alike, as_is] = [score(RUN, &[]), score(RUN, &["--reference-as-is"])];
    assert!(alike.contains("|norm:nfkc") && as_is.contains("|norm:none"), "{alike} {as_is}");
    assert!(score("none/a/seed-0", &[]).contains("|norm:none"));
}

#[test]
fn the_score_in_training_does_not_depend_on_which_form_of_a_character_a_file_has() {
    let folder = tempdir().unwrap();
    for (name, half) in [("plain", "1⁄2 ..."), ("typo", "½ …")] {
        let line = |i: usize, words: [&str; 2]| format!("{} {half}\n", words[i % 2]);
        write(&folder, &format!("{name}.de"), (0..80).map(|i| line(i, ["rot", "blau"])).collect::<String>());
        write(&folder, &format!("{name}.en"), (0..80).map(|i| line(i, ["red", "blue"])).collect::<String>());
        let target = format!("{name}.de,{name}.en");
        let sizes =
            ["--set", "data.vocabulary=40", "--set", "train.steps=60", "--set", "record.checkpoints=[60]"];
        success(onset(&folder).args(["train", &target]).args(SMALL_PAIRS).args(sizes));
    }
    let scores = |name: &str| {
        let manifest = read(&folder, &format!("runs/{name}/seed-0/manifest.json"));
        serde_json::from_str::<serde_json::Value>(&manifest).unwrap()["scores"].clone()
    };
    assert!(scores("plain")["bleu_sample"].is_number());
    assert_eq!(scores("plain"), scores("typo"));
}

#[test]
fn options_that_do_not_apply_are_refused() {
    let folder = trained();
    for option in ["--subwords", "--reference-as-is"] {
        let message = failure(onset(&folder).args(["translate", RUN, option]).write_stdin(""), 2);
        assert!(message.contains("--attention") || message.contains("--reference"), "{message}");
    }
    assert!(Path::new(&folder.path().join(RUN)).exists());
}
