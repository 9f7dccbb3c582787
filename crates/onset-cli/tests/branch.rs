//! `onset branch`: pairs of runs.

mod support;

use support::{failure, onset};
use tempfile::{TempDir, tempdir};

fn trained() -> TempDir {
    let folder = tempdir().unwrap();
    let sets = "task.vocabulary=6 task.length=4 model.hidden=8 model.embedding=8 train.steps=6 train.batch=4 record.every=2 \
        record.checkpoints=[0] record.states=[2]";
    let sets = sets.split_whitespace().flat_map(|set| ["--set", set]);
    let output = onset(&folder).args(["train", "copying", "--seeds", "2"]).args(sets).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    folder
}

#[test]
fn runs_go_on_with_a_change_and_are_shown_beside_their_parents() {
    let folder = trained();
    let seeds = ["runs/copying/seed-0", "runs/copying/seed-1"];
    let branch = |more: &[&str]| {
        let output = onset(&folder).arg("branch").args(seeds).args(more).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let shown = branch(&["--at", "2", "--set", "attention=uniform", "--set", "freeze=rest"]);
    assert!(shown.contains("uniform attention, all but attention frozen from step 2"), "{shown}");
    let own = folder.path().join("runs/copying-at-2-attention-uniform-freeze-rest");
    let origin = std::fs::read_to_string(own.join("seed-1/branch.json")).unwrap();
    assert!(origin.contains("runs/copying/seed-1") && origin.contains("\"at\":2"), "{origin}");
    // The report shows the tree, and what the change did over both seeds.
    let report = std::fs::read_to_string(own.join("report.html")).unwrap();
    for part in ["<h2>Branches</h2>", "times the steps", "95 % interval, low"] {
        assert!(report.contains(part), "{part}");
    }
    // Again: what has finished is only shown.
    assert_eq!(branch(&["--at", "2", "--set", "attention=uniform", "--set", "freeze=rest"]), shown);
    branch(&["--at", "3", "--set", "batch=3", "--retrace", "--name", "small"]);
    let origin = std::fs::read_to_string(folder.path().join("runs/small/seed-0/branch.json")).unwrap();
    assert!(origin.contains("\"at\":3"), "{origin}");
}

#[test]
fn faults_are_named() {
    let folder = trained();
    for (arguments, code, parts) in [
        (&["--at", "3", "--set", "batch=2"][..], 1, ["at steps 0, 2", "--retrace"]),
        (&["--at", "2", "--set", "batch=2", "--set", "at=4"], 2, ["at=4", "given separately"]),
        (&["runs/copying/seed-0", "--at", "2", "--set", "batch=2"], 2, ["two of the runs", "--name"]),
        (&["--at", "2", "--set", "colour=2"], 2, ["unknown key `colour`", "onset keys intervene"]),
        (&["--at", "9", "--set", "batch=2"], 2, ["intervene.at = 9", "ends at step 6"]),
        (&["--at", "2", "--set", "attention=uniform", "--set", "layer=4"], 1, ["layer", "places"]),
    ] {
        let run = "runs/copying/seed-0";
        let message = failure(onset(&folder).args(["branch", run]).args(arguments), code);
        assert!(parts.iter().all(|part| message.contains(part)), "{message}");
    }
}
