//! `onset align`: links with nothing trained and by a run, and against gold.

mod support;

use std::fs;

use support::{failure, onset, write};
use tempfile::{TempDir, tempdir};

const PAIRS: [[&str; 2]; 4] =
    [["das Haus", "the house"], ["das Buch", "the book"], ["ein Buch", "a book"], ["ein Haus", "a house"]];

fn folder() -> TempDir {
    let folder = tempdir().unwrap();
    for (name, side) in [("a.de", 0), ("a.en", 1)] {
        let lines: String = (0..6).flat_map(|_| PAIRS).map(|pair| format!("{}\n", pair[side])).collect();
        write(&folder, name, &lines);
    }
    for (name, side) in [("b.de", 0), ("b.en", 1)] {
        write(&folder, name, format!("{}\n{}\n", PAIRS[0][side], PAIRS[2][side]));
    }
    write(&folder, "gold", "0-0 1-1\n0-0 1-1\n");
    folder
}

fn output(folder: &TempDir, arguments: &[&str]) -> String {
    let output = onset(folder).arg("align").args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn pairs_are_aligned_with_nothing_trained() {
    let folder = folder();
    let links = output(&folder, &["a.de,a.en"]);
    assert_eq!(links.lines().count(), 24);
    assert!(links.lines().all(|line| line == "0-0 1-1"), "{links}");
    for more in [&["--join", "grow"][..], &["--by", "ibm-1"], &["--by", "co-occurrence", "--keep-case"]] {
        let arguments = [&["b.de,b.en", "--count", "a.de,a.en", "-o", "links"], more].concat();
        assert_eq!(output(&folder, &arguments), "");
        let links = fs::read_to_string(folder.path().join("links")).unwrap();
        assert_eq!(links, "0-0 1-1\n0-0 1-1\n", "{more:?}");
    }
}

#[test]
fn ways_and_checkpoints_are_compared_with_gold() {
    let folder = folder();
    let sets = "model.hidden=8 model.embedding=8 task.vocabulary=24 train.batch=4 train.steps=4 record.checkpoints=[0,4]";
    let sets = sets.split(' ').flat_map(|set| ["--set", set]);
    let trained = onset(&folder)
        .args(["train", "a.de,a.en", "--validation", "b.de,b.en", "--name", "a"])
        .args(sets)
        .output()
        .unwrap();
    assert!(trained.status.success(), "{}", String::from_utf8_lossy(&trained.stderr));
    let run = "runs/a/seed-0";
    let with_run = ["b.de,b.en", "--count", "a.de,a.en", "--gold", "gold", "--run", run, "--json"];
    let scores: serde_json::Value = serde_json::from_str(&output(&folder, &with_run)).unwrap();
    let rows = scores.as_array().unwrap();
    assert_eq!(rows.len(), 5 + 2 * 2);
    let theory = rows.iter().find(|row| row["by"] == "theory").unwrap();
    assert_eq!(theory["score"]["aer"], 0.0);
    assert!(rows.iter().filter(|row| row["by"] == "beta").map(|row| &row["step"]).eq([0, 4].iter()));
    let delta =
        output(&folder, &["b.de,b.en", "--gold", "gold", "--run", run, "--by", "delta", "--step", "4"]);
    assert!(delta.contains("delta") && delta.contains("error rate"), "{delta}");
    let links = output(&folder, &["b.de,b.en", "--run", run, "--by", "beta"]);
    assert_eq!(links.lines().count(), 2);
}

#[test]
fn faults_are_named() {
    let folder = folder();
    write(&folder, "short", "0-0\n");
    write(&folder, "beyond", "0-0\n0-7\n");
    for (arguments, code, parts) in [
        (&["b.de,b.en", "--gold", "short"][..], 1, ["short has 1 lines", "2 pairs"]),
        (&["b.de,b.en", "--gold", "beyond"], 1, ["beyond:2", "0-7"]),
        (&["b.de,b.en", "--by", "alpha"], 2, ["--run RUN", "alpha"]),
        (&["b.de,b.en", "--run", "nowhere"], 1, ["nowhere", "no run"]),
    ] {
        let message = failure(onset(&folder).arg("align").args(arguments), code);
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
    }
}
