//! Attribution records of classified texts, text by text.

use crate::store::{StoreError, Table};
use crate::task::Split;

/// What a model makes of one text; positive β and Δ support the true label.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TextProbe {
    /// With two labels the score, which is positive for the second; with more the log-odds of the true label.
    pub logit: f32,
    /// The name of the predicted label.
    pub predicted: String,
    /// Whether it is the true one.
    pub right: bool,
    /// α by position; sums to 1.
    pub alpha: Vec<f32>,
    /// β by position: the log-odds of the true label, were the text's context the state of this position alone.
    pub beta: Vec<f32>,
    /// Δ by position: minus the derivative of the text's loss by a scalar that multiplies the word's
    /// embedding; empty if it was not asked for.
    pub delta: Vec<f32>,
}

/// Texts of one split after one step.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TextProbes {
    /// Each text's number in its split.
    pub example: Vec<usize>,
    /// The number of its label.
    pub labels: Vec<u32>,
    /// Its words, with `<bos>` and `<eos>`.
    pub words: Vec<Vec<String>>,
    /// What the model makes of it.
    pub probes: Vec<TextProbe>,
}

impl TextProbes {
    /// How many texts there are.
    pub fn len(&self) -> usize {
        self.example.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.example.is_empty()
    }

    /// The columns that [`TextProbes::from_table`] reads.
    pub const COLUMNS: &'static [&'static str] =
        &["split", "example", "label", "target", "predicted", "logit", "tokens", "alpha", "beta", "delta"];

    /// The texts of one `split` of a table of attribution records. Errors if a column is missing or of another type.
    pub fn from_table(table: &Table, split: Split) -> Result<Self, StoreError> {
        let (splits, examples, labels) =
            (table.texts("split")?, table.ints("example")?, table.ints("label")?);
        let (logits, words) = (table.floats("logit")?, table.text_lists("tokens")?);
        let (targets, predicted) = (table.texts("target")?, table.texts("predicted")?);
        let lists = [table.float_lists("alpha")?, table.float_lists("beta")?, table.float_lists("delta")?];
        let mut texts = Self::default();
        for row in (0..table.rows()).filter(|&row| splits[row] == split.name()) {
            let [alpha, beta, delta] = lists.map(|list| list[row].clone());
            texts.example.push(examples[row] as usize);
            texts.labels.push(labels[row] as u32);
            texts.words.push(words[row].clone());
            texts.probes.push(TextProbe {
                logit: logits[row] as f32,
                predicted: predicted[row].clone(),
                right: predicted[row] == targets[row],
                alpha,
                beta,
                delta,
            });
        }
        Ok(texts)
    }
}
