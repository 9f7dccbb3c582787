//! Linear maps and LSTM steps for inference, outside the tape. Weights are packed once, and nothing is kept for a
//! backward pass.

use crate::layer::Gates;
use crate::matrix::{Mat, MatMut, Mode};
use crate::pool::Pool;
use crate::product::{Packed, SparseRows, matmul_packed, matmul_packed_onto_row};

/// Outputs that [`PackedLinear::apply_in_pieces`] computes at once; for a hundred rows they fit the L2 cache.
const PIECE: usize = 256;

/// y = x·Wᵀ + b with W packed.
pub struct PackedLinear {
    weight: Packed,
    /// Padded with zeros to whole pieces.
    bias: Vec<f32>,
    ins: usize,
    outs: usize,
}

impl PackedLinear {
    /// The map of `weight` (out × in) and `bias` (out).
    pub fn new(weight: Mat<'_>, mut bias: Vec<f32>) -> Self {
        let (outs, ins) = weight.shape();
        assert_eq!(bias.len(), outs, "a bias for each of {outs} outputs");
        let buffer = Pool::default().take(Packed::len_of(weight.t()));
        bias.resize(outs.next_multiple_of(PIECE), 0.0);
        Self { weight: Packed::new(buffer, weight.t()), bias, ins, outs }
    }

    /// Number of outputs.
    pub fn outs(&self) -> usize {
        self.outs
    }

    /// `y` (rows × out) = `x` (rows × in)·Wᵀ + b.
    pub fn apply(&self, x: &[f32], y: &mut [f32], rows: usize) {
        let target = MatMut::new(y, rows, self.outs());
        matmul_packed_onto_row(target, Mat::new(x, rows, self.ins), &self.weight, &self.bias[..self.outs], 1);
    }

    /// As [`PackedLinear::apply`] for sparse rows, one piece of the outputs at a time. `piece` is called with the index
    /// of the piece's first output, the number of its outputs, and its rows, which may have unused numbers at their
    /// end. `room` is scratch space.
    pub fn apply_in_pieces(
        &self,
        x: &SparseRows,
        room: &mut Vec<f32>,
        mut piece: impl FnMut(usize, usize, std::slice::ChunksExact<'_, f32>),
    ) {
        room.resize(x.rows() * PIECE, 0.0);
        for first in (0..self.outs).step_by(PIECE) {
            let width = PIECE.min(self.outs - first);
            let stride = x.multiply(room, &self.weight, &self.bias, first, width);
            piece(first, width, room[..x.rows() * stride].chunks_exact(stride));
        }
    }

    /// `y` += `x`·Wᵀ, without the bias.
    pub fn add(&self, x: &[f32], y: &mut [f32], rows: usize) {
        let target = MatMut::new(y, rows, self.outs());
        matmul_packed(target, Mat::new(x, rows, self.ins), &self.weight, Mode::Add, 1);
    }
}

/// A step of an LSTM for some rows: `gates` (rows × 4·hidden) hold x·W_ihᵀ + h₋·W_hhᵀ + b and are overwritten; `cell`
/// (rows × hidden) goes from c₋ to c, and `state` becomes h.
pub fn step_lstm(gates: &mut [f32], cell: &mut [f32], state: &mut [f32], hidden: usize) {
    let mut kept = vec![0.0; hidden];
    let rows = gates.chunks_exact_mut(4 * hidden).zip(cell.chunks_exact_mut(hidden));
    for ((gates, cell), state) in rows.zip(state.chunks_exact_mut(hidden)) {
        Gates::split(gates, hidden).forward(cell, &mut kept, state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Activation, Direction, Tape, Term};

    fn numbers(count: usize, seed: f32) -> Vec<f32> {
        (0..count).map(|i| (i as f32 * 0.7 + seed).sin()).collect()
    }

    #[test]
    fn maps_and_steps_are_those_of_the_tape() {
        let (rows, ins, hidden) = (5, 7, 6);
        let [input, recurrent] = [numbers(4 * hidden * ins, 1.0), numbers(4 * hidden * hidden, 2.0)];
        let (bias, x) = (numbers(4 * hidden, 3.0), numbers(rows * ins, 4.0));
        let [state, cell] = [numbers(rows * hidden, 5.0), numbers(rows * hidden, 6.0)];
        let mut tape = Tape::new(1);
        let [w, u] = [(&input, ins), (&recurrent, hidden)].map(|(w, ins)| tape.constant(4 * hidden, ins, w));
        let b = tape.constant(1, 4 * hidden, &bias);
        let read = tape.constant(rows, ins, &x);
        let start = (tape.constant(rows, hidden, &state), tape.constant(rows, hidden, &cell));
        let gate_inputs = tape.affine(&[Term::new(read, w)], &[b], Activation::Identity);
        let packing = tape.pack([1; 5]);
        let direction = Direction { gate_inputs, recurrent: u, start: Some(start), reversed: false };
        let expected = tape.lstm(packing, None, &[direction]);

        let read = PackedLinear::new(Mat::new(&input, 4 * hidden, ins), bias);
        let recur = PackedLinear::new(Mat::new(&recurrent, 4 * hidden, hidden), vec![0.0; 4 * hidden]);
        let (mut gates, mut cell, mut next) = (vec![0.0; rows * 4 * hidden], cell, state.clone());
        read.apply(&x, &mut gates, rows);
        recur.add(&state, &mut gates, rows);
        step_lstm(&mut gates, &mut cell, &mut next, hidden);
        for (got, want) in [(&next, expected.last_hidden), (&cell, expected.last_cell)] {
            let want = tape.data(want);
            assert!(got.iter().zip(want).all(|(got, want)| (got - want).abs() < 1e-6), "{got:?} {want:?}");
        }
    }
}
