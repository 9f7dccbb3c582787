//! The parameters of a Transformer's layers, and what each layer computes.

use onset_engine::{
    Activation, HeadModes, Mask, MultiHead, MultiHeadOutput, Norm, NormKind, Packing, Rotary, Term,
};
use onset_engine::{Indices, Random, Tape, Value};

use super::settings::{Init, NormChoice, NormPlace, Positions, TransformerSettings};
use crate::model::parameters::{Distribution, Linear, ParameterGroup, Parameters};

/// Sequences in consecutive order.
#[derive(Clone, Copy)]
pub(super) struct Sequences {
    pub packing: Packing,
    /// The token of each row.
    pub tokens: Indices,
    /// The position of each row in its sequence.
    pub steps: Indices,
    /// Whether each row is of a description (0) or of the text behind it (1), for models that tell them apart.
    pub segments: Option<Indices>,
}

/// Attention of one layer: the mode of each head, and the weights of heads that take some.
#[derive(Debug, Clone, Copy)]
pub(super) struct LayerModes {
    pub modes: HeadModes,
    pub weights: Option<Value>,
    /// A bit for each head whose output is replaced by its mean.
    pub removed: u64,
    /// Whether α is kept, to be read.
    pub keep: bool,
}

/// Draws the masks of dropout.
pub(super) struct Dropout<'a> {
    pub rate: f32,
    pub random: Option<&'a mut Random>,
}

impl Dropout<'_> {
    pub fn apply(&mut self, tape: &mut Tape, value: Value) -> Value {
        match &mut self.random {
            Some(random) if self.rate > 0.0 => tape.dropout(value, self.rate, random),
            _ => value,
        }
    }
}

/// What a layer is like.
#[derive(Debug, Clone, Copy)]
pub(super) struct Variant {
    pub heads: usize,
    pub activation: Activation,
    pub norm: Option<NormKind>,
    /// What a norm adds to the variance.
    pub epsilon: f32,
    pub pre: bool,
    pub parallel: bool,
    pub mask: Mask,
    /// Columns of a head that are rotated.
    pub rotated: Option<usize>,
    /// The base of rotary angles.
    pub rotary_base: f32,
}

impl Variant {
    pub fn new(settings: &TransformerSettings, mask: Mask) -> Self {
        let norm = match settings.norm {
            NormChoice::Layer => Some(NormKind::Layer),
            NormChoice::Rms => Some(NormKind::RootMeanSquare),
            NormChoice::None => None,
        };
        Self {
            heads: settings.heads,
            activation: settings.mlp_activation(),
            norm,
            epsilon: settings.norm_epsilon as f32,
            pre: settings.norm_place == NormPlace::Pre,
            parallel: settings.parallel,
            mask,
            rotated: (settings.positions == Positions::Rotary).then(|| settings.rotated()),
            rotary_base: settings.rotary_base as f32,
        }
    }
}

/// Gain and bias of a norm; nothing where states are not normalised.
#[derive(Debug, Clone, Copy)]
pub(super) struct NormWeights(Option<Norm>);

impl NormWeights {
    /// Adds `name.weight` and, for LayerNorm, `name.bias`.
    pub fn new(p: &mut Parameters, tape: &mut Tape, name: &str, variant: Variant, width: usize) -> Self {
        Self(variant.norm.map(|kind| {
            let gain = p.drawn(tape, &format!("{name}.weight"), &[width], Distribution::Constant(1.0));
            let bias = (kind == NormKind::Layer)
                .then(|| p.drawn(tape, &format!("{name}.bias"), &[width], Distribution::Constant(0.0)));
            Norm { kind, gain, bias, epsilon: variant.epsilon }
        }))
    }

    /// No norm.
    pub fn nothing() -> Self {
        Self(None)
    }

    pub fn apply(self, tape: &mut Tape, input: Value) -> Value {
        self.0.map_or(input, |norm| tape.norm(input, norm))
    }
}

/// The maps of one attention sublayer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Attention {
    pub query: Linear,
    pub key: Linear,
    pub value: Linear,
    pub projection: Linear,
    /// A table of relative positions (distances × head width).
    pub relative: Option<Value>,
}

/// What an attention sublayer adds to the states that it reads.
pub(super) type Attend<'a> =
    dyn FnMut(&mut Tape, &Attention, Value, bool) -> (Value, Option<MultiHeadOutput>) + 'a;

/// One layer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layer {
    attention_norm: NormWeights,
    attention: Attention,
    /// Attention to the states of an encoder.
    cross: Option<(NormWeights, Attention)>,
    mlp: Option<(NormWeights, [Linear; 2])>,
}

/// What one layer attended to.
#[derive(Debug, Clone, Copy)]
pub(super) struct LayerOutput {
    pub states: Value,
    /// What was attended to, where it is kept: of the source, for a layer that crosses.
    pub attended: Option<MultiHeadOutput>,
}

/// What a decoder attends to of the source: the states of its encoder and their layout.
#[derive(Debug, Clone, Copy)]
pub(super) struct Memory {
    pub states: Value,
    pub packing: Packing,
    pub modes: LayerModes,
}

/// Draws maps by the initial distributions of the settings.
struct Maps<'a> {
    settings: &'a TransformerSettings,
    name: String,
}

impl Maps<'_> {
    /// Adds `name.part.weight` and `name.part.bias`.
    fn add(&self, p: &mut Parameters, tape: &mut Tape, part: &str, ins: usize, outs: usize) -> Linear {
        let (weight, bias) = self.distributions(part, ins, outs);
        let name = format!("{}.{part}", self.name);
        p.linear_drawn(tape, &name, (ins, outs), weight, bias)
    }

    fn distributions(&self, part: &str, ins: usize, outs: usize) -> (Distribution, Distribution) {
        let zero = Distribution::Constant(0.0);
        let back = part == "mlp.down" || part.ends_with(".projection");
        let in_attention = !part.starts_with("mlp.") && !back;
        match self.settings.init {
            Init::Gpt2 => {
                let residual = if back { (2.0 * self.settings.layers as f32).sqrt() } else { 1.0 };
                (Distribution::Normal(0.02 / residual), zero)
            }
            // Queries, keys and values are one matrix (3·outs × ins) there.
            Init::Pytorch if in_attention => {
                (Distribution::Uniform((6.0 / (ins + 3 * outs) as f32).sqrt()), zero)
            }
            Init::Pytorch => {
                let bound = Distribution::Uniform(1.0 / (ins as f32).sqrt());
                (bound, if part.ends_with(".projection") { zero } else { bound })
            }
            Init::T5 => {
                let inputs = if part.ends_with(".query") { ins * self.settings.head_width() } else { ins };
                (Distribution::Normal(1.0 / (inputs as f32).sqrt()), zero)
            }
        }
    }
}

/// Frees `value`, which is not read again, unless it is the `other`.
fn free(tape: &mut Tape, value: Value, other: Value) {
    if value != other {
        tape.done_with(value);
    }
}

/// The initial distribution of embeddings.
pub(super) fn embedding_distribution(init: Init) -> Distribution {
    match init {
        Init::Gpt2 => Distribution::Normal(0.02),
        Init::Pytorch | Init::T5 => Distribution::Normal(1.0),
    }
}

impl Layer {
    /// Adds the parameters of the layer called `name`; `distances` is the size of a table of relative positions. A layer that
    /// `crosses` also attends to a source.
    pub fn new(
        p: &mut Parameters,
        tape: &mut Tape,
        settings: &TransformerSettings,
        name: String,
        (variant, distances, crosses): (Variant, usize, bool),
    ) -> Self {
        let width = settings.width;
        let norm = |p: &mut Parameters, tape: &mut Tape, part: &str| {
            NormWeights::new(p, tape, &format!("{name}.{part}"), variant, width)
        };
        let maps = Maps { settings, name: name.clone() };
        let attention_norm = norm(p.group(ParameterGroup::Body), tape, "attention_norm");
        let relative = (settings.positions == Positions::Relative).then_some(distances);
        let attention = Attention::new(p, tape, &maps, "attention", relative);
        let cross = crosses.then(|| {
            let norm = norm(p, tape, "cross_norm");
            (norm, Attention::new(p, tape, &maps, "cross", None))
        });
        let mlp = (settings.mlp > 0).then(|| {
            let norm = norm(p, tape, "mlp_norm");
            let up = maps.add(p, tape, "mlp.up", width, settings.mlp);
            (norm, [up, maps.add(p, tape, "mlp.down", settings.mlp, width)])
        });
        Self { attention_norm, attention, cross, mlp }
    }

    /// The states behind the layer; `memory` is what a layer that crosses attends to.
    pub fn apply(
        &self,
        tape: &mut Tape,
        states: Value,
        (sequences, variant): (Sequences, Variant),
        (modes, memory): (LayerModes, Option<Memory>),
        dropout: &mut Dropout<'_>,
    ) -> LayerOutput {
        self.apply_with(tape, states, variant, dropout, &mut |tape, attention, states, crosses| {
            let memory = memory.filter(|_| crosses);
            let modes = memory.map_or(modes, |memory| memory.modes);
            attention.apply(tape, states, (sequences, variant), modes, memory)
        })
    }

    /// As [`Layer::apply`], where `attend` computes what an attention sublayer adds to the states that it reads, and whether it
    /// crosses is told.
    pub fn apply_with(
        &self,
        tape: &mut Tape,
        states: Value,
        variant: Variant,
        dropout: &mut Dropout<'_>,
        attend: &mut Attend<'_>,
    ) -> LayerOutput {
        let read = if variant.pre { self.attention_norm.apply(tape, states) } else { states };
        let (added, mut attended) = attend(tape, &self.attention, read, false);
        free(tape, read, states);
        let mut sum = Self::residual(tape, (states, added), (self.attention_norm, variant), dropout);
        if let Some((norm, cross)) = &self.cross {
            let read = if variant.pre { norm.apply(tape, sum) } else { sum };
            let (added, output) = attend(tape, cross, read, true);
            free(tape, read, sum);
            let both = Self::residual(tape, (sum, added), (*norm, variant), dropout);
            tape.done_with(sum);
            (sum, attended) = (both, output);
        }
        let Some((norm, [up, down])) = self.mlp else {
            return LayerOutput { states: sum, attended };
        };
        let source = if variant.parallel { states } else { sum };
        let read = if variant.pre { norm.apply(tape, source) } else { source };
        let hidden = up.apply(tape, read, variant.activation);
        free(tape, read, source);
        let added = down.apply(tape, hidden, Activation::Identity);
        tape.done_with(hidden);
        let states = Self::residual(tape, (sum, added), (norm, variant), dropout);
        tape.done_with(sum);
        LayerOutput { states, attended }
    }

    /// The sum of `states` and what a sublayer `added`, normalised if norms stand behind sublayers.
    fn residual(
        tape: &mut Tape,
        (states, added): (Value, Value),
        (norm, variant): (NormWeights, Variant),
        dropout: &mut Dropout<'_>,
    ) -> Value {
        let added = dropout.apply(tape, added);
        let sum = tape.add(states, added);
        tape.done_with(added);
        if variant.pre {
            return sum;
        }
        let normalised = norm.apply(tape, sum);
        free(tape, sum, normalised);
        normalised
    }

    /// Keys and values of the states of a source, for a layer that crosses.
    pub fn cross_maps(&self, tape: &mut Tape, states: Value) -> [Value; 2] {
        let (_, cross) = self.cross.as_ref().expect("a layer of pairs attends to the source");
        [cross.key, cross.value].map(|map| map.apply(tape, states, Activation::Identity))
    }

    /// What each head adds where it attends to a position of these `states` alone, without biases (rows × width).
    pub fn direct_paths(&self, tape: &mut Tape, states: Value, variant: Variant) -> Vec<Value> {
        let read = if variant.pre { self.attention_norm.apply(tape, states) } else { states };
        let Attention { value, projection, .. } = self.attention;
        let values = tape.affine(&[Term::new(read, value.weight)], &[], Activation::Identity);
        let (rows, across) = tape.shape(values);
        let width = across / variant.heads;
        let of_head = |head: usize| {
            let mut own = tape.data(values).to_vec();
            own.iter_mut().enumerate().for_each(|(place, number)| {
                if place % across / width != head {
                    *number = 0.0;
                }
            });
            let own = tape.constant(rows, across, &own);
            tape.affine(&[Term::new(own, projection.weight)], &[], Activation::Identity)
        };
        (0..variant.heads).map(of_head).collect()
    }
}

impl Attention {
    /// Adds the maps called `part` of a layer; `distances` is the size of a table of relative positions.
    fn new(
        p: &mut Parameters,
        tape: &mut Tape,
        maps: &Maps<'_>,
        part: &str,
        distances: Option<usize>,
    ) -> Self {
        let settings = maps.settings;
        let width = settings.width;
        let add = |p: &mut Parameters, tape: &mut Tape, map: &str| {
            maps.add(p, tape, &format!("{part}.{map}"), width, width)
        };
        p.group(ParameterGroup::Attention);
        let [query, key] = ["query", "key"].map(|map| add(p, tape, map));
        let relative = distances.map(|distances| {
            let name = format!("{}.{part}.relative.weight", maps.name);
            p.drawn(tape, &name, &[distances, settings.head_width()], embedding_distribution(settings.init))
        });
        p.group(ParameterGroup::Value);
        let [value, projection] = ["value", "projection"].map(|map| add(p, tape, map));
        p.group(ParameterGroup::Body);
        Self { query, key, value, projection, relative }
    }

    /// Attention of `states` to themselves, or to a source.
    fn apply(
        &self,
        tape: &mut Tape,
        states: Value,
        (sequences, variant): (Sequences, Variant),
        LayerModes { modes, weights, removed, keep }: LayerModes,
        memory: Option<Memory>,
    ) -> (Value, Option<MultiHeadOutput>) {
        let heads = variant.heads;
        let source = memory.map_or(states, |memory| memory.states);
        let mut queries = self.query.apply(tape, states, Activation::Identity);
        let [mut keys, values] =
            [self.key, self.value].map(|map| map.apply(tape, source, Activation::Identity));
        // The source's positions are no positions of the target.
        if let (Some(columns), None) = (variant.rotated, memory) {
            let rotary = Rotary { heads, columns, base: variant.rotary_base };
            [queries, keys] = [queries, keys].map(|value| {
                let rotated = tape.rotary(value, sequences.steps, rotary);
                tape.done_with(value);
                rotated
            });
        }
        let input = MultiHead {
            queries,
            keys,
            values,
            heads,
            packing: sequences.packing,
            memory: memory.map(|memory| memory.packing),
            mask: if memory.is_some() { Mask::None } else { variant.mask },
            modes,
            weights,
            relative: self.relative,
        };
        let (output, attended) = if keep || !input.needs_no_weights() {
            let attended = tape.attend_heads(input);
            (attended.output, Some(attended))
        } else {
            (tape.attend_without_weights(input), None)
        };
        for head in (0..heads).filter(|head| removed >> head & 1 == 1) {
            replace_by_mean(tape, output, head, heads);
        }
        let added = self.projection.apply(tape, output, Activation::Identity);
        [queries, keys, values, output].into_iter().for_each(|value| tape.done_with(value));
        (added, attended)
    }
}

/// Replaces the columns of `head` in `output` (rows × heads·width) by their means over all rows.
fn replace_by_mean(tape: &mut Tape, output: Value, head: usize, heads: usize) {
    let (rows, across) = tape.shape(output);
    let width = across / heads;
    let data = tape.data_mut(output);
    for column in head * width..(head + 1) * width {
        let sum: f64 = (0..rows).map(|row| f64::from(data[row * across + column])).sum();
        let mean = (sum / rows as f64) as f32;
        (0..rows).for_each(|row| data[row * across + column] = mean);
    }
}
