//! Finite differences, a plain implementation, and properties of any batch.

use super::*;
use crate::layer::check::{gradients, random_parameter};
use crate::layer::{Activation, Term};

/// The weights of a bidirectional layer on a table of tokens.
struct Weights {
    tokens: Vec<f32>,
    recurrent: [Vec<f32>; 2],
    biases: [Vec<f32>; 2],
}

const TOKENS: usize = 6;

impl Weights {
    fn new(hidden: usize) -> Self {
        let mut random = crate::Random::at(4, crate::Stream::Initialisation, 0);
        let mut numbers = |count| (0..count).map(|_| random.within(0.7)).collect::<Vec<f32>>();
        Self {
            tokens: numbers(TOKENS * 3 * hidden),
            recurrent: [(); 2].map(|()| numbers(3 * hidden * hidden)),
            biases: [(); 2].map(|()| numbers(3 * hidden)),
        }
    }

    /// Hidden states by example, position and column, and the last states of both directions.
    fn run(&self, sequences: &[Vec<u32>], hidden: usize) -> Vec<Vec<f32>> {
        let mut tape = Tape::new(1);
        let tokens = tape.parameter(TOKENS, 3 * hidden, &self.tokens);
        let recurrent = [0, 1].map(|way| tape.parameter(3 * hidden, hidden, &self.recurrent[way]));
        let biases = [0, 1].map(|way| tape.parameter(1, 3 * hidden, &self.biases[way]));
        let packing = tape.pack(sequences.iter().map(Vec::len));
        let rows = tape.pack_numbers(packing, |example, step| sequences[example][step]);
        let direction = |way: usize| GruDirection {
            gate_inputs: tokens,
            recurrent: recurrent[way],
            recurrent_bias: biases[way],
            start: None,
            reversed: way == 1,
        };
        let out = tape.gru(packing, Some(rows), &[direction(0), direction(1)]);
        let layout = tape.layout(packing);
        let (states, last) = (tape.data(out.hidden), tape.data(out.last_hidden));
        let example = |example: usize| -> Vec<f32> {
            let rows = layout.rows_of(example).map(|row| &states[row * 2 * hidden..][..2 * hidden]);
            rows.chain([&last[example * 2 * hidden..][..2 * hidden]]).flatten().copied().collect()
        };
        (0..sequences.len()).map(example).collect()
    }

    /// The states of one sequence in one direction, in reading order.
    fn plain(&self, sequence: &[u32], hidden: usize, way: usize) -> Vec<Vec<f32>> {
        let sigmoid = |x: f32| 1.0 / (1.0 + (-x).exp());
        let mut state = vec![0.0; hidden];
        let mut states = Vec::new();
        for at in 0..sequence.len() {
            let token = sequence[if way == 1 { sequence.len() - 1 - at } else { at }] as usize;
            let input = |gate: usize, j: usize| self.tokens[token * 3 * hidden + gate * hidden + j];
            let recurrent = |gate: usize, j: usize| -> f32 {
                let row = &self.recurrent[way][(gate * hidden + j) * hidden..][..hidden];
                let sum: f32 = row.iter().zip(&state).map(|(w, h)| w * h).sum();
                sum + self.biases[way][gate * hidden + j]
            };
            let next = |j: usize| {
                let (r, z) = (sigmoid(input(0, j) + recurrent(0, j)), sigmoid(input(1, j) + recurrent(1, j)));
                let n = (input(2, j) + r * recurrent(2, j)).tanh();
                (1.0 - z) * n + z * state[j]
            };
            state = (0..hidden).map(next).collect();
            states.push(state.clone());
        }
        states
    }
}

fn sequences() -> Vec<Vec<u32>> {
    vec![vec![1, 5, 2], vec![0], vec![3, 3, 4, 1, 0], vec![2, 2, 1]]
}

#[test]
fn states_agree_with_a_plain_loop() {
    let hidden = 3;
    let weights = Weights::new(hidden);
    for (sequence, states) in sequences().iter().zip(weights.run(&sequences(), hidden)) {
        let [forward, mut backward] = [0, 1].map(|way| weights.plain(sequence, hidden, way));
        let last = [forward.last().unwrap().clone(), backward.last().unwrap().clone()].concat();
        backward.reverse();
        let rows = forward.iter().zip(&backward).flat_map(|(a, b)| [a.as_slice(), b].concat());
        let want: Vec<f32> = rows.chain(last).collect();
        assert!(states.iter().zip(&want).all(|(a, b)| (a - b).abs() < 1e-5), "{states:?} {want:?}");
    }
}

#[test]
fn gradients_agree_with_finite_differences() {
    for (lengths, hidden) in [(vec![1], 2), (vec![3], 1), (vec![2, 2], 3), (vec![1, 4, 2], 3)] {
        for starts in [false, true] {
            gradients(|tape| {
                let (batch, total) = (lengths.len(), lengths.iter().sum::<usize>());
                let dense = random_parameter(tape, total, 3 * hidden);
                let tokens = random_parameter(tape, 3, 2);
                let input_weight = random_parameter(tape, 3 * hidden, 2);
                let recurrent = [0, 1].map(|_| random_parameter(tape, 3 * hidden, hidden));
                let biases = [0, 1].map(|_| random_parameter(tape, 1, 3 * hidden));
                let start = [0, 1].map(|_| random_parameter(tape, batch, hidden));
                let lengths = lengths.clone();
                move |tape: &mut Tape| {
                    let packing = tape.pack(lengths.iter().copied());
                    let rows = tape.pack_numbers(packing, |example, step| ((example + 2 * step) % 3) as u32);
                    let inputs = tape.affine(&[Term::new(tokens, input_weight)], &[], Activation::Identity);
                    let direction = |gate_inputs, way: usize| GruDirection {
                        gate_inputs,
                        recurrent: recurrent[way],
                        recurrent_bias: biases[way],
                        start: starts.then_some(start[way]),
                        reversed: way == 1,
                    };
                    let gathered =
                        tape.gru(packing, Some(rows), &[direction(inputs, 0), direction(inputs, 1)]);
                    let plain = tape.gru(packing, None, &[direction(dense, 0)]);
                    vec![gathered.hidden, gathered.last_hidden, plain.hidden, plain.last_hidden]
                }
            });
        }
    }
}

#[test]
fn a_batch_gives_what_its_sequences_give_alone_in_any_order() {
    let weights = Weights::new(3);
    let sequences = sequences();
    let together = weights.run(&sequences, 3);
    for (sequence, states) in sequences.iter().zip(&together) {
        let alone = &weights.run(std::slice::from_ref(sequence), 3)[0];
        assert!(alone.iter().zip(states).all(|(a, b)| (a - b).abs() < 1e-6), "{alone:?} {states:?}");
    }
    let permuted = weights.run(&[2, 0, 3, 1].map(|i| sequences[i].clone()), 3);
    assert!(permuted[1].iter().zip(&together[0]).all(|(a, b)| (a - b).abs() < 1e-6));
}
