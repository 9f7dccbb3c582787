//! A reverse-mode tape over fused layers.
//!
//! The first values are the parameters. Their values and gradients persist over steps. Each layer's forward pass
//! appends its outputs, and one [`Node`] for its backward pass. [`Tape::backward`] runs the nodes in reverse.
//! [`Tape::clear`] drops everything but the parameters and returns all buffers to the pool.

mod forward_only;
mod lists;

use crate::gradients::{Gradient, Gradients, Shown, in_order};
use crate::layer::Node;
use crate::matrix::{Mat, Mode};
use crate::pool::{Buffer, Pool};
use crate::product::Packed;
use crate::spread::{SHARE, spread};

/// A matrix on the tape. Valid until the next [`Tape::clear`]; a parameter stays valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Value(u32);

/// A list of integers on the tape (tokens, rows, lengths). Valid until the next [`Tape::clear`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Indices {
    start: u32,
    len: u32,
}

impl Indices {
    /// Number of integers.
    pub fn len(self) -> usize {
        self.len as usize
    }

    /// Whether the list is empty.
    pub fn is_empty(self) -> bool {
        self.len == 0
    }
}

#[derive(Debug)]
struct Slot {
    rows: usize,
    cols: usize,
    data: Buffer,
    grad: Option<Buffer>,
    /// Of a parameter: the rows of `grad` that may differ from 0, in increasing order; none means all.
    touched: Option<Vec<u32>>,
    /// Of a parameter whose gradients have such lists: buffers of zeros for the next ones, and room for their lists.
    zeros: Vec<(Buffer, Vec<u32>)>,
}

impl Slot {
    fn new(rows: usize, cols: usize, data: Buffer) -> Self {
        Self { rows, cols, data, grad: None, touched: None, zeros: Vec::new() }
    }

    /// Takes the gradient out.
    fn take_gradient(&mut self) -> Option<Gradient> {
        let (data, rows) = (self.grad.take()?, self.touched.take());
        Some(Gradient { data, rows, width: self.cols })
    }
}

/// A table of so many times more rows than are read has a gradient with a list of rows.
const FEW: usize = 4;

/// Values, the nodes that computed them, and the buffers behind them.
#[derive(Debug, Default)]
pub struct Tape {
    slots: Vec<Slot>,
    parameters: usize,
    nodes: Vec<Node>,
    indices: Vec<u32>,
    /// The place of each token among the distinct tokens; all `u32::MAX` between uses.
    place_of: Vec<u32>,
    pub(crate) pool: Pool,
    pub(crate) threads: usize,
    /// Whether layers may skip the gradients of parameters.
    frozen: bool,
    /// The nodes that were there at the last [`Tape::cut`]: no gradient goes further back.
    cut: usize,
    /// Whether parameters have shapes alone.
    measuring: bool,
    /// Whether what is computed now gets no backward pass.
    forward_only: bool,
}

impl Tape {
    /// An empty tape whose matrix products use `threads` threads.
    pub fn new(threads: usize) -> Self {
        Self { threads: threads.max(1), ..Self::default() }
    }

    /// An empty tape whose parameters have shapes and no entries: it takes next to no memory, tells how large a model would
    /// be, and computes nothing.
    pub fn measuring() -> Self {
        Self { measuring: true, ..Self::new(1) }
    }

    /// Whether it is a [`Tape::measuring`] one.
    pub fn is_measuring(&self) -> bool {
        self.measuring
    }

    /// A copy for another thread: the same parameters in the same places, without gradients.
    pub fn replica(&self, threads: usize) -> Self {
        let mut replica = Self::new(threads);
        for slot in &self.slots[..self.parameters] {
            replica.parameter(slot.rows, slot.cols, &slot.data);
        }
        replica
    }

    /// Adds a parameter of `rows` × `cols` (a vector is 1 × n). Panics after the first layer.
    pub fn parameter(&mut self, rows: usize, cols: usize, data: &[f32]) -> Value {
        assert!(self.nodes.is_empty() && self.slots.len() == self.parameters, "parameters come first");
        self.parameters += 1;
        if self.measuring {
            self.slots.push(Slot::new(rows, cols, self.pool.take(0)));
            return Value(self.slots.len() as u32 - 1);
        }
        assert_eq!(data.len(), rows * cols, "a parameter of {rows} × {cols}");
        self.constant(rows, cols, data)
    }

    /// Adds a constant: a matrix of `rows` × `cols` that is not the output of a layer.
    pub fn constant(&mut self, rows: usize, cols: usize, data: &[f32]) -> Value {
        assert_eq!(data.len(), rows * cols, "a constant of {rows} × {cols}");
        let mut buffer = self.pool.take(data.len());
        buffer.copy_from_slice(data);
        self.push(rows, cols, buffer)
    }

    /// Adds a constant of `rows` × `cols` with all entries equal to `number`.
    pub fn filled(&mut self, rows: usize, cols: usize, number: f32) -> Value {
        let mut buffer = self.pool.take(rows * cols);
        buffer.fill(number);
        self.push(rows, cols, buffer)
    }

    /// Whether `value` is a parameter.
    pub(crate) fn is_parameter(&self, value: Value) -> bool {
        (value.0 as usize) < self.parameters
    }

    /// Drops everything but the parameters' values and gradients.
    pub fn clear(&mut self) {
        self.release_nodes();
        for slot in self.slots.drain(self.parameters..) {
            self.pool.give(slot.data);
            if let Some(grad) = slot.grad {
                self.pool.give(grad);
            }
        }
        self.indices.clear();
    }

    /// Returns buffers that lie free to the system if they are more than was ever in use at once. For passes over batches of all sizes;
    /// steps of training are faster with what they find.
    pub fn trim(&mut self) {
        self.pool.trim();
    }

    /// Drops the gradients of the parameters.
    pub fn clear_gradients(&mut self) {
        for index in 0..self.parameters {
            if let Some(gradient) = self.slots[index].take_gradient() {
                self.give_gradient(index, gradient);
            }
        }
    }

    /// Takes back a gradient of the parameter with this index.
    pub(crate) fn give_gradient(&mut self, index: usize, gradient: Gradient) {
        match gradient.zeroed() {
            Ok(zeros) => self.slots[index].zeros.push(zeros),
            Err(data) => self.pool.give(data),
        }
    }

    /// Adds d`loss`/d`value` to the gradient of every value that `loss` (1 × 1) depends on, and consumes the nodes.
    /// Afterwards only parameters and constants have gradients, not the outputs of layers.
    pub fn backward(&mut self, loss: Value) {
        self.backward_scaled(loss, 1.0);
    }

    /// As [`Tape::backward`], of `factor` times the loss.
    pub fn backward_scaled(&mut self, loss: Value, factor: f32) {
        assert_eq!(self.shape(loss), (1, 1), "the loss is one number");
        let mut seed = self.pool.take(1);
        seed[0] = factor;
        self.put_grad(loss, seed);
        self.backward_from_outputs();
    }

    /// Moves the gradients of the parameters into `gradients`, which must be empty.
    pub fn take_gradients(&mut self, gradients: &mut Gradients) {
        gradients.0.clear();
        gradients.0.extend(self.slots[..self.parameters].iter_mut().map(Slot::take_gradient));
    }

    /// Gives the parameters these gradients, which are taken out.
    pub fn set_gradients(&mut self, gradients: &mut Gradients) {
        self.clear_gradients();
        for (slot, grad) in self.slots[..self.parameters].iter_mut().zip(&mut gradients.0) {
            (slot.grad, slot.touched) = match grad.take() {
                Some(gradient) => (Some(gradient.data), gradient.rows),
                None => (None, None),
            };
        }
    }

    /// Changes how many threads matrix products use, and returns how many these were.
    pub fn set_threads(&mut self, threads: usize) -> usize {
        std::mem::replace(&mut self.threads, threads.max(1))
    }

    /// Gives the parameters the values that those of `other`, its replica, have, on so many `threads`.
    pub fn copy_parameters(&mut self, other: &Self, threads: usize) {
        let pairs = self.slots[..self.parameters].iter_mut().zip(&other.slots);
        let pieces = pairs.flat_map(|(own, other)| own.data.chunks_mut(SHARE).zip(other.data.chunks(SHARE)));
        spread(threads, pieces.collect(), |(own, _)| own.len(), |(own, other)| own.copy_from_slice(other));
    }

    /// As [`Tape::backward`], but for constants only: parameters get no gradient, and layers skip the work that only
    /// those gradients need.
    pub fn backward_to_constants(&mut self, loss: Value) {
        self.frozen = true;
        self.backward(loss);
        self.frozen = false;
        self.clear_gradients();
    }

    /// What was computed until now gets no gradient from the next backward pass, nor do the parameters that only it reads.
    pub fn cut(&mut self) {
        self.cut = self.nodes.len();
    }

    /// As [`Tape::backward`], starting from the current gradients of the values.
    pub(crate) fn backward_from_outputs(&mut self) {
        assert!(!self.forward_only, "no backward pass was asked for");
        while self.nodes.len() > self.cut
            && let Some(node) = self.nodes.pop()
        {
            node.backward(self);
        }
        self.release_nodes();
    }

    fn release_nodes(&mut self) {
        while let Some(node) = self.nodes.pop() {
            node.release(&mut self.pool);
        }
        self.cut = 0;
    }

    /// All parameters, in the order of their addition.
    pub fn parameters(&self) -> Vec<Value> {
        (0..self.parameters as u32).map(Value).collect()
    }

    /// (rows, cols) of `value`.
    pub fn shape(&self, value: Value) -> (usize, usize) {
        let slot = &self.slots[value.0 as usize];
        (slot.rows, slot.cols)
    }

    /// The entries of `value`, row by row.
    pub fn data(&self, value: Value) -> &[f32] {
        &self.slots[value.0 as usize].data
    }

    /// The entries of a parameter or constant, mutable.
    pub fn data_mut(&mut self, value: Value) -> &mut [f32] {
        &mut self.slots[value.0 as usize].data
    }

    /// The gradient of `value`, row by row; `None` if the loss does not depend on it.
    pub fn grad(&self, value: Value) -> Option<&[f32]> {
        self.slots[value.0 as usize].grad.as_deref()
    }

    /// Each parameter with its gradient.
    pub(crate) fn parameters_with_gradients(
        &mut self,
    ) -> impl Iterator<Item = (&mut [f32], Option<Shown<'_>>)> {
        self.slots[..self.parameters].iter_mut().map(|slot| {
            let Slot { data, grad, touched, cols, .. } = slot;
            let shown = |data| Shown { data, rows: touched.as_deref(), width: *cols };
            (&mut data[..], grad.as_deref().map(shown))
        })
    }
}

/// For layers.
impl Tape {
    /// Appends a value.
    pub(crate) fn push(&mut self, rows: usize, cols: usize, data: Buffer) -> Value {
        debug_assert_eq!(data.len(), rows * cols);
        self.slots.push(Slot::new(rows, cols, data));
        Value(self.slots.len() as u32 - 1)
    }

    /// Appends a node, if there may be a backward pass.
    pub(crate) fn record(&mut self, node: impl Into<Node>) {
        match self.forward_only {
            true => node.into().release(&mut self.pool),
            false => self.nodes.push(node.into()),
        }
    }

    /// `value` as a matrix.
    pub(crate) fn mat(&self, value: Value) -> Mat<'_> {
        let (rows, cols) = self.shape(value);
        Mat::new(self.data(value), rows, cols)
    }

    /// `value`, or its transpose, packed as a right-hand side.
    pub(crate) fn packed(&mut self, value: Value, transposed: bool) -> Packed {
        let len = Packed::len_of(if transposed { self.mat(value).t() } else { self.mat(value) });
        let buffer = self.pool.take(len);
        let b = self.mat(value);
        Packed::new(buffer, if transposed { b.t() } else { b })
    }

    /// Whether the gradient of `value` is needed. A layer may compute it even if not.
    pub(crate) fn wants_grad(&self, value: Value) -> bool {
        !(self.frozen && self.is_parameter(value))
    }

    /// Takes the gradient of a layer's output; `None` if the loss does not depend on it.
    pub(crate) fn take_grad(&mut self, value: Value) -> Option<Buffer> {
        self.slots[value.0 as usize].grad.take()
    }

    /// Takes the gradient of a layer's input to write to it, and the mode to write in: [`Mode::Write`] if it has no
    /// gradient yet, else [`Mode::Add`]. Return the gradient with [`Tape::put_grad`].
    pub(crate) fn open_grad(&mut self, value: Value) -> (Buffer, Mode) {
        self.slots[value.0 as usize].touched = None;
        match self.slots[value.0 as usize].grad.take() {
            Some(grad) => (grad, Mode::Add),
            None => {
                let slot = &self.slots[value.0 as usize];
                (self.pool.take(slot.rows * slot.cols), Mode::Write)
            }
        }
    }

    /// As [`Tape::open_grad`], for layers that always add: a new gradient is zero.
    pub(crate) fn open_zeroed_grad(&mut self, value: Value) -> Buffer {
        let (mut grad, mode) = self.open_grad(value);
        if mode == Mode::Write {
            grad.fill(0.0);
        }
        grad
    }

    /// As [`Tape::open_zeroed_grad`], for a layer that adds to the rows `indices` alone. Return it with [`Tape::put_rows`].
    pub(crate) fn open_rows(&mut self, value: Value, indices: Indices) -> (Buffer, Option<Vec<u32>>) {
        let is_parameter = self.is_parameter(value);
        let slot = &mut self.slots[value.0 as usize];
        let few = is_parameter && FEW * indices.len() <= slot.rows;
        let (grad, mut touched) = match (slot.grad.take(), slot.touched.take()) {
            (Some(grad), touched) => (grad, touched),
            (None, _) if few => {
                let (rows, cols) = (slot.rows, slot.cols);
                let kept = slot.zeros.pop();
                let (grad, rows) = kept.unwrap_or_else(|| (self.pool.zeros(rows * cols), Vec::new()));
                (grad, Some(rows))
            }
            (None, _) => (self.pool.zeros(slot.rows * slot.cols), None),
        };
        if let Some(rows) = &mut touched {
            rows.extend_from_slice(self.list(indices));
            in_order(rows);
        }
        (grad, touched)
    }

    /// Returns what [`Tape::open_rows`] gave.
    pub(crate) fn put_rows(&mut self, value: Value, (grad, touched): (Buffer, Option<Vec<u32>>)) {
        self.put_grad(value, grad);
        self.slots[value.0 as usize].touched = touched;
    }

    /// Sets or returns the gradient of `value`.
    pub(crate) fn put_grad(&mut self, value: Value, grad: Buffer) {
        let slot = &mut self.slots[value.0 as usize];
        debug_assert!(slot.grad.is_none(), "a gradient was opened twice");
        slot.grad = Some(grad);
    }
}
