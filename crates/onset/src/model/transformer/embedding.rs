//! Token embeddings with positions.

use onset_engine::{Indices, Tape, Value};

use super::parts::{NormWeights, Sequences, Variant, embedding_distribution};
use super::settings::{Positions, TransformerSettings};
use crate::model::parameters::Parameters;

/// The embedding of tokens and positions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Embedding {
    /// One row for each token (vocabulary × width).
    pub tokens: Value,
    positions: Added,
    /// A row for descriptions and one for texts (2 × width), for models that tell them apart.
    pub segments: Option<Value>,
    norm: NormWeights,
}

/// What is added to the embedding of a token for its position.
#[derive(Debug, Clone, Copy)]
enum Added {
    Nothing,
    /// A learned row for each position (longest × width).
    Table(Value),
    /// Sines and cosines.
    Sinusoids,
}

impl Embedding {
    /// Adds `tokens.weight` and, where they are learned, `positions.weight`; `segments.weight` where the examples are `described`.
    pub fn new(
        p: &mut Parameters,
        tape: &mut Tape,
        settings: &TransformerSettings,
        (vocabulary, longest, described): (usize, usize, bool),
        variant: Variant,
    ) -> Self {
        let (width, draw) = (settings.width, embedding_distribution(settings.init));
        let tokens = p.drawn(tape, "tokens.weight", &[vocabulary, width], draw);
        let positions = match settings.positions {
            Positions::Learned => Added::Table(p.drawn(tape, "positions.weight", &[longest, width], draw)),
            Positions::Sinusoidal => Added::Sinusoids,
            Positions::Rotary | Positions::Relative | Positions::None => Added::Nothing,
        };
        let segments = described.then(|| p.drawn(tape, "segments.weight", &[2, width], draw));
        let norm = match settings.embedding_norm {
            true => NormWeights::new(p, tape, "embedding_norm", variant, width),
            false => NormWeights::nothing(),
        };
        Self { tokens, positions, segments, norm }
    }

    /// The embedding of each of `tokens`, without a position.
    pub fn of_tokens(&self, tape: &mut Tape, tokens: Indices) -> Value {
        let states = tape.embedding(self.tokens, tokens);
        self.norm.apply(tape, states)
    }

    /// The state of each row. `scales` (rows × 1) multiply the embedding of each token; gradients then reach these alone.
    pub fn apply(&self, tape: &mut Tape, sequences: Sequences, scales: Option<Value>) -> Value {
        let embedded = match scales {
            Some(scales) => tape.scaled_rows(self.tokens, sequences.tokens, scales, &[]),
            None => tape.embedding(self.tokens, sequences.tokens),
        };
        let embedded = match self.segments.zip(sequences.segments) {
            Some((table, segments)) => {
                let segments = tape.embedding(table, segments);
                sum(tape, embedded, segments)
            }
            None => embedded,
        };
        let states = match self.positions {
            Added::Nothing => embedded,
            Added::Table(table) => {
                let steps = within(tape, sequences.steps, tape.shape(table).0);
                let positions = tape.embedding(table, steps);
                sum(tape, embedded, positions)
            }
            Added::Sinusoids => {
                let width = tape.shape(embedded).1;
                let table = sinusoids(tape, sequences.steps, width);
                sum(tape, embedded, table)
            }
        };
        self.norm.apply(tape, states)
    }
}

/// `a` + `b`, neither of which is read again.
fn sum(tape: &mut Tape, a: Value, b: Value) -> Value {
    let sum = tape.add(a, b);
    [a, b].into_iter().for_each(|value| tape.done_with(value));
    sum
}

/// `steps` below `count`: positions behind the last one that is known count as that one. Training never has any.
fn within(tape: &mut Tape, steps: Indices, count: usize) -> Indices {
    let last = count as u32 - 1;
    if tape.list(steps).iter().all(|&step| step <= last) {
        return steps;
    }
    let steps: Vec<u32> = tape.list(steps).iter().map(|&step| step.min(last)).collect();
    tape.indices(steps)
}

/// The sines and cosines of each row's position (Vaswani et al. 2017, §3.5): column 2i has sin(t / 10000^(2i/width)), column
/// 2i + 1 the cosine.
fn sinusoids(tape: &mut Tape, steps: Indices, width: usize) -> Value {
    let table = tape.filled(steps.len(), width, 0.0);
    for row in 0..steps.len() {
        let t = tape.list(steps)[row] as f32;
        for (column, entry) in tape.data_mut(table)[row * width..][..width].iter_mut().enumerate() {
            let angle = t / 10_000f32.powf((column / 2 * 2) as f32 / width as f32);
            *entry = if column % 2 == 0 { angle.sin() } else { angle.cos() };
        }
    }
    table
}
