//! Two linear maps in a row, multiplied together: outer·(inner·x + b) + c = (outer·inner)·x + (outer·b + c).
//!
//! With W = outer·inner and v = outer·b + c: d_outer = dW·innerᵀ + dv ⊗ b, d_inner = outerᵀ·dW,
//! db = outerᵀ·dv, dc = dv. Pays off where x has many more rows than the maps.

use crate::matrix::{Mat, MatMut, Mode};
use crate::pool::Pool;
use crate::product::matmul;
use crate::tape::{Tape, Value};

#[derive(Debug)]
pub(crate) struct ComposeNode {
    outer: Value,
    first_column: usize,
    outer_bias: Value,
    inner: Value,
    inner_bias: Value,
    weight: Value,
    bias: Value,
}

impl Tape {
    /// The weight W (out × in) and bias v (1 × out) of `inner` (mid × in, with bias 1 × mid) followed by
    /// the columns `first_column..first_column + mid` of `outer` (out × …, with bias 1 × out).
    pub fn compose(
        &mut self,
        outer: Value,
        first_column: usize,
        outer_bias: Value,
        inner: Value,
        inner_bias: Value,
    ) -> (Value, Value) {
        let (outs, (mids, ins)) = (self.shape(outer).0, self.shape(inner));
        let mut w = self.pool.take(outs * ins);
        let mut v = self.pool.take(outs);
        v.copy_from_slice(self.data(outer_bias));
        let outer_block = self.mat(outer).columns(first_column, mids);
        matmul(MatMut::new(&mut w, outs, ins), outer_block, self.mat(inner), Mode::Write, self.threads);
        let b = self.mat(inner_bias).t();
        matmul(MatMut::new(&mut v, outs, 1), outer_block, b, Mode::Add, self.threads);
        let weight = self.push(outs, ins, w);
        let bias = self.push(1, outs, v);
        self.record(ComposeNode { outer, first_column, outer_bias, inner, inner_bias, weight, bias });
        (weight, bias)
    }
}

impl ComposeNode {
    pub(crate) fn backward(self, tape: &mut Tape) {
        let (outs, ins) = tape.shape(self.weight);
        let (mids, width) = (tape.shape(self.inner).0, tape.shape(self.outer).1);
        let threads = tape.threads;
        if let Some(dw) = tape.take_grad(self.weight) {
            let dw_mat = Mat::new(&dw, outs, ins);
            let mut d_outer = tape.open_zeroed_grad(self.outer);
            let target = MatMut::new(&mut d_outer, outs, width).columns(self.first_column, mids);
            matmul(target, dw_mat, tape.mat(self.inner).t(), Mode::Add, threads);
            tape.put_grad(self.outer, d_outer);
            let (mut d_inner, mode) = tape.open_grad(self.inner);
            let outer_block = tape.mat(self.outer).columns(self.first_column, mids);
            matmul(MatMut::new(&mut d_inner, mids, ins), outer_block.t(), dw_mat, mode, threads);
            tape.put_grad(self.inner, d_inner);
            tape.pool.give(dw);
        }
        if let Some(dv) = tape.take_grad(self.bias) {
            let dv_mat = Mat::new(&dv, 1, outs);
            let mut d_outer = tape.open_zeroed_grad(self.outer);
            let target = MatMut::new(&mut d_outer, outs, width).columns(self.first_column, mids);
            matmul(target, dv_mat.t(), tape.mat(self.inner_bias), Mode::Add, threads);
            tape.put_grad(self.outer, d_outer);
            let (mut db, mode) = tape.open_grad(self.inner_bias);
            let outer_block = tape.mat(self.outer).columns(self.first_column, mids);
            matmul(MatMut::new(&mut db, 1, mids), dv_mat, outer_block, mode, threads);
            tape.put_grad(self.inner_bias, db);
            let mut dc = tape.open_zeroed_grad(self.outer_bias);
            dc.iter_mut().zip(dv.iter()).for_each(|(dc, dv)| *dc += dv);
            tape.put_grad(self.outer_bias, dc);
            tape.pool.give(dv);
        }
    }

    pub(crate) fn release(self, _pool: &mut Pool) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::check::{gradients, random_parameter};

    #[test]
    fn gradients_agree_with_finite_differences() {
        for (outs, mids, ins) in [(1, 1, 1), (3, 4, 5), (6, 2, 7)] {
            gradients(|tape| {
                let outer = random_parameter(tape, outs, 3 + mids);
                let outer_bias = random_parameter(tape, 1, outs);
                let inner = random_parameter(tape, mids, ins);
                let inner_bias = random_parameter(tape, 1, mids);
                move |tape: &mut Tape| {
                    let (w, b) = tape.compose(outer, 3, outer_bias, inner, inner_bias);
                    vec![w, b]
                }
            });
        }
    }
}
