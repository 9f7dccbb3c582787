//! t
use onset::{
    model::Copier,
    spec::{CopyingModel, CopyingTask},
    task::SequencePairs,
};
use onset_engine::*;
use std::time::Instant;
fn main() {
    let threads: usize = std::env::args().nth(1).map_or(1, |s| s.parse().unwrap());
    let task = CopyingTask::default();
    let mut tape = Tape::new(threads);
    let copier = Copier::new(&mut tape, &CopyingModel::default(), 40, 1);
    let mut adam =
        Adam::new(AdamSettings { learning_rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8 }, &tape);
    let (mut pairs, mut words) = (SequencePairs::default(), vec![]);
    for step in 0..12u64 {
        let t = Instant::now();
        task.draw(&mut Random::at(1, Stream::Data, step), 128, &mut pairs, &mut words);
        let c = copier.forward(&mut tape, &pairs);
        let f = t.elapsed();
        let loss = tape.data(c.loss)[0];
        tape.backward(c.loss);
        let b = t.elapsed();
        adam.update(&mut tape);
        tape.clear();
        println!(
            "{step} {loss:.4} fwd {:.1} bwd {:.1} total {:.1} ms",
            f.as_secs_f64() * 1e3,
            (b - f).as_secs_f64() * 1e3,
            t.elapsed().as_secs_f64() * 1e3
        );
    }
}
