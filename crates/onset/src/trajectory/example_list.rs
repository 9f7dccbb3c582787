//! Which examples there are to be followed.

use serde::Serialize;

use crate::probe::Part;
use crate::spec::Spec;
use crate::store::{RunDirectory, StoreError, Table};
use crate::task::text::TextFacts;

/// Which examples are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExampleQuery {
    /// Held-out ones, or those trained on.
    pub part: Part,
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
    /// Its number in its part of the data.
    pub example: i64,
    /// Its beginning.
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
    spec: &Spec,
    query: &ExampleQuery,
) -> Result<Vec<ExampleEntry>, StoreError> {
    let Some(&last) = directory.probe_steps().last() else { return Ok(Vec::new()) };
    let path = directory.probe_path(last);
    let all = match spec {
        Spec::Copying(_) => copied(&Table::read_columns(&path, &["example", "target", "predicted"])?)?,
        Spec::Classification(_) => {
            let table = Table::read_columns(&path, &["part", "example", "label", "logit", "words"])?;
            texts(&table, query.part, &directory.read_json::<TextFacts>("data.json")?.label_names)?
        }
        Spec::Translation(_) => {
            let columns = ["part", "example", "source", "target", "predicted", "delta"];
            pairs(&Table::read_columns(&path, &columns)?, query.part)?
        }
    };
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

fn copied(table: &Table) -> Result<Vec<ExampleEntry>, StoreError> {
    let (examples, targets, predicted) =
        (table.ints("example")?, table.ints("target")?, table.ints("predicted")?);
    let mut entries: Vec<ExampleEntry> = Vec::new();
    for row in 0..table.rows() {
        let is_last = examples.get(row + 1) != Some(&examples[row]);
        let entry = entry_of(&mut entries, examples[row]);
        entry.right &= targets[row] == predicted[row];
        // The last word of a target is the end.
        if !is_last {
            entry.text += &format!("{} ", targets[row]);
        }
    }
    Ok(entries)
}

fn texts(table: &Table, part: Part, label_names: &[String; 2]) -> Result<Vec<ExampleEntry>, StoreError> {
    let (parts, examples, labels) = (table.texts("part")?, table.ints("example")?, table.ints("label")?);
    let (logits, words) = (table.floats("logit")?, table.text_lists("words")?);
    let entry = |row: usize| ExampleEntry {
        example: examples[row],
        text: words[row].join(" "),
        label: Some(label_names[usize::from(labels[row] == 1)].clone()),
        right: (logits[row] > 0.0) == (labels[row] == 1),
        influence: true,
    };
    Ok((0..table.rows()).filter(|&row| parts[row] == part.name()).map(entry).collect())
}

fn pairs(table: &Table, part: Part) -> Result<Vec<ExampleEntry>, StoreError> {
    let (parts, examples, sources) =
        (table.texts("part")?, table.ints("example")?, table.text_lists("source")?);
    let (targets, predicted) = (table.texts("target")?, table.texts("predicted")?);
    let deltas = table.float_lists("delta")?;
    let mut entries: Vec<ExampleEntry> = Vec::new();
    for row in (0..table.rows()).filter(|&row| parts[row] == part.name()) {
        let entry = entry_of(&mut entries, examples[row]);
        if entry.text.is_empty() {
            entry.text = as_text(&sources[row]);
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

/// Subwords put together again, without the marks at both ends.
fn as_text(subwords: &[String]) -> String {
    let inner = subwords.len().checked_sub(1).and_then(|end| subwords.get(1..end)).unwrap_or(subwords);
    inner.concat().replace('▁', " ").trim().into()
}
