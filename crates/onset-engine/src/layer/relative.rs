//! From products of queries with a table of relative positions to scores of positions, and back; a part of [`MultiHead`].

use super::MultiHead;
use super::multi_head::Mask;
use crate::tape::Tape;

/// Which row of the table a distance has.
#[derive(Debug, Clone, Copy)]
pub(super) struct Distances {
    /// The row of distance 0.
    zero: usize,
    /// The rows of the table that are used.
    pub used: usize,
}

impl Distances {
    /// Those of `steps` positions, in a table of `rows` rows.
    pub fn new(mask: Mask, steps: usize, rows: usize) -> Self {
        match mask {
            Mask::Causal => Self { zero: 0, used: rows.min(steps) },
            Mask::None => Self { zero: rows / 2, used: rows },
        }
    }

    /// The row of the distance from position `l` to the later position `t`.
    fn row(self, t: usize, l: usize) -> usize {
        (t + self.zero).saturating_sub(l).min(self.used - 1)
    }

    /// Adds to the scores (steps × positions) of each position the product of its distance; `products` is steps × used.
    pub fn add(self, scores: &mut [f32], products: &[f32], steps: usize) {
        let rows = scores.chunks_exact_mut(scores.len() / steps).zip(products.chunks_exact(self.used));
        for (t, (scores, products)) in rows.enumerate() {
            for (l, score) in scores.iter_mut().enumerate() {
                *score += products[self.row(t, l)];
            }
        }
    }

    /// The gradient of the products, from that of the scores.
    pub fn gather(self, dproducts: &mut [f32], dscores: &[f32], steps: usize) {
        dproducts.fill(0.0);
        let rows = dscores.chunks_exact(dscores.len() / steps).zip(dproducts.chunks_exact_mut(self.used));
        for (t, (dscores, dproducts)) in rows.enumerate() {
            for (l, d) in dscores.iter().enumerate() {
                dproducts[self.row(t, l)] += d;
            }
        }
    }
}

/// Checks the table of `input`, and returns the number of products of its longest example; 0 without a table.
pub(super) fn most_products(tape: &Tape, input: &MultiHead) -> usize {
    let Some(table) = input.relative else { return 0 };
    let (rows, width) = tape.shape(table);
    assert_eq!(width * input.heads, tape.shape(input.queries).1, "the table has the width of a head");
    assert!(rows > 0 && (input.mask == Mask::Causal || rows % 2 == 1), "{rows} relative positions");
    assert!(input.memory.is_none(), "relative positions are for one sequence");
    tape.layout(input.packing).steps() * rows
}
