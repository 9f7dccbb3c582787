//! Attribution records of sentence pairs, pair by pair.

use crate::store::{StoreError, Table};
use crate::task::Split;

/// A pair as its attribution is recorded, at the first place.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct RecordedPair {
    /// Its number in its split.
    pub example: i64,
    /// The subwords of its source.
    pub source: Vec<String>,
    /// The subwords of its target, without `<s>`.
    pub target: Vec<String>,
    /// The likeliest subword at each target position.
    pub predicted: Vec<String>,
    /// α: a row over the source for each target position.
    pub alpha: Vec<Vec<f32>>,
    /// β, likewise.
    pub beta: Vec<Vec<f32>>,
    /// Δ, likewise; rows are empty where it was not recorded.
    pub delta: Vec<Vec<f32>>,
}

/// The columns that [`recorded_pairs`] reads.
pub const PAIR_COLUMNS: &[&str] =
    &["split", "example", "layer", "head", "tokens", "target", "predicted", "alpha", "beta", "delta"];

/// The pairs of `split` in a table of attribution records, at the first place, in their order. Errors if a column is
/// missing or of another type.
pub fn recorded_pairs(table: &Table, split: Split) -> Result<Vec<RecordedPair>, StoreError> {
    let (splits, examples) = (table.texts("split")?, table.ints("example")?);
    let (layers, heads) = (table.ints("layer")?, table.ints("head")?);
    let (sources, targets) = (table.text_lists("tokens")?, table.texts("target")?);
    let predicted = table.texts("predicted")?;
    let [alpha, beta, delta] = ["alpha", "beta", "delta"].map(|name| table.float_lists(name));
    let (alpha, beta, delta) = (alpha?, beta?, delta?);
    let mut pairs: Vec<RecordedPair> = Vec::new();
    let is_it = |&row: &usize| splits[row] == split.name() && layers[row] == 0 && heads[row] == 0;
    for row in (0..table.rows()).filter(is_it) {
        if pairs.last().is_none_or(|pair| pair.example != examples[row]) {
            let (example, source) = (examples[row], sources[row].clone());
            pairs.push(RecordedPair { example, source, ..RecordedPair::default() });
        }
        if let Some(pair) = pairs.last_mut() {
            // Later positions of a causal model see more.
            if sources[row].len() > pair.source.len() {
                pair.source.clone_from(&sources[row]);
            }
            pair.target.push(targets[row].clone());
            pair.predicted.push(predicted[row].clone());
            pair.alpha.push(alpha[row].clone());
            pair.beta.push(beta[row].clone());
            pair.delta.push(delta[row].clone());
        }
    }
    pairs.iter_mut().for_each(RecordedPair::pad);
    Ok(pairs)
}

impl RecordedPair {
    /// Makes rows that see fewer positions as long as the others.
    fn pad(&mut self) {
        let length = self.source.len();
        for (rows, hidden) in
            [(&mut self.alpha, 0.0), (&mut self.beta, f32::NEG_INFINITY), (&mut self.delta, 0.0)]
        {
            rows.iter_mut().filter(|row| !row.is_empty()).for_each(|row| row.resize(length, hidden));
        }
    }

    /// Its source as text: subwords put together, without the marks at both ends.
    pub fn text(&self) -> String {
        as_text(&self.source)
    }
}

/// Tokens as text: subwords put together, without the marks at both ends; other tokens with spaces between.
pub fn as_text(tokens: &[String]) -> String {
    match tokens {
        [first, inner @ .., _] if first == "<s>" => inner.concat().replace('▁', " ").trim().into(),
        tokens => tokens.join(" "),
    }
}
