//! What is fuzzed: everything that reads what somebody else has written.
//!
//! A [`Target`] takes any bytes, lets one reader read them, and says in a few words what came of it. No bytes may make it
//! panic, hang, or take all memory. The targets run in three ways:
//!
//! - `cargo test -p onset-fuzz` replays the inputs in `fuzz/corpus`, among them every input that once was a fault, and tries some
//!   thousand mutations from fixed seeds;
//! - `cargo run --release -p onset-fuzz -- --seconds 60` tries mutations for a minute each, on a stable compiler; what leads to
//!   an answer not seen before is mutated further;
//! - `cargo +nightly fuzz run texts`, in the repository's root, with coverage.
//!
//! ```text
//! texts.rs     labelled texts in each form, and sentence pairs
//! words.rs     specs with --set, and seeds
//! run.rs       the files of a run: manifest, tables, checkpoints, tokenizer.json
//! archives.rs  what data sets are unpacked from
//! http.rs      requests to the lab
//! ```

mod archives;
mod campaign;
mod http;
mod mutate;
mod run;
mod scratch;
mod texts;
mod words;

use std::path::PathBuf;

pub use campaign::{Campaign, Fault, Found};

/// One reader, to be given any bytes.
#[derive(Clone, Copy)]
pub struct Target {
    /// Its name, and that of its folder in `fuzz/corpus`.
    pub name: &'static str,
    /// Reads the bytes and says what came of it: the same words for the same way through the reader.
    pub run: fn(&[u8]) -> String,
    /// Inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Words that mean something to the reader.
    pub words: &'static [&'static str],
}

/// All targets.
pub const TARGETS: &[Target] = &[
    texts::TEXTS,
    texts::PAIRS,
    words::SPEC,
    words::SEEDS,
    words::SHARD,
    run::SAFETENSORS,
    run::TOKENIZER,
    run::RUN,
    archives::ARCHIVES,
    http::HTTP,
];

/// The target of this name.
pub fn target(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// Runs the target of this name, for `cargo fuzz`.
///
/// # Panics
/// If there is no such target, and where the target has a fault.
pub fn run_target(name: &str, bytes: &[u8]) {
    let _ = (target(name).expect("a target of this name").run)(bytes);
}

/// The folder with the inputs of `target` that are replayed.
pub fn corpus(target: &Target) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus")).join(target.name)
}

/// What came of it: `read`, or the kind of the error with what is particular to one input left out.
fn outcome<T, E: std::fmt::Debug>(result: &Result<T, E>) -> String {
    let Err(error) = result else { return "read".into() };
    let plain = |letter: &char| letter.is_ascii_alphabetic() || *letter == ' ';
    // What is quoted is particular: names, contents, places.
    let text = format!("{error:?}");
    let words: String = text.split('"').step_by(2).collect();
    words.chars().filter(plain).take(160).collect()
}
