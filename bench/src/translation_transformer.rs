//! A training step of an encoder–decoder Transformer on Multi30k; both sides read the same token ids.

use onset::batch::{Batch, SequencePairs, Signature};
use onset::model::{MlpActivation, ModelSettings, Positions, TransformerSettings};
use onset::task::pairs::{PairData, PairExample};

use crate::limit::{linear, peak};
use crate::peer::Peer;
use crate::transformer::Training;
use crate::translation::{multi30k, training_batches, write};
use crate::{ROUNDS, compare, median};

const BATCH: usize = 64;

/// Batches in each round; each is used once before it is timed.
const BATCHES: u64 = 8;

/// As in `experiments/multi30k-transformer.toml`, with the learned positions of `bench/transformer_models.py`.
fn settings() -> TransformerSettings {
    TransformerSettings {
        layers: 3,
        encoder_layers: 3,
        heads: 8,
        width: 256,
        mlp: 1024,
        activation: MlpActivation::Relu,
        positions: Positions::Learned,
        tied: true,
        dropout: 0.1,
        ..TransformerSettings::default()
    }
}

/// A batch in parts, each with its share of the target tokens, as training cuts it.
fn parts_of(batch: &[&PairExample]) -> Vec<(Batch, f32)> {
    let tokens = |pairs: &[&PairExample]| -> usize {
        pairs.iter().map(|pair| pair.source.len() + pair.target.len() - 1).sum()
    };
    let said = |pairs: &[&PairExample]| pairs.iter().map(|pair| pair.target.len() - 1).sum::<usize>() as f32;
    let count = settings().parts(tokens(batch), batch.len());
    let part = |number: usize| {
        let own = &batch[number * batch.len() / count..(number + 1) * batch.len() / count];
        let mut pairs = SequencePairs::default();
        own.iter().for_each(|pair| pairs.push(&pair.source, &pair.target));
        (Batch::Pairs(pairs), said(own) / said(batch))
    };
    (0..count).map(part).collect()
}

/// The seconds of a step on each batch, after one pass over all of them.
fn times(data: &PairData, batches: &[Vec<&PairExample>], threads: usize) -> Vec<f64> {
    let longest = batches.iter().flatten().map(|pair| pair.source.len() + pair.target.len()).max();
    let signature =
        Signature::Pairs { vocabulary: data.subwords.len(), longest: longest.expect("there are pairs") };
    let mut training = Training::new(&settings(), &signature, threads);
    let cut: Vec<Vec<(Batch, f32)>> = batches.iter().map(|batch| parts_of(batch)).collect();
    cut.iter().for_each(|parts| _ = training.timed(parts));
    cut.iter().map(|parts| training.timed(parts)).collect()
}

/// Operations of a step on `batch` that no program can avoid; under the causal mask half of the products of positions.
fn necessary(batch: &[&PairExample], vocabulary: usize) -> f64 {
    let TransformerSettings { layers, encoder_layers, width, mlp, .. } = settings();
    let [layers, encoders, width, mlp] = [layers, encoder_layers, width, mlp].map(|size| size as f64);
    let of_pair = |pair: &&PairExample| {
        let [source, target] = [pair.source.len(), pair.target.len() - 1].map(|length| length as f64);
        let both = linear(source, width, mlp) + linear(source, width, 2.0 * width);
        let encoder = 2.0 * both + 2.0 * linear(source, width, source);
        let own = 4.0 * linear(target, width, width) + 2.0 * linear(target, width, (target + 1.0) / 2.0);
        let cross = 2.0 * linear(target, width, width)
            + 2.0 * linear(source, width, width)
            + 2.0 * linear(target, width, source);
        let decoder = own + cross + 2.0 * linear(target, width, mlp);
        encoders * encoder + layers * decoder + linear(target, width, vocabulary as f64)
    };
    batch.iter().map(of_pair).sum()
}

/// Both sides with one thread each, then Onset on two.
pub fn all(peer: &Peer) {
    let Some(data) = multi30k() else { return };
    let batches = training_batches(&data, BATCH, BATCHES);
    let file = write(&batches, data.subwords.len());
    let (mut ours, mut theirs, mut peaks) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        peaks.push(peak());
        ours.extend(times(&data, &batches, 1));
        let warmup = BATCHES.to_string();
        theirs.extend(peer.times(&["pairs", "--threads", "1", "--warmup", &warmup, "--pairs", &file]));
    }
    let operations: f64 = batches.iter().map(|batch| necessary(batch, data.subwords.len())).sum();
    let mean = |times: &[f64]| times.iter().sum::<f64>() / times.len() as f64;
    let giga = operations / 1e9 / batches.len() as f64;
    let least = giga / peaks.into_iter().fold(0.0, f64::max);
    let shares = [&ours, &theirs].map(|times| least / mean(times));
    compare(
        "Transformer, Multi30k, 3 + 3 layers × 8 heads, width 256, MLP 1,024, 8,000 subwords, batch 64",
        ours,
        theirs,
    );
    println!(
        "| – share of peak rate: {giga:.2} GFLOP take {:.1} ms at the peak, means | **{:.2}** | {:.2} | |",
        least * 1e3,
        shares[0],
        shares[1]
    );
    let [one, two] = [1, 2].map(|threads| median(times(&data, &batches, threads)));
    println!(
        "| – Onset on one thread {:.1} ms, on two {:.1} ms | **{:.2} times as fast** | | |",
        one * 1e3,
        two * 1e3,
        one / two
    );
    let _ = std::fs::remove_file(file);
}

/// Onset's own steps: for a profiler, or to compare two builds.
pub fn steps(threads: usize) {
    let Some(data) = multi30k() else { return };
    let batches = training_batches(&data, BATCH, BATCHES);
    let all = (0..ROUNDS).flat_map(|_| times(&data, &batches, threads)).collect();
    println!("translation by a Transformer: {:.1} ms", median(all) * 1e3);
}
