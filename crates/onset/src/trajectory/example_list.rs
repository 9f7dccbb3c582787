//! Which examples there are to be followed.

use serde::Serialize;

use crate::model::PlaceKind;
use crate::record::{Records, as_text};
use crate::store::{RunDirectory, StoreError, Table};
use crate::task::Split;

/// Which examples are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleQuery {
    /// Held-out ones, or those trained on.
    pub split: Split,
    /// What its text must contain, in whatever case; empty for any.
    pub containing: String,
    /// Only those that the model gets wrong at the last checkpoint.
    pub wrong: bool,
    /// How many at most.
    pub limit: usize,
}

/// An example that can be followed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExampleEntry {
    /// Its number in its split.
    pub example: i64,
    /// The first words of it.
    pub text: String,
    /// The name of its label, where it has one.
    pub label: Option<String>,
    /// Whether the model gets it right at the last checkpoint; for sequences, all of it.
    pub right: bool,
    /// Whether Δ is on record.
    pub influence: bool,
}

/// Characters of a text that are listed.
const SHOWN: usize = 160;

/// The examples of a run at its last checkpoint, in their order.
pub fn list_examples(
    directory: &RunDirectory,
    query: &ExampleQuery,
) -> Result<Vec<ExampleEntry>, StoreError> {
    let records = Records::of(directory);
    let Some(&last) = records.steps().last() else { return Ok(Vec::new()) };
    let columns = ["split", "example", "layer", "head", "kind", "tokens", "target", "predicted", "delta"];
    let all = entries(&records.columns(last, &columns)?, query.split)?;
    let wanted = query.containing.to_lowercase();
    let is_asked_for = |entry: &ExampleEntry| {
        !(query.wrong && entry.right) && (wanted.is_empty() || entry.text.to_lowercase().contains(&wanted))
    };
    let mut listed: Vec<ExampleEntry> = all.into_iter().filter(is_asked_for).take(query.limit).collect();
    for entry in &mut listed {
        if let Some((end, _)) = entry.text.char_indices().nth(SHOWN) {
            entry.text.truncate(end);
            entry.text.push('…');
        }
    }
    Ok(listed)
}

/// The splits whose examples are on record, from the last checkpoint.
pub fn recorded_splits(directory: &RunDirectory) -> Result<Vec<Split>, StoreError> {
    let records = Records::of(directory);
    let Some(&last) = records.steps().last() else { return Ok(Vec::new()) };
    let table = records.columns(last, &["split"])?;
    let names = table.texts("split")?;
    Ok(Split::ALL.into_iter().filter(|split| names.iter().any(|name| name == split.name())).collect())
}

fn entries(table: &Table, split: Split) -> Result<Vec<ExampleEntry>, StoreError> {
    let (splits, examples) = (table.texts("split")?, table.ints("example")?);
    let (layers, heads, kinds) = (table.ints("layer")?, table.ints("head")?, table.texts("kind")?);
    let (tokens, targets, predicted) =
        (table.text_lists("tokens")?, table.texts("target")?, table.texts("predicted")?);
    let deltas = table.float_lists("delta")?;
    let mut entries: Vec<ExampleEntry> = Vec::new();
    let is_it = |&row: &usize| splits[row] == split.name() && layers[row] == 0 && heads[row] == 0;
    for row in (0..table.rows()).filter(is_it) {
        let entry = entry_of(&mut entries, examples[row]);
        // Later positions of a causal model see more.
        let text = as_text(&tokens[row]);
        if text.len() > entry.text.len() {
            entry.text = text;
        }
        if PlaceKind::from_name(&kinds[row]) == PlaceKind::Pooling {
            entry.label = Some(targets[row].clone());
        }
        entry.right &= targets[row] == predicted[row];
        entry.influence |= !deltas[row].is_empty();
    }
    Ok(entries)
}

/// The entry of `example`, which is the last one or a new one.
fn entry_of(entries: &mut Vec<ExampleEntry>, example: i64) -> &mut ExampleEntry {
    if entries.last().is_none_or(|last| last.example != example) {
        let text = String::new();
        entries.push(ExampleEntry { example, text, label: None, right: true, influence: false });
    }
    entries.last_mut().expect("one was just pushed")
}
