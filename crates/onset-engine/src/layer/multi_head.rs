//! Multi-head attention (Vaswani et al. 2017, §3.2) of sequences in consecutive order ([`Tape::consecutive`]): self-attention, or
//! attention over other sequences of the same examples. Head i has the columns i·width to (i + 1)·width of queries, keys,
//! values and output.
//!
//! For each example and head, with q (steps × width), k, v (positions × width) and scale s = 1/√width: e = s·q·kᵀ, α = softmax
//! of each row of e over its visible positions (steps × positions), y = α·v. Backward: dv = αᵀ·dy, dα = dy·vᵀ, de = α ∘ (dα −
//! Σ_l α_l dα_l), dq = s·de·k, dk = s·deᵀ·q. Heads whose mode is not learned have de = 0.
//!
//! With relative positions (Shaw et al. 2018, keys alone) e_tl = s·q_t·(k_l + r_(t−l)), where r is a row of a table that the heads
//! share. With p = q·rᵀ (steps × distances): dp gathers s·de by distance, dq += dp·r, dr = dpᵀ·q.
//!
//! Under the causal mask half of α is 0, but matrix products still run over whole squares: one product of a matrix is
//! cheaper than many products of its rows.

use std::ops::Range;

use super::relative::{Distances, most_products};
use crate::AttentionMode;
use crate::matrix::{Mat, MatMut, Mode};
use crate::packing::Packing;
use crate::pool::{Buffer, Pool};
use crate::product::matmul;
use crate::softmax::{softmax, softmax_backward};
use crate::tape::{Indices, Tape, Value};

/// The positions that a query can see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Mask {
    /// Position t sees positions 0 to t.
    Causal,
    /// Every position sees every position of its example.
    None,
}

/// The attention mode of each head, of which there are at most [`HeadModes::MOST`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HeadModes {
    /// A bit for each head whose attention is learned.
    learned: u64,
    /// A bit for each head whose weights the caller supplies.
    given: u64,
}

/// The inputs of [`Tape::attend_heads`].
#[derive(Debug, Clone, Copy)]
pub struct MultiHead {
    /// Queries (rows × heads·width).
    pub queries: Value,
    /// Keys (memory rows × heads·width).
    pub keys: Value,
    /// Values (memory rows × heads·width).
    pub values: Value,
    /// Number of heads.
    pub heads: usize,
    /// The layout of the queries, in consecutive order.
    pub packing: Packing,
    /// The layout of keys and values, in consecutive order; none means that of the queries.
    pub memory: Option<Packing>,
    /// The positions that a query can see.
    pub mask: Mask,
    /// The attention mode of each head.
    pub modes: HeadModes,
    /// Only if some head takes weights. They have the layout of [`MultiHeadOutput::alpha`]; of the heads that take them, each row
    /// sums to 1 and is 0 on hidden positions; the others are not read.
    pub weights: Option<Value>,
    /// A table of relative positions (distances × width): under the causal mask a row for each distance t − l from 0 on; under none
    /// an odd number of rows, the middle one for distance 0. Larger distances have the last row, smaller ones the first.
    pub relative: Option<Value>,
}

/// The outputs of [`Tape::attend_heads`].
#[derive(Debug, Clone, Copy)]
pub struct MultiHeadOutput {
    /// Σ_l α_l·v_l (rows × heads·width).
    pub output: Value,
    /// α: for each example in turn, heads × query steps × positions, exactly 0 on hidden positions. No gradient flows
    /// through it.
    pub alpha: Value,
    heads: usize,
    packing: Packing,
    memory: Packing,
    starts: Indices,
}

#[derive(Debug)]
pub(crate) struct MultiHeadNode {
    input: MultiHead,
    output: MultiHeadOutput,
}

/// One head of one example.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) head: usize,
    /// The first row and the number of rows of queries and outputs.
    pub(super) queries: (usize, usize),
    /// The first row and the number of rows of keys and values.
    pub(super) memory: (usize, usize),
    pub(super) width: usize,
    /// Total number of columns, over all heads.
    pub(super) across: usize,
    /// Its range in α.
    alpha: Range<usize>,
}

impl Mask {
    /// The number of `positions` that the query at `step` sees; they are the first ones.
    pub(super) fn visible(self, step: usize, positions: usize) -> usize {
        match self {
            Self::Causal => step + 1,
            Self::None => positions,
        }
    }
}

impl HeadModes {
    /// The largest number of heads.
    pub const MOST: usize = 64;

    /// The mode of each head in turn.
    ///
    /// # Panics
    /// If there are more than [`HeadModes::MOST`].
    pub fn new(modes: impl IntoIterator<Item = AttentionMode>) -> Self {
        let mut all = Self { learned: 0, given: 0 };
        for (head, mode) in modes.into_iter().enumerate() {
            assert!(head < Self::MOST, "at most {} heads", Self::MOST);
            all.learned |= u64::from(mode == AttentionMode::Learned) << head;
            all.given |= u64::from(mode.takes_weights()) << head;
        }
        all
    }

    /// One mode for all heads.
    pub fn all(mode: AttentionMode) -> Self {
        Self::new([mode; Self::MOST])
    }

    /// Whether the attention of `head` is learned.
    pub(super) fn learned(self, head: usize) -> bool {
        self.learned >> head & 1 == 1
    }

    /// Whether the caller supplies the weights of `head`.
    fn given(self, head: usize) -> bool {
        self.given >> head & 1 == 1
    }

    /// Whether the caller supplies the weights of some of so many heads.
    pub(super) fn any_given(self, heads: usize) -> bool {
        (0..heads).any(|head| self.given(head))
    }
}

impl Block {
    /// Its block (steps × width) of queries, outputs or their gradients.
    pub(super) fn queries<'a>(&self, data: &'a [f32]) -> Mat<'a> {
        self.part(data, self.queries)
    }

    /// Its block (positions × width) of keys, values or their gradients.
    pub(super) fn memory<'a>(&self, data: &'a [f32]) -> Mat<'a> {
        self.part(data, self.memory)
    }

    fn part<'a>(&self, data: &'a [f32], (first, rows): (usize, usize)) -> Mat<'a> {
        Mat::new(&data[first * self.across..], rows, self.across).columns(self.head * self.width, self.width)
    }

    /// As [`Block::queries`] or [`Block::memory`], writable.
    fn part_mut<'a>(&self, data: &'a mut [f32], (first, rows): (usize, usize)) -> MatMut<'a> {
        let rows_from = &mut data[first * self.across..];
        MatMut::new(rows_from, rows, self.across).columns(self.head * self.width, self.width)
    }

    /// Its block (steps × positions) of α, or of a gradient with the layout of α.
    fn square<'a>(&self, alpha: &'a [f32]) -> Mat<'a> {
        Mat::new(&alpha[self.alpha.clone()], self.queries.1, self.memory.1)
    }

    /// As [`Block::square`], writable.
    fn square_mut<'a>(&self, alpha: &'a mut [f32]) -> MatMut<'a> {
        MatMut::new(&mut alpha[self.alpha.clone()], self.queries.1, self.memory.1)
    }
}

impl MultiHead {
    /// The layout of keys and values. Panics if shapes do not fit.
    pub(super) fn check(&self, tape: &Tape) -> Packing {
        let Self { queries, keys, values, heads, packing, mask, .. } = *self;
        let memory = self.memory.unwrap_or(packing);
        let (rows, across) = (packing.rows, tape.shape(queries).1);
        let fits = heads > 0 && across > 0 && across.is_multiple_of(heads);
        assert!(fits, "{across} columns for {heads} heads");
        assert!(mask == Mask::None || self.memory.is_none(), "a causal mask is for one sequence");
        for (name, value, rows) in
            [("queries", queries, rows), ("keys", keys, memory.rows), ("values", values, memory.rows)]
        {
            let shape = tape.shape(value);
            assert_eq!(shape, (rows, across), "{name} have a row of heads·width for each position");
        }
        memory
    }
}

impl Tape {
    /// Attention of each query over the positions of its example that are visible under the mask. Panics if shapes
    /// do not fit, or if `weights` are not 0 on a hidden position.
    pub fn attend_heads(&mut self, input: MultiHead) -> MultiHeadOutput {
        let MultiHead { queries, keys, values, heads, packing, mask, modes, weights, .. } = input;
        let memory = input.check(self);
        let (rows, across) = (packing.rows, self.shape(queries).1);
        let (starts, total) = self.alpha_starts(packing, memory, heads);
        let taking = if modes.any_given(heads) { AttentionMode::Given } else { AttentionMode::Learned };
        let given = taking.check_weights(self, weights, total);
        let mut alpha = self.pool.take(total);
        let mut output = self.pool.take(rows * across);
        let mut products = self.pool.take(most_products(self, &input));
        for block in self.head_blocks((packing, memory), Some(starts), heads, across) {
            if modes.given(block.head) {
                let given = &self.data(given.expect("checked above"))[block.alpha.clone()];
                assert_hidden_are_zero(given, block.memory.1, mask);
                alpha[block.alpha.clone()].copy_from_slice(given);
            } else {
                if modes.learned(block.head) {
                    let [queries, keys] = [block.queries(self.data(queries)), block.memory(self.data(keys))];
                    matmul(block.square_mut(&mut alpha), queries, keys.t(), Mode::Write, 1);
                }
                if let Some(table) = input.relative.filter(|_| modes.learned(block.head)) {
                    let steps = block.queries.1;
                    let distances = Distances::new(mask, steps, self.shape(table).0);
                    let (queries, table) = (block.queries(self.data(queries)), self.mat(table));
                    let target = MatMut::new(&mut products, steps, distances.used);
                    matmul(target, queries, table.rows(0, distances.used).t(), Mode::Write, 1);
                    distances.add(
                        &mut alpha[block.alpha.clone()],
                        &products[..steps * distances.used],
                        steps,
                    );
                }
                weigh(&mut alpha[block.alpha.clone()], &block, mask, modes.learned(block.head));
            }
            let values = block.memory(self.data(values));
            matmul(block.part_mut(&mut output, block.queries), block.square(&alpha), values, Mode::Write, 1);
        }
        self.pool.give(products);
        let (output, alpha) = (self.push(rows, across, output), self.push(total, 1, alpha));
        let output = MultiHeadOutput { output, alpha, heads, packing, memory, starts };
        self.record(MultiHeadNode { input, output });
        output
    }

    /// α of one head in one example: its query steps × positions, row by row.
    pub fn alpha_of_head(&self, attended: MultiHeadOutput, example: usize, head: usize) -> &[f32] {
        assert!(head < attended.heads, "head {head} of {}", attended.heads);
        let lengths =
            [attended.packing, attended.memory].map(|packing| self.list(packing.lengths)[example] as usize);
        let size = lengths[0] * lengths[1];
        let first = self.list(attended.starts)[example] as usize + head * size;
        &self.data(attended.alpha)[first..first + size]
    }

    /// Every head of every example; without the `starts` of the examples in α, ranges in it are empty.
    pub(super) fn head_blocks<'a>(
        &'a self,
        (packing, memory): (Packing, Packing),
        starts: Option<Indices>,
        heads: usize,
        across: usize,
    ) -> impl Iterator<Item = Block> + use<'a> {
        let (layout, other) = (self.layout(packing), self.layout(memory));
        let starts = starts.map(|starts| self.list(starts));
        (0..layout.batch()).flat_map(move |example| {
            let [queries, memory] = [layout, other]
                .map(|layout| (layout.ranks[example] as usize, layout.lengths[example] as usize));
            let size = queries.1 * memory.1;
            (0..heads).map(move |head| {
                let first = starts.map(|starts| starts[example] as usize + head * size);
                let alpha = first.map_or(0..0, |first| first..first + size);
                Block { head, queries, memory, width: across / heads, across, alpha }
            })
        })
    }
}

/// Replaces the products of queries and keys by α; attention that is not `learned` is uniform and ignores the products.
fn weigh(alpha: &mut [f32], block: &Block, mask: Mask, learned: bool) {
    let scale = scale(block.width);
    for (step, row) in alpha.chunks_exact_mut(block.memory.1).enumerate() {
        let (visible, hidden) = row.split_at_mut(mask.visible(step, block.memory.1));
        match learned {
            true => visible.iter_mut().for_each(|score| *score *= scale),
            false => visible.fill(0.0),
        }
        softmax(visible);
        hidden.fill(0.0);
    }
}

/// The scale s of the products of queries and keys with `width` entries.
pub(super) fn scale(width: usize) -> f32 {
    1.0 / (width as f32).sqrt()
}

fn assert_hidden_are_zero(weights: &[f32], positions: usize, mask: Mask) {
    for (step, row) in weights.chunks_exact(positions).enumerate() {
        let hidden = &row[mask.visible(step, positions)..];
        assert!(hidden.iter().all(|&weight| weight == 0.0), "a weight on a hidden position, at step {step}");
    }
}

impl MultiHeadNode {
    pub(crate) fn backward(self, tape: &mut Tape) {
        let Some(dy) = tape.take_grad(self.output.output) else { return };
        let MultiHead { queries, keys, values, modes, heads, .. } = self.input;
        let learned = (0..heads).any(|head| modes.learned(head));
        let dscores = learned.then(|| self.dscores(tape, &dy));
        // Gradients are opened one at a time, because queries, keys and values may be one value.
        let (mut dvalues, write) = tape.open_grad(values);
        for block in self.blocks(tape) {
            let alpha = block.square(tape.data(self.output.alpha));
            matmul(block.part_mut(&mut dvalues, block.memory), alpha.t(), block.queries(&dy), write, 1);
        }
        tape.put_grad(values, dvalues);
        if let Some(dscores) = dscores {
            let (mut dqueries, write) = tape.open_grad(queries);
            for block in self.blocks(tape) {
                let keys = block.memory(tape.data(keys));
                let target = block.part_mut(&mut dqueries, block.queries);
                matmul(target, block.square(&dscores), keys, write, 1);
            }
            tape.put_grad(queries, dqueries);
            let (mut dkeys, write) = tape.open_grad(keys);
            for block in self.blocks(tape) {
                let queries = block.queries(tape.data(queries));
                let target = block.part_mut(&mut dkeys, block.memory);
                matmul(target, block.square(&dscores).t(), queries, write, 1);
            }
            tape.put_grad(keys, dkeys);
            self.relative_backward(tape, &dscores);
            tape.pool.give(dscores);
        }
        tape.pool.give(dy);
    }

    /// dq += dp·r and dr += dpᵀ·q, with dp the gradient of the products of queries and relative positions.
    fn relative_backward(&self, tape: &mut Tape, dscores: &[f32]) {
        let Some(table) = self.input.relative else { return };
        let (products, size) = (most_products(tape, &self.input), tape.shape(table));
        let mut dproducts = tape.pool.take(products);
        let mut dtable = tape.open_zeroed_grad(table);
        let (mut dqueries, _) = tape.open_grad(self.input.queries);
        for block in self.blocks(tape).filter(|block| self.input.modes.learned(block.head)) {
            let steps = block.queries.1;
            let distances = Distances::new(self.input.mask, steps, size.0);
            let dproducts = &mut dproducts[..steps * distances.used];
            distances.gather(dproducts, &dscores[block.alpha.clone()], steps);
            let dproducts = Mat::new(dproducts, steps, distances.used);
            let (queries, used) =
                (block.queries(tape.data(self.input.queries)), tape.mat(table).rows(0, distances.used));
            matmul(block.part_mut(&mut dqueries, block.queries), dproducts, used, Mode::Add, 1);
            let target = MatMut::new(&mut dtable, distances.used, size.1);
            matmul(target, dproducts.t(), queries, Mode::Add, 1);
        }
        tape.put_grad(self.input.queries, dqueries);
        tape.put_grad(table, dtable);
        tape.pool.give(dproducts);
    }

    /// s·de, with the layout of α: the gradient of the products of queries and keys.
    fn dscores(&self, tape: &mut Tape, dy: &[f32]) -> Buffer {
        let mut dscores = tape.pool.take(tape.data(self.output.alpha).len());
        for block in self.blocks(tape) {
            if !self.input.modes.learned(block.head) {
                dscores[block.alpha.clone()].fill(0.0);
                continue;
            }
            let values = block.memory(tape.data(self.input.values));
            matmul(block.square_mut(&mut dscores), block.queries(dy), values.t(), Mode::Write, 1);
            let alpha = &tape.data(self.output.alpha)[block.alpha.clone()];
            let rows = dscores[block.alpha.clone()].chunks_exact_mut(block.memory.1);
            for (step, (row, alpha)) in rows.zip(alpha.chunks_exact(block.memory.1)).enumerate() {
                let (visible, hidden) = row.split_at_mut(self.input.mask.visible(step, block.memory.1));
                softmax_backward(visible, &alpha[..visible.len()], scale(block.width));
                hidden.fill(0.0);
            }
        }
        dscores
    }

    fn blocks<'a>(&self, tape: &'a Tape) -> impl Iterator<Item = Block> + use<'a> {
        let MultiHeadOutput { output, heads, packing, memory, starts, .. } = self.output;
        tape.head_blocks((packing, memory), Some(starts), heads, tape.shape(output).1)
    }

    pub(crate) fn release(self, _pool: &mut Pool) {}
}

#[cfg(test)]
mod tests;
