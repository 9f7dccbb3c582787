//! The spec of a copying run (paper, "Copying").

use serde::{Deserialize, Serialize};

use super::{Attention, Training, is_default, ordered};

/// A copying run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyingSpec {
    /// Always `copying`.
    pub task: String,
    /// Decides initial weights (but see `model.body_seed` and `model.head_seeds`), data and evaluation.
    pub seed: u64,
    /// What is to be copied.
    pub data: CopyingTask,
    /// Sizes and variants.
    pub model: CopyingModel,
    /// Optimiser and budget.
    pub train: Training,
    /// What is kept, and when.
    pub record: CopyingRecord,
}

impl Default for CopyingSpec {
    fn default() -> Self {
        Self {
            task: "copying".into(),
            seed: 0,
            data: CopyingTask::default(),
            model: CopyingModel::default(),
            train: Training::paper(200, 128),
            record: CopyingRecord::default(),
        }
    }
}

impl CopyingSpec {
    /// The last step always is a checkpoint.
    pub(super) fn resolve(&mut self) {
        self.record.checkpoints.push(self.train.steps);
        self.record.checkpoints = ordered(std::mem::take(&mut self.record.checkpoints));
    }

    /// Whether scores and attention are recorded after `step` steps.
    pub fn records(&self, step: u64) -> bool {
        step.is_multiple_of(self.record.every) || step == self.train.steps
    }
}

/// Which sequences are to be copied.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CopyingTask {
    /// Number of words, V; the end and start tokens come on top.
    pub vocabulary: usize,
    /// Words in a sequence, L.
    pub length: usize,
    /// Whether a word may come twice (independent draws).
    pub repetition: bool,
    /// How often each word is drawn.
    #[serde(skip_serializing_if = "is_default")]
    pub frequencies: Frequencies,
    /// In which order the words are to be said.
    #[serde(skip_serializing_if = "is_default")]
    pub order: Order,
    /// Share of target words that are replaced by random ones in training; evaluation is without.
    #[serde(skip_serializing_if = "is_default")]
    pub noise: f64,
}

/// How often each word is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Frequencies {
    /// All alike.
    #[default]
    Uniform,
    /// Word i in proportion to 1/(i + 1).
    Zipf,
}

/// In which order the words are to be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// As they stand.
    #[default]
    Same,
    /// The last one first.
    Reversed,
}

/// Sizes and variants of the copying model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CopyingModel {
    /// Width of the embeddings.
    pub embedding: usize,
    /// Width of encoder (each direction) and decoder.
    pub hidden: usize,
    /// Whether the encoder reads in both directions.
    pub bidirectional: bool,
    /// Learned, or frozen uniform.
    pub attention: Attention,
    /// Whether the decoder sees the context vector at all.
    pub context: bool,
    /// What encoder and decoder are made of.
    #[serde(skip_serializing_if = "Cell::is_lstm")]
    pub cell: Cell,
    /// Heads of attention, each with a query map and a context map of its own; their projected contexts are averaged.
    #[serde(skip_serializing_if = "is_one")]
    pub heads: usize,
    /// Whether source and target share one embedding.
    #[serde(skip_serializing_if = "is_true")]
    pub shared_embedding: bool,
    /// Decides the initial weights of all but the heads' maps, in place of the run's seed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body_seed: Option<u64>,
    /// Decide the initial weights of each head's maps, in place of the run's seed: none, or one a head. A head starts
    /// the same wherever it stands and whichever heads stand beside it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub head_seeds: Vec<u64>,
}

/// A recurrent cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Cell {
    /// Long short-term memory.
    Lstm,
    /// Gated recurrent unit.
    Gru,
}

impl Cell {
    fn is_lstm(&self) -> bool {
        *self == Self::Lstm
    }
}

// Keys that came later are left out of resolved specs where they are at their defaults, so that runs from before
// can be read and continued.

fn is_one(number: &usize) -> bool {
    *number == 1
}

fn is_true(yes: &bool) -> bool {
    *yes
}

/// What a copying run records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CopyingRecord {
    /// Evaluate after every so many steps.
    pub every: u64,
    /// Fresh sequences per evaluation.
    pub sequences: usize,
    /// Fixed sequences whose attention matrix is kept at every evaluation.
    pub probes: usize,
    /// Steps at which parameters are kept; the last step always is.
    pub checkpoints: Vec<u64>,
}

impl Default for CopyingTask {
    fn default() -> Self {
        Self {
            vocabulary: 40,
            length: 40,
            repetition: false,
            frequencies: Frequencies::Uniform,
            order: Order::Same,
            noise: 0.0,
        }
    }
}

impl Default for CopyingModel {
    fn default() -> Self {
        Self {
            embedding: 256,
            hidden: 256,
            bidirectional: false,
            attention: Attention::Learned,
            context: true,
            cell: Cell::Lstm,
            heads: 1,
            shared_embedding: true,
            body_seed: None,
            head_seeds: Vec::new(),
        }
    }
}

impl Default for CopyingRecord {
    fn default() -> Self {
        Self { every: 10, sequences: 50, probes: 2, checkpoints: Vec::new() }
    }
}
