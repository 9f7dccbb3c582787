//! How well a copying run's checkpoints copy when attention is their own, uniform, or all on the right word: a model
//! that copies by elimination does worst with its attention where the word is.
//!
//! `cargo run --release -p onset --example given_attention -- RUN`

use std::error::Error;
use std::path::Path;

use onset::spec::Spec;
use onset::study::RunRecord;
use onset::train::{AttentionRoute, Intervention, Prepared, Trainer};

const ROUTES: [AttentionRoute; 3] =
    [AttentionRoute::Learned, AttentionRoute::Uniform, AttentionRoute::Clamped];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [run] = &arguments[..] else {
        return Err("usage: given_attention RUN".into());
    };
    let run = RunRecord::read(Path::new(run))?;
    if !matches!(run.spec, Spec::Copying(_)) {
        return Err("only copying tells which position is right; give the folder of a copying run".into());
    }
    let data = Prepared::load(&run.spec)?;
    let mut trainer = Trainer::new(&run.spec, &data, 1);
    println!("| step | accuracy, own attention | uniform | on the right word |\n|--:|--:|--:|--:|");
    for step in run.directory.checkpoint_steps() {
        trainer.load_parameters(&run.directory.checkpoint_path(step))?;
        let mut row = format!("| {step} |");
        for route in ROUTES {
            trainer.intervene(&Intervention::Attention { route })?;
            row += &format!(" {:.3} |", trainer.evaluate().scores.floats("accuracy")?[0]);
        }
        println!("{row}");
    }
    Ok(())
}
