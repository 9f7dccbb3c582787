//! A layer of long short-term memory over a ragged batch, in one or two directions
//! (Hochreiter & Schmidhuber 1997, with PyTorch's gates, order and biases).
//!
//! z_t = x_t·W_ihᵀ + b + h₋·W_hhᵀ; [`lstm_cell`](super::lstm_cell) computes the rest. The caller computes the input
//! term: either a row for each packed position, or a row for each distinct token, which is then gathered. The backward
//! pass turns the gates' buffer into dz in place, and dW_hh = Σ_t dz_tᵀ·h₋ is one product over all time steps.

use super::lstm_cell::Gates;
use super::recurrence::{Lane, Moment, add_by_example, moments};
use crate::entries::add_rows;
use crate::matrix::{Mat, MatMut, Mode};
use crate::packing::Packing;
use crate::pool::{Buffer, Pool};
use crate::product::matmul_packed;
use crate::tape::{Indices, Tape, Value};

/// One direction of an LSTM layer.
#[derive(Debug, Clone, Copy)]
pub struct Direction {
    /// x·W_ihᵀ + b_ih + b_hh (rows × 4·hidden).
    pub gate_inputs: Value,
    /// W_hh (4·hidden × hidden).
    pub recurrent: Value,
    /// Initial hidden and cell state (each batch × hidden, by example); `None` means zero.
    pub start: Option<(Value, Value)>,
    /// Whether each sequence is read backwards.
    pub reversed: bool,
}

/// The outputs of an LSTM layer.
#[derive(Debug, Clone, Copy)]
pub struct LstmOutput {
    /// Hidden states (packed rows × directions·hidden).
    pub hidden: Value,
    /// Hidden state after the last position read (batch × directions·hidden, by example).
    pub last_hidden: Value,
    /// Cell state after the last position read (batch × directions·hidden, by example).
    pub last_cell: Value,
}

#[derive(Debug)]
pub(crate) struct LstmNode {
    rows: Option<Indices>,
    output: LstmOutput,
    passes: [Option<Pass>; 2],
}

/// One direction, with the data for its backward pass.
#[derive(Debug)]
struct Pass {
    direction: Direction,
    lane: Lane,
    /// i, f, g, o (rows × 4·hidden).
    gates: Buffer,
    /// c (rows × hidden).
    cells: Buffer,
    /// Initial states by rank (each batch × hidden).
    start: Option<[Buffer; 2]>,
}

impl Tape {
    /// Runs one or two `directions` over a ragged batch. `rows` has the row of the gate inputs for each packed row;
    /// `None` means that gate inputs are packed rows themselves.
    pub fn lstm(&mut self, packing: Packing, rows: Option<Indices>, directions: &[Direction]) -> LstmOutput {
        assert!(!packing.consecutive, "recurrent layers go step by step");
        let hidden = self.shape(directions[0].recurrent).1;
        let (batch, width) = (packing.lengths.len(), hidden * directions.len());
        let mut states = self.pool.take(packing.rows * width);
        let mut last_hidden = self.pool.take(batch * width);
        let mut last_cell = self.pool.take(batch * width);
        let mut passes = [None, None];
        for (index, &direction) in directions.iter().enumerate() {
            let lane = Lane { packing, reversed: direction.reversed, column: index * hidden, hidden };
            let (pass, carry) = self.lstm_pass(rows, direction, lane, &mut states, width);
            let layout = self.layout(packing);
            lane.copy_last(layout, &states, &mut last_hidden, width);
            for example in 0..batch {
                let cell = &carry[layout.ranks[example] as usize * hidden..][..hidden];
                last_cell[example * width + lane.column..][..hidden].copy_from_slice(cell);
            }
            self.pool.give(carry);
            passes[index] = Some(pass);
        }
        let output = LstmOutput {
            hidden: self.push(packing.rows, width, states),
            last_hidden: self.push(batch, width, last_hidden),
            last_cell: self.push(batch, width, last_cell),
        };
        self.record(LstmNode { rows, output, passes });
        output
    }

    /// The forward pass of one direction, which writes to its columns of `states`. Also returns the last cell states,
    /// by rank.
    fn lstm_pass(
        &mut self,
        rows: Option<Indices>,
        direction: Direction,
        lane: Lane,
        states: &mut Buffer,
        width: usize,
    ) -> (Pass, Buffer) {
        let (gate_width, hidden) = self.shape(direction.recurrent);
        let Lane { packing, column, .. } = lane;
        assert_eq!(gate_width, 4 * hidden, "an LSTM's recurrent weight is 4·hidden × hidden");
        let batch = packing.lengths.len();
        let mut gates = self.pool.take(packing.rows * gate_width);
        let mut cells = self.pool.take(packing.rows * hidden);
        let recurrent = self.packed(direction.recurrent, true);
        let start = direction.start.map(|(h, c)| [self.by_rank(packing, h), self.by_rank(packing, c)]);
        let mut carry = self.pool.zeros(batch * hidden);
        if let Some([_, cell]) = &start {
            carry.copy_from_slice(cell);
        }
        let layout = self.layout(packing);
        for moment in moments(layout, direction.reversed) {
            self.gather_gate_inputs(&mut gates, moment, rows, direction.gate_inputs, gate_width);
            let (first, last) = (moment.row * gate_width, (moment.row + moment.alive) * gate_width);
            let (continued, fresh) = gates[first..last].split_at_mut(moment.continued * gate_width);
            if moment.continued > 0 {
                let before = Mat::new(states, packing.rows, width)
                    .rows(moment.previous_row, moment.continued)
                    .columns(column, hidden);
                let target = MatMut::new(continued, moment.continued, gate_width);
                matmul_packed(target, before, &recurrent, Mode::Add, self.threads);
            }
            if let (Some([start, _]), true) = (&start, moment.alive > moment.continued) {
                let count = moment.alive - moment.continued;
                let before = Mat::new(start, batch, hidden).rows(moment.continued, count);
                let target = MatMut::new(fresh, count, gate_width);
                matmul_packed(target, before, &recurrent, Mode::Add, self.threads);
            }
            for rank in 0..moment.alive {
                let row = moment.row + rank;
                Gates::split(&mut gates[row * gate_width..][..gate_width], hidden).forward(
                    &mut carry[rank * hidden..][..hidden],
                    &mut cells[row * hidden..][..hidden],
                    &mut states[row * width + column..][..hidden],
                );
            }
        }
        recurrent.release(&mut self.pool);
        (Pass { direction, lane, gates, cells, start }, carry)
    }

    /// Copies the input term of one time step to the gates.
    fn gather_gate_inputs(
        &self,
        gates: &mut [f32],
        moment: Moment,
        rows: Option<Indices>,
        inputs: Value,
        width: usize,
    ) {
        let inputs = self.data(inputs);
        let target = &mut gates[moment.row * width..(moment.row + moment.alive) * width];
        match rows {
            None => target.copy_from_slice(&inputs[moment.row * width..][..target.len()]),
            Some(rows) => {
                let rows = &self.list(rows)[moment.row..moment.row + moment.alive];
                for (gates, &row) in target.chunks_exact_mut(width).zip(rows) {
                    gates.copy_from_slice(&inputs[row as usize * width..][..width]);
                }
            }
        }
    }
}

impl LstmNode {
    pub(crate) fn backward(mut self, tape: &mut Tape) {
        let grads = [self.output.hidden, self.output.last_hidden, self.output.last_cell]
            .map(|value| tape.take_grad(value));
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
            pool.give(pass.cells);
            pass.start.into_iter().flatten().for_each(|buffer| pool.give(buffer));
        }
    }
}

impl Pass {
    fn backward(
        &mut self,
        tape: &mut Tape,
        rows: Option<Indices>,
        output: LstmOutput,
        grads: &[Option<Buffer>; 3],
    ) {
        let Lane { packing, column, hidden, .. } = self.lane;
        let width = tape.shape(output.last_hidden).1;
        let [above, last_hidden, last_cell] = grads;
        let mut dh = self.lane.last_by_rank(tape, last_hidden, width);
        let mut dc = self.lane.last_by_rank(tape, last_cell, width);
        let zeros = tape.pool.zeros(hidden);
        let mut token_grads = rows.map(|_| tape.open_zeroed_grad(self.direction.gate_inputs));
        let recurrent = tape.packed(self.direction.recurrent, false);
        let layout = tape.layout(packing);
        for moment in moments(layout, self.direction.reversed).rev() {
            for rank in 0..moment.alive {
                let row = moment.row + rank;
                let previous: &[f32] = match &self.start {
                    _ if rank < moment.continued => &self.cells[(moment.previous_row + rank) * hidden..],
                    Some([_, start]) => &start[rank * hidden..],
                    None => &zeros,
                };
                let above = above.as_ref().map_or(&zeros[..], |d| &d[row * width + column..]);
                let gates = &mut self.gates[row * 4 * hidden..][..4 * hidden];
                let states = [previous, &self.cells[row * hidden..]];
                let next = &dh[rank * hidden..];
                Gates::split(gates, hidden).backward(states, [above, next], &mut dc[rank * hidden..]);
                if let (Some(target), Some(rows)) = (&mut token_grads, rows) {
                    let token = tape.list(rows)[row] as usize;
                    let target = &mut target[token * 4 * hidden..][..4 * hidden];
                    add_rows(target, gates);
                }
            }
            let count = if self.start.is_some() { moment.alive } else { moment.continued };
            let dz = Mat::new(&self.gates[moment.row * 4 * hidden..], count, 4 * hidden);
            matmul_packed(MatMut::new(&mut dh, count, hidden), dz, &recurrent, Mode::Write, tape.threads);
        }
        tape.pool.give(zeros);
        recurrent.release(&mut tape.pool);
        if tape.wants_grad(self.direction.recurrent) {
            let dz = Mat::new(&self.gates, packing.rows, 4 * hidden);
            let start = self.start.as_ref().map(|[start, _]| start);
            self.lane.recurrent_backward(tape, self.direction.recurrent, dz, output.hidden, start);
        }
        match token_grads {
            Some(grad) => tape.put_grad(self.direction.gate_inputs, grad),
            None => self.gate_input_backward(tape),
        }
        if let Some((start_hidden, start_cell)) = self.direction.start {
            add_by_example(tape, packing, start_hidden, &dh);
            add_by_example(tape, packing, start_cell, &dc);
        }
        tape.pool.give(dh);
        tape.pool.give(dc);
    }

    /// If gate inputs are packed rows, their gradient is dz itself: its buffer is moved, not copied.
    fn gate_input_backward(&mut self, tape: &mut Tape) {
        let mut dz = std::mem::take(&mut self.gates);
        if let Some(before) = tape.take_grad(self.direction.gate_inputs) {
            dz.iter_mut().zip(before.iter()).for_each(|(sum, before)| *sum += before);
            tape.pool.give(before);
        }
        tape.put_grad(self.direction.gate_inputs, dz);
    }
}

#[cfg(test)]
mod tests;
