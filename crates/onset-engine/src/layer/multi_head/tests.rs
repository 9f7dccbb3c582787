//! Multi-head attention against finite differences and a plain implementation, and properties of any attention.

use super::*;
use crate::layer::check::{gradients, random_parameter};

/// Lengths, heads and width of a head.
const SHAPES: [(&[usize], usize, usize); 4] =
    [(&[1], 1, 2), (&[3, 1], 2, 3), (&[2, 4, 3], 1, 4), (&[1, 5, 2, 5], 3, 1)];

fn consecutive(tape: &mut Tape, lengths: &[usize]) -> Packing {
    let packing = tape.pack(lengths.iter().copied());
    tape.consecutive(packing)
}

/// Learned causal attention over random queries, keys and values.
fn random_input(tape: &mut Tape, (lengths, heads, width): (&[usize], usize, usize)) -> MultiHead {
    let [queries, keys, values] =
        [(); 3].map(|()| random_parameter(tape, lengths.iter().sum(), heads * width));
    let packing = consecutive(tape, lengths);
    let (mask, modes) = (Mask::Causal, HeadModes::all(AttentionMode::Learned));
    MultiHead {
        queries,
        keys,
        values,
        heads,
        packing,
        memory: None,
        mask,
        modes,
        weights: None,
        relative: None,
    }
}

/// The same input on a tape that has been cleared: parameters persist, layouts do not.
fn again(tape: &mut Tape, input: MultiHead, lengths: &[usize]) -> MultiHead {
    MultiHead { packing: consecutive(tape, lengths), ..input }
}

#[test]
fn gradients_agree_with_finite_differences() {
    for shape in SHAPES {
        for mask in [Mask::Causal, Mask::None] {
            for mode in [AttentionMode::Learned, AttentionMode::Uniform] {
                gradients(|tape| {
                    let input = random_input(tape, shape);
                    tape.clear();
                    move |tape: &mut Tape| {
                        let input =
                            again(tape, MultiHead { mask, modes: HeadModes::all(mode), ..input }, shape.0);
                        vec![tape.attend_heads(input).output]
                    }
                });
            }
        }
    }
}

#[test]
fn gradients_of_one_value_as_queries_keys_and_values_agree_with_finite_differences() {
    gradients(|tape| {
        let input = random_input(tape, (&[3, 2], 2, 2));
        tape.clear();
        move |tape: &mut Tape| {
            let (keys, values) = (input.queries, input.queries);
            let input = again(tape, MultiHead { keys, values, ..input }, &[3, 2]);
            // Twice, so that gradients are also added to existing ones.
            vec![tape.attend_heads(input).output, tape.attend_heads(input).output]
        }
    });
}

#[test]
fn gradients_past_given_weights_agree_with_finite_differences() {
    for mode in [AttentionMode::Given, AttentionMode::Clamped] {
        let (lengths, heads) = (&[1, 3][..], 2);
        // The first head has all weight on the position itself, the second on the first position.
        let alpha = [
            vec![1.0, 1.0],
            vec![1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
            vec![1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0],
        ]
        .concat();
        gradients(|tape| {
            let input = random_input(tape, (lengths, heads, 2));
            tape.clear();
            move |tape: &mut Tape| {
                let weights = Some(tape.constant(1, alpha.len(), &alpha));
                let input = again(tape, MultiHead { modes: HeadModes::all(mode), weights, ..input }, lengths);
                vec![tape.attend_heads(input).output]
            }
        });
    }
}

/// α and y of one head in one example by the formulas, in f64; `q`, `k` and `v` return the number at (step, column).
fn plain(
    [q, k, v]: [&dyn Fn(usize, usize) -> f64; 3],
    (steps, width): (usize, usize),
    causal: bool,
) -> (Vec<f64>, Vec<f64>) {
    let (mut alpha, mut y) = (vec![0.0; steps * steps], vec![0.0; steps * width]);
    for t in 0..steps {
        let visible = if causal { t + 1 } else { steps };
        let score = |l: usize| (0..width).map(|j| q(t, j) * k(l, j)).sum::<f64>() / (width as f64).sqrt();
        let sum: f64 = (0..visible).map(|l| score(l).exp()).sum();
        for l in 0..visible {
            alpha[t * steps + l] = score(l).exp() / sum;
            (0..width).for_each(|j| y[t * width + j] += alpha[t * steps + l] * v(l, j));
        }
    }
    (alpha, y)
}

#[test]
fn outputs_and_alpha_are_those_of_a_plain_twin() {
    for shape in SHAPES {
        for (mask, causal) in [(Mask::Causal, true), (Mask::None, false)] {
            let (lengths, heads, width) = shape;
            let mut tape = Tape::new(1);
            let input = MultiHead { mask, ..random_input(&mut tape, shape) };
            let attended = tape.attend_heads(input);
            let mut first_row = 0;
            for (example, &steps) in lengths.iter().enumerate() {
                for head in 0..heads {
                    let place = |t: usize, j: usize| (first_row + t) * heads * width + head * width + j;
                    let [q, k, v] = [input.queries, input.keys, input.values].map(|value| {
                        let (tape, place) = (&tape, &place);
                        move |t: usize, j: usize| f64::from(tape.data(value)[place(t, j)])
                    });
                    let (alpha, y) = plain([&q, &k, &v], (steps, width), causal);
                    for (got, want) in tape.alpha_of_head(attended, example, head).iter().zip(alpha) {
                        assert!((f64::from(*got) - want).abs() < 1e-6, "alpha {got} {want}");
                        assert!(want != 0.0 || *got == 0.0, "a hidden position has weight {got}");
                    }
                    for (i, want) in y.iter().enumerate() {
                        let got = tape.data(attended.output)[place(i / width, i % width)];
                        assert!((f64::from(got) - want).abs() < 1e-6, "output {got} {want}");
                    }
                }
                first_row += steps;
            }
        }
    }
}

#[test]
fn under_the_causal_mask_later_positions_change_nothing_before_them() {
    let mut tape = Tape::new(1);
    let input = random_input(&mut tape, (&[4], 2, 3));
    let before = tape.attend_heads(input);
    for value in [input.queries, input.keys, input.values] {
        tape.data_mut(value)[3 * 6..].iter_mut().for_each(|number| *number = 9.0 - *number);
    }
    let after = tape.attend_heads(input);
    let [before, after] = [before, after].map(|attended| tape.data(attended.output));
    assert_eq!(before[..3 * 6], after[..3 * 6]);
    assert_ne!(before[3 * 6..], after[3 * 6..]);
}

#[test]
fn uniform_attention_is_the_mean_of_what_is_visible() {
    let mut tape = Tape::new(1);
    let input =
        MultiHead { modes: HeadModes::all(AttentionMode::Uniform), ..random_input(&mut tape, (&[3], 1, 1)) };
    tape.data_mut(input.values).copy_from_slice(&[2.0, 4.0, 9.0]);
    let attended = tape.attend_heads(input);
    let [output, alpha] = [attended.output, attended.alpha].map(|value| tape.data(value).to_vec());
    let third = 1.0 / 3.0;
    let close = |got: &[f32], want: &[f32]| got.iter().zip(want).all(|(a, b)| (a - b).abs() < 1e-6);
    assert!(close(&output, &[2.0, 3.0, 5.0]), "{output:?}");
    assert!(close(&alpha, &[1.0, 0.0, 0.0, 0.5, 0.5, 0.0, third, third, third]), "{alpha:?}");
}

#[test]
fn weights_given_as_softmax_makes_them_give_the_same_output() {
    let mut tape = Tape::new(1);
    let input = random_input(&mut tape, (&[2, 3], 2, 3));
    let learned = tape.attend_heads(input);
    let alpha = tape.data(learned.alpha).to_vec();
    let weights = Some(tape.constant(1, alpha.len(), &alpha));
    let given =
        tape.attend_heads(MultiHead { modes: HeadModes::all(AttentionMode::Given), weights, ..input });
    assert_eq!(tape.data(given.output), tape.data(learned.output));
    assert_eq!(tape.alpha_of_head(given, 1, 1), tape.alpha_of_head(learned, 1, 1));
}

#[test]
#[should_panic(expected = "a weight on a hidden position, at step 0")]
fn given_weights_on_hidden_positions_are_refused() {
    let mut tape = Tape::new(1);
    let input = random_input(&mut tape, (&[2], 1, 1));
    let weights = Some(tape.constant(1, 4, &[0.0, 1.0, 0.0, 1.0]));
    tape.attend_heads(MultiHead { modes: HeadModes::all(AttentionMode::Clamped), weights, ..input });
}

/// One head of each mode, in one call.
const MIXED: [AttentionMode; 3] = [AttentionMode::Given, AttentionMode::Learned, AttentionMode::Uniform];

#[test]
fn gradients_of_heads_of_different_modes_agree_with_finite_differences() {
    gradients(|tape| {
        let input = random_input(tape, (&[2], 3, 2));
        tape.clear();
        move |tape: &mut Tape| {
            let weights = Some(tape.constant(1, 12, &[[1.0, 0.0, 0.5, 0.5].as_slice(), &[9.0; 8]].concat()));
            let input = again(tape, MultiHead { modes: HeadModes::new(MIXED), weights, ..input }, &[2]);
            vec![tape.attend_heads(input).output]
        }
    });
}

#[test]
fn each_head_has_its_own_mode() {
    let mut tape = Tape::new(1);
    let input = random_input(&mut tape, (&[2], 3, 2));
    let all = MIXED.map(|mode| {
        let weights = (mode == AttentionMode::Given)
            .then(|| tape.constant(1, 12, &[0.0f32, 0.0, 0.5, 0.5].map(|x| x.max(0.0)).repeat(3)));
        let weights =
            weights.inspect(|&weights| (0..3).for_each(|head| tape.data_mut(weights)[4 * head] = 1.0));
        (mode, weights)
    });
    let weights = all[0].1;
    let mixed = tape.attend_heads(MultiHead { modes: HeadModes::new(MIXED), weights, ..input });
    for (head, (mode, weights)) in all.into_iter().enumerate() {
        let alone = tape.attend_heads(MultiHead { modes: HeadModes::all(mode), weights, ..input });
        assert_eq!(tape.alpha_of_head(mixed, 0, head), tape.alpha_of_head(alone, 0, head));
    }
}

#[test]
fn gradients_of_attention_over_other_sequences_agree_with_finite_differences() {
    gradients(|tape| {
        let queries = random_parameter(tape, 4, 4);
        let [keys, values] = [(); 2].map(|()| random_parameter(tape, 6, 4));
        move |tape: &mut Tape| {
            let (packing, memory) = (consecutive(tape, &[1, 3]), consecutive(tape, &[4, 2]));
            let modes = HeadModes::all(AttentionMode::Learned);
            let input = MultiHead {
                queries,
                keys,
                values,
                heads: 2,
                packing,
                memory: Some(memory),
                mask: Mask::None,
                modes,
                weights: None,
                relative: None,
            };
            let attended = tape.attend_heads(input);
            assert_eq!(tape.alpha_of_head(attended, 1, 1).len(), 6);
            vec![attended.output]
        }
    });
}

#[test]
fn gradients_with_relative_positions_agree_with_finite_differences_also_beyond_the_table() {
    for (mask, rows) in [(Mask::Causal, 5), (Mask::Causal, 2), (Mask::None, 3), (Mask::None, 9)] {
        for lengths in [&[1][..], &[4, 2, 3]] {
            gradients(|tape| {
                let input = random_input(tape, (lengths, 2, 3));
                let relative = Some({
                    tape.clear();
                    random_parameter(tape, rows, 3)
                });
                move |tape: &mut Tape| {
                    let input = again(tape, MultiHead { mask, relative, ..input }, lengths);
                    vec![tape.attend_heads(input).output]
                }
            });
        }
    }
}

/// A query of 1 against a table that is large at one distance puts its weight there.
#[test]
fn a_relative_position_moves_attention_to_its_distance() {
    for (mask, table, expected) in [
        (Mask::Causal, vec![0.0, 50.0, 0.0, 0.0], [0, 0, 1, 2]),
        (Mask::None, vec![50.0, 0.0, 0.0], [1, 2, 3, 3]),
    ] {
        let mut tape = Tape::new(1);
        let [queries, keys, values] = [1.0, 0.0, 1.0].map(|number| tape.filled(4, 1, number));
        let relative = Some(tape.constant(table.len(), 1, &table));
        let packing = consecutive(&mut tape, &[4]);
        let modes = HeadModes::all(AttentionMode::Learned);
        let input = MultiHead {
            queries,
            keys,
            values,
            heads: 1,
            packing,
            memory: None,
            mask,
            modes,
            weights: None,
            relative,
        };
        let attended = tape.attend_heads(input);
        let alpha = tape.alpha_of_head(attended, 0, 0).to_vec();
        for (step, &position) in expected.iter().enumerate().take(3) {
            assert!(alpha[step * 4 + position] > 0.3, "{mask:?} step {step}: {alpha:?}");
            assert!(alpha[step * 4..][..4].iter().all(|&weight| weight <= alpha[step * 4 + position]));
        }
    }
}
