//! Dot-product attention of query rows over memory rows (Luong et al. 2015, "general"; the caller applies its linear
//! map). Each head has its own queries, and all heads share the memory. The queries of n heads are side by side in a
//! row, so in storage a row of n heads is n rows of one head, and more heads are just more query rows. Sequences are in
//! consecutive order ([`Tape::consecutive`]), so that the rows of an example form a matrix without a copy.
//!
//! For each example and head: e = q·hᵀ, α = softmax of e over the visible positions, context = α·h. Backward: dα =
//! dcontext·hᵀ, de = α ∘ (dα − Σ_l α_l dα_l), dq = de·h, dh = αᵀ·dcontext + deᵀ·q. In every mode except learned, dh =
//! αᵀ·dcontext and queries get no gradient.

use std::ops::Range;

use crate::AttentionMode;
use crate::matrix::{Mat, MatMut, Mode};
use crate::packing::{Layout, Packing};
use crate::pool::Pool;
use crate::product::matmul;
use crate::softmax::softmax;
use crate::tape::{Indices, Tape, Value};

/// The outputs of attention.
#[derive(Debug, Clone, Copy)]
pub struct Attended {
    /// Σ_l α_l·h_l (query rows × heads·width).
    pub context: Value,
    /// α: for each example in turn, its query steps × heads × its memory positions. No gradient flows through it.
    pub alpha: Value,
    starts: Indices,
}

#[derive(Debug)]
pub(crate) struct AttentionNode {
    queries: Value,
    query_packing: Packing,
    memory: Value,
    memory_packing: Packing,
    mode: AttentionMode,
    heads: usize,
    output: Attended,
}

/// The range of the numbers of one example among rows of `width` numbers.
fn span(layout: Layout<'_>, example: usize, width: usize) -> Range<usize> {
    let (first, rows) = (layout.ranks[example] as usize, layout.lengths[example] as usize);
    first * width..(first + rows) * width
}

impl Tape {
    /// Attention of each query row (heads·width) over the memory rows (width) of its example, both in consecutive
    /// order.
    ///
    /// `visible` has a number for each memory row, 0 if it is hidden; `None` means that all are visible. Every example
    /// needs a visible position. `weights` are for modes that take them. They have the layout of [`Attended::alpha`];
    /// each row sums to 1 and is 0 on hidden positions, so `visible` must then be `None`.
    pub fn attend(
        &mut self,
        (queries, query_packing): (Value, Packing),
        (memory, memory_packing): (Value, Packing),
        visible: Option<Indices>,
        mode: AttentionMode,
        weights: Option<Value>,
    ) -> Attended {
        let width = self.shape(memory).1;
        let across = self.shape(queries).1;
        assert!(across > 0 && across.is_multiple_of(width), "queries of {across} columns, memory of {width}");
        let heads = across / width;
        let rows = query_packing.rows;
        let (starts, total) = self.alpha_starts(query_packing, memory_packing, heads);
        let given = mode.check_weights(self, weights, total);
        assert!(given.is_none() || visible.is_none(), "{mode} weights are themselves 0 on hidden positions");
        let mut alpha = self.pool.take(total);
        let mut context = self.pool.take(rows * across);
        let (query_layout, memory_layout) = (self.layout(query_packing), self.layout(memory_packing));
        for example in 0..query_layout.batch() {
            let steps = query_layout.lengths[example] as usize * heads;
            let positions = memory_layout.lengths[example] as usize;
            let first = self.list(starts)[example] as usize;
            let weights = &mut alpha[first..first + steps * positions];
            let memory = Mat::new(&self.data(memory)[span(memory_layout, example, width)], positions, width);
            let of_queries = span(query_layout, example, across);
            if let Some(given) = given {
                weights.copy_from_slice(&self.data(given)[first..first + steps * positions]);
            } else {
                if mode == AttentionMode::Learned {
                    let queries = Mat::new(&self.data(queries)[of_queries.clone()], steps, width);
                    matmul(MatMut::new(weights, steps, positions), queries, memory.t(), Mode::Write, 1);
                } else {
                    weights.fill(0.0);
                }
                for row in weights.chunks_exact_mut(positions) {
                    if let Some(visible) = visible {
                        hide(row, self.list(visible), memory_layout, example);
                    }
                    softmax(row);
                }
            }
            let weights = Mat::new(weights, steps, positions);
            matmul(MatMut::new(&mut context[of_queries], steps, width), weights, memory, Mode::Write, 1);
        }
        let context = self.push(rows, across, context);
        let alpha = self.push(total, 1, alpha);
        let output = Attended { context, alpha, starts };
        self.record(AttentionNode { queries, query_packing, memory, memory_packing, mode, heads, output });
        output
    }

    /// α of one example: its query steps × heads × its memory positions, row by row.
    pub fn alpha_of(&self, attended: Attended, example: usize) -> &[f32] {
        let starts = self.list(attended.starts);
        &self.data(attended.alpha)[starts[example] as usize..starts[example + 1] as usize]
    }

    /// The index of the first entry of each example's α (one more than examples), and the total number of entries.
    /// Panics if the number does not fit 32 bits, because indices on the tape are 32-bit.
    pub(super) fn alpha_starts(
        &mut self,
        queries: Packing,
        memory: Packing,
        heads: usize,
    ) -> (Indices, usize) {
        let batch = queries.lengths.len();
        assert!(queries.consecutive && memory.consecutive, "examples lie one after the other");
        assert_eq!(memory.lengths.len(), batch, "queries and memory belong to the same examples");
        let starts = self.indices((0..=batch).map(|_| 0));
        let mut total = 0usize;
        for example in 0..batch {
            let lengths = [queries, memory].map(|packing| self.list(packing.lengths)[example] as usize);
            let weights = lengths.iter().fold(heads, |product, &length| product.saturating_mul(length));
            total = total.saturating_add(weights);
            let Ok(start) = u32::try_from(total) else {
                panic!(
                    "a batch with more than {} attention weights ({heads} heads × {} × {} in example {example}): \
                     use smaller batches or shorter sequences",
                    u32::MAX,
                    lengths[0],
                    lengths[1]
                );
            };
            self.set_index(starts, example + 1, start);
        }
        (starts, total)
    }
}

/// Sets the scores of hidden positions so low that softmax gives exactly 0.
fn hide(scores: &mut [f32], visible: &[u32], layout: Layout<'_>, example: usize) {
    let mut any = false;
    for (score, row) in scores.iter_mut().zip(layout.rows_of(example)) {
        if visible[row] == 0 {
            *score = f32::NEG_INFINITY;
        }
        any |= visible[row] != 0;
    }
    assert!(any, "example {example} has no visible position");
}

impl AttentionNode {
    pub(crate) fn backward(self, tape: &mut Tape) {
        let Some(dcontext) = tape.take_grad(self.output.context) else { return };
        let width = tape.shape(self.memory).1;
        let across = self.heads * width;
        let most = self.query_packing.counts.len() * self.heads * self.memory_packing.counts.len();
        let mut dscores = tape.pool.take(most);
        let (mut dmemory, memory_mode) = tape.open_grad(self.memory);
        let mut dqueries = (self.mode == AttentionMode::Learned).then(|| tape.open_grad(self.queries));
        let (query_layout, memory_layout) =
            (tape.layout(self.query_packing), tape.layout(self.memory_packing));
        for example in 0..query_layout.batch() {
            let steps = query_layout.lengths[example] as usize * self.heads;
            let positions = memory_layout.lengths[example] as usize;
            let of_queries = span(query_layout, example, across);
            let of_memory = span(memory_layout, example, width);
            let alpha = tape.alpha_of(self.output, example);
            let dcontext = Mat::new(&dcontext[of_queries.clone()], steps, width);
            let dmemory = &mut dmemory[of_memory.clone()];
            let target = MatMut::new(dmemory, positions, width);
            matmul(target, Mat::new(alpha, steps, positions).t(), dcontext, memory_mode, 1);
            if let Some((dqueries, mode)) = &mut dqueries {
                let memory = Mat::new(&tape.data(self.memory)[of_memory], positions, width);
                let dscores = &mut dscores[..steps * positions];
                matmul(MatMut::new(dscores, steps, positions), dcontext, memory.t(), Mode::Write, 1);
                softmax_backward(dscores, alpha, positions);
                let dscores = Mat::new(dscores, steps, positions);
                let queries = Mat::new(&tape.data(self.queries)[of_queries.clone()], steps, width);
                matmul(MatMut::new(dmemory, positions, width), dscores.t(), queries, Mode::Add, 1);
                let target = MatMut::new(&mut dqueries[of_queries], steps, width);
                matmul(target, dscores, memory, *mode, 1);
            }
        }
        tape.put_grad(self.memory, dmemory);
        if let Some((dqueries, _)) = dqueries {
            tape.put_grad(self.queries, dqueries);
        }
        [dscores, dcontext].into_iter().for_each(|buffer| tape.pool.give(buffer));
    }

    pub(crate) fn release(self, _pool: &mut Pool) {}
}

/// Turns dα into the gradient of the scores, for each row of `positions` numbers.
pub(super) fn softmax_backward(dalpha: &mut [f32], alpha: &[f32], positions: usize) {
    for (dalpha, alpha) in dalpha.chunks_exact_mut(positions).zip(alpha.chunks_exact(positions)) {
        let mean: f32 = dalpha.iter().zip(alpha).map(|(d, a)| d * a).sum();
        dalpha.iter_mut().zip(alpha).for_each(|(d, a)| *d = a * (*d - mean));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::check::{gradients, random_parameter};

    fn consecutive<const N: usize>(tape: &mut Tape, lengths: [&[usize]; N]) -> [Packing; N] {
        lengths.map(|lengths| {
            let packing = tape.pack(lengths.iter().copied());
            tape.consecutive(packing)
        })
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        for (steps, positions, width, heads) in
            [(vec![1], vec![1], 2, 1), (vec![3, 1], vec![2, 4], 3, 2), (vec![2, 2, 4], vec![5, 1, 3], 4, 1)]
        {
            for (mode, masked) in [
                (AttentionMode::Learned, false),
                (AttentionMode::Uniform, false),
                (AttentionMode::Learned, true),
            ] {
                gradients(|tape| {
                    let queries = random_parameter(tape, steps.iter().sum(), heads * width);
                    let memory = random_parameter(tape, positions.iter().sum(), width);
                    let (steps, positions) = (steps.clone(), positions.clone());
                    move |tape: &mut Tape| {
                        let [q, m] = consecutive(tape, [&steps, &positions]);
                        let visible =
                            masked.then(|| tape.pack_numbers(m, |_, position| u32::from(position != 1)));
                        let out = tape.attend((queries, q), (memory, m), visible, mode, None);
                        vec![out.context]
                    }
                });
            }
        }
    }

    /// Weights of `count` rows of `positions`; each row sums to 1.
    fn given_rows(count: usize, positions: usize) -> Vec<f32> {
        let row = |row: usize| {
            let mut weights: Vec<f32> =
                (0..positions).map(|l| 1.0 + ((row * 7 + l * 3) % 5) as f32).collect();
            let sum: f32 = weights.iter().sum();
            weights.iter_mut().for_each(|weight| *weight /= sum);
            weights
        };
        (0..count).flat_map(row).collect()
    }

    #[test]
    fn gradients_past_given_weights_agree_with_finite_differences() {
        for (steps, positions, width, heads) in
            [(vec![1], vec![1], 2, 1), (vec![3, 1], vec![2, 4], 3, 2), (vec![2, 2, 4], vec![5, 1, 3], 4, 1)]
        {
            let examples = steps.iter().zip(&positions);
            let alpha: Vec<f32> = examples.flat_map(|(&t, &l)| given_rows(t * heads, l)).collect();
            gradients(|tape| {
                let queries = random_parameter(tape, steps.iter().sum(), heads * width);
                let memory = random_parameter(tape, positions.iter().sum(), width);
                move |tape: &mut Tape| {
                    let [q, m] = consecutive(tape, [&steps, &positions]);
                    let alpha = tape.constant(1, alpha.len(), &alpha);
                    vec![
                        tape.attend((queries, q), (memory, m), None, AttentionMode::Given, Some(alpha))
                            .context,
                    ]
                }
            });
        }
    }

    #[test]
    fn weights_given_as_softmax_makes_them_give_the_same_context() {
        let mut tape = Tape::new(1);
        let (queries, memory) = (random_parameter(&mut tape, 5, 6), random_parameter(&mut tape, 7, 3));
        let [q, m] = consecutive(&mut tape, [&[2, 3], &[4, 3]]);
        let learned = tape.attend((queries, q), (memory, m), None, AttentionMode::Learned, None);
        let alpha = tape.data(learned.alpha).to_vec();
        let alpha = tape.constant(1, alpha.len(), &alpha);
        let given = tape.attend((queries, q), (memory, m), None, AttentionMode::Given, Some(alpha));
        assert_eq!(tape.data(given.context), tape.data(learned.context));
        assert_eq!(tape.alpha_of(given, 1), tape.alpha_of(learned, 1));
    }

    #[test]
    #[should_panic(
        expected = "more than 4294967295 attention weights (2 heads × 50000 × 50000 in example 1)"
    )]
    fn more_weights_than_places_on_the_tape_are_refused() {
        let mut tape = Tape::new(1);
        let [packing] = consecutive(&mut tape, [&[3, 50_000]]);
        tape.alpha_starts(packing, packing, 2);
    }

    #[test]
    fn heads_side_by_side_attend_as_each_does_alone() {
        let (width, mut tape) = (3, Tape::new(1));
        let [one, two] = [0, 1].map(|_| random_parameter(&mut tape, 6, width));
        let memory = random_parameter(&mut tape, 6, width);
        let rows = tape.data(one).chunks_exact(width).zip(tape.data(two).chunks_exact(width));
        let both: Vec<f32> = rows.flat_map(|(a, b)| [a, b].concat()).collect();
        let both = tape.constant(6, 2 * width, &both);
        let [packing] = consecutive(&mut tape, [&[2, 4]]);
        let [both, one, two] = [both, one, two].map(|queries| {
            tape.attend((queries, packing), (memory, packing), None, AttentionMode::Learned, None)
        });
        for (row, context) in tape.data(both.context).chunks_exact(2 * width).enumerate() {
            let alone = [one, two].map(|head| &tape.data(head.context)[row * width..][..width]).concat();
            assert_eq!(context, alone);
        }
        for (row, alpha) in tape.alpha_of(both, 1).chunks_exact(8).enumerate() {
            assert_eq!(alpha, [one, two].map(|head| &tape.alpha_of(head, 1)[row * 4..][..4]).concat());
        }
    }
}
