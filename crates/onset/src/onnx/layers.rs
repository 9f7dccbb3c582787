//! Layers that several model families have. One comment gives the shapes: batch B, steps T, positions L.

use super::{Attribute, Edge, Element, Graph, Weights};

impl Graph {
    /// `name.weight` at `tokens`: any shape, and one dimension more.
    pub fn embedding(&mut self, weights: &Weights<'_>, name: &str, tokens: &Edge) -> Edge {
        let table = self.weight(weights, &format!("{name}.weight"));
        self.apply("Gather", &[&table, tokens])
    }

    /// `input`·Wᵀ + b with `name.weight` and `name.bias`.
    pub fn linear(&mut self, weights: &Weights<'_>, name: &str, input: &Edge) -> Edge {
        let (shape, values) = weights.transposed(&format!("{name}.weight"));
        let weight = self.floats(&format!("{name}.weight transposed"), &shape, &values);
        let bias = self.weight(weights, &format!("{name}.bias"));
        let product = self.apply("MatMul", &[input, &weight]);
        self.apply("Add", &[&product, &bias])
    }

    /// A tensor as the checkpoint has it.
    pub fn weight(&mut self, weights: &Weights<'_>, name: &str) -> Edge {
        let (shape, values) = weights.tensor(name);
        self.floats(name, shape, values)
    }

    /// `input` with its dimensions in another order.
    pub fn transpose(&mut self, input: &Edge, order: &[i64]) -> Edge {
        self.apply_with("Transpose", &[input], &[("perm", Attribute::Ints(order.to_vec()))])
    }

    /// `input` in another shape; 0 keeps a dimension, and −1 is what is left.
    pub fn reshape(&mut self, input: &Edge, shape: &[i64]) -> Edge {
        let shape = self.ints(shape);
        self.apply("Reshape", &[input, &shape])
    }

    /// `input` with dimensions of size 1 at `axes`.
    pub fn unsqueeze(&mut self, input: &Edge, axes: &[i64]) -> Edge {
        let axes = self.ints(axes);
        self.apply("Unsqueeze", &[input, &axes])
    }

    /// `input` without its last dimension, which is 1.
    pub fn squeeze_last(&mut self, input: &Edge) -> Edge {
        let axes = self.ints(&[-1]);
        self.apply("Squeeze", &[input, &axes])
    }

    /// Zeros in the shape of `input`.
    pub fn zeroed(&mut self, input: &Edge) -> Edge {
        let zero = self.float(0.0);
        self.apply("Mul", &[input, &zero])
    }

    /// Two tensors one behind the other along the last dimension.
    pub fn concat(&mut self, first: &Edge, second: &Edge) -> Edge {
        self.apply_with("Concat", &[first, second], &[("axis", Attribute::Int(-1))])
    }

    /// The mean over one dimension, which stays with size 1 or goes.
    pub fn mean(&mut self, input: &Edge, axis: i64, keep: bool) -> Edge {
        let attributes = [("axes", Attribute::Ints(vec![axis])), ("keepdims", Attribute::Int(keep.into()))];
        self.apply_with("ReduceMean", &[input], &attributes)
    }

    /// 0, 1, … up to the size of a dimension of `input`.
    pub fn positions(&mut self, input: &Edge, axis: i64) -> Edge {
        let shape = self.apply("Shape", &[input]);
        let (axis, zero, one) = (self.int(axis), self.int(0), self.int(1));
        let size = self.apply("Gather", &[&shape, &axis]);
        self.apply("Range", &[&zero, &size, &one])
    }

    /// Which positions of `tokens` (B × L) are no padding, by the number of tokens of each row (B): (B × L).
    pub fn real(&mut self, tokens: &Edge, lengths: &Edge) -> Edge {
        let positions = self.positions(tokens, 1);
        let lengths = self.unsqueeze(lengths, &[1]);
        self.apply("Less", &[&positions, &lengths])
    }

    /// Which positions each step of `tokens` (B × T) sees, its own and those before: (T × T).
    pub fn earlier(&mut self, tokens: &Edge) -> Edge {
        let positions = self.positions(tokens, 1);
        let steps = self.unsqueeze(&positions, &[1]);
        self.apply("LessOrEqual", &[&positions, &steps])
    }

    /// Softmax over the last dimension of `scores` where `visible` holds, and 0 elsewhere; without scores all that is
    /// visible has the same weight.
    pub fn attention(&mut self, scores: Option<&Edge>, visible: &Edge) -> Edge {
        let hidden = self.float(f32::NEG_INFINITY);
        let scores = scores.cloned().unwrap_or_else(|| self.float(0.0));
        let scores = self.apply("Where", &[visible, &scores, &hidden]);
        self.apply_with("Softmax", &[&scores], &[("axis", Attribute::Int(-1))])
    }

    /// `input` as another type.
    pub fn cast(&mut self, input: &Edge, element: Element) -> Edge {
        self.apply_with("Cast", &[input], &[("to", Attribute::Int(element as i64))])
    }
}
