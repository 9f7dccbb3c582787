//! Normalisation of each row: layer normalisation (Ba et al. 2016) and root mean square (Zhang and Sennrich 2019).
//!
//! With μ the mean of a row of x (0 for root mean square), r = 1/√(mean((x − μ)²) + ε) and x̂ = r·(x − μ): y = γ ∘ x̂ + b.
//! Backward: with d = γ ∘ dy, dx = r·(d − mean(d) − x̂·mean(d ∘ x̂)), where root mean square has no mean(d); dγ = Σ_rows dy ∘ x̂,
//! db = Σ_rows dy.

use crate::activation::{LANES, sum_of_lanes};
use crate::instructions::for_each_instruction_set;
use crate::matrix::Mode;
use crate::pool::{Buffer, Pool};
use crate::tape::{Tape, Value};

/// Which normalisation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NormKind {
    /// To mean 0 and variance 1.
    Layer,
    /// To mean square 1.
    RootMeanSquare,
}

/// A normalisation with its parameters.
#[derive(Debug, Clone, Copy)]
pub struct Norm {
    /// Which one.
    pub kind: NormKind,
    /// γ (1 × width).
    pub gain: Value,
    /// b (1 × width).
    pub bias: Option<Value>,
    /// ε, which is added to the variance.
    pub epsilon: f32,
}

#[derive(Debug)]
pub(crate) struct NormNode {
    input: Value,
    norm: Norm,
    /// μ and r of each row, one after the other.
    moments: Buffer,
    output: Value,
}

/// Σ f(aᵢ, bᵢ, cᵢ) of three slices of one length, computed in lanes.
#[inline(always)]
fn lane_sum([a, b, c]: [&[f32]; 3], f: impl Fn(f32, f32, f32) -> f32) -> f32 {
    let ((a, a_rest), (b, b_rest), (c, c_rest)) =
        (a.as_chunks::<LANES>(), b.as_chunks::<LANES>(), c.as_chunks::<LANES>());
    let mut lanes = [0.0f32; LANES];
    for ((a, b), c) in a.iter().zip(b).zip(c) {
        for lane in 0..LANES {
            lanes[lane] += f(a[lane], b[lane], c[lane]);
        }
    }
    let rest = a_rest.iter().zip(b_rest).zip(c_rest).map(|((&a, &b), &c)| f(a, b, c));
    sum_of_lanes(lanes) + rest.sum::<f32>()
}

for_each_instruction_set! {
    /// Writes y for each row of `x`, and its μ and r; an empty `bias` adds nothing.
    fn forward(
        y: &mut [f32], x: &[f32], gain: &[f32], bias: &[f32], moments: &mut [f32], centred: bool, epsilon: f32,
    ) {
        let width = gain.len();
        let rows = y.chunks_exact_mut(width).zip(x.chunks_exact(width)).zip(moments.chunks_exact_mut(2));
        for ((y, x), moments) in rows {
            // With lengths that the compiler knows to be equal, no number is checked on its own.
            let (y, x) = (&mut y[..width], &x[..width]);
            let mean = if centred { lane_sum([x; 3], |x, _, _| x) / width as f32 } else { 0.0 };
            let variance = lane_sum([x; 3], |x, _, _| (x - mean) * (x - mean)) / width as f32;
            let scale = 1.0 / (variance + epsilon).sqrt();
            moments.copy_from_slice(&[mean, scale]);
            for i in 0..width {
                y[i] = gain[i] * (scale * (x[i] - mean));
            }
            for (y, b) in y.iter_mut().zip(bias) {
                *y += b;
            }
        }
    }
}

/// What the way back needs of the way forward.
#[derive(Clone, Copy)]
struct Forward<'a> {
    x: &'a [f32],
    gain: &'a [f32],
    moments: &'a [f32],
    centred: bool,
}

for_each_instruction_set! {
    /// Adds dx of each row to `dx`, or with `Mode::Write` puts it there; adds dγ to `dgain`, and db to `dbias` unless that is empty.
    fn backward(dx: &mut [f32], mode: Mode, dgain: &mut [f32], dbias: &mut [f32], dy: &[f32], forward: Forward<'_>) {
        let Forward { x, gain, moments, centred } = forward;
        let width = gain.len();
        let rows = dx.chunks_exact_mut(width).zip(dy.chunks_exact(width)).zip(x.chunks_exact(width));
        for (((dx, dy), x), moments) in rows.zip(moments.chunks_exact(2)) {
            let (mean, scale) = (moments[0], moments[1]);
            let (dx, dy, x, dgain) = (&mut dx[..width], &dy[..width], &x[..width], &mut dgain[..width]);
            let mean_d = if centred { lane_sum([gain, dy, x], |gain, dy, _| gain * dy) / width as f32 } else { 0.0 };
            let mean_dx = lane_sum([gain, dy, x], |gain, dy, x| gain * dy * (scale * (x - mean))) / width as f32;
            // What is not there yet may be any bits, also those of NaN.
            if mode == Mode::Write {
                dx.fill(0.0);
            }
            for i in 0..width {
                let normal = scale * (x[i] - mean);
                dgain[i] += dy[i] * normal;
                dx[i] += scale * (gain[i] * dy[i] - mean_d - normal * mean_dx);
            }
            for (sum, dy) in dbias.iter_mut().zip(dy) {
                *sum += dy;
            }
        }
    }
}

impl Tape {
    /// Each row of `input` (rows × width), normalised.
    pub fn norm(&mut self, input: Value, norm: Norm) -> Value {
        let (rows, width) = self.shape(input);
        assert_eq!(self.shape(norm.gain), (1, width), "a gain for each column");
        let (mut y, mut moments) = (self.pool.take(rows * width), self.pool.take(2 * rows));
        let bias = norm.bias.map_or(&[][..], |bias| self.data(bias));
        let centred = norm.kind == NormKind::Layer;
        forward(&mut y, self.data(input), self.data(norm.gain), bias, &mut moments, centred, norm.epsilon);
        let output = self.push(rows, width, y);
        self.record(NormNode { input, norm, moments, output });
        output
    }
}

impl NormNode {
    pub(crate) fn backward(self, tape: &mut Tape) {
        let Some(dy) = tape.take_grad(self.output) else { return self.release(&mut tape.pool) };
        let mut dbias = self.norm.bias.map(|bias| tape.open_zeroed_grad(bias));
        let mut dgain = tape.open_zeroed_grad(self.norm.gain);
        let (mut dx, mode) = tape.open_grad(self.input);
        let (x, gain) = (tape.data(self.input), tape.data(self.norm.gain));
        let centred = self.norm.kind == NormKind::Layer;
        let db = dbias.as_deref_mut().unwrap_or_default();
        let forward = Forward { x, gain, moments: &self.moments, centred };
        backward(&mut dx, mode, &mut dgain, db, &dy, forward);
        if let (Some(bias), Some(dbias)) = (self.norm.bias, dbias) {
            tape.put_grad(bias, dbias);
        }
        tape.put_grad(self.input, dx);
        tape.put_grad(self.norm.gain, dgain);
        tape.pool.give(dy);
        self.release(&mut tape.pool);
    }

    pub(crate) fn release(self, pool: &mut Pool) {
        pool.give(self.moments);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::check::{gradients, random_parameter};

    const KINDS: [NormKind; 2] = [NormKind::Layer, NormKind::RootMeanSquare];

    #[test]
    fn gradients_agree_with_finite_differences_also_of_one_input_twice() {
        for (rows, width) in [(1, 2), (3, 5), (2, 35)] {
            for kind in KINDS {
                gradients(|tape| {
                    let x = random_parameter(tape, rows, width);
                    let [gain, bias] = [(); 2].map(|()| random_parameter(tape, 1, width));
                    move |tape: &mut Tape| {
                        let norm = Norm { kind, gain, bias: Some(bias), epsilon: 0.1 };
                        vec![tape.norm(x, norm), tape.norm(x, Norm { bias: None, ..norm })]
                    }
                });
            }
        }
    }

    #[test]
    fn rows_have_mean_0_and_mean_square_1() {
        let mut tape = Tape::new(1);
        for kind in KINDS {
            let numbers: Vec<f32> = (0..2 * 37).map(|i| ((i * i) % 23) as f32 + 4.0).collect();
            let x = tape.constant(2, 37, &numbers);
            let gain = tape.filled(1, 37, 1.0);
            let y = tape.norm(x, Norm { kind, gain, bias: None, epsilon: 1e-5 });
            for row in tape.data(y).chunks(37) {
                let mean = |f: fn(f32) -> f32| row.iter().map(|&x| f(x)).sum::<f32>() / 37.0;
                assert!((mean(|x| x * x) - 1.0).abs() < 1e-4);
                assert!(kind != NormKind::Layer || mean(|x| x).abs() < 1e-5);
            }
        }
    }

    /// A constant row has variance 0, which ε keeps from dividing by it.
    #[test]
    fn a_constant_row_becomes_the_bias() {
        let mut tape = Tape::new(1);
        let x = tape.filled(1, 4, 7.0);
        let (gain, bias) = (tape.filled(1, 4, 2.0), tape.constant(1, 4, &[1.0, 2.0, 3.0, 4.0]));
        let y = tape.norm(x, Norm { kind: NormKind::Layer, gain, bias: Some(bias), epsilon: 1e-5 });
        assert_eq!(tape.data(y), [1.0, 2.0, 3.0, 4.0]);
    }
}
