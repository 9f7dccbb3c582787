//! The limits of the machine: the share of its peak matrix-product speed that we reach, and memory.

use std::process::Command;
use std::time::Instant;

use onset_engine::{Mat, MatMut, Mode, matmul};

use crate::{copying, median, translation};

/// The floating-point operations of a copying step that no program can avoid, as (name, operations).
///
/// A product of m × k by k × n takes 2mkn operations. Each linear map has three products: forward, backward to its
/// input, and backward to its weight. Input projections are counted once for each token of the vocabulary.
fn necessary() -> Vec<(&'static str, f64)> {
    let (batch, positions, hidden, embedding, tokens) = (128.0, 41.0, 256.0, 256.0, 42.0);
    let rows = batch * positions;
    vec![
        ("recurrence of 2 LSTMs", 2.0 * linear(rows, hidden, 4.0 * hidden)),
        ("input projections of 2 LSTMs", 2.0 * linear(tokens, embedding, 4.0 * hidden)),
        ("query", linear(rows, hidden, hidden)),
        ("readout of state and context", linear(rows, 2.0 * hidden, hidden)),
        ("context map, composed with the readout", linear(hidden, hidden, hidden)),
        ("scores and context of attention", 2.0 * linear(rows, hidden, positions)),
        ("output", linear(rows, hidden, tokens)),
    ]
}

/// Operations of a linear map of `rows` rows: forward once, backward twice that.
pub fn linear(rows: f64, ins: f64, outs: f64) -> f64 {
    3.0 * 2.0 * rows * ins * outs
}

/// The peak in GFLOP/s: the fastest of many products of 1024 × 1024 matrices, on one core.
pub fn peak() -> f64 {
    const SIZE: usize = 1024;
    let (a, b, mut c) = (vec![0.5f32; SIZE * SIZE], vec![0.25f32; SIZE * SIZE], vec![0.0f32; SIZE * SIZE]);
    let fastest = (0..30)
        .map(|_| {
            let start = Instant::now();
            let out = MatMut::new(&mut c, SIZE, SIZE);
            matmul(out, Mat::new(&a, SIZE, SIZE), Mat::new(&b, SIZE, SIZE), Mode::Write, 1);
            start.elapsed().as_secs_f64()
        })
        .fold(f64::INFINITY, f64::min);
    2.0 * (SIZE as f64).powi(3) / fastest / 1e9
}

/// Onset alone: the shares of the machine's peak that the copying, the multi-head and the translation step reach, or the one of them
/// that is `named`, with the instruction set in use.
pub fn shares(named: Option<&str>) {
    let set = onset::InstructionSet::chosen().expect("the instruction set was checked");
    println!("| limit, {}, 1 thread | measured |\n|---|---|", set.name());
    let steps: [(&str, fn()); 3] = [
        ("copying", share_of_peak),
        ("multihead", copying::multihead_share),
        ("translation", translation::share),
    ];
    for (_, share) in steps.into_iter().filter(|(name, _)| named.is_none_or(|named| named == *name)) {
        share();
    }
}

/// The line of a step with so many necessary `operations`, which takes `seconds`, on a machine with this `peak`.
pub fn print_share(what: &str, operations: f64, seconds: f64, peak: f64) {
    println!(
        "| {what}: {:.2} GFLOP in {:.1} ms at a peak of {peak:.1} GFLOP/s | **{:.2}** |",
        operations / 1e9,
        seconds * 1e3,
        operations / 1e9 / seconds / peak
    );
}

/// The necessary operations of the copying step divided by its time and by the peak.
pub fn share_of_peak() {
    // In alternation, because the clock rate of a machine varies.
    let (mut times, mut peaks) = (Vec::new(), Vec::new());
    for _ in 0..crate::ROUNDS {
        peaks.push(peak());
        times.extend(copying::step_times());
    }
    let (peak, time) = (peaks.into_iter().fold(0.0, f64::max), median(times));
    let operations: f64 = necessary().iter().map(|(_, count)| count).sum();
    print_share("share of peak arithmetic rate, copying step", operations, time, peak);
    for (what, count) in necessary() {
        println!("| – of these, {what} | {:.2} GFLOP |", count / 1e9);
    }
}

/// Peak memory of one copying run, in a separate process.
pub fn peak_memory() {
    let program = std::env::current_exe().expect("this program has a path");
    let output = Command::new(program).arg("--peak-memory").output().expect("this program runs again");
    let megabytes = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    println!("| peak memory of one copying run | **{megabytes} MB** |");
}
