//! Code shared by all recurrent layers: the order of time steps over a ragged batch, states by rank, and dW_hh = Σ_t
//! dz_tᵀ·h₋ as one product over all time steps.

use crate::matrix::{Mat, MatMut, Mode};
use crate::packing::{Layout, Packing};
use crate::pool::Buffer;
use crate::product::matmul;
use crate::tape::{Tape, Value};

/// A time step: its rows and those of the previous step.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    pub row: usize,
    pub alive: usize,
    /// Number of sequences with a previous state; they are the first ranks.
    pub continued: usize,
    pub previous_row: usize,
}

/// The time steps of sequences in packed order, in reading order.
pub fn moments(layout: Layout<'_>, reversed: bool) -> impl DoubleEndedIterator<Item = Moment> + '_ {
    let steps = layout.steps();
    (0..steps).map(move |k| {
        let step = if reversed { steps - 1 - k } else { k };
        let previous = if reversed { (step + 1 < steps).then_some(step + 1) } else { step.checked_sub(1) };
        let alive = layout.counts[step] as usize;
        Moment {
            row: layout.offsets[step] as usize,
            alive,
            continued: previous.map_or(0, |p| alive.min(layout.counts[p] as usize)),
            previous_row: previous.map_or(0, |p| layout.offsets[p] as usize),
        }
    })
}

impl Tape {
    /// The rows of `value` (by example) in order of rank.
    pub(super) fn by_rank(&mut self, packing: Packing, value: Value) -> Buffer {
        let (batch, width) = self.shape(value);
        let mut ranked = self.pool.take(batch * width);
        for (row, &example) in ranked.chunks_exact_mut(width).zip(self.list(packing.order)) {
            row.copy_from_slice(&self.data(value)[example as usize * width..][..width]);
        }
        ranked
    }
}

/// One direction's columns in the outputs of its layer.
#[derive(Debug, Clone, Copy)]
pub struct Lane {
    pub packing: Packing,
    pub reversed: bool,
    /// The first column.
    pub column: usize,
    pub hidden: usize,
}

impl Lane {
    /// Copies each example's state after the last position read from `states` (packed rows × `width`) to `last` (batch
    /// × `width`).
    pub fn copy_last(&self, layout: Layout<'_>, states: &[f32], last: &mut [f32], width: usize) {
        for (example, last) in last.chunks_exact_mut(width).enumerate() {
            let step = if self.reversed { 0 } else { layout.lengths[example] as usize - 1 };
            let row = &states[layout.row(step, example) * width + self.column..][..self.hidden];
            last[self.column..][..self.hidden].copy_from_slice(row);
        }
    }

    /// This direction's columns of the gradient of a last state (batch × `width`), by rank; zeros if `grad` is `None`.
    pub fn last_by_rank(&self, tape: &mut Tape, grad: &Option<Buffer>, width: usize) -> Buffer {
        let mut ranked = tape.pool.zeros(self.packing.lengths.len() * self.hidden);
        if let Some(grad) = grad {
            for (row, &example) in ranked.chunks_exact_mut(self.hidden).zip(tape.list(self.packing.order)) {
                row.copy_from_slice(&grad[example as usize * width + self.column..][..self.hidden]);
            }
        }
        ranked
    }

    /// dW_hh = Σ dzᵀ·h₋ over all rows with a previous state. `dz` has a row for each packed row; `start` has the
    /// initial states by rank.
    pub fn recurrent_backward(
        &self,
        tape: &mut Tape,
        recurrent: Value,
        dz: Mat<'_>,
        states: Value,
        start: Option<&Buffer>,
    ) {
        let (mut grad, mut mode) = tape.open_grad(recurrent);
        let (rows, width) = dz.shape();
        let (batch, hidden) = (self.packing.lengths.len(), self.hidden);
        if tape.layout(self.packing).uniform() {
            // Rows are evenly spaced, so the previous states are one time step away.
            let later = rows - batch;
            let (dz_row, state_row) = if self.reversed { (0, batch) } else { (batch, 0) };
            let before = tape.mat(states).rows(state_row, later).columns(self.column, hidden);
            let target = MatMut::new(&mut grad, width, hidden);
            matmul(target, dz.rows(dz_row, later).t(), before, mode, tape.threads);
            if let Some(start) = start {
                mode = Mode::Add;
                let first = dz.rows(if self.reversed { later } else { 0 }, batch);
                let start = Mat::new(start, batch, hidden);
                let target = MatMut::new(&mut grad, width, hidden);
                matmul(target, first.t(), start, mode, tape.threads);
            }
        } else {
            let before = self.states_before(tape, states, start);
            let target = MatMut::new(&mut grad, width, hidden);
            matmul(target, dz.t(), Mat::new(&before, rows, hidden), mode, tape.threads);
            tape.pool.give(before);
        }
        tape.put_grad(recurrent, grad);
    }

    /// h₋ for every packed row (rows × hidden).
    fn states_before(&self, tape: &mut Tape, states: Value, start: Option<&Buffer>) -> Buffer {
        let hidden = self.hidden;
        let mut before = tape.pool.zeros(self.packing.rows * hidden);
        let width = tape.shape(states).1;
        let states = tape.data(states);
        for moment in moments(tape.layout(self.packing), self.reversed) {
            for rank in 0..moment.alive {
                let target = &mut before[(moment.row + rank) * hidden..][..hidden];
                if rank < moment.continued {
                    let row = moment.previous_row + rank;
                    target.copy_from_slice(&states[row * width + self.column..][..hidden]);
                } else if let Some(start) = start {
                    target.copy_from_slice(&start[rank * hidden..][..hidden]);
                }
            }
        }
        before
    }
}

/// Adds `ranked` (batch × width, by rank) to the gradient of `value` (by example).
pub fn add_by_example(tape: &mut Tape, packing: Packing, value: Value, ranked: &Buffer) {
    let width = tape.shape(value).1;
    let mut grad = tape.open_zeroed_grad(value);
    for (row, &example) in ranked.chunks_exact(width).zip(tape.list(packing.order)) {
        let target = &mut grad[example as usize * width..][..width];
        target.iter_mut().zip(row).for_each(|(sum, d)| *sum += d);
    }
    tape.put_grad(value, grad);
}
