//! Translation of sentence pairs (paper, "Translation").

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Attention, Training, ordered};

/// A translation experiment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TranslationSpec {
    /// Always "translation".
    pub task: String,
    /// Decides initial weights, batches and dropout.
    pub seed: u64,
    /// The sentence pairs.
    pub data: PairSource,
    /// The model.
    pub model: TranslationModel,
    /// The optimiser.
    pub train: Training,
    /// What is kept.
    pub record: TranslationRecord,
}

impl Default for TranslationSpec {
    fn default() -> Self {
        Self {
            task: "translation".into(),
            seed: 0,
            data: PairSource::default(),
            model: TranslationModel::default(),
            // 20 epochs of Multi30k.
            train: Training::paper(36_250, 16),
            record: TranslationRecord::default(),
        }
    }
}

impl TranslationSpec {
    /// Fills in the paper's checkpoints, adds the last step, and makes paths absolute so that the run can be
    /// resumed from anywhere.
    pub(super) fn resolve(&mut self) {
        let steps = self.train.steps;
        let mut checkpoints = self.record.checkpoints.take().unwrap_or_else(|| {
            let dense = [0, 50, 100, 500, 1000, 1500].into_iter();
            dense.chain((2000..=steps).step_by(2000)).filter(|&step| step <= steps).collect()
        });
        checkpoints.push(steps);
        self.record.checkpoints = Some(ordered(checkpoints));
        let data = &mut self.data;
        let files =
            [&mut data.source, &mut data.target, &mut data.validation_source, &mut data.validation_target];
        for path in files.into_iter().flatten() {
            if let Ok(absolute) = std::path::absolute(&*path) {
                *path = absolute;
            }
        }
    }

    /// Whether parameters, scores and probes are recorded after `step` steps.
    pub fn records(&self, step: u64) -> bool {
        self.record.checkpoints.as_ref().is_some_and(|steps| steps.binary_search(&step).is_ok())
    }
}

/// Where sentence pairs come from and how they become subwords.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PairSource {
    /// Sentences to translate, one a line; or, without `target`, TSV, CSV or JSON lines that hold both sides.
    pub source: Option<PathBuf>,
    /// Their translations, line by line.
    pub target: Option<PathBuf>,
    /// As `source`, to validate on; none means a seeded split.
    pub validation_source: Option<PathBuf>,
    /// As `target`, to validate on.
    pub validation_target: Option<PathBuf>,
    /// Share of the pairs held out when there is no file to validate on.
    pub validation_fraction: f64,
    /// Validation pairs at most.
    pub max_validation: usize,
    /// Seed of the split; apart from the run's seed so that several seeds share one split.
    pub split_seed: u64,
    /// Column of the sentence to translate.
    pub source_column: String,
    /// Column of its translation.
    pub target_column: String,
    /// Subwords of the joint vocabulary, the four special ones among them.
    pub vocabulary: usize,
    /// Subwords of a side, with `<s>` and `</s>`, beyond which a pair is not trained on.
    pub max_subwords: usize,
}

impl Default for PairSource {
    fn default() -> Self {
        Self {
            source: None,
            target: None,
            validation_source: None,
            validation_target: None,
            validation_fraction: 0.05,
            max_validation: 4000,
            split_seed: 0,
            source_column: "source".into(),
            target_column: "target".into(),
            vocabulary: 8000,
            max_subwords: 100,
        }
    }
}

/// Sizes and variants of the translation model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TranslationModel {
    /// Width of the embedding, which both sides share.
    pub embedding: usize,
    /// Width of each direction of the encoder, and of the decoder.
    pub hidden: usize,
    /// LSTM layers of the encoder, and of the decoder.
    pub layers: usize,
    /// Share of a layer's outputs that the next one does not see in training.
    pub dropout: f32,
    /// Learned, or frozen uniform.
    pub attention: Attention,
}

impl Default for TranslationModel {
    fn default() -> Self {
        Self { embedding: 256, hidden: 256, layers: 2, dropout: 0.5, attention: Attention::Learned }
    }
}

/// What a translation run records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TranslationRecord {
    /// Steps at which parameters, scores and probes are kept; none means the paper's list.
    pub checkpoints: Option<Vec<u64>>,
    /// Pairs of each part whose α and β are kept; 0 for none.
    pub probes: usize,
    /// Of these, pairs whose Δ is kept: it costs a backward pass for each target position.
    pub influence: usize,
    /// Whether BLEU of greedy translations of the held-out sentences is computed.
    pub bleu: bool,
    /// Whether parameters are kept.
    pub parameters: bool,
}

impl Default for TranslationRecord {
    fn default() -> Self {
        Self { checkpoints: None, probes: 400, influence: 100, bleu: true, parameters: true }
    }
}
