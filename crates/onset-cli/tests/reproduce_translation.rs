//! The paper's translation study, small: what it writes, that it continues, and what it refuses.

mod support;

use std::fs;

use support::{SMALL_PAIRS, assert_same_run, failure, onset, sentences, success, write};
use tempfile::{TempDir, tempdir};

const STUDY: [&str; 4] = ["reproduce", "translation", "--data", "a.de,a.en"];

const FOLDER: &str = "runs/translation/a";

fn folder() -> TempDir {
    let folder = tempdir().unwrap();
    let [german, english] = sentences();
    write(&folder, "a.de", german);
    write(&folder, "a.en", english);
    folder
}

/// Runs a study that must succeed and returns its standard output and error.
fn study(folder: &TempDir, more: &[&str]) -> [String; 2] {
    success(onset(folder).args(STUDY).args(SMALL_PAIRS).args(more))
}

fn read(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).unwrap()
}

#[test]
fn a_study_gives_tables_a_lexicon_and_a_report() {
    let folder = folder();
    let [out, error] = study(&folder, &[]);
    for part in
        ["validation", "training", "A(α, β^uf)", "A(β^uf, β^px)", "A(Δ, β^uf)", "ξ BLEU", "Â", "target words"]
    {
        assert!(out.contains(part), "`{part}` is missing in {out}");
    }
    assert!(!out.contains("β^lr"), "there is no regression: {out}");
    assert!(out.contains("Δ was recorded for"), "{out}");
    assert!(error.contains("report.html") && error.contains("lexicon.csv"), "{error}");
    let lexicon = read(&folder, &format!("{FOLDER}/lexicon.csv"));
    assert!(lexicon.starts_with("source,pairs,beta_px_1") && lexicon.lines().count() > 4, "{lexicon}");
    let at = |name: &str| read(&folder, &format!("runs/translation/{name}"));
    assert!(at("agreement.md").contains("| a |") && at("agreement.tex").contains("\\begin{tabular}"));
    let csv = at("agreement.csv");
    let mut rows = csv.lines().map(|line| line.split(',').count());
    let columns = rows.next().unwrap();
    assert!(columns > 5 && rows.all(|count| count == columns), "{csv}");
    let report = at("report.html");
    for part in ["Does β come before α?", "Word alignments", "The lexicon", "\"alignments\""] {
        assert!(report.contains(part), "`{part}` is missing in the report");
    }
}

#[test]
fn a_study_is_held_against_links_made_by_hand() {
    let folder = folder();
    let [german, english] =
        sentences().map(|side| side.lines().take(4).collect::<Vec<_>>().join("\n") + "\n");
    write(&folder, "b.de", german);
    write(&folder, "b.en", english);
    write(&folder, "b.align", "0-0\n0-0 1-1\n\n1-1\n");
    let with = |links: &str| ["--validation", "b.de,b.en", "--alignments", links].map(str::to_owned);
    let [out, _] = success(
        onset(&folder).args(STUDY).args(SMALL_PAIRS).args(with("b.align")).args(["--json", "--out", "x"]),
    );
    let studies: serde_json::Value = serde_json::from_str(&out).unwrap();
    let rows = studies[0]["alignments"].as_array().unwrap();
    let has = |run: Option<&str>, by: &str| {
        rows.iter().filter(|row| row["run"].as_str() == run && row["by"] == by).count()
    };
    assert_eq!((has(None, "theory"), has(None, "beta-px"), has(Some("uniform"), "alpha")), (1, 1, 0));
    assert!(
        has(Some("gold"), "alpha") > 0 && has(Some("gold"), "alpha") == has(Some("gold"), "beta"),
        "{out}"
    );
    assert!(has(Some("uniform"), "beta") > 0 && rows.iter().all(|row| row["score"]["gold"] == 4), "{out}");
    let [out, _] =
        success(onset(&folder).args(STUDY).args(SMALL_PAIRS).args(with("b.align")).args(["--out", "x"]));
    assert!(out.contains("a: against links made by hand") && out.contains("beta-px"), "{out}");
    assert!(
        fs::read_to_string(folder.path().join("x/report.html"))
            .unwrap()
            .contains("Against links made by hand")
    );
    // Faults are told before anything is trained.
    write(&folder, "b.align", "0-0\n0-0 9-1\n\n1-1\n");
    let refused = |more: &[String], code| {
        failure(onset(&folder).args(STUDY).args(SMALL_PAIRS).args(more).args(["--out", "y"]), code)
    };
    let message = refused(&with("b.align"), 1);
    assert!(message.contains("b.align:2: the link 9-1 points beyond its pair"), "{message}");
    let message = refused(&with("b.align")[2..], 1);
    assert!(message.contains("there is none") && message.contains("--validation"), "{message}");
    let twice = [&with("b.align")[..], &["--data".to_owned(), "b.de,b.en".to_owned()]].concat();
    assert!(refused(&twice, 2).contains("give --data once"));
    assert!(!folder.path().join("y").exists());
}

#[test]
fn a_study_adds_what_is_missing_and_its_json_is_the_same_each_time() {
    let folder = folder();
    study(&folder, &[]);
    let journal = || read(&folder, &format!("{FOLDER}/gold-seed-20/journal.jsonl"));
    let before = journal();
    let [first, _] = study(&folder, &["--json", "--seeds", "13,14", "--jobs", "1"]);
    assert_eq!(journal(), before, "a finished run was done again");
    let [other, _] = study(&folder, &["--json", "--seeds", "13,14", "--jobs", "2", "--out", "whole"]);
    assert_eq!(first, other);
    for name in ["gold-seed-20", "uniform-seed-12", "comparison-seed-14"] {
        let run = |out: &str| folder.path().join(out).join(name);
        assert_same_run(&run(FOLDER), &run("whole/a"));
    }
    let studies: serde_json::Value = serde_json::from_str(&first).unwrap();
    assert_eq!(studies[0]["comparisons"], serde_json::json!([13, 14]));
    assert!(studies[0]["bleu"]["gold"].is_number() && studies[0]["label_names"].is_null());
}

#[test]
fn runs_on_other_pairs_and_arguments_that_make_no_sense_are_refused() {
    let folder = folder();
    study(&folder, &[]);
    write(&folder, "a.en", sentences()[1].replace("dog", "cat"));
    let message = failure(onset(&folder).args(STUDY).args(SMALL_PAIRS), 1);
    assert!(message.contains("gold-seed-20") && message.contains("SHA-256"), "{message}");
    let run = |arguments: &[&str], code: i32| {
        failure(onset(&folder).args(["reproduce", "translation"]).args(arguments), code)
    };
    let message = run(&["--data", "a.de,a.en", "--validation", "nothing"], 2);
    assert!(message.contains("--validation nothing"), "{message}");
    let message = run(&["--data", "a.de,a.en", "--set", "task='copying'"], 2);
    assert!(message.contains("translates sentences"), "{message}");
    let message = run(&["--data", "news_commentary_v14"], 1);
    assert!(message.contains("news_commentary_v14/en-nl"), "{message}");
    let message = run(&["--data", "sms_spam"], 1);
    assert!(message.contains("is for classification") && message.contains("multi30k"), "{message}");
    let message = run(&["--data", "multi30k", "--from", "."], 1);
    assert!(message.contains("onset data fetch multi30k") && message.contains("train.de.gz"), "{message}");
    let message = run(&["--data", "nowhere.de,a.en"], 1);
    assert!(message.contains("nowhere.de"), "{message}");
}
