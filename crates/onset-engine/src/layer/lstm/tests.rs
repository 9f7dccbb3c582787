//! Finite differences, a plain implementation, and properties of any batch.

use super::*;
use crate::layer::check::{gradients, random_parameter};
use crate::layer::{Activation, Term};

/// A bidirectional layer over given sequences: hidden states by example, position and column.
fn run(sequences: &[Vec<u32>], hidden: usize) -> Vec<Vec<f32>> {
    let mut tape = Tape::new(1);
    let mut random = crate::Random::at(4, crate::Stream::Initialisation, 0);
    let mut matrix = |rows, cols| {
        let data: Vec<f32> = (0..rows * cols).map(|_| random.within(0.7)).collect();
        tape.parameter(rows, cols, &data)
    };
    let (tokens, recurrent) =
        (matrix(6, 4 * hidden), [matrix(4 * hidden, hidden), matrix(4 * hidden, hidden)]);
    let packing = tape.pack(sequences.iter().map(Vec::len));
    let rows = tape.pack_numbers(packing, |example, step| sequences[example][step]);
    let direction = |reversed: bool| Direction {
        gate_inputs: tokens,
        recurrent: recurrent[usize::from(reversed)],
        start: None,
        reversed,
    };
    let out = tape.lstm(packing, Some(rows), &[direction(false), direction(true)]);
    let layout = tape.layout(packing);
    (0..sequences.len())
        .map(|example| {
            let rows = layout.rows_of(example);
            let mut states: Vec<f32> = rows
                .flat_map(|row| tape.data(out.hidden)[row * 2 * hidden..][..2 * hidden].to_vec())
                .collect();
            states.extend(&tape.data(out.last_hidden)[example * 2 * hidden..][..2 * hidden]);
            states.extend(&tape.data(out.last_cell)[example * 2 * hidden..][..2 * hidden]);
            states
        })
        .collect()
}

#[test]
fn gradients_agree_with_finite_differences() {
    for (lengths, hidden) in [(vec![1], 2), (vec![3], 1), (vec![2, 2], 3), (vec![1, 4, 2], 3)] {
        for starts in [false, true] {
            gradients(|tape| {
                let (batch, total) = (lengths.len(), lengths.iter().sum::<usize>());
                let dense = random_parameter(tape, total, 4 * hidden);
                let tokens = random_parameter(tape, 3, 2);
                let input_weight = random_parameter(tape, 4 * hidden, 2);
                let recurrent = [0, 1].map(|_| random_parameter(tape, 4 * hidden, hidden));
                let start = [0, 1]
                    .map(|_| (random_parameter(tape, batch, hidden), random_parameter(tape, batch, hidden)));
                let lengths = lengths.clone();
                move |tape: &mut Tape| {
                    let packing = tape.pack(lengths.iter().copied());
                    let rows = tape.pack_numbers(packing, |example, step| ((example + 2 * step) % 3) as u32);
                    let inputs = tape.affine(&[Term::new(tokens, input_weight)], &[], Activation::Identity);
                    let direction = |gate_inputs, reversed: bool| Direction {
                        gate_inputs,
                        recurrent: recurrent[usize::from(reversed)],
                        start: starts.then_some(start[usize::from(reversed)]),
                        reversed,
                    };
                    let both = [direction(inputs, false), direction(inputs, true)];
                    let gathered = tape.lstm(packing, Some(rows), &both);
                    let plain = tape.lstm(packing, None, &[direction(dense, false)]);
                    vec![
                        gathered.hidden,
                        gathered.last_hidden,
                        gathered.last_cell,
                        plain.hidden,
                        plain.last_cell,
                    ]
                }
            });
        }
    }
}

#[test]
fn a_batch_gives_what_its_sequences_give_alone_in_any_order() {
    let sequences: Vec<Vec<u32>> = vec![vec![1, 5, 2], vec![0], vec![3, 3, 4, 1, 0], vec![2, 2, 1]];
    let together = run(&sequences, 3);
    for (sequence, states) in sequences.iter().zip(&together) {
        let alone = &run(std::slice::from_ref(sequence), 3)[0];
        assert!(alone.iter().zip(states).all(|(a, b)| (a - b).abs() < 1e-6), "{alone:?} {states:?}");
    }
    let mut permuted = run(&[2, 0, 3, 1].map(|i| sequences[i].clone()), 3);
    permuted.swap(0, 1);
    assert!(permuted[0].iter().zip(&together[0]).all(|(a, b)| (a - b).abs() < 1e-6));
}

#[test]
fn one_step_agrees_with_the_formula() {
    let mut tape = Tape::new(1);
    let z: [f32; 4] = [0.3, -0.2, 0.9, 0.1];
    let inputs = tape.parameter(1, 4, &z);
    let recurrent = tape.parameter(4, 1, &[0.5, 0.25, -1.0, 2.0]);
    let start = tape.parameter(1, 1, &[0.4]);
    let packing = tape.pack([1]);
    let direction =
        Direction { gate_inputs: inputs, recurrent, start: Some((start, start)), reversed: false };
    let out = tape.lstm(packing, None, &[direction]);
    let sigmoid = |x: f32| 1.0 / (1.0 + (-x).exp());
    let (i, f) = (sigmoid(z[0] + 0.2), sigmoid(z[1] + 0.1));
    let (g, o) = ((z[2] - 0.4).tanh(), sigmoid(z[3] + 0.8));
    let c = f * 0.4 + i * g;
    assert!((tape.data(out.last_cell)[0] - c).abs() < 1e-6);
    assert!((tape.data(out.hidden)[0] - o * c.tanh()).abs() < 1e-6);
}
