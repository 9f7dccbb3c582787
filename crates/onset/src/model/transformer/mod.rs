//! The Transformer (Vaswani et al. 2017): encoder for texts, decoder for sequences, both for pairs, with any number of layers and
//! heads.
//!
//! Embedding ([`embedding`]), then layers of attention and MLP ([`parts`]), then an output layer. [`causal`] reads sequences whose
//! tokens are predicted one after the other, [`paired`] a source and its target, [`labelled`] texts with a label, [`described`] texts
//! and descriptions each by itself; [`lone`] computes β at each place.

mod causal;
mod described;
mod embedding;
mod exported;
mod heads;
mod labelled;
mod lone;
mod paired;
mod parts;
mod settings;
mod steps;

use std::any::Any;

use onset_engine::Activation;
use onset_engine::{AttentionMode, HeadModes, Mask, MultiHeadOutput, Packing, Tape, Term, Value};

pub use settings::{
    Init, MlpActivation, NormChoice, NormPlace, PairEncoder, Pooling, Positions, TransformerSettings,
};

use self::embedding::Embedding;
use self::parts::{Dropout, Layer, LayerModes, Memory, NormWeights, Sequences, Variant};
pub use self::steps::{Cache, SourceMemory, StepDecoder};
use super::parameters::{Distribution, Linear, Parameters};
use super::{AttentionModes, Model, Pass, Place, PlaceKind, Read, Redrawn, Want};
use crate::batch::{Batch, Link, Signature};
use crate::decode::Translates;

/// The model's parameters on a tape.
#[derive(Debug, Clone)]
pub struct Transformer {
    parameters: Parameters,
    embedding: Embedding,
    /// Of pairs, the layers that read the source, and the norm behind them.
    encoder: Option<(Vec<Layer>, NormWeights)>,
    layers: Vec<Layer>,
    last_norm: NormWeights,
    /// Before the output, of texts.
    pooler: Option<Linear>,
    /// The output's weight (outputs × width) and bias.
    output: (Value, Option<Value>),
    variant: Variant,
    pooling: Pooling,
    /// How scores become probabilities of labels; none for sequences.
    link: Option<Link>,
    /// Whether descriptions and texts are read each by itself.
    apart: bool,
    dropout: f32,
    /// Layers that are not trained, if any parameters are not.
    fixed: Option<usize>,
    places: Vec<Place>,
    /// What it was made from, to draw it again.
    recipe: (TransformerSettings, Signature),
}

/// The states behind all layers, and what each layer attended to.
#[derive(Debug)]
struct Passed {
    states: Value,
    /// At the places of each layer, where α is kept.
    attended: Vec<MultiHeadOutput>,
}

/// Sequences and the layers that read them.
#[derive(Clone, Copy)]
struct Stack<'a> {
    layers: &'a [Layer],
    last_norm: NormWeights,
    variant: Variant,
    /// Layers that no gradient reaches.
    cut: Option<usize>,
}

/// Attention of each layer, and the source of layers that cross.
type ModesOf<'a> = dyn Fn(&mut Tape, usize) -> (LayerModes, Option<Memory>) + 'a;

/// Fills the weights of one query: place (its number), example, step, and the row of visible positions.
type FillWeights<'a> = dyn Fn(usize, usize, usize, &mut [f32]) + 'a;

/// Where attention comes from in a pass.
struct Attending<'a> {
    /// The mode of each place.
    mode_of: &'a dyn Fn(usize) -> AttentionMode,
    /// The weights of places that take some.
    fill: &'a FillWeights<'a>,
    /// For each place, whether its output is replaced by its mean; empty if that of none is.
    removed: &'a [bool],
    /// Whether α is kept, to be read.
    keep: bool,
}

impl Transformer {
    /// Draws the parameters of a model for examples of `signature`.
    pub fn new(tape: &mut Tape, settings: &TransformerSettings, signature: &Signature, seed: u64) -> Self {
        let described = matches!(signature, Signature::Described { .. });
        let apart = described && settings.pair_encoder == PairEncoder::Bi;
        let labelled = described || matches!(signature, Signature::Labelled { .. });
        let link = labelled.then(|| Link::of(signature.labels()));
        let mask = if link.is_some() { Mask::None } else { Mask::Causal };
        let variant = Variant::new(settings, mask);
        // A pair is read by both sides only if there are layers for its source.
        let paired = settings.encoder_layers > 0 && matches!(signature, Signature::Pairs { .. });
        let (vocabulary, longest) = (signature.vocabulary(), signature.longest().max(1));
        let mut parameters = Parameters::new(seed);
        let p = &mut parameters;
        let embedding = Embedding::new(p, tape, settings, (vocabulary, longest, described), variant);
        let last = |p: &mut Parameters, tape: &mut Tape, name: &str| match variant.pre {
            true => NormWeights::new(p, tape, name, variant, settings.width),
            false => NormWeights::nothing(),
        };
        let encoder = paired.then(|| {
            let variant = Variant { mask: Mask::None, ..variant };
            let name = |number| format!("encoder.{number}");
            let layers = (0..settings.encoder_layers)
                .map(|number| Layer::new(p, tape, settings, name(number), (variant, 2 * longest - 1, false)))
                .collect();
            (layers, last(p, tape, "encoder_norm"))
        });
        let distances = if mask == Mask::Causal { longest } else { 2 * longest - 1 };
        let name = |number| format!("layers.{number}");
        let layers = (0..settings.layers)
            .map(|number| Layer::new(p, tape, settings, name(number), (variant, distances, paired)))
            .collect();
        let last_norm = last(p, tape, "norm");
        let pooler = (settings.pooler && link.is_some()).then(|| {
            let bound = Distribution::Uniform(1.0 / (settings.width as f32).sqrt());
            let (weight, bias) = match settings.init {
                Init::Gpt2 => (Distribution::Normal(0.02), Distribution::Constant(0.0)),
                Init::Pytorch | Init::T5 => (bound, bound),
            };
            p.linear_drawn(tape, "pooler", (settings.width, settings.width), weight, bias)
        });
        let outputs = link.map_or(vocabulary, Link::width);
        let output = match apart {
            true => described::similarity(p, tape),
            false => output(p, tape, settings, (embedding.tokens, outputs, link.is_some())),
        };
        if let Some(trained) = settings.trained_layers {
            let fixed = settings.layers - trained;
            parameters.train_only(|name| is_behind(name, fixed));
        }
        // Of pairs, attention to the source is what is looked at.
        let kind = if paired { PlaceKind::Cross } else { PlaceKind::SelfAttention };
        let heads = |layer| Place::heads(layer, settings.heads, kind);
        let places = (0..settings.layers).flat_map(heads).collect();
        Self {
            parameters,
            embedding,
            encoder,
            layers,
            last_norm,
            pooler,
            output,
            variant,
            pooling: settings.pooling,
            link,
            apart,
            dropout: settings.dropout as f32,
            fixed: settings.trained_layers.map(|trained| settings.layers - trained),
            places,
            recipe: (settings.clone(), *signature),
        }
    }

    /// Sequences of these `lengths` without padding, one after the other; `token` gives that of a sequence at a step.
    fn sequences(
        tape: &mut Tape,
        lengths: impl Iterator<Item = usize>,
        token: impl Fn(usize, usize) -> u32,
    ) -> Sequences {
        let packing = tape.pack(lengths);
        let packing = tape.consecutive(packing);
        let tokens = tape.pack_numbers(packing, token);
        let steps = tape.pack_numbers(packing, |_, step| step as u32);
        Sequences { packing, tokens, steps, segments: None }
    }

    /// Runs all layers over `sequences`; `scales` (rows × 1) multiply the embedding of each token.
    fn forward(
        &self,
        tape: &mut Tape,
        sequences: Sequences,
        attending: &Attending<'_>,
        scales: Option<Value>,
        mut dropout: Dropout<'_>,
    ) -> Passed {
        let modes = |tape: &mut Tape, layer: usize| {
            let of = (sequences.packing, sequences.packing, self.variant.mask);
            (self.layer_modes(tape, layer, of, attending), None)
        };
        let stack = self.upper(scales.is_some());
        self.run(tape, sequences, stack, &modes, scales, &mut dropout)
    }

    /// The layers behind which the output is. Where influence on embeddings `is_asked`, gradients reach them, trained or not.
    fn upper(&self, is_asked: bool) -> Stack<'_> {
        let cut = self.fixed.filter(|_| !is_asked);
        Stack { layers: &self.layers, last_norm: self.last_norm, variant: self.variant, cut }
    }

    /// Runs the layers of `stack` over `sequences`; `modes` gives attention of each layer.
    fn run(
        &self,
        tape: &mut Tape,
        sequences: Sequences,
        stack: Stack<'_>,
        modes: &ModesOf<'_>,
        scales: Option<Value>,
        dropout: &mut Dropout<'_>,
    ) -> Passed {
        let embedded = self.embedding.apply(tape, sequences, scales);
        let mut states = dropout.apply(tape, embedded);
        let mut attended = Vec::new();
        for (number, layer) in stack.layers.iter().enumerate() {
            if stack.cut == Some(number) {
                tape.cut();
            }
            let modes = modes(tape, number);
            let output = layer.apply(tape, states, (sequences, stack.variant), modes, dropout);
            tape.done_with(states);
            states = output.states;
            attended.extend(output.attended);
        }
        if stack.cut == Some(stack.layers.len()) {
            tape.cut();
        }
        Passed { states: stack.last_norm.apply(tape, states), attended }
    }

    /// The modes of the heads of a layer, with the weights that some of them take: of queries over positions of a memory, as far as
    /// they see it.
    fn layer_modes(
        &self,
        tape: &mut Tape,
        layer: usize,
        (queries, memory, mask): (Packing, Packing, Mask),
        attending: &Attending<'_>,
    ) -> LayerModes {
        let heads = self.variant.heads;
        let mode_of = |head: usize| (attending.mode_of)(layer * heads + head);
        let modes = HeadModes::new((0..heads).map(mode_of));
        let is_removed = |head: usize| attending.removed.get(layer * heads + head) == Some(&true);
        let removed = (0..heads).fold(0, |bits, head| bits | u64::from(is_removed(head)) << head);
        if !(0..heads).any(|head| mode_of(head).takes_weights()) {
            return LayerModes { modes, weights: None, removed, keep: attending.keep };
        }
        let [queries, memory] = [queries, memory].map(|packing| tape.layout(packing).lengths.to_vec());
        let sizes: Vec<[usize; 2]> =
            queries.iter().zip(&memory).map(|(&steps, &length)| [steps as usize, length as usize]).collect();
        let weights = tape.filled(1, sizes.iter().map(|[steps, length]| heads * steps * length).sum(), 0.0);
        let mut first = 0;
        for (example, [steps, length]) in sizes.into_iter().enumerate() {
            for head in 0..heads {
                let block = &mut tape.data_mut(weights)[first..first + steps * length];
                first += steps * length;
                if !mode_of(head).takes_weights() {
                    continue;
                }
                for (step, row) in block.chunks_exact_mut(length).enumerate() {
                    let visible = if mask == Mask::Causal { step + 1 } else { length };
                    (attending.fill)(layer * heads + head, example, step, &mut row[..visible]);
                }
            }
        }
        LayerModes { modes, weights: Some(weights), removed, keep: attending.keep }
    }

    /// As [`Model::read`], with some heads `removed`.
    fn read_with_removed(
        &self,
        tape: &mut Tape,
        batch: &Batch,
        pass: &Pass<'_>,
        want: Want,
        removed: &[bool],
    ) -> Read {
        let read = |tape: &mut Tape| match batch {
            Batch::Pairs(pairs) => self.read_pairs(tape, pairs, pass, want, removed),
            Batch::Labelled(batch) => self.read_labelled(tape, batch, pass, want, removed),
            _ => self.read_causal(tape, batch.causal(), pass, want, removed),
        };
        // Δ is a gradient.
        if want.delta { read(tape) } else { tape.forward_only(read) }
    }

    /// The scores of every output for each row of `states`.
    fn scores(&self, tape: &mut Tape, states: Value) -> Value {
        let (weight, bias) = self.output;
        tape.affine(&[Term::new(states, weight)], bias.as_slice(), Activation::Identity)
    }
}

/// Adds `output.weight`, unless it is that of the tokens, and `output.bias`.
fn output(
    p: &mut Parameters,
    tape: &mut Tape,
    settings: &TransformerSettings,
    (tokens, outputs, labels): (Value, usize, bool),
) -> (Value, Option<Value>) {
    let bound = 1.0 / (settings.width as f32).sqrt();
    let (weight, bias) = match settings.init {
        Init::Gpt2 => (Distribution::Normal(0.02), Distribution::Constant(0.0)),
        Init::Pytorch => (Distribution::Uniform(bound), Distribution::Uniform(bound)),
        Init::T5 => (Distribution::Normal(bound), Distribution::Constant(0.0)),
    };
    if settings.tied && !labels {
        return (tokens, None);
    }
    let linear = p.linear_drawn(tape, "output", (settings.width, outputs), weight, bias);
    (linear.weight, Some(linear.bias))
}

/// Whether a parameter stands behind the first `fixed` layers.
fn is_behind(name: &str, fixed: usize) -> bool {
    let layer = name.strip_prefix("layers.").and_then(|rest| rest.split('.').next()?.parse::<usize>().ok());
    match layer {
        Some(layer) => layer >= fixed,
        None => ["norm.", "pooler.", "output.", "similarity."].iter().any(|last| name.starts_with(last)),
    }
}

impl Model for Transformer {
    fn clone_boxed(&self) -> Box<dyn Model> {
        Box::new(self.clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }

    fn decoder(&self, tape: &mut Tape, uniform: bool) -> Option<Box<dyn Translates>> {
        StepDecoder::new(self, tape, uniform).map(|decoder| Box::new(decoder) as Box<dyn Translates>)
    }

    fn parameters(&self) -> &Parameters {
        &self.parameters
    }

    fn places(&self) -> &[Place] {
        &self.places
    }

    fn check_modes(&self, modes: &AttentionModes) -> Result<(), String> {
        let given = self.places.iter().enumerate().any(|(place, _)| modes.of(place).takes_weights());
        if self.apart && given {
            return Err(
                "a bi-encoder reads description and text apart, so that no weights can be given for both"
                    .into(),
            );
        }
        Ok(())
    }

    fn loss(&self, tape: &mut Tape, batch: &Batch, pass: Pass<'_>) -> Value {
        match batch {
            Batch::Pairs(pairs) => self.loss_of_pairs(tape, pairs, pass),
            Batch::Labelled(batch) => self.loss_of_labels(tape, batch, pass),
            _ => self.loss_of_sequences(tape, batch.causal(), pass),
        }
    }

    fn read(&self, tape: &mut Tape, batch: &Batch, pass: Pass<'_>, want: Want) -> Read {
        self.read_with_removed(tape, batch, &pass, want, &[])
    }

    fn read_without(&self, tape: &mut Tape, batch: &Batch, pass: Pass<'_>, removed: &[bool]) -> Option<Read> {
        Some(self.read_with_removed(tape, batch, &pass, Want::default(), removed))
    }

    fn direct_paths(&self, tape: &mut Tape, tokens: &[u32]) -> Option<Vec<Vec<f32>>> {
        (self.link.is_none() && self.encoder.is_none()).then(|| self.direct_path_of_each_head(tape, tokens))
    }

    /// The head's queries, keys, values and projection; `head` counts through all layers.
    fn redrawn_head(&self, head: usize, seed: u64) -> Option<Vec<Redrawn>> {
        let Place { layer, head, .. } = *self.places.get(head)?;
        let (settings, signature) = &self.recipe;
        let mut tape = Tape::new(1);
        let other = Self::new(&mut tape, settings, signature, seed);
        let sublayer = if self.encoder.is_some() { "cross" } else { "attention" };
        let (width, own) = (settings.width, settings.head_width());
        let mut redrawn = Vec::new();
        let mut take = |name: &str, first: usize, count: usize| {
            let name = format!("layers.{layer}.{sublayer}.{name}");
            let place = other.parameters.iter().position(|parameter| parameter.name == name);
            let parameter = place.expect("every attention sublayer has its maps");
            let values = other
                .parameters
                .get(parameter)
                .map(|each| tape.data(each.value)[first..first + count].to_vec());
            redrawn.push(Redrawn { parameter, first, values: values.unwrap_or_default() });
        };
        for map in ["query", "key", "value"] {
            take(&format!("{map}.weight"), head * own * width, own * width);
            take(&format!("{map}.bias"), head * own, own);
        }
        // The projection reads the head in some columns of each of its rows.
        (0..width).for_each(|row| take("projection.weight", row * width + head * own, own));
        Some(redrawn)
    }

    fn influence_on_last(&self, tape: &mut Tape, batch: &Batch, pass: Pass<'_>) -> Option<Vec<Vec<f32>>> {
        match batch {
            Batch::Causal(batch) => Some(self.influence_on_last_token(tape, batch, &pass)),
            Batch::Pairs(pairs) => Some(self.influence_on_last_of_pairs(tape, pairs, &pass)),
            _ => None,
        }
    }
}
