//! Meta-tuning beside Hugging Face's BERT in PyTorch (`bench/descriptions.py`): training steps, and reading many texts with four
//! descriptions, by a model of MiniLM's size.

use std::time::Instant;

use onset::batch::{Batch, LabelledBatch, Ragged, Signature, pieces};
use onset::model::{
    AttentionModes, Model, ModelSettings, NormPlace, PairEncoder, Pass, Pooling, Transformer,
    TransformerSettings, Want,
};
use onset_engine::{Random, Stream, Tape};

use crate::limit::peak;
use crate::peer::Peer;
use crate::transformer::Training;
use crate::{ROUNDS, compare, median};

const VOCABULARY: usize = 30522;
/// Pairs of a step, tokens of a description with those around it, and of a whole pair; `bench/descriptions.py` has the same.
const PAIRS: usize = 16;
const DESCRIPTION: usize = 12;
const LENGTH: usize = 64;
const DESCRIPTIONS: usize = 4;
/// Timed steps in each round, after two untimed ones.
const STEPS: usize = 7;
/// Texts that are read, and what is then said of so many: the time is proportional to them.
const TEXTS: usize = 1000;
const SAID: usize = 10_000;
/// Sequences and tokens that are read at once, as `onset classify` reads them.
const BATCH: usize = 64;
const TOKENS: usize = 1024;

fn settings(pair_encoder: PairEncoder) -> TransformerSettings {
    TransformerSettings {
        layers: 6,
        heads: 12,
        width: 384,
        mlp: 1536,
        norm_place: NormPlace::Post,
        embedding_norm: true,
        pooling: Pooling::Mean,
        pair_encoder,
        dropout: 0.1,
        ..TransformerSettings::default()
    }
}

const SIGNATURE: Signature = Signature::Described { vocabulary: VOCABULARY, longest: 512 };

fn name(pair_encoder: PairEncoder) -> &'static str {
    match pair_encoder {
        PairEncoder::Cross => "cross",
        PairEncoder::Bi => "bi",
    }
}

/// Both sides on all of it, with one thread each.
pub fn all(peer: &Peer) {
    for pair_encoder in [PairEncoder::Cross, PairEncoder::Bi] {
        let own = name(pair_encoder);
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.extend(training(pair_encoder));
            let steps = STEPS.to_string();
            theirs.extend(times(peer, &["train", "--encoder", own, "--threads", "1", "--steps", &steps]));
        }
        compare(&format!("training step, {own}-encoder, {PAIRS} pairs of {LENGTH} tokens"), ours, theirs);
    }
    let lengths = lengths();
    let file = std::env::temp_dir().join(format!("onset-lengths-{}.json", std::process::id()));
    std::fs::write(&file, serde_json::to_string(&lengths).expect("numbers")).expect("a file for lengths");
    for pair_encoder in [PairEncoder::Cross, PairEncoder::Bi] {
        let own = name(pair_encoder);
        // A cross-encoder reads each text with each description.
        let texts = &lengths[..if pair_encoder == PairEncoder::Bi { TEXTS } else { TEXTS / DESCRIPTIONS }];
        std::fs::write(&file, serde_json::to_string(texts).expect("numbers")).expect("a file for lengths");
        let (mut ours, mut theirs, mut fastest) = (Vec::new(), Vec::new(), 0.0f64);
        for _ in 0..ROUNDS {
            fastest = fastest.max(peak());
            ours.push(reading(pair_encoder, texts));
            let path = file.to_str().expect("a path in UTF-8");
            theirs.extend(times(peer, &["read", "--encoder", own, "--threads", "1", "--lengths", path]));
        }
        let factor = SAID as f64 / texts.len() as f64;
        let (ours, theirs) = (factor * median(ours), factor * median(theirs));
        println!(
            "| {SAID} texts of 8 to 64 tokens with {DESCRIPTIONS} descriptions, {own}-encoder (from {} texts, medians of {ROUNDS}) | {ours:.0} s | {theirs:.0} s | **{:.2}** |",
            texts.len(),
            ours / theirs
        );
        let operations = factor * necessary(&sequences(pair_encoder, texts));
        let least = operations / fastest / 1e9;
        println!(
            "| – share of peak rate: {:.1} TFLOP take {least:.0} s at the peak | **{:.2}** | {:.2} | |",
            operations / 1e12,
            least / ours,
            least / theirs
        );
    }
    std::fs::remove_file(&file).expect("the file is there");
}

/// Onset's own reading of texts: for a profiler, or to compare two builds.
pub fn alone() {
    let lengths = lengths();
    for pair_encoder in [PairEncoder::Cross, PairEncoder::Bi] {
        let texts = &lengths[..if pair_encoder == PairEncoder::Bi { TEXTS } else { TEXTS / DESCRIPTIONS }];
        let all = (0..ROUNDS).map(|_| reading(pair_encoder, texts)).collect();
        println!("{} texts, {}-encoder: {:.2} s", texts.len(), name(pair_encoder), median(all));
    }
}

fn times(peer: &Peer, arguments: &[&str]) -> Vec<f64> {
    let line = peer.json("descriptions.py", arguments);
    line["times"]
        .as_array()
        .expect("a list of times")
        .iter()
        .map(|time| time.as_f64().expect("seconds"))
        .collect()
}

/// Seconds of training steps.
fn training(pair_encoder: PairEncoder) -> Vec<f64> {
    let settings = settings(pair_encoder);
    let count = settings.parts(PAIRS * LENGTH, PAIRS);
    let part = |first: usize| (Batch::Labelled(pairs(PAIRS / count, first)), 1.0 / count as f32);
    let parts: Vec<(Batch, f32)> = (0..count).map(part).collect();
    let mut training = Training::new(&settings, &SIGNATURE, 1);
    (0..2).for_each(|_| _ = training.timed(&parts));
    (0..STEPS).map(|_| training.timed(&parts)).collect()
}

/// Random pairs of `LENGTH` tokens.
fn pairs(count: usize, seed: usize) -> LabelledBatch {
    let mut random = Random::at(seed as u64, Stream::Data, 0);
    let mut texts = Ragged::default();
    (0..count).for_each(|_| texts.push((0..LENGTH).map(|_| random.below(VOCABULARY as u32))));
    let labels = (0..count as u32).map(|pair| pair % 2).collect();
    LabelledBatch { texts, labels, begins: vec![DESCRIPTION as u32; count] }
}

/// The tokens of each text.
fn lengths() -> Vec<usize> {
    let mut random = Random::at(0, Stream::Data, 1);
    (0..TEXTS).map(|_| 8 + random.below(57) as usize).collect()
}

/// The lengths of what is read of texts of these `lengths`.
fn sequences(pair_encoder: PairEncoder, lengths: &[usize]) -> Vec<usize> {
    match pair_encoder {
        PairEncoder::Bi => lengths.to_vec(),
        PairEncoder::Cross => {
            lengths.iter().flat_map(|&length| [DESCRIPTION + length; DESCRIPTIONS]).collect()
        }
    }
}

/// The necessary operations of reading sequences of these lengths: maps of each position, and products of all positions.
fn necessary(lengths: &[usize]) -> f64 {
    let TransformerSettings { layers, width, mlp, .. } = settings(PairEncoder::Cross);
    let (layers, width, mlp) = (layers as f64, width as f64, mlp as f64);
    let of = |&length: &usize| {
        let length = length as f64;
        2.0 * length * (4.0 * width * width + 2.0 * width * mlp + 2.0 * length * width)
    };
    layers * lengths.iter().map(of).sum::<f64>()
}

/// Seconds in which texts of these lengths are scored with all descriptions.
fn reading(pair_encoder: PairEncoder, lengths: &[usize]) -> f64 {
    let settings = settings(pair_encoder);
    let mut tape = Tape::new(1);
    let mut model = Transformer::new(&mut tape, &settings, &SIGNATURE, 0);
    let modes = settings.modes(model.places());
    let mut lengths = lengths.to_vec();
    lengths.sort_unstable();
    let start = Instant::now();
    match pair_encoder {
        PairEncoder::Bi => apart(&model, &mut tape, &lengths, &modes),
        PairEncoder::Cross => together(&mut model, &mut tape, &lengths, &modes),
    }
    start.elapsed().as_secs_f64()
}

fn apart(model: &Transformer, tape: &mut Tape, lengths: &[usize], modes: &AttentionModes) {
    let mut random = Random::at(0, Stream::Data, 2);
    let mut read = |tape: &mut Tape, lengths: &[usize]| {
        let mut rows = Ragged::default();
        lengths.iter().for_each(|&length| rows.push((0..length).map(|_| random.below(VOCABULARY as u32))));
        model.embeddings(tape, &rows, modes)
    };
    let descriptions = read(tape, &[DESCRIPTION; DESCRIPTIONS]);
    let texts: Vec<Vec<f32>> = pieces(lengths, BATCH, TOKENS, |&length| length)
        .into_iter()
        .flat_map(|own| read(tape, own))
        .collect();
    let scores: Vec<f32> = texts
        .iter()
        .flat_map(|text| {
            descriptions.iter().map(|each| model.similarity(tape, each, text)).collect::<Vec<_>>()
        })
        .collect();
    std::hint::black_box(scores);
}

fn together(model: &mut Transformer, tape: &mut Tape, lengths: &[usize], modes: &AttentionModes) {
    let mut random = Random::at(0, Stream::Data, 2);
    let pairs = sequences(PairEncoder::Cross, lengths);
    let want = Want { outputs_only: true, ..Want::default() };
    for own in pieces(&pairs, BATCH, TOKENS, |&length| length) {
        let mut batch = LabelledBatch::default();
        for &length in own {
            batch.texts.push((0..length).map(|_| random.below(VOCABULARY as u32)));
            batch.labels.push(1);
            batch.begins.push(DESCRIPTION as u32);
        }
        std::hint::black_box(model.read(tape, &Batch::Labelled(batch), Pass::new(modes), want).readings);
    }
}
