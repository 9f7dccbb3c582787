//! Named parameters, drawn as PyTorch draws them by default.
//!
//! Linear, LSTM and GRU: uniform in ±1/√fan_in (recurrent layers: ±1/√hidden), weights and biases; embedding:
//! N(0, 1).

use onset_engine::{Activation, Direction, GruDirection, Indices, Random, Stream, Tape, Term, Value};
use serde::{Deserialize, Serialize};

/// One parameter of a model.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// The name that PyTorch's `state_dict` gives it.
    pub name: String,
    /// Its shape there.
    pub shape: Vec<usize>,
    /// Where it lies on the tape.
    pub value: Value,
    /// What it is for.
    pub group: ParameterGroup,
    /// Whether training changes it.
    pub is_trained: bool,
}

/// What a parameter is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParameterGroup {
    /// It makes attention scores.
    Attention,
    /// It makes output of what was attended to.
    Value,
    /// All else: embeddings, encoder, decoder, readout.
    Body,
}

impl Parameter {
    /// Whether weight decay applies: to matrices, not to vectors (biases, norms).
    pub fn decays(&self) -> bool {
        self.shape.len() > 1
    }
}

/// A model's parameters in the order in which they were added.
#[derive(Debug, Clone)]
pub struct Parameters {
    seed: u64,
    list: Vec<Parameter>,
    /// The group of what is added next.
    group: ParameterGroup,
}

/// What a parameter's entries are drawn from, independently.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Distribution {
    /// Always this number.
    Constant(f32),
    /// Uniform within ± this bound.
    Uniform(f32),
    /// Normal with mean 0 and this standard deviation.
    Normal(f32),
}

impl Distribution {
    fn draw(self, random: &mut Random) -> f32 {
        match self {
            Self::Constant(number) => number,
            Self::Uniform(bound) => random.within(bound),
            Self::Normal(deviation) => deviation * random.normal(),
        }
    }
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

/// One direction of a GRU layer.
#[derive(Debug, Clone, Copy)]
pub struct GruWeights {
    /// W_ih (3·hidden × input).
    pub input: Value,
    /// W_hh (3·hidden × hidden).
    pub recurrent: Value,
    /// b_ih and b_hh (3·hidden).
    pub biases: [Value; 2],
}

/// Several linear maps of one shape: their weights and their biases lie below each other, as of one map with
/// all their outputs.
#[derive(Debug, Clone, Copy)]
pub struct LinearMaps<'a> {
    /// How many there are.
    pub count: usize,
    /// A seed for each, which decides its initial values whatever the others are; none means that the model's
    /// seed decides all.
    pub seeds: &'a [u64],
}

/// Values for a part of a parameter.
#[derive(Debug, Clone, PartialEq)]
pub struct Redrawn {
    /// The parameter's place among all of them.
    pub parameter: usize,
    /// The first entry that is concerned.
    pub first: usize,
    /// That entry and those after it.
    pub values: Vec<f32>,
}

impl Parameters {
    /// No parameters yet; `seed` decides their initial values.
    pub fn new(seed: u64) -> Self {
        Self { seed, list: Vec::new(), group: ParameterGroup::Body }
    }

    /// What is added from now on is of this group.
    pub fn group(&mut self, group: ParameterGroup) -> &mut Self {
        self.group = group;
        self
    }

    /// Training changes only those added so far whose name `trained` accepts.
    pub fn train_only(&mut self, trained: impl Fn(&str) -> bool) {
        self.list.iter_mut().for_each(|each| each.is_trained = trained(&each.name));
    }

    /// Adds a parameter whose entries are drawn one after the other.
    fn add(
        &mut self,
        tape: &mut Tape,
        name: String,
        shape: &[usize],
        draw: impl Fn(&mut Random) -> f32,
    ) -> Value {
        self.add_drawn(tape, name, shape, &[self.seed], draw)
    }

    /// As [`Parameters::add`], of which each of `seeds` draws an equal part.
    fn add_drawn(
        &mut self,
        tape: &mut Tape,
        name: String,
        shape: &[usize],
        seeds: &[u64],
        draw: impl Fn(&mut Random) -> f32,
    ) -> Value {
        let size = shape.iter().product::<usize>();
        let part = size / seeds.len();
        let place = self.list.len() as u64;
        let drawn = seeds
            .iter()
            .map(|&seed| Random::at(seed, Stream::Initialisation, place))
            .flat_map(|mut random| (0..part).map(|_| draw(&mut random)).collect::<Vec<_>>());
        // A model that is only measured may be larger than memory.
        let data: Vec<f32> = if tape.is_measuring() { Vec::new() } else { drawn.collect() };
        let (rows, cols) = if let [rows, cols] = *shape { (rows, cols) } else { (1, size) };
        let value = tape.parameter(rows, cols, &data);
        self.list.push(Parameter { name, shape: shape.to_vec(), value, group: self.group, is_trained: true });
        value
    }

    /// Adds `name.weight` (vocabulary × width), drawn from N(0, 1).
    pub fn embedding(&mut self, tape: &mut Tape, name: &str, vocabulary: usize, width: usize) -> Value {
        self.add(tape, format!("{name}.weight"), &[vocabulary, width], Random::normal)
    }

    /// Adds a parameter called `name`.
    pub fn drawn(&mut self, tape: &mut Tape, name: &str, shape: &[usize], from: Distribution) -> Value {
        self.add(tape, name.to_owned(), shape, |random| from.draw(random))
    }

    /// Adds `name.weight` (outs × ins) and `name.bias` (outs), drawn from these distributions.
    pub fn linear_drawn(
        &mut self,
        tape: &mut Tape,
        name: &str,
        (ins, outs): (usize, usize),
        weight: Distribution,
        bias: Distribution,
    ) -> Linear {
        let weight = self.drawn(tape, &format!("{name}.weight"), &[outs, ins], weight);
        Linear { weight, bias: self.drawn(tape, &format!("{name}.bias"), &[outs], bias) }
    }

    /// Adds `name.weight` and `name.bias`.
    pub fn linear(&mut self, tape: &mut Tape, name: &str, ins: usize, outs: usize) -> Linear {
        self.linear_maps(tape, name, ins, outs, LinearMaps { count: 1, seeds: &[] })
    }

    /// Adds `name.weight` (maps·outs × ins) and `name.bias` (maps·outs) of several maps.
    pub fn linear_maps(
        &mut self,
        tape: &mut Tape,
        name: &str,
        ins: usize,
        outs: usize,
        maps: LinearMaps<'_>,
    ) -> Linear {
        let bound = 1.0 / (ins as f32).sqrt();
        let own = [self.seed];
        let seeds = if maps.seeds.is_empty() { &own } else { maps.seeds };
        let outs = maps.count * outs;
        let mut add = |kind: &str, shape: &[usize]| {
            self.add_drawn(tape, format!("{name}.{kind}"), shape, seeds, |r| r.within(bound))
        };
        Linear { weight: add("weight", &[outs, ins]), bias: add("bias", &[outs]) }
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
        let layers = self.recurrent(tape, (name, layer), (4, ins, hidden), bidirectional);
        let weights = |[input, recurrent, b_ih, b_hh]: [Value; 4]| LstmWeights {
            input,
            recurrent,
            biases: [b_ih, b_hh],
        };
        layers.into_iter().map(weights).collect()
    }

    /// Adds a layer of a GRU called `name`, in one or two directions.
    pub fn gru(
        &mut self,
        tape: &mut Tape,
        name: &str,
        ins: usize,
        hidden: usize,
        bidirectional: bool,
    ) -> Vec<GruWeights> {
        let layers = self.recurrent(tape, (name, 0), (3, ins, hidden), bidirectional);
        let weights = |[input, recurrent, b_ih, b_hh]: [Value; 4]| GruWeights {
            input,
            recurrent,
            biases: [b_ih, b_hh],
        };
        layers.into_iter().map(weights).collect()
    }

    /// Adds W_ih, W_hh, b_ih and b_hh of a recurrent layer with so many gates, for each direction.
    fn recurrent(
        &mut self,
        tape: &mut Tape,
        (name, layer): (&str, usize),
        (gates, ins, hidden): (usize, usize, usize),
        bidirectional: bool,
    ) -> Vec<[Value; 4]> {
        let bound = 1.0 / (hidden as f32).sqrt();
        let suffixes: &[&str] = if bidirectional { &["", "_reverse"] } else { &[""] };
        let rows = gates * hidden;
        let mut direction = |suffix: &&str| {
            let mut add = |kind: &str, shape: &[usize]| {
                self.add(tape, format!("{name}.{kind}_l{layer}{suffix}"), shape, |r| r.within(bound))
            };
            [
                add("weight_ih", &[rows, ins]),
                add("weight_hh", &[rows, hidden]),
                add("bias_ih", &[rows]),
                add("bias_hh", &[rows]),
            ]
        };
        suffixes.iter().map(&mut direction).collect()
    }

    /// What map number `map` of the `maps` under `name` (see [`Parameters::linear_maps`]) would be if `seed` drew it:
    /// its part of the weight, and of the bias. None if there are no such maps.
    pub fn redrawn_map(&self, name: &str, (map, maps): (usize, usize), seed: u64) -> Option<[Redrawn; 2]> {
        let place = self.list.iter().position(|p| p.name.strip_suffix(".weight") == Some(name))?;
        let [rows, ins] = self.list[place].shape[..] else { return None };
        let outs = rows / maps;
        let bound = 1.0 / (ins as f32).sqrt();
        let draw = |parameter: usize, len: usize| {
            let mut random = Random::at(seed, Stream::Initialisation, parameter as u64);
            Redrawn { parameter, first: map * len, values: (0..len).map(|_| random.within(bound)).collect() }
        };
        (map < maps).then(|| [draw(place, outs * ins), draw(place + 1, outs)])
    }

    /// The names and shapes by which a checkpoint is matched, in order.
    pub fn layout(&self) -> Vec<(&str, &[usize])> {
        self.list.iter().map(|parameter| (parameter.name.as_str(), parameter.shape.as_slice())).collect()
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Parameter> {
        self.list.iter()
    }

    /// The one that was added as the `index`th.
    pub fn get(&self, index: usize) -> Option<&Parameter> {
        self.list.get(index)
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

impl GruWeights {
    /// A direction whose input part is computed once for each row of `inputs`.
    pub fn direction(
        &self,
        tape: &mut Tape,
        inputs: Value,
        start: Option<Value>,
        reversed: bool,
    ) -> GruDirection {
        let [bias, recurrent_bias] = self.biases;
        let gate_inputs = tape.affine(&[Term::new(inputs, self.input)], &[bias], Activation::Identity);
        GruDirection { gate_inputs, recurrent: self.recurrent, recurrent_bias, start, reversed }
    }
}
