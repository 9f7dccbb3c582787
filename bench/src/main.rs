//! Onset against PyTorch, measured in one run.
//!
//! `cargo run --release -p onset-bench -- --python PYTHON` prints tables in Markdown; PYTHON must have torch, scipy and transformers.
//! The sides alternate on the same work, so that other load on the machine affects both.

mod analysis;
mod classification;
mod copying;
#[path = "../../crates/onset/tests/support/data.rs"]
mod data;
mod descriptions;
mod limit;
mod memory;
mod peer;
mod process;
mod theory;
mod transformer;
mod translation;
mod translation_transformer;

use std::process::ExitCode;

use peer::Peer;

/// Rounds of each side.
pub const ROUNDS: usize = 3;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["--peak-memory"] => copying::print_peak_memory(),
        ["--load", file] => memory::load(file),
        ["--only", "memory"] => memory::all(memory::TEXTS),
        ["--only", "shares"] => limit::shares(None),
        ["--only", "shares", named] => limit::shares(Some(named)),
        ["--only", "theory"] => theory::all(),
        ["--only", "steps", "translation"] => translation_transformer::steps(1),
        ["--only", "steps", name] => transformer::steps(name, 1),
        ["--python", python, "--only", "multihead"] => copying::multihead(&Peer::new(python)),
        ["--python", python, "--only", "transformer"] => {
            let peer = Peer::new(python);
            translation_transformer::all(&peer);
            transformer::all(&peer);
        }
        ["--only", "descriptions"] => descriptions::alone(),
        ["--python", python, "--only", "descriptions"] => descriptions::all(&Peer::new(python)),
        ["--python", python, "--only", "analysis"] => analysis::all(&Peer::new(python)),
        ["--python", python, "--only", "translation"] => translation::all(&Peer::new(python), None),
        ["--python", python, "--only", "translation", weights] => {
            translation::all(&Peer::new(python), Some(weights));
        }
        ["--python", python] => {
            let peer = Peer::new(python);
            println!("| measurement | Onset | PyTorch | ratio |\n|---|---|---|---|");
            copying::one_thread(&peer);
            copying::two_runs(&peer);
            copying::multihead(&peer);
            classification::all(&peer);
            translation::all(&peer, None);
            translation_transformer::all(&peer);
            transformer::all(&peer);
            descriptions::all(&peer);
            println!("\n| limit | measured |\n|---|---|");
            limit::share_of_peak();
            limit::peak_memory();
            analysis::all(&peer);
            theory::all();
            memory::all(memory::TEXTS);
        }
        _ => {
            eprintln!(
                "usage: onset-bench --only theory | --only descriptions | --only memory | --only shares [copying | multihead | translation] | --only steps WORKLOAD | --python PYTHON [--only multihead | --only transformer | --only descriptions | --only \
                 analysis | --only translation [CHECKPOINT]] (PYTHON: a Python that can import torch, scipy and transformers; WORKLOAD: markov, \
                 item_label, characters, encoder or translation, Onset's own steps alone)"
            );
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// The median of `times`.
pub fn median(times: Vec<f64>) -> f64 {
    onset::stats::median(&times).expect("at least one time")
}

/// Prints one comparison in seconds per step.
pub fn compare(what: &str, ours: Vec<f64>, theirs: Vec<f64>) {
    let (count, ours, theirs) = (ours.len().min(theirs.len()), median(ours), median(theirs));
    println!(
        "| {what} (medians of {count} or more) | {:.1} ms | {:.1} ms | **{:.2}** |",
        ours * 1e3,
        theirs * 1e3,
        ours / theirs
    );
}
