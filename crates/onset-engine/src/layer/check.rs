//! Finite differences, for testing every backward pass.

use std::cell::Cell;

use crate::tape::{Tape, Value};
use crate::{Random, Stream};

thread_local! {
    static PLACE: Cell<u64> = const { Cell::new(0) };
}

/// A parameter with entries uniform in ±0.8.
pub fn random_parameter(tape: &mut Tape, rows: usize, cols: usize) -> Value {
    let place = PLACE.replace(PLACE.get() + 1);
    let mut random = Random::at(99, Stream::Initialisation, place);
    let data: Vec<f32> = (0..rows * cols).map(|_| random.within(0.8)).collect();
    tape.parameter(rows, cols, &data)
}

/// The weights of an output's entries in the scalar whose gradient is checked.
fn weights(len: usize, output: usize) -> Vec<f32> {
    let mut random = Random::at(98, Stream::Data, output as u64);
    (0..len).map(|_| random.within(1.0)).collect()
}

fn objective(tape: &Tape, outputs: &[Value]) -> f64 {
    let dot = |(i, &v): (usize, &Value)| -> f64 {
        let data = tape.data(v);
        let weights = weights(data.len(), i);
        data.iter().zip(weights).map(|(&x, w)| f64::from(x) * f64::from(w)).sum()
    };
    outputs.iter().enumerate().map(dot).sum()
}

/// Checks d(Σ weights·outputs)/d(parameters) by central differences. `build` adds the parameters and returns the
/// forward pass, which must depend on nothing else.
pub fn gradients<F: Fn(&mut Tape) -> Vec<Value>>(build: impl FnOnce(&mut Tape) -> F) {
    let mut tape = Tape::new(1);
    let forward = build(&mut tape);
    let parameters = tape.parameters();
    let outputs = forward(&mut tape);
    for (i, &output) in outputs.iter().enumerate() {
        let (mut grad, _) = tape.open_grad(output);
        let weights = weights(grad.len(), i);
        grad.copy_from_slice(&weights);
        tape.put_grad(output, grad);
    }
    tape.backward_from_outputs();
    tape.clear();
    let step = 1e-2;
    for parameter in parameters {
        let len = tape.data(parameter).len();
        let analytic = tape.grad(parameter).map_or(vec![0.0; len], <[f32]>::to_vec);
        let scale = analytic.iter().fold(0.1f64, |a, &g| a.max(f64::from(g).abs()));
        for (i, &exact) in analytic.iter().enumerate() {
            let original = tape.data(parameter)[i];
            let mut at = |offset: f32| {
                tape.data_mut(parameter)[i] = original + offset;
                let outputs = forward(&mut tape);
                let value = objective(&tape, &outputs);
                tape.clear();
                value
            };
            // Fourth-order central difference.
            let (one, two) = (at(step) - at(-step), at(2.0 * step) - at(-2.0 * step));
            at(0.0);
            let numeric = (8.0 * one - two) / (12.0 * f64::from(step));
            let error = (numeric - f64::from(exact)).abs() / scale;
            assert!(error < 2e-3, "parameter {parameter:?} entry {i}: numeric {numeric}, analytic {exact}");
        }
    }
}
