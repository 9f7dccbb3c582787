//! The parameters of a Transformer's layers, and what each layer computes.

use onset_engine::{
    Activation, HeadModes, Mask, MultiHead, MultiHeadOutput, Norm, NormKind, Packing, Rotary, Term,
};
use onset_engine::{Indices, Random, Tape, Value};

use super::settings::{Init, NormChoice, NormPlace, Positions, TransformerSettings};
use crate::model::parameters::{Distribution, Linear, ParameterGroup, Parameters};

/// ε of every norm.
const EPSILON: f32 = 1e-5;

/// The base of rotary angles.
const ROTARY_BASE: f32 = 10_000.0;

/// Sequences in consecutive order.
#[derive(Clone, Copy)]
pub(super) struct Sequences {
    pub packing: Packing,
    /// The token of each row.
    pub tokens: Indices,
    /// The position of each row in its sequence.
    pub steps: Indices,
}

/// Attention of one layer: the mode of each head, and the weights of heads that take some.
#[derive(Clone, Copy)]
pub(super) struct LayerModes {
    pub modes: HeadModes,
    pub weights: Option<Value>,
    /// A bit for each head whose output is replaced by its mean.
    pub removed: u64,
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
    pub pre: bool,
    pub parallel: bool,
    pub mask: Mask,
    /// Columns of a head that are rotated.
    pub rotated: Option<usize>,
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
            pre: settings.norm_place == NormPlace::Pre,
            parallel: settings.parallel,
            mask,
            rotated: (settings.positions == Positions::Rotary).then(|| settings.rotated()),
        }
    }
}

/// Gain and bias of a norm; nothing where states are not normalised.
#[derive(Debug, Clone, Copy)]
pub(super) struct NormWeights(Option<Norm>);

impl NormWeights {
    /// Adds `name.weight` and, for LayerNorm, `name.bias`.
    pub fn new(
        p: &mut Parameters,
        tape: &mut Tape,
        name: &str,
        kind: Option<NormKind>,
        width: usize,
    ) -> Self {
        Self(kind.map(|kind| {
            let gain = p.drawn(tape, &format!("{name}.weight"), &[width], Distribution::Constant(1.0));
            let bias = (kind == NormKind::Layer)
                .then(|| p.drawn(tape, &format!("{name}.bias"), &[width], Distribution::Constant(0.0)));
            Norm { kind, gain, bias, epsilon: EPSILON }
        }))
    }

    pub fn apply(self, tape: &mut Tape, input: Value) -> Value {
        self.0.map_or(input, |norm| tape.norm(input, norm))
    }
}

/// The maps of one attention sublayer.
#[derive(Debug, Clone, Copy)]
struct Attention {
    query: Linear,
    key: Linear,
    value: Linear,
    projection: Linear,
    /// A table of relative positions (distances × head width).
    relative: Option<Value>,
}

/// One layer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Layer {
    attention_norm: NormWeights,
    attention: Attention,
    mlp: Option<(NormWeights, [Linear; 2])>,
}

/// What one layer attended to.
#[derive(Debug, Clone, Copy)]
pub(super) struct LayerOutput {
    pub states: Value,
    pub attended: MultiHeadOutput,
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
        let back = matches!(part, "attention.projection" | "mlp.down");
        let in_attention = part.starts_with("attention.") && !back;
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
                (bound, if back && part.starts_with("attention.") { zero } else { bound })
            }
            Init::T5 => {
                let inputs = if part == "attention.query" { ins * self.settings.head_width() } else { ins };
                (Distribution::Normal(1.0 / (inputs as f32).sqrt()), zero)
            }
        }
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
    /// Adds the parameters of the layer with this number; `distances` is the size of a table of relative positions.
    pub fn new(
        p: &mut Parameters,
        tape: &mut Tape,
        settings: &TransformerSettings,
        number: usize,
        (variant, distances): (Variant, usize),
    ) -> Self {
        let width = settings.width;
        let maps = Maps { settings, name: format!("layers.{number}") };
        let norm = |p: &mut Parameters, tape: &mut Tape, part: &str| {
            NormWeights::new(p, tape, &format!("layers.{number}.{part}"), variant.norm, width)
        };
        let attention_norm = norm(p.group(ParameterGroup::Body), tape, "attention_norm");
        p.group(ParameterGroup::Attention);
        let [query, key] =
            ["attention.query", "attention.key"].map(|part| maps.add(p, tape, part, width, width));
        let relative = (settings.positions == Positions::Relative).then(|| {
            let name = format!("layers.{number}.attention.relative.weight");
            let shape = [distances, settings.head_width()];
            p.drawn(tape, &name, &shape, embedding_distribution(settings.init))
        });
        p.group(ParameterGroup::Value);
        let [value, projection] =
            ["attention.value", "attention.projection"].map(|part| maps.add(p, tape, part, width, width));
        p.group(ParameterGroup::Body);
        let mlp = (settings.mlp > 0).then(|| {
            let norm = norm(p, tape, "mlp_norm");
            let up = maps.add(p, tape, "mlp.up", width, settings.mlp);
            (norm, [up, maps.add(p, tape, "mlp.down", settings.mlp, width)])
        });
        Self { attention_norm, attention: Attention { query, key, value, projection, relative }, mlp }
    }

    /// The states behind the layer.
    pub fn apply(
        &self,
        tape: &mut Tape,
        states: Value,
        (sequences, variant): (Sequences, Variant),
        modes: LayerModes,
        dropout: &mut Dropout<'_>,
    ) -> LayerOutput {
        let read = if variant.pre { self.attention_norm.apply(tape, states) } else { states };
        let (added, attended) = self.attention.apply(tape, read, (sequences, variant), modes);
        let added = dropout.apply(tape, added);
        let mut sum = tape.add(states, added);
        if !variant.pre {
            sum = self.attention_norm.apply(tape, sum);
        }
        let Some((norm, [up, down])) = self.mlp else { return LayerOutput { states: sum, attended } };
        let source = if variant.parallel { states } else { sum };
        let read = if variant.pre { norm.apply(tape, source) } else { source };
        let hidden = up.apply(tape, read, variant.activation);
        let added = down.apply(tape, hidden, Activation::Identity);
        let added = dropout.apply(tape, added);
        let mut states = tape.add(sum, added);
        if !variant.pre {
            states = norm.apply(tape, states);
        }
        LayerOutput { states, attended }
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
    fn apply(
        &self,
        tape: &mut Tape,
        states: Value,
        (sequences, variant): (Sequences, Variant),
        LayerModes { modes, weights, removed }: LayerModes,
    ) -> (Value, MultiHeadOutput) {
        let heads = variant.heads;
        let [mut queries, mut keys, values] =
            [self.query, self.key, self.value].map(|map| map.apply(tape, states, Activation::Identity));
        if let Some(columns) = variant.rotated {
            let rotary = Rotary { heads, columns, base: ROTARY_BASE };
            [queries, keys] = [queries, keys].map(|value| tape.rotary(value, sequences.steps, rotary));
        }
        let attended = tape.attend_heads(MultiHead {
            queries,
            keys,
            values,
            heads,
            packing: sequences.packing,
            memory: None,
            mask: variant.mask,
            modes,
            weights,
            relative: self.relative,
        });
        for head in (0..heads).filter(|head| removed >> head & 1 == 1) {
            replace_by_mean(tape, attended.output, head, heads);
        }
        (self.projection.apply(tape, attended.output, Activation::Identity), attended)
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
