//! Properties of every update rule, and each rule against its formula in f64.

use super::*;
use crate::tape::Value;

const ADAM: AdamSettings = AdamSettings { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 };
const RULES: [OptimizerSettings; 4] = [
    OptimizerSettings::Adam(ADAM),
    OptimizerSettings::AdamW { adam: ADAM, weight_decay: 0.1 },
    OptimizerSettings::Sgd { momentum: 0.0 },
    OptimizerSettings::Sgd { momentum: 0.9 },
];

fn give(tape: &mut Tape, parameter: Value, grad: &[f32]) {
    let (mut buffer, _) = tape.open_grad(parameter);
    buffer.copy_from_slice(grad);
    tape.put_grad(parameter, buffer);
}

/// A copy of a parameter's state.
fn state_of(optimizer: &Optimizer, index: usize) -> Vec<Vec<f32>> {
    optimizer.state(index).map(<[f32]>::to_vec).collect()
}

/// One number after 20 gradients, by the formulas.
fn by_formula(settings: OptimizerSettings, rate: f64, mut theta: f64, grad: impl Fn(i32) -> f64) -> f64 {
    let (mut m, mut v, mut b) = (0.0f64, 0.0f64, 0.0f64);
    for t in 1..=20 {
        let g = grad(t);
        match settings {
            OptimizerSettings::Adam(_) | OptimizerSettings::AdamW { .. } => {
                if let OptimizerSettings::AdamW { weight_decay, .. } = settings {
                    theta *= 1.0 - rate * f64::from(weight_decay);
                }
                m = 0.9 * m + 0.1 * g;
                v = 0.999 * v + 0.001 * g * g;
                let (mh, vh) = (m / (1.0 - 0.9f64.powi(t)), v / (1.0 - 0.999f64.powi(t)));
                theta -= rate * mh / (vh.sqrt() + 1e-8);
            }
            OptimizerSettings::Sgd { momentum } => {
                b = f64::from(momentum) * b + g;
                theta -= rate * b;
            }
        }
    }
    theta
}

#[test]
fn steps_agree_with_the_formula_in_f64() {
    let grads: [fn(i32) -> f64; 3] = [|_| 0.25, |t| -1.0 / f64::from(t), |t| f64::from(t % 3) - 1.0];
    for settings in RULES {
        let mut tape = Tape::new(1);
        let start = [1.0, -2.0, 0.5];
        let parameter = tape.parameter(1, 3, &start);
        let mut optimizer = Optimizer::new(settings, &tape);
        for t in 1..=20 {
            give(&mut tape, parameter, &grads.map(|grad| grad(t) as f32));
            optimizer.update(&mut tape, 0.1, |_| true);
        }
        for ((got, start), grad) in tape.data(parameter).iter().zip(start).zip(grads) {
            let want = by_formula(settings, 0.1, f64::from(start), grad);
            assert!((f64::from(*got) - want).abs() < 2e-5, "{settings:?}: {got} {want}");
        }
        assert_eq!(optimizer.step_count(), 20);
    }
}

#[test]
fn without_momentum_a_step_is_exactly_the_rate_times_the_gradient() {
    let mut tape = Tape::new(1);
    let (moved, kept) = (tape.parameter(1, 2, &[1.0, -2.0]), tape.parameter(1, 1, &[3.0]));
    let mut sgd = Optimizer::new(OptimizerSettings::Sgd { momentum: 0.0 }, &tape);
    give(&mut tape, moved, &[2.0, -4.0]);
    sgd.update(&mut tape, 0.25, |_| true);
    sgd.update(&mut tape, 0.25, |_| true);
    assert_eq!((tape.data(moved), tape.data(kept)), (&[0.5, -1.0][..], &[3.0][..]));
    assert!(sgd.state_names().is_empty());
}

#[test]
fn momentum_goes_on_where_no_gradient_comes() {
    let mut tape = Tape::new(1);
    let parameter = tape.parameter(1, 1, &[0.0]);
    let mut sgd = Optimizer::new(OptimizerSettings::Sgd { momentum: 0.5 }, &tape);
    give(&mut tape, parameter, &[1.0]);
    (0..2).for_each(|_| sgd.update(&mut tape, 1.0, |_| true));
    assert_eq!(tape.data(parameter), [-1.5]);
}

#[test]
fn a_parameter_without_gradient_stays_but_for_its_decay() {
    for settings in RULES {
        let mut tape = Tape::new(1);
        let (a, b) = (tape.parameter(1, 1, &[1.0]), tape.parameter(1, 1, &[2.0]));
        let mut optimizer = Optimizer::new(settings, &tape);
        give(&mut tape, a, &[1.0]);
        optimizer.update(&mut tape, 0.5, |_| true);
        let decayed = if matches!(settings, OptimizerSettings::AdamW { .. }) { 1.9 } else { 2.0 };
        assert!(tape.data(a)[0] < 1.0 && (tape.data(b)[0] - decayed).abs() < 1e-6, "{settings:?}");
    }
}

#[test]
fn only_the_parameters_named_decay() {
    let mut tape = Tape::new(1);
    let values = [(); 2].map(|()| tape.parameter(1, 1, &[2.0]));
    let settings = OptimizerSettings::AdamW { adam: ADAM, weight_decay: 0.5 };
    let mut optimizer = Optimizer::new(settings, &tape).with_decay_of(|index| index == 1);
    optimizer.update(&mut tape, 0.5, |_| true);
    assert_eq!(values.map(|value| tape.data(value)[0]), [2.0, 1.5]);
}

#[test]
fn what_does_not_move_keeps_its_state_and_what_is_forgotten_starts_anew() {
    for settings in RULES {
        let mut tape = Tape::new(1);
        let (a, b) = (tape.parameter(1, 2, &[1.0, 1.0]), tape.parameter(1, 1, &[2.0]));
        let mut optimizer = Optimizer::new(settings, &tape);
        let update = |tape: &mut Tape, optimizer: &mut Optimizer, rate: f32, frozen: Option<usize>| {
            give(tape, a, &[1.0, 1.0]);
            give(tape, b, &[1.0]);
            optimizer.update(tape, rate, |index| Some(index) != frozen);
        };
        update(&mut tape, &mut optimizer, 0.1, None);
        let (value, state) = (tape.data(a).to_vec(), state_of(&optimizer, 0));
        update(&mut tape, &mut optimizer, 0.1, Some(0));
        assert_eq!((tape.data(a), state_of(&optimizer, 0)), (&value[..], state));
        assert!(tape.grad(a).is_none() && tape.data(b)[0] < 1.85);
        optimizer.forget(0, 1..2);
        assert!(optimizer.state(0).all(|buffer| buffer[0] != 0.0 && buffer[1] == 0.0));
        update(&mut tape, &mut optimizer, 0.0, None);
        assert_eq!(tape.data(a), value);
    }
}

#[test]
fn a_restored_optimizer_goes_on_as_the_first_would_have() {
    for settings in RULES {
        let mut tape = Tape::new(1);
        let parameter = tape.parameter(1, 3, &[1.0, -2.0, 0.5]);
        let mut first = Optimizer::new(settings, &tape);
        let update = |tape: &mut Tape, optimizer: &mut Optimizer| {
            let grad = tape.data(parameter).iter().map(|p| 0.3 - p).collect::<Vec<_>>();
            give(tape, parameter, &grad);
            optimizer.update(tape, 0.1, |_| true);
        };
        (0..3).for_each(|_| update(&mut tape, &mut first));
        let values = tape.data(parameter).to_vec();
        let mut second = Optimizer::new(settings, &tape);
        second.restore(first.step_count(), &[state_of(&first, 0)]);
        update(&mut tape, &mut first);
        let want = tape.data(parameter).to_vec();
        tape.data_mut(parameter).copy_from_slice(&values);
        update(&mut tape, &mut second);
        assert_eq!(tape.data(parameter), want);
        assert_eq!(second.state_names().len(), state_of(&second, 0).len());
    }
}

#[test]
fn bytes_do_not_depend_on_the_number_of_threads() {
    let (words, width) = (40_000, 40);
    for settings in RULES {
        let after = |threads: usize| {
            let mut tape = Tape::new(threads);
            // A table whose gradients have few rows, a matrix, and a parameter without a gradient.
            let numbers: Vec<f32> = (0..words * width).map(|place| (place % 97) as f32 * 0.01).collect();
            let table = tape.parameter(words, width, &numbers);
            let matrix = tape.parameter(1, 700_001, &numbers[..700_001]);
            tape.parameter(1, 3, &[1.0, 2.0, 3.0]);
            let mut optimizer = Optimizer::new(settings, &tape).with_clip(Some(0.5));
            for step in 0..4u32 {
                let tokens = tape.indices([7 + step, 39_999, 7 + step, 20_000 * (step % 2)]);
                let read = tape.embedding(table, tokens);
                let ones = tape.filled(4, width, 0.3);
                let loss = tape.cosine(read, ones);
                tape.clear_gradients();
                let (mut seed, _) = tape.open_grad(loss);
                seed.copy_from_slice(&[1.0, -2.0, 0.5, 3.0]);
                tape.put_grad(loss, seed);
                tape.backward_from_outputs();
                give(&mut tape, matrix, &numbers[step as usize..][..700_001]);
                optimizer.update(&mut tape, 0.1, |_| true);
                tape.clear();
            }
            let values = tape.parameters().into_iter().map(|value| tape.data(value).to_vec());
            (values.collect::<Vec<_>>(), state_of(&optimizer, 0))
        };
        let one = after(1);
        assert!(one == after(2) && one == after(3), "{settings:?}");
    }
}
