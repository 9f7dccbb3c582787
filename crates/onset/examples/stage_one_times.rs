//! Agreement of predicted with trained attention, by the time τ at which stage 1 of texts is stopped (forecasts use 12).
//!
//! ```sh
//! cargo run --release -p onset --example stage_one_times -- 250 task.file=sms.tsv.gz seed=20
//! ```
//!
//! The first argument is the number of steps to train; the others are keys of the spec. Attention is taken at the
//! evaluation with the best held-out accuracy.

use std::error::Error;

use onset::agreement::{Measure, score_rows};
use onset::forecast::text_attention_at;
use onset::record::TextProbes;
use onset::spec::Spec;
use onset::task::Split;
use onset::task::text::TextData;
use onset::train::{Prepared, Trainer};

/// Evaluations over training.
const EVALUATIONS: u64 = 4;

/// The times of stage 1.
const TIMES: [f64; 7] = [1.5, 3.0, 6.0, 12.0, 24.0, 48.0, 96.0];

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let steps: u64 = arguments.next().ok_or("usage: stage_one_times STEPS KEY=VALUE ...")?.parse()?;
    let overrides: Vec<String> = arguments.map(|given| quoted(&given)).collect();
    let spec = Spec::parse("task = 'classification'", "the arguments", &overrides)?;
    let prepared = Prepared::load(&spec)?;
    let data = prepared.get::<TextData>().ok_or("expected a text set")?;
    let mut trainer = Trainer::new(&spec, &prepared, 1);
    let mut best: Option<(f64, u64, TextProbes)> = None;
    for step in 1..=steps {
        trainer.step()?;
        if step % (steps / EVALUATIONS).max(1) == 0 {
            let recorded = trainer.evaluate();
            let accuracy = recorded.scores.floats("accuracy")?[0];
            if best.as_ref().is_none_or(|(other, _, _)| accuracy > *other) {
                best = Some((accuracy, step, TextProbes::from_table(&recorded.probes, Split::Validation)?));
            }
        }
    }
    let (accuracy, step, texts) = best.ok_or("too few steps for an evaluation")?;
    println!("accuracy {accuracy:.3} at step {step}; {} held-out texts\n", texts.probes.len());
    println!("| τ | A(α, predicted), true label | predicted label | label accuracy |\n|--:|--:|--:|--:|");
    let alpha: Vec<&[f32]> = texts.probes.iter().map(|probe| &probe.alpha[..]).collect();
    for time in TIMES {
        let predicted = text_attention_at(data, spec.training().batch, time);
        let rows = |of: &[Vec<f32>]| -> Vec<Vec<f32>> {
            texts.example.iter().map(|&example| of[example].clone()).collect()
        };
        let agreement =
            |of: &[Vec<f32>]| score_rows(Measure::Top, &alpha, &rows(of)).mean().unwrap_or(f64::NAN);
        let right = data
            .validation
            .iter()
            .zip(&predicted.predicted_label)
            .filter(|(text, predicted)| text.label == **predicted)
            .count();
        println!(
            "| {time} | {:.3} | {:.3} | {:.3} |",
            agreement(&predicted.alpha),
            agreement(&predicted.alpha_by_prediction),
            right as f64 / data.validation.len() as f64
        );
    }
    Ok(())
}

/// A path in quotes, as a spec has it; anything else as it is.
fn quoted(given: &str) -> String {
    match given.split_once('=') {
        Some((key, path)) if key.ends_with("file") => format!("{key}='{path}'"),
        _ => given.into(),
    }
}
