//! Tries mutations for some time: `onset-fuzz [--seconds N] [--seed N] [TARGET …]`. Inputs that are faults go to
//! `fuzz/artifacts/TARGET`. Ends with 1 if there are any.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use onset_fuzz::{Campaign, TARGETS, Target, corpus, target};

fn main() -> ExitCode {
    let (mut seconds, mut seed, mut targets) = (60, 0, Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut number = || arguments.next().and_then(|number| number.parse().ok());
        match argument.as_str() {
            "--seconds" => seconds = number().unwrap_or(seconds),
            "--seed" => seed = number().unwrap_or(seed),
            name => match target(name) {
                Some(target) => targets.push(target),
                None => {
                    let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
                    eprintln!("error: no target is called {name}; there are {}", names.join(", "));
                    return ExitCode::from(2);
                }
            },
        }
    }
    if targets.is_empty() {
        targets.extend(TARGETS);
    }
    let mut faults = 0;
    for target in targets {
        faults += attack(target, Duration::from_secs(seconds), seed);
    }
    if faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Tries mutations and says what came of them; the number of faults.
fn attack(target: &'static Target, time: Duration, seed: u64) -> usize {
    let begun = Instant::now();
    let mut campaign = Campaign::new(target, seed, inputs(target));
    while begun.elapsed() < time {
        campaign.step();
    }
    let found = campaign.found();
    println!(
        "{}: {} executions, {} different answers, slowest {:.0?}, {} faults",
        target.name,
        found.executions,
        found.answers,
        found.slowest,
        found.faults.len()
    );
    let folder =
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/artifacts")).join(target.name);
    for (place, fault) in found.faults.iter().enumerate() {
        let path = folder.join(format!("{seed}-{place}"));
        let written = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, &fault.input));
        let place = written.map_or_else(|error| error.to_string(), |()| path.display().to_string());
        println!("  {}\n  {place}", fault.message.replace('\n', "\n  "));
    }
    found.faults.len()
}

/// The inputs in the corpus, in the order of their names.
fn inputs(target: &Target) -> Vec<Vec<u8>> {
    let entries = std::fs::read_dir(corpus(target)).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    paths.iter().filter_map(|path| std::fs::read(path).ok()).collect()
}
