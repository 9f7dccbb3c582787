//! No input of the corpus, and none of some thousand mutations from fixed seeds, is a fault.

use std::fs;

use onset_fuzz::{Campaign, TARGETS, corpus, target};

/// Tries the corpus and `mutations` more of one target.
fn assert_sound(name: &str, mutations: usize) {
    let target = target(name).unwrap();
    let entries = fs::read_dir(corpus(target)).into_iter().flatten().flatten();
    let mut paths: Vec<_> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    let inputs = paths.iter().map(|path| fs::read(path).unwrap()).collect();
    let mut campaign = Campaign::new(target, 7, inputs);
    (0..mutations).for_each(|_| campaign.step());
    let found = campaign.found();
    assert!(found.executions as usize >= mutations);
    for fault in &found.faults {
        eprintln!("{name}: {}\n{:?}", fault.message, String::from_utf8_lossy(&fault.input));
    }
    assert!(found.faults.is_empty(), "{} faults of {name}", found.faults.len());
}

// One test for all: what panics say is kept in one place.
#[test]
fn whatever_is_read_no_reader_panics_or_hangs() {
    for target in TARGETS {
        assert_sound(target.name, if matches!(target.name, "http" | "run" | "pairs") { 300 } else { 1000 });
    }
}
