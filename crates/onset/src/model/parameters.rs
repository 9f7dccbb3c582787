//! Named parameters, drawn as PyTorch draws them by default.
//!
//! Linear and LSTM: uniform in ±1/√fan_in (LSTM: ±1/√hidden), weights and biases; embedding: N(0, 1).

use onset_engine::{Activation, Direction, Indices, Random, Stream, Tape, Term, Value};

/// One parameter of a model.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// The name that PyTorch's `state_dict` gives it.
    pub name: String,
    /// Its shape there.
    pub shape: Vec<usize>,
    /// Where it lies on the tape.
    pub value: Value,
}

/// A model's parameters in the order in which they were added.
#[derive(Debug, Clone)]
pub struct Parameters {
    seed: u64,
    list: Vec<Parameter>,
}

/// A linear map: weight (out × in) and bias (out).
#[derive(Debug, Clone, Copy)]
pub struct Linear {
    /// W.
    pub weight: Value,
    /// b.
    pub bias: Value,
}

/// One direction of an LSTM layer.
#[derive(Debug, Clone, Copy)]
pub struct LstmWeights {
    /// W_ih (4·hidden × input).
    pub input: Value,
    /// W_hh (4·hidden × hidden).
    pub recurrent: Value,
    /// b_ih and b_hh (4·hidden).
    pub biases: [Value; 2],
}

impl Parameters {
    /// No parameters yet; `seed` decides their initial values.
    pub fn new(seed: u64) -> Self {
        Self { seed, list: Vec::new() }
    }

    /// Adds a parameter whose entries are drawn one after the other.
    fn add(
        &mut self,
        tape: &mut Tape,
        name: String,
        shape: &[usize],
        draw: impl Fn(&mut Random) -> f32,
    ) -> Value {
        let mut random = Random::at(self.seed, Stream::Initialisation, self.list.len() as u64);
        let data: Vec<f32> = (0..shape.iter().product()).map(|_| draw(&mut random)).collect();
        let (rows, cols) = if let [rows, cols] = *shape { (rows, cols) } else { (1, data.len()) };
        let value = tape.parameter(rows, cols, &data);
        self.list.push(Parameter { name, shape: shape.to_vec(), value });
        value
    }

    /// Adds `name.weight` (vocabulary × width), drawn from N(0, 1).
    pub fn embedding(&mut self, tape: &mut Tape, name: &str, vocabulary: usize, width: usize) -> Value {
        self.add(tape, format!("{name}.weight"), &[vocabulary, width], Random::normal)
    }

    /// Adds `name.weight` and `name.bias`.
    pub fn linear(&mut self, tape: &mut Tape, name: &str, ins: usize, outs: usize) -> Linear {
        let bound = 1.0 / (ins as f32).sqrt();
        Linear {
            weight: self.add(tape, format!("{name}.weight"), &[outs, ins], |r| r.within(bound)),
            bias: self.add(tape, format!("{name}.bias"), &[outs], |r| r.within(bound)),
        }
    }

    /// Adds a layer (counted from 0) of an LSTM called `name`, in one or two directions.
    pub fn lstm(
        &mut self,
        tape: &mut Tape,
        (name, layer): (&str, usize),
        ins: usize,
        hidden: usize,
        bidirectional: bool,
    ) -> Vec<LstmWeights> {
        let bound = 1.0 / (hidden as f32).sqrt();
        let suffixes: &[&str] = if bidirectional { &["", "_reverse"] } else { &[""] };
        let mut direction = |suffix: &&str| {
            let mut add = |kind: &str, shape: &[usize]| {
                self.add(tape, format!("{name}.{kind}_l{layer}{suffix}"), shape, |r| r.within(bound))
            };
            LstmWeights {
                input: add("weight_ih", &[4 * hidden, ins]),
                recurrent: add("weight_hh", &[4 * hidden, hidden]),
                biases: [add("bias_ih", &[4 * hidden]), add("bias_hh", &[4 * hidden])],
            }
        };
        suffixes.iter().map(&mut direction).collect()
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Parameter> {
        self.list.iter()
    }

    /// How many numbers they hold.
    pub fn count(&self) -> u64 {
        self.list.iter().map(|p| p.shape.iter().product::<usize>() as u64).sum()
    }
}

impl Linear {
    /// y = x·Wᵀ + b with an activation.
    pub fn apply(self, tape: &mut Tape, input: Value, activation: Activation) -> Value {
        tape.affine(&[Term::new(input, self.weight)], &[self.bias], activation)
    }
}

impl LstmWeights {
    /// A direction over packed rows whose inputs are the `rows` of `inputs`, each times its entry of `scales`
    /// (rows × 1). Gradients reach `scales` and nothing before them.
    pub fn scaled_direction(
        &self,
        tape: &mut Tape,
        inputs: Value,
        rows: Indices,
        scales: Value,
        reversed: bool,
    ) -> Direction {
        let products = tape.affine(&[Term::new(inputs, self.input)], &[], Activation::Identity);
        let gate_inputs = tape.scaled_rows(products, rows, scales, &self.biases);
        Direction { gate_inputs, recurrent: self.recurrent, start: None, reversed }
    }

    /// A direction whose input part is computed once for each row of `inputs`.
    pub fn direction(
        &self,
        tape: &mut Tape,
        inputs: Value,
        start: Option<(Value, Value)>,
        reversed: bool,
    ) -> Direction {
        let terms = [Term::new(inputs, self.input)];
        let gate_inputs = tape.affine(&terms, &self.biases, Activation::Identity);
        Direction { gate_inputs, recurrent: self.recurrent, start, reversed }
    }
}
