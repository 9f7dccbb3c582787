//! The list of examples that can be shown.

use serde::Serialize;

use super::unreadable::Reader;
use crate::model::PlaceKind;
use crate::record::{Records, as_text};
use crate::store::{RunDirectory, StoreError, Table};
use crate::task::Split;

/// A selection of examples.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleQuery {
    /// The split.
    pub split: Split,
    /// Text that the example must contain, ignoring case; empty matches any.
    pub containing: String,
    /// Only examples that the model gets wrong at the last checkpoint.
    pub wrong: bool,
    /// Largest number of examples.
    pub limit: usize,
}

/// An example that can be shown.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ExampleEntry {
    /// Its number in its split.
    pub example: i64,
    /// The first words of its text.
    pub text: String,
    /// The name of its label; `None` without labels.
    pub label: Option<String>,
    /// Whether the prediction at the last checkpoint is right; for sequences, right at every position.
    pub right: bool,
    /// Whether Δ was recorded.
    pub influence: bool,
}

/// Characters of a text in the list.
const SHOWN: usize = 160;

/// The examples of a run at its last checkpoint that can be read, in the order of their records.
pub fn list_examples(
    directory: &RunDirectory,
    query: &ExampleQuery,
) -> Result<Vec<ExampleEntry>, StoreError> {
    let columns = ["split", "example", "layer", "head", "kind", "tokens", "target", "predicted", "delta"];
    let Some(table) = last_columns(directory, &columns)? else { return Ok(Vec::new()) };
    let all = entries(&table, query.split)?;
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

/// Some columns of the last checkpoint that can be read; `None` if there are no checkpoints. Errors if none can be read.
fn last_columns(directory: &RunDirectory, columns: &[&str]) -> Result<Option<Table>, StoreError> {
    let records = Records::of(directory);
    let mut reader = Reader::of(directory);
    let table = reader.last(&mut records.steps(), |step| records.columns(step, columns));
    reader.finish().map(|_| table)
}

/// The splits with recorded examples, from the last checkpoint that can be read; none if none can.
pub fn recorded_splits(directory: &RunDirectory) -> Result<Vec<Split>, StoreError> {
    let Ok(Some(table)) = last_columns(directory, &["split"]) else { return Ok(Vec::new()) };
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
        // In a causal model, later positions see more tokens.
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

/// The entry of `example`: the last one or a new one.
fn entry_of(entries: &mut Vec<ExampleEntry>, example: i64) -> &mut ExampleEntry {
    if entries.last().is_none_or(|last| last.example != example) {
        let text = String::new();
        entries.push(ExampleEntry { example, text, label: None, right: true, influence: false });
    }
    entries.last_mut().expect("one was just pushed")
}
