//! A layer of gated recurrent units over a ragged batch, in one or two directions (Cho et al. 2014, with
//! PyTorch's gates, order and biases: b_hn lies inside r∘(…)).
//!
//! The arguments of r and z are the sums of an input term x_t·W_ihᵀ + b_ih and of a recurrent term h₋·W_hhᵀ + b_hh; the
//! two terms of n are kept separate. [`gru_cell`](super::gru_cell) computes the rest. The caller computes the input
//! term: either a row for each packed position, or a row for each distinct token, which is then gathered. The buffer of
//! a row is [r | z | W_hn·h₋ + b_hn | n's input term], so that one product adds the recurrent term to its first three
//! quarters. The backward pass turns the buffer into gradients in place: the first three quarters give dW_hh and db_hh;
//! r, z and the last quarter give the gradient of the input term.

use super::gru_cell::GruGates;
use super::recurrence::{Lane, Moment, add_by_example, moments};
use crate::entries::add_rows;
use crate::matrix::{Mat, MatMut, Mode};
use crate::packing::Packing;
use crate::pool::{Buffer, Pool};
use crate::product::matmul_packed;
use crate::tape::{Indices, Tape, Value};

/// One direction of a GRU layer.
#[derive(Debug, Clone, Copy)]
pub struct GruDirection {
    /// x·W_ihᵀ + b_ih (rows × 3·hidden).
    pub gate_inputs: Value,
    /// W_hh (3·hidden × hidden).
    pub recurrent: Value,
    /// b_hh (1 × 3·hidden).
    pub recurrent_bias: Value,
    /// Initial state (batch × hidden, by example); `None` means zero.
    pub start: Option<Value>,
    /// Whether each sequence is read backwards.
    pub reversed: bool,
}

/// The outputs of a GRU layer.
#[derive(Debug, Clone, Copy)]
pub struct GruOutput {
    /// Hidden states (packed rows × directions·hidden).
    pub hidden: Value,
    /// Hidden state after the last position read (batch × directions·hidden, by example).
    pub last_hidden: Value,
}

#[derive(Debug)]
pub(crate) struct GruNode {
    rows: Option<Indices>,
    output: GruOutput,
    passes: [Option<Pass>; 2],
}

/// One direction, with the data for its backward pass.
#[derive(Debug)]
struct Pass {
    direction: GruDirection,
    lane: Lane,
    /// r, z, W_hn·h₋ + b_hn, n (rows × 4·hidden).
    gates: Buffer,
    /// Initial states by rank (batch × hidden).
    start: Option<Buffer>,
}

impl Tape {
    /// Runs one or two `directions` over a ragged batch. `rows` has the row of the gate inputs for each packed row;
    /// `None` means that gate inputs are packed rows themselves.
    pub fn gru(&mut self, packing: Packing, rows: Option<Indices>, directions: &[GruDirection]) -> GruOutput {
        assert!(!packing.consecutive, "recurrent layers go step by step");
        let hidden = self.shape(directions[0].recurrent).1;
        let (batch, width) = (packing.lengths.len(), hidden * directions.len());
        let mut states = self.pool.take(packing.rows * width);
        let mut last_hidden = self.pool.take(batch * width);
        let mut passes = [None, None];
        for (index, &direction) in directions.iter().enumerate() {
            let lane = Lane { packing, reversed: direction.reversed, column: index * hidden, hidden };
            passes[index] = Some(self.gru_pass(rows, direction, lane, &mut states, width));
            lane.copy_last(self.layout(packing), &states, &mut last_hidden, width);
        }
        let output = GruOutput {
            hidden: self.push(packing.rows, width, states),
            last_hidden: self.push(batch, width, last_hidden),
        };
        self.record(GruNode { rows, output, passes });
        output
    }

    /// The forward pass of one direction, which writes to its columns of `states`.
    fn gru_pass(
        &mut self,
        rows: Option<Indices>,
        direction: GruDirection,
        lane: Lane,
        states: &mut Buffer,
        width: usize,
    ) -> Pass {
        let Lane { packing, column, hidden, .. } = lane;
        assert_eq!(
            self.shape(direction.recurrent),
            (3 * hidden, hidden),
            "a GRU's recurrent weight is 3·hidden × hidden"
        );
        let batch = packing.lengths.len();
        let mut gates = self.pool.take(packing.rows * 4 * hidden);
        let recurrent = self.packed(direction.recurrent, true);
        let start = direction.start.map(|h| self.by_rank(packing, h));
        // h₋ of every rank: zero or the initial state, until the rank has read a token.
        let mut carry = self.pool.zeros(batch * hidden);
        if let Some(start) = &start {
            carry.copy_from_slice(start);
        }
        for moment in moments(self.layout(packing), direction.reversed) {
            self.gather_gru_inputs(&mut gates, moment, rows, direction, hidden);
            let rows = if start.is_some() { moment.alive } else { moment.continued };
            if rows > 0 {
                let target = MatMut::new(&mut gates[moment.row * 4 * hidden..], rows, 4 * hidden);
                let before = Mat::new(&carry, rows, hidden);
                matmul_packed(target.columns(0, 3 * hidden), before, &recurrent, Mode::Add, self.threads);
            }
            for rank in 0..moment.alive {
                let row = moment.row + rank;
                GruGates::split(&mut gates[row * 4 * hidden..][..4 * hidden], hidden).forward(
                    &mut carry[rank * hidden..][..hidden],
                    &mut states[row * width + column..][..hidden],
                );
            }
        }
        recurrent.release(&mut self.pool);
        self.pool.give(carry);
        Pass { direction, lane, gates, start }
    }

    /// Writes the input term and the biases of one time step to the gates.
    fn gather_gru_inputs(
        &self,
        gates: &mut [f32],
        moment: Moment,
        rows: Option<Indices>,
        direction: GruDirection,
        hidden: usize,
    ) {
        let (inputs, bias) = (self.data(direction.gate_inputs), self.data(direction.recurrent_bias));
        let rows = rows.map(|rows| self.list(rows));
        for row in moment.row..moment.row + moment.alive {
            let input = rows.map_or(row, |rows| rows[row] as usize);
            let input = &inputs[input * 3 * hidden..][..3 * hidden];
            let (both, rest) = gates[row * 4 * hidden..][..4 * hidden].split_at_mut(2 * hidden);
            let sums = both.iter_mut().zip(input).zip(bias);
            sums.for_each(|((gate, input), bias)| *gate = input + bias);
            rest[..hidden].copy_from_slice(&bias[2 * hidden..]);
            rest[hidden..].copy_from_slice(&input[2 * hidden..]);
        }
    }
}

impl GruNode {
    pub(crate) fn backward(mut self, tape: &mut Tape) {
        let grads = [self.output.hidden, self.output.last_hidden].map(|value| tape.take_grad(value));
        if grads.iter().any(Option::is_some) {
            for pass in self.passes.iter_mut().flatten() {
                pass.backward(tape, self.rows, self.output, &grads);
            }
        }
        grads.into_iter().flatten().for_each(|grad| tape.pool.give(grad));
        self.release(&mut tape.pool);
    }

    pub(crate) fn release(self, pool: &mut Pool) {
        for pass in self.passes.into_iter().flatten() {
            pool.give(pass.gates);
            pass.start.into_iter().for_each(|buffer| pool.give(buffer));
        }
    }
}

impl Pass {
    fn backward(
        &mut self,
        tape: &mut Tape,
        rows: Option<Indices>,
        output: GruOutput,
        [above, last_hidden]: &[Option<Buffer>; 2],
    ) {
        let Lane { packing, reversed, column, hidden } = self.lane;
        let width = tape.shape(output.hidden).1;
        let mut dh = self.lane.last_by_rank(tape, last_hidden, width);
        let zeros = tape.pool.zeros(hidden);
        let mut dinputs = tape.open_zeroed_grad(self.direction.gate_inputs);
        let mut dbias = tape.open_zeroed_grad(self.direction.recurrent_bias);
        let recurrent = tape.packed(self.direction.recurrent, false);
        let states = tape.data(output.hidden);
        for moment in moments(tape.layout(packing), reversed).rev() {
            for rank in 0..moment.alive {
                let row = moment.row + rank;
                let previous: &[f32] = match &self.start {
                    _ if rank < moment.continued => &states[(moment.previous_row + rank) * width + column..],
                    Some(start) => &start[rank * hidden..],
                    None => &zeros,
                };
                let above = above.as_ref().map_or(&zeros[..], |d| &d[row * width + column..]);
                let gates = &mut self.gates[row * 4 * hidden..][..4 * hidden];
                GruGates::split(gates, hidden).backward(previous, above, &mut dh[rank * hidden..]);
                let input = rows.map_or(row, |rows| tape.list(rows)[row] as usize);
                let (both, candidate) = dinputs[input * 3 * hidden..][..3 * hidden].split_at_mut(2 * hidden);
                add_rows(both, &gates[..2 * hidden]);
                add_rows(candidate, &gates[3 * hidden..]);
                add_rows(&mut dbias, &gates[..3 * hidden]);
            }
            let count = if self.start.is_some() { moment.alive } else { moment.continued };
            let dz = Mat::new(&self.gates[moment.row * 4 * hidden..], count, 4 * hidden);
            let target = MatMut::new(&mut dh, count, hidden);
            matmul_packed(target, dz.columns(0, 3 * hidden), &recurrent, Mode::Add, tape.threads);
        }
        tape.pool.give(zeros);
        recurrent.release(&mut tape.pool);
        tape.put_grad(self.direction.gate_inputs, dinputs);
        tape.put_grad(self.direction.recurrent_bias, dbias);
        if tape.wants_grad(self.direction.recurrent) {
            let dz = Mat::new(&self.gates, packing.rows, 4 * hidden).columns(0, 3 * hidden);
            self.lane.recurrent_backward(
                tape,
                self.direction.recurrent,
                dz,
                output.hidden,
                self.start.as_ref(),
            );
        }
        if let Some(start) = self.direction.start {
            add_by_example(tape, packing, start, &dh);
        }
        tape.pool.give(dh);
    }
}

#[cfg(test)]
mod tests;
