//! Optimisers and clipping against PyTorch.
//!
//! The numbers and the script that made them are in `tests/golden/` (`optimizers.json`, `make_optimizers.py`).

use std::path::Path;

use onset_engine::{
    Activation, AdamSettings, Clipping, Optimizer, OptimizerSettings, Tape, Term, Value, clipping,
};
use serde::Deserialize;

/// The error that is allowed, relative to the largest entry of what is compared.
const TOLERANCE: f32 = 1e-6;

#[derive(Deserialize)]
struct Golden {
    steps: Vec<Steps>,
    clips: Vec<Clip>,
}

/// Updates of two parameters; `after` has their values after each.
#[derive(Deserialize)]
struct Steps {
    name: String,
    #[serde(flatten)]
    rule: Rule,
    rate: f32,
    max_norm: Option<f32>,
    decays: [bool; 2],
    start: [Vec<f32>; 2],
    gradients: Vec<[Vec<f32>; 2]>,
    after: Vec<[Vec<f32>; 2]>,
}

#[derive(Deserialize)]
#[serde(tag = "rule", rename_all = "lowercase")]
enum Rule {
    AdamW { beta1: f32, beta2: f32, epsilon: f32, weight_decay: f32 },
    Sgd { momentum: f32 },
}

#[derive(Deserialize)]
struct Clip {
    name: String,
    max_norm: f32,
    gradients: [Vec<f32>; 2],
    norm: f32,
    after: [Vec<f32>; 2],
}

fn golden() -> Golden {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/optimizers.json");
    let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    serde_json::from_str(&text).expect("the golden file has this form")
}

fn close(what: &str, got: &[f32], want: &[f32]) {
    assert_eq!(got.len(), want.len(), "{what}");
    let scale = want.iter().fold(0f32, |a, w| a.max(w.abs()));
    let error = got.iter().zip(want).fold(0f32, |a, (g, w)| a.max((g - w).abs()));
    assert!(error <= TOLERANCE * scale, "{what}: off by {error:e} where the largest is {scale:e}");
}

/// Gives the parameters these gradients: those of the sum of products.
fn give(tape: &mut Tape, parameters: [Value; 2], gradients: &[Vec<f32>; 2]) {
    let terms = [0, 1].map(|i| {
        let gradient = tape.constant(1, gradients[i].len(), &gradients[i]);
        Term::new(parameters[i], gradient)
    });
    let loss = tape.affine(&terms, &[], Activation::Identity);
    tape.backward(loss);
    tape.clear();
}

#[test]
fn updates_are_those_of_pytorch() {
    for case in golden().steps {
        let mut tape = Tape::new(1);
        let parameters = [0, 1].map(|i| tape.parameter(1, case.start[i].len(), &case.start[i]));
        let settings = match case.rule {
            Rule::AdamW { beta1, beta2, epsilon, weight_decay } => {
                OptimizerSettings::AdamW { adam: AdamSettings { beta1, beta2, epsilon }, weight_decay }
            }
            Rule::Sgd { momentum } => OptimizerSettings::Sgd { momentum },
        };
        let mut optimizer = Optimizer::new(settings, &tape)
            .with_decay_of(|index| case.decays[index])
            .with_clip(case.max_norm);
        for (step, (gradients, after)) in case.gradients.iter().zip(&case.after).enumerate() {
            give(&mut tape, parameters, gradients);
            optimizer.update(&mut tape, case.rate, |_| true);
            for (parameter, want) in parameters.iter().zip(after) {
                close(&format!("{} after step {step}", case.name), tape.data(*parameter), want);
            }
        }
    }
}

#[test]
fn clipped_gradients_are_those_of_pytorch() {
    for case in golden().clips {
        let mut tape = Tape::new(1);
        let parameters = case.gradients.each_ref().map(|g| tape.parameter(1, g.len(), &vec![0.0; g.len()]));
        give(&mut tape, parameters, &case.gradients);
        let Clipping { norm, factor } = clipping(&mut tape, case.max_norm, |_| true);
        close(&format!("norm of {}", case.name), &[norm], &[case.norm]);
        for (parameter, want) in parameters.iter().zip(&case.after) {
            let grad = tape.grad(*parameter).expect("a gradient");
            let clipped: Vec<f32> = grad.iter().map(|slope| factor * slope).collect();
            close(&case.name, &clipped, want);
        }
    }
}
