//! Golden files of PyTorch, and how a model is held against one.

use std::path::Path;

use onset::batch::{Batch, CausalBatch, Ragged, SequencePairs};
use onset::model::{AttentionModes, Model, Parameter, Parameters, Pass, Want};
use onset_engine::{AdamSettings, AttentionMode, Optimizer, OptimizerSettings, Schedule, Tape, Value};
use safetensors::{Dtype, SafeTensors};

/// The error that is allowed, relative to the largest entry of what is compared.
const TOLERANCE: f32 = 1e-4;

pub struct Golden {
    bytes: Vec<u8>,
}

impl Golden {
    pub fn read(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/{name}.safetensors"));
        Self { bytes: std::fs::read(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())) }
    }

    fn words(&self, name: &str, dtype: Dtype) -> (Vec<usize>, Vec<[u8; 4]>) {
        let tensors = SafeTensors::deserialize(&self.bytes).unwrap();
        let tensor = tensors.tensor(name).unwrap();
        assert_eq!(tensor.dtype(), dtype, "{name}");
        (tensor.shape().to_vec(), tensor.data().chunks_exact(4).map(|b| b.try_into().unwrap()).collect())
    }

    pub fn has(&self, name: &str) -> bool {
        SafeTensors::deserialize(&self.bytes).unwrap().tensor(name).is_ok()
    }

    pub fn floats(&self, name: &str) -> Vec<f32> {
        self.words(name, Dtype::F32).1.into_iter().map(f32::from_le_bytes).collect()
    }

    pub fn ints(&self, name: &str) -> (Vec<usize>, Vec<u32>) {
        let (shape, words) = self.words(name, Dtype::I32);
        (shape, words.into_iter().map(|b| i32::from_le_bytes(b) as u32).collect())
    }

    pub fn size(&self, key: &str) -> usize {
        let (_, metadata) = SafeTensors::read_metadata(&self.bytes).unwrap();
        metadata.metadata().as_ref().unwrap()[key].parse().unwrap()
    }

    /// A padded token matrix without its padding.
    pub fn ragged(&self, name: &str, lengths: &[u32]) -> Ragged {
        let (shape, tokens) = self.ints(name);
        let mut ragged = Ragged::default();
        for (row, &length) in tokens.chunks_exact(shape[1]).zip(lengths) {
            ragged.push(row[..length as usize].iter().copied());
        }
        ragged
    }
}

pub fn close(what: &str, got: &[f32], want: &[f32]) {
    assert_eq!(got.len(), want.len(), "{what}");
    let scale = want.iter().fold(0f32, |a, w| a.max(w.abs()));
    let error = got.iter().zip(want).fold(0f32, |a, (g, w)| a.max((g - w).abs()));
    assert!(error <= TOLERANCE * scale.max(1e-6), "{what}: off by {error:e} where the largest is {scale:e}");
}

/// Gives `parameters` the values that the file has.
fn set_parameters(golden: &Golden, tape: &mut Tape, parameters: &Parameters) {
    for parameter in parameters.iter() {
        let values = golden.floats(&format!("param.{}", parameter.name));
        tape.data_mut(parameter.value).copy_from_slice(&values);
    }
}

/// Compares parameters after five steps of AdamW with decay of matrices, two steps of warm-up, and clipped gradients.
pub fn compare_adamw(
    golden: &Golden,
    tape: &mut Tape,
    parameters: &Parameters,
    mut loss: impl FnMut(&mut Tape) -> Value,
) {
    set_parameters(golden, tape, parameters);
    let adam = AdamSettings { beta1: 0.9, beta2: 0.95, epsilon: 1e-8 };
    let decays = |index: usize| parameters.get(index).is_some_and(Parameter::decays);
    let rule = OptimizerSettings::AdamW { adam, weight_decay: 0.1 };
    let mut optimizer = Optimizer::new(rule, tape).with_decay_of(decays).with_clip(Some(0.5));
    for step in 0..5 {
        let value = loss(tape);
        tape.backward(value);
        optimizer.update(tape, Schedule::Constant { warmup: 2 }.rate(1e-3, step), |_| true);
        tape.clear();
    }
    compare_after(golden, tape, parameters, "adamw5");
}

/// Compares gradients, then parameters after four more steps.
pub fn compare_training(
    golden: &Golden,
    tape: &mut Tape,
    parameters: &Parameters,
    mut loss: impl FnMut(&mut Tape) -> Value,
) {
    set_parameters(golden, tape, parameters);
    let mut adam = Optimizer::new(OptimizerSettings::Adam(AdamSettings::default()), tape);
    for step in 0..5 {
        let value = loss(tape);
        if step == 0 {
            close("loss", tape.data(value), &golden.floats("loss"));
        }
        tape.backward(value);
        if step == 0 {
            for parameter in parameters.iter() {
                let want = golden.floats(&format!("grad.{}", parameter.name));
                let zeros = vec![0.0; want.len()];
                let got = tape.grad(parameter.value).unwrap_or(&zeros);
                if want.iter().all(|&slope| slope == 0.0) {
                    assert!(got.iter().all(|slope| slope.abs() < 1e-6), "{got:?}");
                } else {
                    close(&format!("gradient of {}", parameter.name), got, &want);
                }
            }
        }
        adam.update(tape, 1e-3, |_| true);
        tape.clear();
    }
    compare_after(golden, tape, parameters, "after5");
}

/// Compares parameters with those called `what`.
pub fn compare_after(golden: &Golden, tape: &Tape, parameters: &Parameters, what: &str) {
    for parameter in parameters.iter() {
        let [before, mut want] =
            ["param", what].map(|what| golden.floats(&format!("{what}.{}", parameter.name)));
        // Entries that shift all scores of a softmax, which ignores it, have gradients of rounding alone. Adam makes steps of it.
        let entries = want.iter_mut().zip(tape.data(parameter.value)).zip(&before);
        entries.filter(|((want, _), before)| *want == *before).for_each(|((want, got), _)| {
            assert!((*want - got).abs() < 0.01, "{} moved by more than five steps", parameter.name);
            *want = *got;
        });
        close(&format!("{}, {what}", parameter.name), tape.data(parameter.value), &want);
    }
}

/// Δ of each pair, a row for each target position.
pub fn pair_influence(
    tape: &mut Tape,
    model: &dyn Model,
    modes: &AttentionModes,
    batch: &SequencePairs,
) -> Vec<Vec<f32>> {
    let of = |example: usize| {
        let mut parts = SequencePairs::default();
        let target = [&batch.decoder_input.row(example)[..1], batch.target.row(example)].concat();
        (1..target.len()).for_each(|end| parts.push(batch.source.row(example), &target[..=end]));
        parts
    };
    let mut all = Vec::new();
    for example in 0..batch.source.len() {
        let rows = model.influence_on_last(tape, &Batch::Pairs(of(example)), Pass::new(modes)).unwrap();
        all.push(rows.concat());
    }
    all
}

/// Δ of each prediction of the sequences, a row of as many numbers as tokens are read.
pub fn causal_influence(
    tape: &mut Tape,
    model: &dyn Model,
    modes: &AttentionModes,
    batch: &CausalBatch,
) -> Vec<Vec<Vec<f32>>> {
    let of = |example: usize| {
        let (tokens, first) = (batch.tokens.row(example), batch.first[example]);
        let mut parts = CausalBatch::default();
        for last in first as usize + 1..tokens.len() {
            parts.tokens.push(tokens[..=last].iter().copied());
            parts.first.push(first);
        }
        parts
    };
    let examples = 0..batch.tokens.len();
    examples
        .map(|example| model.influence_on_last(tape, &Batch::Causal(of(example)), Pass::new(modes)).unwrap())
        .collect()
}

/// Sequences that are predicted from some position on: outputs, α and β at each place, Δ, and training.
pub fn causal(golden: &Golden, mut tape: Tape, model: &dyn Model, attention: AttentionMode) {
    let lengths = golden.ints("input.length").1;
    let batch =
        CausalBatch { tokens: golden.ragged("input.tokens", &lengths), first: golden.ints("input.first").1 };
    let [vocabulary, longest] = ["vocabulary", "longest"].map(|key| golden.size(key));
    let places = model.places().len();
    let modes = AttentionModes::all(attention, places);
    let steps = longest - 1;
    let mut first = true;
    let sequences = Batch::Causal(batch.clone());
    compare_training(golden, &mut tape, model.parameters(), |tape| {
        if std::mem::take(&mut first) {
            let want = Want { beta: true, logits: true, ..Want::default() };
            let readings = model.read(tape, &sequences, Pass::new(&modes), want).readings;
            let deltas = causal_influence(tape, model, &modes, &batch);
            let padded_by = |width: usize| vec![0.0; readings.len() * steps * width];
            let mut padded = [vocabulary, places * steps, places * steps, steps].map(padded_by);
            for (example, (reading, delta)) in readings.iter().zip(&deltas).enumerate() {
                for (number, delta) in delta.iter().enumerate() {
                    let step = batch.first[example] as usize + number;
                    let row = example * steps + step;
                    let mut put = |what: usize, first: usize, list: &[f32]| {
                        padded[what][first..first + list.len()].copy_from_slice(list);
                    };
                    put(0, row * vocabulary, reading.logits.row(number));
                    for (place, own) in reading.places.iter().enumerate() {
                        let first = ((example * places + place) * steps + step) * steps;
                        put(1, first, own.alpha.row(number));
                        put(2, first, own.beta.row(number));
                    }
                    put(3, row * steps, delta);
                }
            }
            for (what, padded) in ["logits", "alpha", "beta", "delta"].into_iter().zip(&padded) {
                close(what, padded, &golden.floats(what));
            }
        }
        model.loss(tape, &sequences, Pass::new(&modes))
    });
    if golden.has("adamw5.tokens.weight") {
        compare_adamw(golden, &mut tape, model.parameters(), |tape| {
            model.loss(tape, &sequences, Pass::new(&modes))
        });
    }
}
