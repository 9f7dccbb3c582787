//! The paper's copying step (batch 128, 41 positions, width 256), from drawing the data to the update by Adam. The same
//! with GRUs and eight attention heads.

use std::time::Instant;

use onset::spec::Spec;
use onset::train::{Prepared, Trainer};

use crate::limit::{linear, peak, print_share};
use crate::peer::Peer;
use crate::{ROUNDS, compare, median};

/// Timed steps in each round, after two untimed ones.
const STEPS: usize = 7;

/// The model of the multi-head experiment.
const MULTIHEAD: [&str; 3] = ["model.cell=gru", "model.heads=8", "model.shared_embedding=false"];

fn trainer(seed: u64) -> Trainer {
    trainer_of(&[format!("seed={seed}")])
}

fn trainer_of(overrides: &[String]) -> Trainer {
    let spec = Spec::parse("task = 'copying'", "bench", overrides).expect("a plain spec");
    let mut trainer = Trainer::new(&spec, &Prepared::synthetic(&spec), 1);
    (0..2).for_each(|_| step(&mut trainer));
    trainer
}

fn step(trainer: &mut Trainer) {
    trainer.step().expect("the first steps do not diverge");
}

fn timed(trainer: &mut Trainer) -> f64 {
    let start = Instant::now();
    step(trainer);
    start.elapsed().as_secs_f64()
}

/// The seconds of each of some steps on one thread.
pub fn step_times() -> Vec<f64> {
    let mut trainer = trainer(1);
    (0..STEPS).map(|_| timed(&mut trainer)).collect()
}

/// Both sides with one thread.
pub fn one_thread(peer: &Peer) {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.extend(step_times());
        theirs.extend(peer.times(&["copying", "--threads", "1", "--steps", &STEPS.to_string()]));
    }
    compare("copying step, 1 thread", ours, theirs);
}

/// Eight heads, both sides with one thread, and the share of necessary arithmetic.
pub fn multihead(peer: &Peer) {
    let (mut ours, mut theirs, mut peaks) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        peaks.push(peak());
        let mut trainer = trainer_of(&MULTIHEAD.map(String::from));
        ours.extend((0..STEPS).map(|_| timed(&mut trainer)));
        theirs.extend(peer.times(&["multihead", "--threads", "1", "--steps", &STEPS.to_string()]));
    }
    let least = necessary_multihead() / peaks.into_iter().fold(0.0, f64::max) / 1e9;
    let shares = [&ours, &theirs].map(|times| least / median(times.clone()));
    compare("multi-head step, 8 heads, 1 thread", ours, theirs);
    println!(
        "| – share of peak rate: {:.2} GFLOP take {:.1} ms at the peak | **{:.2}** | {:.2} | |",
        necessary_multihead() / 1e9,
        least * 1e3,
        shares[0],
        shares[1]
    );
}

/// Onset alone with eight heads: its share of the peak.
pub fn multihead_share() {
    let (mut times, mut peaks) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        peaks.push(peak());
        let mut trainer = trainer_of(&MULTIHEAD.map(String::from));
        times.extend((0..STEPS).map(|_| timed(&mut trainer)));
    }
    let peak = peaks.into_iter().fold(0.0, f64::max);
    print_share("multi-head step, 8 heads", necessary_multihead(), median(times), peak);
}

/// Operations of a step with eight heads that no program can avoid, counted as in [`crate::limit`].
fn necessary_multihead() -> f64 {
    let (batch, positions, hidden, tokens, heads) = (128.0, 41.0, 256.0, 42.0, 8.0);
    let rows = batch * positions;
    let recurrence = 2.0 * (linear(rows, hidden, 3.0 * hidden) + linear(tokens, hidden, 3.0 * hidden));
    let maps = 2.0 * linear(rows, hidden, heads * hidden);
    let attention = 2.0 * linear(heads * rows, hidden, positions);
    recurrence + maps + attention + linear(rows, hidden, hidden) + linear(rows, hidden, tokens)
}

/// Two runs in parallel, time per step, against PyTorch with two threads.
pub fn two_runs(peer: &Peer) {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut trainers = [trainer(1), trainer(2)];
        for _ in 0..STEPS {
            let start = Instant::now();
            std::thread::scope(|scope| {
                trainers.iter_mut().for_each(|trainer| _ = scope.spawn(|| step(trainer)));
            });
            ours.push(start.elapsed().as_secs_f64() / 2.0);
        }
        theirs.extend(peer.times(&["copying", "--threads", "2", "--steps", &STEPS.to_string()]));
    }
    compare("copying sweep, 2 cores, time per step", ours, theirs);
}

/// Trains, evaluates and prints the peak memory of this process in MB.
pub fn print_peak_memory() {
    let mut trainer = trainer(1);
    trainer.evaluate();
    (0..5).for_each(|_| step(&mut trainer));
    trainer.evaluate();
    println!("{}", crate::process::megabytes("VmHWM"));
}
