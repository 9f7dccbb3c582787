//! The training step of the classifier on real texts; both sides train on the same batches of token ids.

use std::io::Write;
use std::time::Instant;

use onset::batch::Ragged;
use onset::model::{AttentionModes, Classifier, ClassifierSettings, Pass};
use onset::task::text::{TextData, TextSource};
use onset_engine::{AdamSettings, AttentionMode, Optimizer, OptimizerSettings, Random, Stream, Tape};

use crate::data::data_folder;
use crate::peer::Peer;
use crate::{ROUNDS, compare};

const BATCH: usize = 32;

/// Batches in each round; each is used once before it is timed.
const BATCHES: usize = 16;

/// The texts of one step and their labels.
struct Batch {
    texts: Ragged,
    labels: Vec<u32>,
}

/// Both data sets, if they are available.
pub fn all(peer: &Peer) {
    let folder = data_folder();
    for (name, file) in [("sms_spam", "sms_spam/sms.tsv.gz"), ("sst2", "sst2/train.tsv.gz")] {
        let file = folder.join(file);
        if !file.exists() {
            println!("| classification step, {name} | skipped: {} is not there | | | |", file.display());
            continue;
        }
        let source = TextSource { file: Some(file), ..TextSource::default() };
        let data = TextData::load(&source).expect("a text set that loads");
        one_set(name, &data, peer);
    }
}

fn one_set(name: &str, data: &TextData, peer: &Peer) {
    let batches = draw(data);
    let tokens: usize = batches.iter().flat_map(|batch| batch.texts.lengths()).sum();
    let file = write(&batches, data.vocabulary.len());
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.extend(times(&batches, data.vocabulary.len()));
        let warmup = BATCHES.to_string();
        theirs.extend(peer.times(&[
            "classification",
            "--threads",
            "1",
            "--warmup",
            &warmup,
            "--tokens",
            &file,
        ]));
    }
    let what = format!(
        "classification step, {name}, 1 thread, {} tokens, vocabulary of {}",
        tokens / BATCHES,
        data.vocabulary.len()
    );
    compare(&what, ours, theirs);
    // Best effort: a file left in the temporary directory does no harm.
    let _ = std::fs::remove_file(file);
}

/// Random batches of training texts.
fn draw(data: &TextData) -> Vec<Batch> {
    let mut order: Vec<usize> = (0..data.train.len()).collect();
    Random::at(1, Stream::Data, 0).shuffle(&mut order);
    let batch = |examples: &[usize]| {
        let mut batch = Batch { texts: Ragged::default(), labels: Vec::new() };
        for &example in examples {
            batch.texts.push(data.train.tokens(example).iter().copied());
            batch.labels.push(data.train.label(example));
        }
        batch
    };
    order.chunks_exact(BATCH).take(BATCHES).map(batch).collect()
}

/// Writes the batches for `bench/peer.py` and returns the file's path.
fn write(batches: &[Batch], vocabulary: usize) -> String {
    let path = std::env::temp_dir().join(format!("onset-bench-{}.jsonl", std::process::id()));
    let mut file = std::fs::File::create(&path).expect("a temporary file");
    let mut line = |value: serde_json::Value| writeln!(file, "{value}").expect("space for a small file");
    line(serde_json::json!({ "vocabulary": vocabulary }));
    for batch in batches {
        let tokens: Vec<&[u32]> = (0..batch.texts.len()).map(|i| batch.texts.row(i)).collect();
        line(serde_json::json!({ "tokens": tokens, "labels": batch.labels }));
    }
    path.display().to_string()
}

/// The seconds of a step on each batch, after one pass over all of them.
fn times(batches: &[Batch], vocabulary: usize) -> Vec<f64> {
    let mut tape = Tape::new(1);
    let classifier = Classifier::new(&mut tape, &ClassifierSettings::default(), vocabulary, 2, 1);
    let mut adam = Optimizer::new(OptimizerSettings::Adam(AdamSettings::default()), &tape);
    let modes = AttentionModes::all(AttentionMode::Learned, 1);
    let mut step = |batch: &Batch| {
        let start = Instant::now();
        let read = classifier.forward(&mut tape, &batch.texts, &Pass::new(&modes));
        let labels = tape.indices(batch.labels.iter().copied());
        let loss = tape.logistic(read.logits, labels);
        tape.backward(loss);
        adam.update(&mut tape, 1e-3, |_| true);
        tape.clear();
        start.elapsed().as_secs_f64()
    };
    batches.iter().for_each(|batch| _ = step(batch));
    batches.iter().map(step).collect()
}
