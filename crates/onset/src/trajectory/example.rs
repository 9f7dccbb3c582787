//! Reads one example at all checkpoints.

use super::course::{Course, ExampleCourse, MatrixCourse, TextCourse};
use super::unreadable::Reader;
use crate::model::{Place, PlaceKind};
use crate::record::Records;
use crate::store::{RunDirectory, StoreError, Table};
use crate::task::Split;

/// Largest number of checkpoints. If there are more, some are skipped, but never the first or the last.
const CHECKPOINTS: usize = 300;

/// The name and title of β in figures. For sequences β is a log-probability, and its exponential is shown; for labels
/// it is a score.
const PROBABILITY: (&str, &str) = ("e^β", "probability of the target token, from this position alone");
const SCORE: (&str, &str) = ("β", "score from this word alone");

/// One example at one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ExampleAt {
    /// Its split.
    pub split: Split,
    /// Its number in its split.
    pub example: i64,
    /// The layer, counted from 0.
    pub layer: i64,
    /// The head, counted from 0.
    pub head: i64,
}

impl ExampleAt {
    /// An example at the first place.
    pub fn first(split: Split, example: i64) -> Self {
        Self { split, example, layer: 0, head: 0 }
    }
}

/// Reads one example of a run at all checkpoints, at one place; `None` if it was not recorded. Checkpoints that cannot be
/// read are left out and named; errors if none can.
pub fn example_course(directory: &RunDirectory, at: ExampleAt) -> Result<Option<ExampleCourse>, StoreError> {
    let records = Records::of(directory);
    let steps = shown_steps(directory);
    let mut reader = Reader::of(directory);
    let Some(places) = places_of(&records, &steps, at, &mut reader)? else {
        return reader.finish().map(|_| None);
    };
    let pooling = places.iter().all(|place| place.kind == PlaceKind::Pooling);
    Ok(if pooling {
        text(directory, &records, &steps, at, reader)?.map(ExampleCourse::Text)
    } else {
        matrix(&records, &steps, at, places, reader)?.map(ExampleCourse::Matrix)
    })
}

/// The checkpoints with attribution records, at most [`CHECKPOINTS`] of them.
pub(super) fn shown_steps(directory: &RunDirectory) -> Vec<u64> {
    let all = directory.probe_steps();
    if all.len() <= CHECKPOINTS {
        return all;
    }
    (0..CHECKPOINTS).map(|place| all[place * (all.len() - 1) / (CHECKPOINTS - 1)]).collect()
}

/// The places at which an example was recorded, from its last checkpoint; `None` if there are none.
fn places_of(
    records: &Records<'_>,
    steps: &[u64],
    at: ExampleAt,
    reader: &mut Reader<'_>,
) -> Result<Option<Vec<Place>>, StoreError> {
    for &step in steps.iter().rev() {
        let table = records.columns(step, &["split", "example", "layer", "head", "kind"]);
        let Some(table) = reader.take(step, table) else { continue };
        let (layers, heads, kinds) = (table.ints("layer")?, table.ints("head")?, table.texts("kind")?);
        let mut places: Vec<Place> = Vec::new();
        for row in rows_of(&table, at, false)? {
            let place = Place {
                layer: layers[row].max(0) as usize,
                head: heads[row].max(0) as usize,
                kind: PlaceKind::from_name(&kinds[row]),
            };
            if !places.contains(&place) {
                places.push(place);
            }
        }
        if !places.is_empty() {
            return Ok(Some(places));
        }
    }
    Ok(None)
}

/// The rows of an example: at its place if `placed`, otherwise at all places.
fn rows_of(table: &Table, at: ExampleAt, placed: bool) -> Result<Vec<usize>, StoreError> {
    let (splits, examples) = (table.texts("split")?, table.ints("example")?);
    let (layers, heads) = (table.ints("layer")?, table.ints("head")?);
    let is_it = |row: &usize| {
        examples[*row] == at.example
            && splits[*row] == at.split.name()
            && (!placed || (layers[*row], heads[*row]) == (at.layer, at.head))
    };
    Ok((0..table.rows()).filter(is_it).collect())
}

/// Some columns of an example at its place after `step` steps; no rows if it was not recorded then.
fn example_rows(
    records: &Records<'_>,
    step: u64,
    at: ExampleAt,
    columns: &[&str],
) -> Result<Option<Table>, StoreError> {
    let keys = records.columns(step, &["split", "example", "layer", "head"])?;
    let rows = rows_of(&keys, at, true)?;
    if rows.is_empty() { Ok(None) } else { records.rows(step, columns, &rows).map(Some) }
}

fn text(
    directory: &RunDirectory,
    records: &Records<'_>,
    steps: &[u64],
    at: ExampleAt,
    mut reader: Reader<'_>,
) -> Result<Option<TextCourse>, StoreError> {
    let mut course = TextCourse { label_names: label_names(directory)?, ..TextCourse::default() };
    let mut probes = ["alpha", "beta", "delta"].map(|key| Course::named(key, SCORE));
    let columns = ["target", "predicted", "logit", "tokens", "alpha", "beta", "delta"];
    for &step in steps {
        let Some(Some(table)) = reader.take(step, example_rows(records, step, at, &columns)) else {
            continue;
        };
        course.steps.push(step);
        course.label = table.texts("target")?.first().cloned().unwrap_or_default();
        course.predicted.extend(table.texts("predicted")?.iter().cloned());
        course.logit.extend(table.floats("logit")?.iter().map(|&logit| logit as f32));
        course.words = table.text_lists("tokens")?.concat();
        for probe in &mut probes {
            probe.values.push(table.float_lists(probe.key)?.concat());
        }
    }
    course.probes = probes.into();
    course.unreadable = reader.finish()?;
    Ok((!course.steps.is_empty()).then_some(course))
}

/// What the labels of a run on texts are called, by number.
///
/// # Errors
/// If the run is not on texts with labels, or if they cannot be read.
pub fn label_names(directory: &RunDirectory) -> Result<Vec<String>, StoreError> {
    #[derive(serde::Deserialize)]
    struct Facts {
        label_names: Vec<String>,
    }
    Ok(directory.read_json::<Facts>("data.json")?.label_names)
}

fn matrix(
    records: &Records<'_>,
    steps: &[u64],
    at: ExampleAt,
    places: Vec<Place>,
    mut reader: Reader<'_>,
) -> Result<Option<MatrixCourse>, StoreError> {
    let mut course = MatrixCourse { places, layer: at.layer, head: at.head, ..MatrixCourse::default() };
    let mut probes = ["alpha", "beta", "delta"].map(|key| Course::named(key, PROBABILITY));
    let columns = ["tokens", "target", "predicted", "relevant", "alpha", "beta", "delta"];
    for &step in steps {
        let Some(Some(table)) = reader.take(step, example_rows(records, step, at, &columns)) else {
            continue;
        };
        course.steps.push(step);
        // In a causal model, later positions see more tokens.
        let longest = table.text_lists("tokens")?.iter().max_by_key(|tokens| tokens.len());
        course.source = longest.cloned().unwrap_or_default();
        course.target = table.texts("target")?.to_vec();
        course.relevant = table.ints("relevant")?.to_vec();
        course.predicted.push(table.texts("predicted")?.to_vec());
        for probe in &mut probes {
            let hidden = if probe.key == "beta" { f32::NEG_INFINITY } else { 0.0 };
            let mut values = Vec::new();
            for row in table.float_lists(probe.key)?.iter().filter(|row| !row.is_empty()) {
                values.extend(row);
                values.extend(std::iter::repeat_n(hidden, course.source.len().saturating_sub(row.len())));
            }
            if probe.key == "beta" {
                values.iter_mut().for_each(|beta| *beta = beta.exp());
            }
            probe.values.push(values);
        }
    }
    course.probes =
        probes.into_iter().filter(|probe| probe.values.iter().any(|each| !each.is_empty())).collect();
    course.unreadable = reader.finish()?;
    Ok((!course.steps.is_empty()).then_some(course))
}
