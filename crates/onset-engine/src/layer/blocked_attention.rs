//! Multi-head attention that keeps no weights: α is computed for some queries at a time, and again on the way back.
//!
//! The formulas are those of [`multi_head`](super::multi_head). With at most [`ROWS`] queries at a time, the memory of a head is that of
//! `ROWS` × positions instead of steps × positions, what one block makes stays in the processor's caches, and under the causal mask
//! products stop at the last position that a query of the block sees.

use std::ops::Range;

use super::multi_head::{Block, Mask, MultiHead, scale};
use crate::matrix::{Mat, MatMut, Mode};
use crate::pool::{Buffer, Pool};
use crate::product::matmul;
use crate::softmax::{Seen, softmax_rows, softmax_rows_again, softmax_rows_backward, whole_lanes};
use crate::tape::{Tape, Value};

/// Queries of a block at most.
const ROWS: usize = 64;

#[derive(Debug)]
pub(crate) struct BlockedAttentionNode {
    input: MultiHead,
    output: Value,
    /// Of each head's row of α, what [`softmax_rows`] keeps.
    kept: Buffer,
}

/// Some queries of one head of one example, and the positions that any of them sees.
struct Part {
    /// The first query, counted from the example's first, and how many there are.
    first: usize,
    rows: usize,
    positions: usize,
}

impl Part {
    /// Numbers between the first ones of two rows of α: instructions work on whole groups of them.
    fn stride(&self) -> usize {
        whole_lanes(self.positions)
    }

    /// Its α, or a gradient with the same layout (rows × positions).
    fn weights<'a>(&self, alpha: &'a [f32]) -> Mat<'a> {
        Mat::new(alpha, self.rows, self.stride()).columns(0, self.positions)
    }

    /// As [`Part::weights`], writable.
    fn weights_mut<'a>(&self, alpha: &'a mut [f32]) -> MatMut<'a> {
        MatMut::new(alpha, self.rows, self.stride()).columns(0, self.positions)
    }
}

/// The parts of a head with so many steps and positions.
fn parts(
    mask: Mask,
    steps: usize,
    positions: usize,
) -> impl DoubleEndedIterator<Item = Part> + ExactSizeIterator {
    (0..steps).step_by(ROWS).map(move |first| {
        let rows = ROWS.min(steps - first);
        Part { first, rows, positions: mask.visible(first + rows - 1, positions) }
    })
}

impl Block {
    /// Its block of `rows` queries from `first` on, or of their outputs or gradients, writable.
    fn queries_mut<'a>(&self, data: &'a mut [f32], part: &Part) -> MatMut<'a> {
        let rows_from = &mut data[(self.queries.0 + part.first) * self.across..];
        MatMut::new(rows_from, part.rows, self.across).columns(self.head * self.width, self.width)
    }

    /// The gradient of the keys or values of the positions of `part`, writable.
    fn memory_mut<'a>(&self, data: &'a mut [f32], part: &Part) -> MatMut<'a> {
        let rows_from = &mut data[self.memory.0 * self.across..];
        MatMut::new(rows_from, part.positions, self.across).columns(self.head * self.width, self.width)
    }
}

impl MultiHead {
    /// Whether [`Tape::attend_without_weights`] can compute it: no weights are given, no positions are relative, and queries, keys and
    /// values are three values.
    pub fn needs_no_weights(&self) -> bool {
        let [a, b, c] = [self.queries, self.keys, self.values];
        self.relative.is_none() && !self.modes.any_given(self.heads) && a != b && b != c && a != c
    }
}

impl Tape {
    /// The output of [`Tape::attend_heads`] (rows × heads·width), of which α is not kept.
    ///
    /// # Panics
    /// If shapes do not fit, or if [`MultiHead::needs_no_weights`] does not hold.
    pub fn attend_without_weights(&mut self, input: MultiHead) -> Value {
        assert!(
            input.needs_no_weights(),
            "attention that takes weights, or has relative positions, keeps them"
        );
        let memory = input.check(self);
        let (rows, across) = (input.packing.rows, self.shape(input.queries).1);
        let mut output = self.pool.take(rows * across);
        let mut alpha = self.pool.take(self.most_weights(&input));
        let mut kept = self.pool.take(2 * rows * input.heads);
        for block in self.head_blocks((input.packing, memory), None, input.heads, across) {
            for part in parts(input.mask, block.queries.1, block.memory.1) {
                let [keys, values] = [input.keys, input.values]
                    .map(|value| block.memory(self.data(value)).rows(0, part.positions));
                let queries = block.queries(self.data(input.queries)).rows(part.first, part.rows);
                let kept = &mut kept[kept_of(&block, &part, rows)];
                weigh(&mut alpha, &input, &block, &part, [queries, keys], Kept::Write(kept));
                let weights = part.weights(&alpha);
                matmul(block.queries_mut(&mut output, &part), weights, values, Mode::Write, 1);
            }
        }
        self.pool.give(alpha);
        let output = self.push(rows, across, output);
        self.record(BlockedAttentionNode { input, output, kept });
        output
    }

    /// Weights of the largest part.
    fn most_weights(&self, input: &MultiHead) -> usize {
        let lengths =
            |packing| self.layout(packing).lengths.iter().max().map_or(0, |&length| length as usize);
        lengths(input.packing).min(ROWS) * whole_lanes(lengths(input.memory.unwrap_or(input.packing)))
    }
}

/// What is kept of the rows of α of a part: written the first time, read the second.
enum Kept<'a> {
    Write(&'a mut [f32]),
    Read(&'a [f32]),
}

/// Where the numbers that are kept of a part's rows are, if there are so many rows in all.
fn kept_of(block: &Block, part: &Part, rows: usize) -> Range<usize> {
    let first = block.head * rows + block.queries.0 + part.first;
    2 * first..2 * (first + part.rows)
}

/// α of the queries of a part ([`Part::weights`]), exactly 0 on hidden positions.
fn weigh(
    alpha: &mut [f32],
    input: &MultiHead,
    block: &Block,
    part: &Part,
    [queries, keys]: [Mat<'_>; 2],
    kept: Kept<'_>,
) {
    let (stride, visible) =
        (part.stride(), |row: usize| input.mask.visible(part.first + row, part.positions));
    if !input.modes.learned(block.head) {
        for (row, weights) in alpha[..part.rows * stride].chunks_exact_mut(stride).enumerate() {
            let (seen, hidden) = weights.split_at_mut(visible(row));
            seen.fill(1.0 / seen.len() as f32);
            hidden.fill(0.0);
        }
        return;
    }
    matmul(part.weights_mut(alpha), queries, keys.t(), Mode::Write, 1);
    let seen = Seen { first: visible(0), step: usize::from(input.mask == Mask::Causal) };
    let (alpha, scale) = (&mut alpha[..part.rows * stride], scale(block.width));
    match kept {
        Kept::Write(kept) => softmax_rows(alpha, stride, scale, seen, kept),
        Kept::Read(kept) => softmax_rows_again(alpha, stride, scale, seen, kept),
    }
}

/// The gradients of queries, keys and values, each with the mode in which a part that is the first to reach its rows writes to it.
struct Slopes {
    queries: (Buffer, Mode),
    keys: (Buffer, Mode),
    values: (Buffer, Mode),
}

impl Slopes {
    fn open(tape: &mut Tape, input: &MultiHead) -> Self {
        // Heads that learn nothing leave queries and keys alone.
        let learned = (0..input.heads).all(|head| input.modes.learned(head));
        let open = |tape: &mut Tape, value: Value, reaches_all: bool| match reaches_all {
            true => tape.open_grad(value),
            false => (tape.open_zeroed_grad(value), Mode::Add),
        };
        let queries = open(tape, input.queries, learned);
        let keys = open(tape, input.keys, learned);
        Self { queries, keys, values: open(tape, input.values, true) }
    }
}

impl BlockedAttentionNode {
    pub(crate) fn backward(self, tape: &mut Tape) {
        let Some(dy) = tape.take_grad(self.output) else { return self.release(&mut tape.pool) };
        let input = self.input;
        let memory = input.memory.unwrap_or(input.packing);
        let across = tape.shape(self.output).1;
        let mut slopes = Slopes::open(tape, &input);
        let size = tape.most_weights(&input);
        let mut scratch = [(); 2].map(|()| tape.pool.take(size));
        for block in tape.head_blocks((input.packing, memory), None, input.heads, across) {
            // From the last part on, which sees all positions.
            let parts = parts(input.mask, block.queries.1, block.memory.1);
            for (later, part) in parts.rev().enumerate() {
                self.part_backward(tape, &dy, (&block, &part, later > 0), &mut scratch, &mut slopes);
            }
        }
        tape.pool.give(self.kept);
        scratch.into_iter().for_each(|buffer| tape.pool.give(buffer));
        tape.put_grad(input.queries, slopes.queries.0);
        tape.put_grad(input.keys, slopes.keys.0);
        tape.put_grad(input.values, slopes.values.0);
        tape.pool.give(dy);
    }

    fn part_backward(
        &self,
        tape: &Tape,
        dy: &[f32],
        (block, part, later): (&Block, &Part, bool),
        [alpha, dscores]: &mut [Buffer; 2],
        slopes: &mut Slopes,
    ) {
        let input = &self.input;
        let [keys, values] =
            [input.keys, input.values].map(|value| block.memory(tape.data(value)).rows(0, part.positions));
        let queries = block.queries(tape.data(input.queries)).rows(part.first, part.rows);
        let dy = block.queries(dy).rows(part.first, part.rows);
        let kept = &self.kept[kept_of(block, part, input.packing.rows)];
        weigh(alpha, input, block, part, [queries, keys], Kept::Read(kept));
        let mode = |mode: Mode| if later { Mode::Add } else { mode };
        let (values_slope, values_mode) = &mut slopes.values;
        matmul(block.memory_mut(values_slope, part), part.weights(alpha).t(), dy, mode(*values_mode), 1);
        if !input.modes.learned(block.head) {
            return;
        }
        matmul(part.weights_mut(dscores), dy, values.t(), Mode::Write, 1);
        let size = part.rows * part.stride();
        // Where α is 0, so is the slope.
        softmax_rows_backward(
            &mut dscores[..size],
            &alpha[..size],
            part.stride(),
            part.positions,
            scale(block.width),
        );
        let dscores = part.weights(dscores);
        let (queries_slope, queries_mode) = &mut slopes.queries;
        matmul(block.queries_mut(queries_slope, part), dscores, keys, *queries_mode, 1);
        let (keys_slope, keys_mode) = &mut slopes.keys;
        matmul(block.memory_mut(keys_slope, part), dscores.t(), queries, mode(*keys_mode), 1);
    }

    pub(crate) fn release(self, pool: &mut Pool) {
        pool.give(self.kept);
    }
}

#[cfg(test)]
mod tests {
    use super::super::multi_head::HeadModes;
    use super::*;
    use crate::AttentionMode;
    use crate::layer::check::{gradients, random_parameter};

    /// Lengths of queries, and of the memory if it is another one; heads and width of a head.
    type Shape = (&'static [usize], Option<&'static [usize]>, usize, usize);

    const SHAPES: [Shape; 4] = [
        (&[1], None, 1, 2),
        (&[3, 1, 5], None, 2, 3),
        // More than one part.
        (&[ROWS + 3, 2], None, 1, 1),
        (&[3, ROWS + 1], Some(&[2, 4]), 2, 1),
    ];

    fn made(tape: &mut Tape, shape: Shape, values: [Value; 3]) -> MultiHead {
        let (lengths, memory, heads, _) = shape;
        let mut packed = |lengths: &[usize]| {
            let packing = tape.pack(lengths.iter().copied());
            tape.consecutive(packing)
        };
        let [queries, keys, values] = values;
        MultiHead {
            queries,
            keys,
            values,
            heads,
            packing: packed(lengths),
            memory: memory.map(packed),
            mask: if memory.is_some() { Mask::None } else { Mask::Causal },
            modes: HeadModes::all(AttentionMode::Learned),
            weights: None,
            relative: None,
        }
    }

    fn parameters(tape: &mut Tape, (lengths, memory, heads, width): Shape) -> [Value; 3] {
        let (rows, others) = (lengths.iter().sum(), memory.unwrap_or(lengths).iter().sum());
        let queries = random_parameter(tape, rows, heads * width);
        [
            queries,
            random_parameter(tape, others, heads * width),
            random_parameter(tape, others, heads * width),
        ]
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        for shape in SHAPES {
            for mode in [AttentionMode::Learned, AttentionMode::Uniform] {
                gradients(|tape| {
                    let values = parameters(tape, shape);
                    move |tape: &mut Tape| {
                        let input = MultiHead { modes: HeadModes::all(mode), ..made(tape, shape, values) };
                        vec![tape.attend_without_weights(input), tape.attend_without_weights(input)]
                    }
                });
            }
        }
    }

    #[test]
    fn it_computes_what_attention_with_weights_computes() {
        for shape in SHAPES {
            for mask in [Mask::Causal, Mask::None] {
                if shape.1.is_some() && mask == Mask::Causal {
                    continue;
                }
                let mut tape = Tape::new(1);
                let values = parameters(&mut tape, shape);
                let input = MultiHead { mask, ..made(&mut tape, shape, values) };
                let kept = tape.attend_heads(input).output;
                let blocked = tape.attend_without_weights(input);
                for (a, b) in tape.data(kept).iter().zip(tape.data(blocked)) {
                    assert!((a - b).abs() < 1e-5, "{shape:?} {mask:?}: {a} {b}");
                }
            }
        }
    }

    #[test]
    fn a_later_position_changes_nothing_before_it() {
        let shape: Shape = (&[ROWS + 9], None, 1, 2);
        let mut tape = Tape::new(1);
        let values = parameters(&mut tape, shape);
        let output = |tape: &mut Tape| {
            let input = made(tape, shape, values);
            let output = tape.attend_without_weights(input);
            let data = tape.data(output).to_vec();
            tape.clear();
            data
        };
        let before = output(&mut tape);
        let last = 2 * (ROWS + 8);
        values.into_iter().for_each(|value| tape.data_mut(value)[last..].fill(9.0));
        let after = output(&mut tape);
        assert_eq!(before[..last], after[..last]);
        assert_ne!(before[last..], after[last..]);
    }
}
