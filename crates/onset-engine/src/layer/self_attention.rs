//! Multi-head self-attention (Vaswani et al. 2017, §3.2) of sequences in consecutive order ([`Tape::consecutive`]).
//! Head i has the columns i·width to (i + 1)·width of queries, keys, values and output.
//!
//! For each example and head, with q, k, v (steps × width) and scale s = 1/√width: e = s·q·kᵀ, α = softmax of each row
//! of e over its visible positions (steps × steps), y = α·v. Backward: dv = αᵀ·dy, dα = dy·vᵀ, de = α ∘ (dα − Σ_l α_l
//! dα_l), dq = s·de·k, dk = s·deᵀ·q. In every mode except learned, only dv is computed, and queries and keys get no
//! gradient.
//!
//! Under the causal mask half of α is 0, but matrix products still run over whole squares: one product of a matrix is
//! cheaper than many products of its rows.

use std::ops::Range;

use super::attention::softmax_backward;
use crate::AttentionMode;
use crate::activation::softmax;
use crate::matrix::{Mat, MatMut, Mode};
use crate::packing::Packing;
use crate::pool::{Buffer, Pool};
use crate::product::matmul;
use crate::tape::{Indices, Tape, Value};

/// The positions that a query can see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mask {
    /// Position t sees positions 0 to t.
    Causal,
    /// Every position sees every position of its example.
    None,
}

/// The inputs of [`Tape::self_attend`].
#[derive(Debug, Clone, Copy)]
pub struct SelfAttention {
    /// Queries (rows × heads·width).
    pub queries: Value,
    /// Keys (rows × heads·width).
    pub keys: Value,
    /// Values (rows × heads·width).
    pub values: Value,
    /// Number of heads.
    pub heads: usize,
    /// The layout of the rows, in consecutive order.
    pub packing: Packing,
    /// The positions that a query can see.
    pub mask: Mask,
    /// The attention mode.
    pub mode: AttentionMode,
    /// Only for modes that take weights. They have the layout of [`SelfAttended::alpha`]; each row sums to 1 and is 0
    /// on hidden positions.
    pub weights: Option<Value>,
}

/// The outputs of [`Tape::self_attend`].
#[derive(Debug, Clone, Copy)]
pub struct SelfAttended {
    /// Σ_l α_l·v_l (rows × heads·width).
    pub output: Value,
    /// α: for each example in turn, heads × query steps × positions, exactly 0 on hidden positions. No gradient flows
    /// through it.
    pub alpha: Value,
    heads: usize,
    packing: Packing,
    starts: Indices,
}

#[derive(Debug)]
pub(crate) struct SelfAttentionNode {
    input: SelfAttention,
    output: SelfAttended,
}

/// One head of one example.
#[derive(Debug, Clone)]
struct Block {
    first_row: usize,
    steps: usize,
    first_column: usize,
    width: usize,
    /// Total number of columns, over all heads.
    across: usize,
    /// Its range in α.
    alpha: Range<usize>,
}

impl Mask {
    /// The number of positions of `steps` that the query at `step` sees; they are the first ones.
    fn visible(self, step: usize, steps: usize) -> usize {
        match self {
            Self::Causal => step + 1,
            Self::None => steps,
        }
    }
}

impl Block {
    /// Its block (steps × width) of queries, keys, values or outputs (rows × heads·width).
    fn part<'a>(&self, data: &'a [f32]) -> Mat<'a> {
        let rows = &data[self.first_row * self.across..];
        Mat::new(rows, self.steps, self.across).columns(self.first_column, self.width)
    }

    /// As [`Block::part`], writable.
    fn part_mut<'a>(&self, data: &'a mut [f32]) -> MatMut<'a> {
        let rows = &mut data[self.first_row * self.across..];
        MatMut::new(rows, self.steps, self.across).columns(self.first_column, self.width)
    }

    /// Its block (steps × steps) of α, or of a gradient with the layout of α.
    fn square<'a>(&self, alpha: &'a [f32]) -> Mat<'a> {
        Mat::new(&alpha[self.alpha.clone()], self.steps, self.steps)
    }

    /// As [`Block::square`], writable.
    fn square_mut<'a>(&self, alpha: &'a mut [f32]) -> MatMut<'a> {
        MatMut::new(&mut alpha[self.alpha.clone()], self.steps, self.steps)
    }
}

impl Tape {
    /// Attention of each position over the positions of its example that are visible under the mask. Panics if shapes
    /// do not fit, or if `weights` are not 0 on a hidden position.
    pub fn self_attend(&mut self, input: SelfAttention) -> SelfAttended {
        let SelfAttention { queries, keys, values, heads, packing, mask, mode, weights } = input;
        let (rows, across) = (packing.rows, self.shape(queries).1);
        assert!(
            heads > 0 && across > 0 && across.is_multiple_of(heads),
            "{across} columns for {heads} heads"
        );
        for (name, value) in [("queries", queries), ("keys", keys), ("values", values)] {
            assert_eq!(
                self.shape(value),
                (rows, across),
                "{name} have a row of heads·width for each position"
            );
        }
        let (starts, total) = self.alpha_starts(packing, packing, heads);
        let given = mode.check_weights(self, weights, total);
        let mut alpha = self.pool.take(total);
        let mut output = self.pool.take(rows * across);
        for block in self.blocks(packing, starts, heads, across) {
            if let Some(given) = given {
                let given = &self.data(given)[block.alpha.clone()];
                assert_hidden_are_zero(given, block.steps, mask);
                alpha[block.alpha.clone()].copy_from_slice(given);
            } else {
                if mode == AttentionMode::Learned {
                    let [queries, keys] = [queries, keys].map(|value| block.part(self.data(value)));
                    matmul(block.square_mut(&mut alpha), queries, keys.t(), Mode::Write, 1);
                }
                weigh(&mut alpha[block.alpha.clone()], &block, mask, mode);
            }
            let values = block.part(self.data(values));
            matmul(block.part_mut(&mut output), block.square(&alpha), values, Mode::Write, 1);
        }
        let (output, alpha) = (self.push(rows, across, output), self.push(total, 1, alpha));
        let output = SelfAttended { output, alpha, heads, packing, starts };
        self.record(SelfAttentionNode { input, output });
        output
    }

    /// α of one head in one example: its query steps × positions, row by row.
    pub fn alpha_of_head(&self, attended: SelfAttended, example: usize, head: usize) -> &[f32] {
        assert!(head < attended.heads, "head {head} of {}", attended.heads);
        let steps = self.list(attended.packing.lengths)[example] as usize;
        let first = self.list(attended.starts)[example] as usize + head * steps * steps;
        &self.data(attended.alpha)[first..first + steps * steps]
    }

    /// Every head of every example.
    fn blocks<'a>(
        &'a self,
        packing: Packing,
        starts: Indices,
        heads: usize,
        across: usize,
    ) -> impl Iterator<Item = Block> + use<'a> {
        let (layout, starts, width) = (self.layout(packing), self.list(starts), across / heads);
        (0..layout.batch()).flat_map(move |example| {
            let (first_row, steps) = (layout.ranks[example] as usize, layout.lengths[example] as usize);
            (0..heads).map(move |head| {
                let first = starts[example] as usize + head * steps * steps;
                let alpha = first..first + steps * steps;
                Block { first_row, steps, first_column: head * width, width, across, alpha }
            })
        })
    }
}

/// Replaces the products of queries and keys by α. Uniform mode ignores the products.
fn weigh(alpha: &mut [f32], block: &Block, mask: Mask, mode: AttentionMode) {
    let scale = scale(block.width);
    for (step, row) in alpha.chunks_exact_mut(block.steps).enumerate() {
        let (visible, hidden) = row.split_at_mut(mask.visible(step, block.steps));
        match mode {
            AttentionMode::Learned => visible.iter_mut().for_each(|score| *score *= scale),
            _ => visible.fill(0.0),
        }
        softmax(visible);
        hidden.fill(0.0);
    }
}

/// The scale s of the products of queries and keys with `width` entries.
fn scale(width: usize) -> f32 {
    1.0 / (width as f32).sqrt()
}

fn assert_hidden_are_zero(weights: &[f32], steps: usize, mask: Mask) {
    for (step, row) in weights.chunks_exact(steps).enumerate() {
        let hidden = &row[mask.visible(step, steps)..];
        assert!(hidden.iter().all(|&weight| weight == 0.0), "a weight on a hidden position, at step {step}");
    }
}

impl SelfAttentionNode {
    pub(crate) fn backward(self, tape: &mut Tape) {
        let Some(dy) = tape.take_grad(self.output.output) else { return };
        let SelfAttention { queries, keys, values, mode, .. } = self.input;
        let dscores = (mode == AttentionMode::Learned).then(|| self.dscores(tape, &dy));
        // Gradients are opened one at a time, because queries, keys and values may be one value.
        let (mut dvalues, write) = tape.open_grad(values);
        for block in self.blocks(tape) {
            let alpha = block.square(tape.data(self.output.alpha));
            matmul(block.part_mut(&mut dvalues), alpha.t(), block.part(&dy), write, 1);
        }
        tape.put_grad(values, dvalues);
        if let Some(dscores) = dscores {
            let (mut dqueries, write) = tape.open_grad(queries);
            for block in self.blocks(tape) {
                let keys = block.part(tape.data(keys));
                matmul(block.part_mut(&mut dqueries), block.square(&dscores), keys, write, 1);
            }
            tape.put_grad(queries, dqueries);
            let (mut dkeys, write) = tape.open_grad(keys);
            for block in self.blocks(tape) {
                let queries = block.part(tape.data(queries));
                matmul(block.part_mut(&mut dkeys), block.square(&dscores).t(), queries, write, 1);
            }
            tape.put_grad(keys, dkeys);
            tape.pool.give(dscores);
        }
        tape.pool.give(dy);
    }

    /// s·de, with the layout of α: the gradient of the products of queries and keys.
    fn dscores(&self, tape: &mut Tape, dy: &[f32]) -> Buffer {
        let mut dscores = tape.pool.take(tape.data(self.output.alpha).len());
        for block in self.blocks(tape) {
            let values = block.part(tape.data(self.input.values));
            matmul(block.square_mut(&mut dscores), block.part(dy), values.t(), Mode::Write, 1);
            let dscores = &mut dscores[block.alpha.clone()];
            softmax_backward(dscores, &tape.data(self.output.alpha)[block.alpha.clone()], block.steps);
            dscores.iter_mut().for_each(|d| *d *= scale(block.width));
        }
        dscores
    }

    fn blocks<'a>(&self, tape: &'a Tape) -> impl Iterator<Item = Block> + use<'a> {
        let across = tape.shape(self.output.output).1;
        tape.blocks(self.input.packing, self.output.starts, self.input.heads, across)
    }

    pub(crate) fn release(self, _pool: &mut Pool) {}
}

#[cfg(test)]
mod tests;
