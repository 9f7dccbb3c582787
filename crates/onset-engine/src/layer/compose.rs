//! The product of two successive linear maps: outer·(inner·x + b) + c = (outer·inner)·x + (outer·b + c). If the results
//! of n inner maps are averaged, x has their inputs side by side: W = [outer·inner_1 | …]/n and v = outer·mean(b_i) +
//! c.
//!
//! d_outer = Σ_i dW_i·inner_iᵀ/n + dv ⊗ mean(b_i), d_inner_i = outerᵀ·dW_i/n, db_i = outerᵀ·dv/n, dc = dv. This saves
//! time if x has many more rows than the maps.

use crate::matrix::{Mat, MatMut, Mode};
use crate::pool::{Buffer, Pool};
use crate::product::matmul;
use crate::tape::{Tape, Value};

#[derive(Debug)]
pub(crate) struct ComposeNode {
    outer: Value,
    first_column: usize,
    outer_bias: Value,
    inner: Value,
    inner_bias: Value,
    maps: usize,
    /// The mean of the maps' biases (mid).
    mean: Buffer,
    weight: Value,
    bias: Value,
}

impl Tape {
    /// The weight W (out × maps·in) and bias v (1 × out) of: the mean of some `maps`, then the columns
    /// `first_column..first_column + mid` of `outer` (out × …, with bias 1 × out). The maps are stacked in `inner`
    /// (maps·mid × in), and their biases are side by side (1 × maps·mid).
    pub fn compose(
        &mut self,
        outer: (Value, usize),
        outer_bias: Value,
        inner: Value,
        inner_bias: Value,
        maps: usize,
    ) -> (Value, Value) {
        let (outer, first_column) = outer;
        let (outs, (rows, ins)) = (self.shape(outer).0, self.shape(inner));
        assert_eq!(rows % maps, 0, "{rows} rows in {maps} maps");
        let mids = rows / maps;
        let mut w = self.pool.take(outs * maps * ins);
        let mut v = self.pool.take(outs);
        let mut mean = self.pool.take(mids);
        mean_of(&mut mean, self.data(inner_bias));
        v.copy_from_slice(self.data(outer_bias));
        let outer_block = self.mat(outer).columns(first_column, mids);
        for map in 0..maps {
            let target = MatMut::new(&mut w, outs, maps * ins).columns(map * ins, ins);
            matmul(target, outer_block, self.mat(inner).rows(map * mids, mids), Mode::Write, self.threads);
        }
        scale(&mut w, maps);
        matmul(MatMut::new(&mut v, outs, 1), outer_block, Mat::new(&mean, mids, 1), Mode::Add, self.threads);
        let weight = self.push(outs, maps * ins, w);
        let bias = self.push(1, outs, v);
        let node =
            ComposeNode { outer, first_column, outer_bias, inner, inner_bias, maps, mean, weight, bias };
        self.record(node);
        (weight, bias)
    }
}

/// `x` / `count`.
fn scale(x: &mut [f32], count: usize) {
    if count > 1 {
        let share = 1.0 / count as f32;
        x.iter_mut().for_each(|x| *x *= share);
    }
}

/// The mean of the consecutive slices of `x` that have the length of `mean`.
fn mean_of(mean: &mut [f32], x: &[f32]) {
    let len = mean.len();
    mean.copy_from_slice(&x[..len]);
    for part in x[len..].chunks_exact(len) {
        mean.iter_mut().zip(part).for_each(|(sum, x)| *sum += x);
    }
    scale(mean, x.len() / len);
}

impl ComposeNode {
    pub(crate) fn backward(self, tape: &mut Tape) {
        let (outs, ins) = (tape.shape(self.weight).0, tape.shape(self.inner).1);
        let (mids, width) = (self.mean.len(), tape.shape(self.outer).1);
        let (maps, threads) = (self.maps, tape.threads);
        if let Some(mut dw) = tape.take_grad(self.weight) {
            scale(&mut dw, maps);
            let dw_of = |map: usize| Mat::new(&dw, outs, maps * ins).columns(map * ins, ins);
            let mut d_outer = tape.open_zeroed_grad(self.outer);
            for map in 0..maps {
                let target = MatMut::new(&mut d_outer, outs, width).columns(self.first_column, mids);
                let inner = tape.mat(self.inner).rows(map * mids, mids);
                matmul(target, dw_of(map), inner.t(), Mode::Add, threads);
            }
            tape.put_grad(self.outer, d_outer);
            let (mut d_inner, mode) = tape.open_grad(self.inner);
            let outer_block = tape.mat(self.outer).columns(self.first_column, mids);
            for (map, d_inner) in d_inner.chunks_exact_mut(mids * ins).enumerate() {
                matmul(MatMut::new(d_inner, mids, ins), outer_block.t(), dw_of(map), mode, threads);
            }
            tape.put_grad(self.inner, d_inner);
            tape.pool.give(dw);
        }
        if let Some(dv) = tape.take_grad(self.bias) {
            let dv_mat = Mat::new(&dv, 1, outs);
            let mut d_outer = tape.open_zeroed_grad(self.outer);
            let target = MatMut::new(&mut d_outer, outs, width).columns(self.first_column, mids);
            matmul(target, dv_mat.t(), Mat::new(&self.mean, 1, mids), Mode::Add, threads);
            tape.put_grad(self.outer, d_outer);
            let mut mean_grad = tape.pool.take(mids);
            let outer_block = tape.mat(self.outer).columns(self.first_column, mids);
            matmul(MatMut::new(&mut mean_grad, 1, mids), dv_mat, outer_block, Mode::Write, threads);
            scale(&mut mean_grad, maps);
            let mut db = tape.open_zeroed_grad(self.inner_bias);
            for db in db.chunks_exact_mut(mids) {
                db.iter_mut().zip(mean_grad.iter()).for_each(|(db, d)| *db += d);
            }
            tape.put_grad(self.inner_bias, db);
            tape.pool.give(mean_grad);
            let mut dc = tape.open_zeroed_grad(self.outer_bias);
            dc.iter_mut().zip(dv.iter()).for_each(|(dc, dv)| *dc += dv);
            tape.put_grad(self.outer_bias, dc);
            tape.pool.give(dv);
        }
        self.release(&mut tape.pool);
    }

    pub(crate) fn release(self, pool: &mut Pool) {
        pool.give(self.mean);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::check::{gradients, random_parameter};

    #[test]
    fn gradients_agree_with_finite_differences() {
        for (outs, mids, ins, maps) in [(1, 1, 1, 1), (3, 4, 5, 1), (6, 2, 7, 1), (3, 2, 4, 3)] {
            gradients(|tape| {
                let outer = random_parameter(tape, outs, 3 + mids);
                let outer_bias = random_parameter(tape, 1, outs);
                let inner = random_parameter(tape, maps * mids, ins);
                let inner_bias = random_parameter(tape, 1, maps * mids);
                move |tape: &mut Tape| {
                    let (w, b) = tape.compose((outer, 3), outer_bias, inner, inner_bias, maps);
                    vec![w, b]
                }
            });
        }
    }
}
