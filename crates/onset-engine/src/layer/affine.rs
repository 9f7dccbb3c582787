//! A linear map with bias and activation: y = f(Σ_i x_i·W_iᵀ + Σ_j b_j).
//!
//! With z the argument of f: dz = dy ∘ f'(z), where f' is written in terms of y (tanh: 1 − y²; ReLU: y > 0) or is kept (GELU),
//! and db_j = Σ_rows dz, dW_i = dzᵀ·x_i, dx_i = dz·W_i. Weights have PyTorch's layout (out × in). Several terms are a linear map
//! of concatenated inputs, without the concatenation.

use crate::activation::{gelu, gelu_alone, gelu_tanh, gelu_tanh_alone, tanh_all};
use crate::entries::{add_rows, multiply};
use crate::matrix::{Mat, MatMut, Mode};
use crate::pool::{Buffer, Pool};
use crate::product::{matmul, matmul_onto_row};
use crate::tape::{Tape, Value};

/// The activation function after a linear map.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// No activation.
    Identity,
    /// Hyperbolic tangent.
    Tanh,
    /// max(0, z).
    Relu,
    /// z·Φ(z), with the normal distribution function Φ.
    Gelu,
    /// GELU as GPT-2 approximates it, by tanh.
    GeluTanh,
}

/// One product x·Wᵀ of a linear map.
#[derive(Debug, Clone, Copy)]
pub struct Term {
    /// x (rows × in).
    pub input: Value,
    /// W (out × at least `first_column` + in).
    pub weight: Value,
    /// The column of W that is multiplied by the first column of x.
    pub first_column: usize,
}

impl Term {
    /// `input` times all of `weight`.
    pub fn new(input: Value, weight: Value) -> Self {
        Self { input, weight, first_column: 0 }
    }
}

#[derive(Debug)]
pub(crate) struct AffineNode {
    terms: [Option<Term>; 2],
    biases: [Option<Value>; 2],
    activation: Activation,
    /// f'(z), where it does not follow from y.
    slope: Option<Buffer>,
    output: Value,
}

/// Splits a slice of at most two items into two options.
fn pair<T: Copy>(items: &[T]) -> [Option<T>; 2] {
    assert!(items.len() <= 2, "at most two terms and two biases");
    [items.first().copied(), items.get(1).copied()]
}

impl Tape {
    /// y = f(Σ x·Wᵀ + Σ b) (rows × out), with one or two `terms` and at most two `biases` (1 × out).
    pub fn affine(&mut self, terms: &[Term], biases: &[Value], activation: Activation) -> Value {
        let rows = self.shape(terms[0].input).0;
        let outs = self.shape(terms[0].weight).0;
        let mut y = self.pool.take(rows * outs);
        let mut bias = self.pool.zeros(outs);
        biases.iter().for_each(|&b| bias.iter_mut().zip(self.data(b)).for_each(|(sum, b)| *sum += b));
        for (place, term) in terms.iter().enumerate() {
            let ins = self.shape(term.input).1;
            let weight = self.mat(term.weight).columns(term.first_column, ins).t();
            let (target, input) = (MatMut::new(&mut y, rows, outs), self.mat(term.input));
            match place {
                0 => matmul_onto_row(target, input, weight, &bias, self.threads),
                _ => matmul(target, input, weight, Mode::Add, self.threads),
            }
        }
        self.pool.give(bias);
        let mut slope = None;
        match activation {
            Activation::Identity => {}
            Activation::Tanh => tanh_all(&mut y),
            Activation::Relu => y.iter_mut().for_each(|z| *z = if *z < 0.0 { 0.0 } else { *z }),
            Activation::Gelu if self.is_forward_only() => gelu_alone(&mut y),
            Activation::GeluTanh if self.is_forward_only() => gelu_tanh_alone(&mut y),
            Activation::Gelu | Activation::GeluTanh => {
                let mut z = std::mem::replace(&mut y, self.pool.take(rows * outs));
                let function = if activation == Activation::Gelu { gelu } else { gelu_tanh };
                function(&mut y, &mut z);
                slope = Some(z);
            }
        }
        let output = self.push(rows, outs, y);
        self.record(AffineNode { terms: pair(terms), biases: pair(biases), activation, slope, output });
        output
    }
}

impl AffineNode {
    pub(crate) fn backward(self, tape: &mut Tape) {
        let Some(mut dz) = tape.take_grad(self.output) else { return self.release(&mut tape.pool) };
        let (rows, outs) = tape.shape(self.output);
        let y = tape.data(self.output);
        match self.activation {
            Activation::Identity => {}
            Activation::Tanh => dz.iter_mut().zip(y).for_each(|(dz, y)| *dz *= 1.0 - y * y),
            Activation::Relu => {
                dz.iter_mut().zip(y).for_each(|(dz, &y)| *dz = if y > 0.0 { *dz } else { 0.0 })
            }
            Activation::Gelu | Activation::GeluTanh => {
                let slope = self.slope.as_deref().expect("kept for the activation");
                multiply(&mut dz, slope);
            }
        }
        for bias in self.biases.into_iter().flatten() {
            if !tape.wants_grad(bias) {
                continue;
            }
            let mut db = tape.open_zeroed_grad(bias);
            add_rows(&mut db, &dz);
            tape.put_grad(bias, db);
        }
        for term in self.terms.into_iter().flatten() {
            if tape.wants_grad(term.weight) {
                weight_backward(tape, term, &dz, rows, outs);
            }
            let ins = tape.shape(term.input).1;
            let (mut dx, mode) = tape.open_grad(term.input);
            let weight = tape.mat(term.weight).columns(term.first_column, ins);
            let dz = Mat::new(&dz, rows, outs);
            matmul(MatMut::new(&mut dx, rows, ins), dz, weight, mode, tape.threads);
            tape.put_grad(term.input, dx);
        }
        tape.pool.give(dz);
        self.release(&mut tape.pool);
    }

    pub(crate) fn release(self, pool: &mut Pool) {
        self.slope.into_iter().for_each(|slope| pool.give(slope));
    }
}

/// dW += dzᵀ·x, in the columns of W that the term uses.
fn weight_backward(tape: &mut Tape, term: Term, dz: &Buffer, rows: usize, outs: usize) {
    let (ins, columns) = (tape.shape(term.input).1, tape.shape(term.weight).1);
    let (mut dw, mode) = if ins == columns {
        tape.open_grad(term.weight)
    } else {
        (tape.open_zeroed_grad(term.weight), Mode::Add)
    };
    let dz = Mat::new(dz, rows, outs);
    let target = MatMut::new(&mut dw, outs, columns).columns(term.first_column, ins);
    matmul(target, dz.t(), tape.mat(term.input), mode, tape.threads);
    tape.put_grad(term.weight, dw);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::check::{gradients, random_parameter};

    #[test]
    fn one_term_agrees_with_a_plain_loop() {
        let mut tape = Tape::new(1);
        let x = tape.parameter(2, 3, &[1.0, 2.0, 3.0, -1.0, 0.5, 0.0]);
        let w = tape.parameter(2, 3, &[1.0, 0.0, 2.0, -1.0, 1.0, 1.0]);
        let b = tape.parameter(1, 2, &[0.5, -10.0]);
        let y = tape.affine(&[Term::new(x, w)], &[b, b], Activation::Relu);
        assert_eq!(tape.data(y), [8.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        for (rows, ins, outs) in [(1, 1, 1), (5, 3, 4), (2, 17, 9)] {
            for activation in [Activation::Identity, Activation::Tanh, Activation::Relu] {
                gradients(|tape| {
                    let x = random_parameter(tape, rows, ins);
                    let z = random_parameter(tape, rows, 2);
                    let wide = random_parameter(tape, outs, ins + 2);
                    let narrow = random_parameter(tape, outs, 2);
                    let bias = random_parameter(tape, 1, outs);
                    move |tape: &mut Tape| {
                        let shared = Term { input: z, weight: wide, first_column: ins };
                        let first = tape.affine(&[Term::new(x, wide), shared], &[bias], activation);
                        let second = tape.affine(&[Term::new(z, narrow)], &[bias, bias], activation);
                        vec![first, second]
                    }
                });
            }
        }
    }
    #[test]
    fn gradients_of_both_forms_of_gelu_agree_with_finite_differences() {
        for activation in [Activation::Gelu, Activation::GeluTanh] {
            gradients(|tape| {
                let [x, weight] = [(); 2].map(|()| random_parameter(tape, 5, 3));
                let bias = random_parameter(tape, 1, 5);
                move |tape: &mut Tape| vec![tape.affine(&[Term::new(x, weight)], &[bias], activation)]
            });
        }
    }
}
