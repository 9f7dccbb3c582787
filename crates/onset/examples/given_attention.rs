//! How well a copying run's checkpoints copy when attention is their own, uniform, or all on the right word: a model
//! that copies by elimination does worst with its attention where the word is.
//!
//! `cargo run --release -p onset --example given_attention -- RUN`

use std::error::Error;
use std::path::Path;

use onset::study::RunRecord;
use onset::train::{Intervention, Prepared, Trainer};
use onset_engine::AttentionMode;

const MODES: [AttentionMode; 3] = [AttentionMode::Learned, AttentionMode::Uniform, AttentionMode::Clamped];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [run] = &arguments[..] else {
        return Err("usage: given_attention RUN".into());
    };
    let run = RunRecord::read(Path::new(run))?;
    if !run.spec.task().settings().knows_relevant() {
        return Err(
            "the run's task does not know which position is right; give the folder of a copying run".into()
        );
    }
    let data = Prepared::load(&run.spec)?;
    let mut trainer = Trainer::new(&run.spec, &data, 1);
    println!("| step | accuracy, own attention | uniform | on the right word |\n|--:|--:|--:|--:|");
    for step in run.directory.checkpoint_steps() {
        trainer.load_parameters(&run.directory.checkpoint_path(step))?;
        let mut row = format!("| {step} |");
        for mode in MODES {
            trainer.intervene(&Intervention::attention(mode))?;
            row += &format!(" {:.3} |", trainer.evaluate().scores.floats("accuracy")?[0]);
        }
        println!("{row}");
    }
    Ok(())
}
