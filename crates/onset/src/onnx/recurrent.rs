//! Recurrent layers: PyTorch's parameters in ONNX's order of gates.
//!
//! PyTorch stacks the gates of an LSTM as i, f, g, o, and ONNX as i, o, f, g; those of a GRU as r, z, n, and ONNX as
//! z, r, n. PyTorch's GRU multiplies r with W·h + b, which ONNX calls `linear_before_reset`.

use super::{Attribute, Edge, Element, Graph, Weights};

/// A recurrent cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recurrence {
    /// Long short-term memory.
    Lstm,
    /// Gated recurrent unit.
    Gru,
}

/// A layer of a recurrent network.
#[derive(Debug, Clone, Copy)]
pub struct RecurrentLayer<'a> {
    /// Its cell.
    pub cell: Recurrence,
    /// The network's name, such as `encoder`.
    pub name: &'a str,
    /// Counted from 0.
    pub layer: usize,
    /// Whether it reads in both directions.
    pub bidirectional: bool,
}

/// What a layer makes of a sequence.
#[derive(Debug, Clone)]
pub struct RecurrentStates {
    /// Its states (batch × steps × directions·hidden).
    pub states: Edge,
    /// The last hidden state and, of an LSTM, the last cell state (directions × batch × hidden).
    pub last: Vec<Edge>,
}

impl Recurrence {
    fn operator(self) -> &'static str {
        match self {
            Self::Lstm => "LSTM",
            Self::Gru => "GRU",
        }
    }

    /// For each of ONNX's gates, its place among PyTorch's.
    fn gates(self) -> &'static [usize] {
        match self {
            Self::Lstm => &[0, 3, 1, 2],
            Self::Gru => &[1, 0, 2],
        }
    }
}

impl RecurrentLayer<'_> {
    /// Adds the layer to `graph`. It reads `input` (batch × steps × width), of which each row has so many steps if
    /// `lengths` are given, and begins with `start` (directions × batch × hidden), or 0.
    pub fn add(
        self,
        graph: &mut Graph,
        weights: &Weights<'_>,
        input: &Edge,
        lengths: Option<&Edge>,
        start: &[Edge],
    ) -> RecurrentStates {
        let hidden = self.hidden(weights);
        let [input_maps, recurrent_maps, biases] = self.parameters(graph, weights);
        let by_step = graph.transpose(input, &[1, 0, 2]);
        let lengths = lengths.map_or_else(Edge::absent, |lengths| graph.cast(lengths, Element::Int32));
        let mut inputs = vec![&by_step, &input_maps, &recurrent_maps, &biases, &lengths];
        inputs.extend(start);
        let direction = if self.bidirectional { "bidirectional" } else { "forward" };
        let mut attributes =
            vec![("hidden_size", Attribute::Int(hidden as i64)), ("direction", Attribute::Text(direction))];
        let operator = self.cell.operator();
        let (states, last) = match self.cell {
            Recurrence::Lstm => {
                let [states, hidden, cell] = graph.apply_to_many(operator, &inputs, &attributes);
                (states, vec![hidden, cell])
            }
            Recurrence::Gru => {
                attributes.push(("linear_before_reset", Attribute::Int(1)));
                let [states, hidden] = graph.apply_to_many(operator, &inputs, &attributes);
                (states, vec![hidden])
            }
        };
        // steps × directions × batch × hidden, as it comes.
        let by_example = graph.transpose(&states, &[2, 0, 1, 3]);
        RecurrentStates { states: graph.reshape(&by_example, &[0, 0, -1]), last }
    }

    fn suffixes(self) -> &'static [&'static str] {
        if self.bidirectional { &["", "_reverse"] } else { &[""] }
    }

    fn hidden(self, weights: &Weights<'_>) -> usize {
        weights.rows(&format!("{}.weight_hh_l{}", self.name, self.layer)) / self.cell.gates().len()
    }

    /// W (directions × gates·hidden × width), R (the same × hidden) and both biases (directions × 2·gates·hidden).
    fn parameters(self, graph: &mut Graph, weights: &Weights<'_>) -> [Edge; 3] {
        let Self { name, layer, .. } = self;
        let (gates, hidden, directions) = (self.cell.gates(), self.hidden(weights), self.suffixes().len());
        let reordered = |kind: &str, suffix: &str| -> Vec<f32> {
            let (_, values) = weights.tensor(&format!("{name}.{kind}_l{layer}{suffix}"));
            let size = values.len() / gates.len();
            gates.iter().flat_map(|&gate| values[gate * size..][..size].iter().copied()).collect()
        };
        let stacked = |kinds: &[&str]| -> Vec<f32> {
            let of_direction =
                |suffix: &&str| kinds.iter().flat_map(|kind| reordered(kind, suffix)).collect::<Vec<_>>();
            self.suffixes().iter().flat_map(of_direction).collect()
        };
        let rows = gates.len() * hidden;
        let mut add = |label: &str, kinds: &[&str], shape: &dyn Fn(usize) -> Vec<usize>| {
            let values = stacked(kinds);
            let columns = values.len() / (directions * rows).max(1);
            graph.floats(&format!("{name}.{label}_l{layer} in ONNX's order"), &shape(columns), &values)
        };
        [
            add("weight_ih", &["weight_ih"], &|columns| vec![directions, rows, columns]),
            add("weight_hh", &["weight_hh"], &|columns| vec![directions, rows, columns]),
            add("bias", &["bias_ih", "bias_hh"], &|columns| vec![directions, columns * rows]),
        ]
    }
}
