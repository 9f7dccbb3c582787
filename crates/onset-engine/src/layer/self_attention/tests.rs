//! Self-attention against finite differences and a plain implementation, and properties of any attention.

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
fn random_input(tape: &mut Tape, (lengths, heads, width): (&[usize], usize, usize)) -> SelfAttention {
    let [queries, keys, values] =
        [(); 3].map(|()| random_parameter(tape, lengths.iter().sum(), heads * width));
    let packing = consecutive(tape, lengths);
    let (mask, mode, weights) = (Mask::Causal, AttentionMode::Learned, None);
    SelfAttention { queries, keys, values, heads, packing, mask, mode, weights }
}

/// The same input on a tape that has been cleared: parameters persist, layouts do not.
fn again(tape: &mut Tape, input: SelfAttention, lengths: &[usize]) -> SelfAttention {
    SelfAttention { packing: consecutive(tape, lengths), ..input }
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
                        let input = again(tape, SelfAttention { mask, mode, ..input }, shape.0);
                        vec![tape.self_attend(input).output]
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
            let input = again(tape, SelfAttention { keys, values, ..input }, &[3, 2]);
            // Twice, so that gradients are also added to existing ones.
            vec![tape.self_attend(input).output, tape.self_attend(input).output]
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
                let input = again(tape, SelfAttention { mode, weights, ..input }, lengths);
                vec![tape.self_attend(input).output]
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
            let input = SelfAttention { mask, ..random_input(&mut tape, shape) };
            let attended = tape.self_attend(input);
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
    let before = tape.self_attend(input);
    for value in [input.queries, input.keys, input.values] {
        tape.data_mut(value)[3 * 6..].iter_mut().for_each(|number| *number = 9.0 - *number);
    }
    let after = tape.self_attend(input);
    let [before, after] = [before, after].map(|attended| tape.data(attended.output));
    assert_eq!(before[..3 * 6], after[..3 * 6]);
    assert_ne!(before[3 * 6..], after[3 * 6..]);
}

#[test]
fn uniform_attention_is_the_mean_of_what_is_visible() {
    let mut tape = Tape::new(1);
    let input = SelfAttention { mode: AttentionMode::Uniform, ..random_input(&mut tape, (&[3], 1, 1)) };
    tape.data_mut(input.values).copy_from_slice(&[2.0, 4.0, 9.0]);
    let attended = tape.self_attend(input);
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
    let learned = tape.self_attend(input);
    let alpha = tape.data(learned.alpha).to_vec();
    let weights = Some(tape.constant(1, alpha.len(), &alpha));
    let given = tape.self_attend(SelfAttention { mode: AttentionMode::Given, weights, ..input });
    assert_eq!(tape.data(given.output), tape.data(learned.output));
    assert_eq!(tape.alpha_of_head(given, 1, 1), tape.alpha_of_head(learned, 1, 1));
}

#[test]
#[should_panic(expected = "a weight on a hidden position, at step 0")]
fn given_weights_on_hidden_positions_are_refused() {
    let mut tape = Tape::new(1);
    let input = random_input(&mut tape, (&[2], 1, 1));
    let weights = Some(tape.constant(1, 4, &[0.0, 1.0, 0.0, 1.0]));
    tape.self_attend(SelfAttention { mode: AttentionMode::Clamped, weights, ..input });
}
