//! The paper's copying step: batch 128, 41 positions, width 256; from fresh data to the end of Adam. And the same
//! with GRUs and eight heads of attention.

use std::time::Instant;

use onset::spec::Spec;
use onset::train::{Prepared, Trainer};

use crate::peer::Peer;
use crate::{ROUNDS, compare};

/// Steps of each turn, after two that are not counted.
const STEPS: usize = 7;

/// The model of the multi-head experiment.
const MULTIHEAD: [&str; 3] = ["model.cell=gru", "model.heads=8", "model.shared_embedding=false"];

fn trainer(seed: u64) -> Trainer {
    trainer_of(&[format!("seed={seed}")])
}

fn trainer_of(overrides: &[String]) -> Trainer {
    let spec = Spec::parse("task = 'copying'", "bench", overrides).expect("a plain spec");
    let mut trainer = Trainer::new(&spec, &Prepared::Synthetic, 1);
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

/// Seconds of each of some steps on one thread.
pub fn step_times() -> Vec<f64> {
    let mut trainer = trainer(1);
    (0..STEPS).map(|_| timed(&mut trainer)).collect()
}

/// One thread against one thread.
pub fn one_thread(peer: &Peer) {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.extend(step_times());
        theirs.extend(peer.times(&["copying", "--threads", "1", "--steps", &STEPS.to_string()]));
    }
    compare("copying step, 1 thread", ours, theirs, "≤ 0.55, aim 0.5");
}

/// Eight heads on one thread against one thread.
pub fn multihead(peer: &Peer) {
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut trainer = trainer_of(&MULTIHEAD.map(String::from));
        ours.extend((0..STEPS).map(|_| timed(&mut trainer)));
        theirs.extend(peer.times(&["multihead", "--threads", "1", "--steps", &STEPS.to_string()]));
    }
    compare("multi-head step, 8 heads, 1 thread", ours, theirs, "≤ 0.55");
}

/// Two runs side by side, time per step, against PyTorch with two threads.
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
    compare("copying sweep, 2 cores, time per step", ours, theirs, "≤ 0.55");
}

/// Trains, evaluates and prints the most memory that this process had, in MB.
pub fn print_peak_memory() {
    let mut trainer = trainer(1);
    trainer.evaluate();
    (0..5).for_each(|_| step(&mut trainer));
    trainer.evaluate();
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux tells of a process's memory");
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    let kilobytes: f64 = peak.trim().trim_end_matches(" kB").parse().expect("a number");
    println!("{:.0}", kilobytes * 1024.0 / 1e6);
}
