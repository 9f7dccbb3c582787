//! Translation on Multi30k: the training step, β and Δ on validation pairs, and beam search; both sides use the same
//! token ids.

use std::collections::HashSet;
use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use onset::batch::{Batch, SequencePairs};
use onset::decode::{BeamSettings, Decoder, translate};
use onset::model::{AttentionModes, Model, Pass, Translator, TranslatorSettings, Want};
use onset::store::Checkpoint;
use onset::task::pairs::{Batches, PairData, PairExample, PairSource};
use onset_engine::{AdamSettings, AttentionMode, Optimizer, OptimizerSettings, Random, Stream, Tape};

use crate::data::data_folder;
use crate::limit::{linear, peak, print_share};
use crate::peer::Peer;
use crate::{ROUNDS, compare, median};

const BATCH: usize = 16;

/// Batches in each round; each is used once before it is timed.
const BATCHES: usize = 16;

/// Held-out pairs on which β and Δ are timed.
const PROBED: usize = 96;

/// Runs all measurements. `weights` is a checkpoint of the paper's model on this data. Beam search needs it, because an
/// untrained model never ends its sentences.
pub fn all(peer: &Peer, weights: Option<&str>) {
    let start = Instant::now();
    let Some(data) = multi30k() else { return };
    let loading = start.elapsed().as_secs_f64();
    training(&data, peer);
    probes(&data, peer);
    if let Some(weights) = weights {
        beam(&data, peer, weights);
    }
    println!("| reading Multi30k and learning 8,000 subwords | {loading:.1} s | | |");
}

/// Multi30k, German to English; none, and a word on it, if it is not there.
pub fn multi30k() -> Option<PairData> {
    let folder = data_folder().join("multi30k");
    if !folder.join("train.de.gz").exists() {
        println!("| translation | skipped: {} is not there | | |", folder.display());
        return None;
    }
    let file = |name: &str| Some(folder.join(name));
    let source = PairSource {
        source: file("train.de.gz"),
        target: file("train.en.gz"),
        validation_source: file("val.de.gz"),
        validation_target: file("val.en.gz"),
        ..PairSource::default()
    };
    Some(PairData::load(&source).expect("sentence pairs that load"))
}

/// Training batches of `size` pairs of similar lengths.
pub fn training_batches(data: &PairData, size: usize, count: u64) -> Vec<Vec<&PairExample>> {
    let mut batches = Batches::default();
    let draw = |step: u64| -> Vec<&PairExample> {
        let numbers = batches.at(step, 1, size, &data.train);
        numbers.iter().map(|&number| &data.train[number as usize]).collect()
    };
    (0..count).map(draw).collect()
}

fn model(data: &PairData, dropout: f32) -> (Tape, Translator) {
    let mut tape = Tape::new(1);
    let sizes = TranslatorSettings { dropout, ..TranslatorSettings::default() };
    let translator = Translator::new(&mut tape, &sizes, data.subwords.len(), 1);
    (tape, translator)
}

/// Onset alone: the share of the peak that its training steps reach, in means.
pub fn share() {
    let Some(data) = multi30k() else { return };
    let batches = training_batches(&data, BATCH, BATCHES as u64);
    let (mut times, mut peaks) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        peaks.push(peak());
        times.extend(step_times(&data, &batches));
    }
    let operations: f64 = batches.iter().map(|batch| necessary(batch, data.subwords.len())).sum();
    let mean = times.iter().sum::<f64>() / times.len() as f64;
    let peak = peaks.into_iter().fold(0.0, f64::max);
    print_share("translation step, Multi30k, means", operations / batches.len() as f64, mean, peak);
}

fn training(data: &PairData, peer: &Peer) {
    let batches = training_batches(data, BATCH, BATCHES as u64);
    let file = write(&batches, data.subwords.len());
    let (mut ours, mut theirs, mut peaks) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        peaks.push(peak());
        ours.extend(step_times(data, &batches));
        let warmup = BATCHES.to_string();
        theirs.extend(peer.times(&["translation", "--threads", "1", "--warmup", &warmup, "--pairs", &file]));
    }
    let operations: f64 = batches.iter().map(|batch| necessary(batch, data.subwords.len())).sum();
    let (giga, time) =
        (operations / 1e9 / batches.len() as f64, ours.iter().sum::<f64>() / ours.len() as f64);
    let (peak, theirs_mean) =
        (peaks.into_iter().fold(0.0, f64::max), theirs.iter().sum::<f64>() / theirs.len() as f64);
    compare("translation step, Multi30k, 8,000 subwords, batch 16, 1 thread", ours, theirs);
    println!(
        "| – share of peak rate: {giga:.2} GFLOP at {peak:.1} GFLOP/s, means | **{:.2}** | {:.2} | |",
        giga / time / peak,
        giga / theirs_mean / peak
    );
    // Best effort: a file left in the temporary directory does no harm.
    let _ = std::fs::remove_file(file);
}

/// Selects a side of a pair.
type Side = fn(&PairExample) -> &[u32];

/// The floating-point operations of a step on `batch` that no program can avoid, counted as for copying: first layers
/// process each distinct token of their side once.
fn necessary(batch: &[&PairExample], vocabulary: usize) -> f64 {
    let TranslatorSettings { embedding, hidden, .. } = TranslatorSettings::default();
    let (embedding, hidden, vocabulary) = (embedding as f64, hidden as f64, vocabulary as f64);
    let distinct = |side: Side| batch.iter().flat_map(|pair| side(pair)).collect::<HashSet<_>>().len() as f64;
    let rows =
        |side: fn(&PairExample) -> &[u32]| batch.iter().map(|pair| side(pair).len() as f64).sum::<f64>();
    let (read, said): (Side, Side) = (|pair| &pair.source, |pair| &pair.target[1..]);
    let (source, target) = (rows(read), rows(said));
    let attention: f64 = batch
        .iter()
        .map(|pair| 2.0 * linear(said(pair).len() as f64, 2.0 * hidden, pair.source.len() as f64))
        .sum();
    let gates = 4.0 * hidden;
    let encoder = 2.0
        * (linear(distinct(read), embedding, gates)
            + 2.0 * linear(source, hidden, gates)
            + linear(source, 2.0 * hidden, gates));
    let decoder = linear(distinct(said), embedding, gates) + 3.0 * linear(target, hidden, gates);
    let readout = linear(target, hidden, 2.0 * hidden)
        + linear(target, 2.0 * hidden, hidden)
        + linear(target, 2.0 * hidden, hidden);
    encoder + decoder + attention + readout + linear(target, hidden, vocabulary)
}

/// The seconds of a step on each batch, after one pass over all of them.
fn step_times(data: &PairData, batches: &[Vec<&PairExample>]) -> Vec<f64> {
    let (mut tape, translator) = model(data, 0.5);
    let mut adam = Optimizer::new(OptimizerSettings::Adam(AdamSettings::default()), &tape);
    let mut pairs = SequencePairs::default();
    let modes = learned();
    let mut step = |batch: &Vec<&PairExample>, place: u64| {
        pairs.clear();
        for pair in batch {
            pairs.push(&pair.source, &pair.target);
        }
        let start = Instant::now();
        let mut random = Random::at(1, Stream::Dropout, place);
        let loss = translator
            .forward(&mut tape, &pairs, Pass { dropout: Some(&mut random), ..Pass::new(&modes) })
            .loss;
        tape.backward(loss);
        adam.update(&mut tape, 1e-3, |_| true);
        tape.clear();
        start.elapsed().as_secs_f64()
    };
    batches.iter().for_each(|batch| _ = step(batch, 0));
    batches.iter().map(|batch| step(batch, 1)).collect()
}

/// β and Δ of some held-out pairs, with pairs of similar length together, against PyTorch with batches of the same
/// size.
fn probes(data: &PairData, peer: &Peer) {
    let mut examples: Vec<&PairExample> = data.validation.iter().take(PROBED).collect();
    examples.sort_by_key(|pair| (pair.target.len(), pair.source.len()));
    let batches: Vec<Vec<&PairExample>> = examples.chunks(BATCH).map(<[&PairExample]>::to_vec).collect();
    let file = write(&batches, data.subwords.len());
    let (mut tape, translator) = model(data, 0.0);
    let mut ours = [Vec::new(), Vec::new()];
    let mut theirs = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        ours[0].push(seconds(|| beta(&translator, &mut tape, &examples)));
        ours[1].push(seconds(|| influence(&translator, &mut tape, &examples)));
        for (probe, theirs) in ["beta", "influence"].into_iter().zip(&mut theirs) {
            let arguments = [probe, "--threads", "1", "--warmup", "1", "--pairs", &file];
            theirs.push(peer.times(&arguments).iter().sum());
        }
    }
    for (probe, (ours, theirs)) in ["β", "Δ"].into_iter().zip(ours.into_iter().zip(theirs)) {
        compare(&format!("{probe} of {PROBED} held-out pairs, 1 thread"), ours, theirs);
    }
    let _ = std::fs::remove_file(file);
}

fn learned() -> AttentionModes {
    AttentionModes::all(AttentionMode::Learned, 1)
}

/// Predictions, α and β, in batches of 32 pairs.
fn beta(translator: &Translator, tape: &mut Tape, examples: &[&PairExample]) {
    let modes = learned();
    for some in examples.chunks(32) {
        let mut pairs = SequencePairs::default();
        some.iter().for_each(|pair| pairs.push(&pair.source, &pair.target));
        let want = Want { beta: true, ..Want::default() };
        std::hint::black_box(translator.read(tape, &Batch::Pairs(pairs), Pass::new(&modes), want));
    }
}

/// Δ of every target position, in batches of 128, with similar sources together.
fn influence(translator: &Translator, tape: &mut Tape, examples: &[&PairExample]) {
    let modes = learned();
    let mut rows: Vec<(&PairExample, usize)> =
        examples.iter().flat_map(|pair| (1..pair.target.len()).map(move |end| (*pair, end))).collect();
    rows.sort_by_key(|(pair, end)| (pair.source.len(), *end));
    for some in rows.chunks(128) {
        let mut pairs = SequencePairs::default();
        some.iter().for_each(|(pair, end)| pairs.push(&pair.source, &pair.target[..=*end]));
        let influence = translator.influence_on_last(tape, &Batch::Pairs(pairs), Pass::new(&modes));
        std::hint::black_box(influence.expect("a translator has Δ"));
    }
}

/// Beam search over all held-out sentences on two threads, against batched beam search in PyTorch.
fn beam(data: &PairData, peer: &Peer, weights: &str) {
    let (mut tape, translator) = model(data, 0.0);
    let checkpoint = Checkpoint::read(weights.as_ref()).expect("a checkpoint");
    let values =
        checkpoint.into_values(&translator.parameters().layout()).expect("a checkpoint of this model");
    for (parameter, values) in translator.parameters().iter().zip(values) {
        tape.data_mut(parameter.value).copy_from_slice(&values);
    }
    let mut examples: Vec<&PairExample> = data.validation.iter().collect();
    examples.sort_by_key(|pair| pair.source.len());
    let batches: Vec<Vec<&PairExample>> = examples.chunks(64).map(<[&PairExample]>::to_vec).collect();
    let file = write(&batches, data.subwords.len());
    let sources: Vec<&[u32]> = examples.iter().map(|pair| &pair.source[..]).collect();
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(seconds(|| {
            let decoder = Decoder::new(&translator, &mut tape, false);
            let memories = decoder.read(&translator, &mut tape, &sources, 2);
            translate(&decoder, &memories, BeamSettings::default(), 2)
        }));
        let arguments = ["beam", "--threads", "2", "--warmup", "1", "--pairs", &file, "--weights", weights];
        theirs.push(peer.times(&arguments).iter().sum());
    }
    let what = format!("beam search over {} sentences, 2 cores", sources.len());
    println!(
        "| beam search, seconds: Onset {:.2}, PyTorch {:.2} | | | |",
        median(ours.clone()),
        median(theirs.clone())
    );
    compare(&what, ours, theirs);
    let _ = std::fs::remove_file(file);
}

/// Writes the batches for `bench/peer.py` and returns the file's path.
pub fn write(batches: &[Vec<&PairExample>], vocabulary: usize) -> String {
    let path: PathBuf = std::env::temp_dir().join(format!("onset-bench-{}.jsonl", std::process::id()));
    let mut file = std::fs::File::create(&path).expect("a temporary file");
    let mut line = |value: serde_json::Value| writeln!(file, "{value}").expect("space for a small file");
    line(serde_json::json!({ "vocabulary": vocabulary }));
    for batch in batches {
        let side = |pick: fn(&PairExample) -> &Vec<u32>| -> Vec<&Vec<u32>> {
            batch.iter().map(|pair| pick(pair)).collect()
        };
        line(serde_json::json!({ "source": side(|pair| &pair.source), "target": side(|pair| &pair.target) }));
    }
    path.display().to_string()
}

fn seconds<T>(work: impl FnOnce() -> T) -> f64 {
    let start = Instant::now();
    std::hint::black_box(work());
    start.elapsed().as_secs_f64()
}
