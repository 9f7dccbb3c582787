//! The load test of the lab, at a small size: it must go on working as the lab changes.

use std::process::{Command, Output};

fn watchers(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_watchers")).args(arguments).output().unwrap()
}

#[test]
fn every_subscriber_follows_a_training_to_its_end() {
    let done = watchers(&["--steps", "60"]);
    let table = String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success(), "{table}{}", String::from_utf8_lossy(&done.stderr));
    let last = table.lines().last().unwrap();
    assert!(last.starts_with("| 200 |") && !last.contains("| 0–"), "{table}");
}

#[test]
fn memory_is_told() {
    let done = watchers(&["--steps", "20", "--soak", "0.03"]);
    let told = String::from_utf8_lossy(&done.stdout);
    assert!(
        done.status.success() && told.contains("MB at the end"),
        "{told}{}",
        String::from_utf8_lossy(&done.stderr)
    );
}
