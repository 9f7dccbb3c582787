//! Reading one example through all checkpoints.

use std::path::Path;

use super::course::{Course, ExampleCourse, MatrixCourse, TextCourse};
use crate::probe::Part;
use crate::spec::{Order, Spec};
use crate::store::{RunDirectory, StoreError, Table};
use crate::task::text::TextFacts;

/// Checkpoints at most; of more, some are passed over, never the first or the last.
const CHECKPOINTS: usize = 300;

/// β of a translation is a log-probability; its exponential is what can be shaded.
const PROBABILITY: (&str, &str) = ("e^β", "probability of the right word, from this word alone");
const SCORE: (&str, &str) = ("β", "what the word alone says");

/// Follows one example of a run through its checkpoints; none if it is not on record.
pub fn example_course(
    directory: &RunDirectory,
    spec: &Spec,
    part: Part,
    example: i64,
) -> Result<Option<ExampleCourse>, StoreError> {
    let steps = shown_steps(directory);
    Ok(match spec {
        Spec::Copying(spec) => {
            copied(directory, spec.data.order, &steps, example)?.map(ExampleCourse::Matrix)
        }
        Spec::Classification(_) => text(directory, &steps, part, example)?.map(ExampleCourse::Text),
        Spec::Translation(_) => pair(directory, &steps, part, example)?.map(ExampleCourse::Matrix),
    })
}

/// The checkpoints of which there are probes, at most [`CHECKPOINTS`] of them.
pub(super) fn shown_steps(directory: &RunDirectory) -> Vec<u64> {
    let all = directory.probe_steps();
    if all.len() <= CHECKPOINTS {
        return all;
    }
    (0..CHECKPOINTS).map(|place| all[place * (all.len() - 1) / (CHECKPOINTS - 1)]).collect()
}

/// The rows of one example in a file of probes; where there are no parts, `part` does not matter.
fn rows_of(path: &Path, part: Part, example: i64) -> Result<Vec<usize>, StoreError> {
    let table = Table::read_columns(path, &["part", "example"])?;
    let examples = table.ints("example")?;
    let parts = table.texts("part").ok();
    let is_it =
        |row: &usize| examples[*row] == example && parts.is_none_or(|parts| parts[*row] == part.name());
    Ok((0..table.rows()).filter(is_it).collect())
}

fn copied(
    directory: &RunDirectory,
    order: Order,
    steps: &[u64],
    example: i64,
) -> Result<Option<MatrixCourse>, StoreError> {
    let mut course = MatrixCourse::default();
    let mut alpha = Course::named("alpha", SCORE);
    for &step in steps {
        let path = directory.probe_path(step);
        let rows = rows_of(&path, Part::Validation, example)?;
        if rows.is_empty() {
            continue;
        }
        let table = Table::read_rows(&path, &["target", "predicted", "alpha"], &rows)?;
        let targets = table.ints("target")?;
        // The last word of a target is the end.
        let end = targets.last().copied();
        let word = |&word: &i64| if Some(word) == end { "end".into() } else { word.to_string() };
        course.target = targets.iter().map(word).collect();
        course.predicted.push(table.ints("predicted")?.iter().map(word).collect());
        alpha.values.push(table.float_lists("alpha")?.concat());
        course.steps.push(step);
    }
    course.source.clone_from(&course.target);
    if let (Order::Reversed, Some(words)) = (order, course.source.len().checked_sub(1)) {
        course.source[..words].reverse();
    }
    course.probes = vec![alpha];
    Ok((!course.steps.is_empty()).then_some(course))
}

fn text(
    directory: &RunDirectory,
    steps: &[u64],
    part: Part,
    example: i64,
) -> Result<Option<TextCourse>, StoreError> {
    let mut course = TextCourse {
        label_names: directory.read_json::<TextFacts>("data.json")?.label_names,
        ..TextCourse::default()
    };
    let mut probes = ["alpha", "beta", "delta"].map(|key| Course::named(key, SCORE));
    for &step in steps {
        let path = directory.probe_path(step);
        let rows = rows_of(&path, part, example)?;
        let Some(&row) = rows.first() else { continue };
        let table = Table::read_rows(&path, &["label", "logit", "words", "alpha", "beta", "delta"], &[row])?;
        course.steps.push(step);
        course.positive = table.ints("label")?.first() == Some(&1);
        course.logit.extend(table.floats("logit")?.iter().map(|&logit| logit as f32));
        course.words = table.text_lists("words")?.concat();
        for probe in &mut probes {
            probe.values.push(table.float_lists(probe.key)?.concat());
        }
    }
    course.probes = probes.into();
    Ok((!course.steps.is_empty()).then_some(course))
}

fn pair(
    directory: &RunDirectory,
    steps: &[u64],
    part: Part,
    example: i64,
) -> Result<Option<MatrixCourse>, StoreError> {
    let mut course = MatrixCourse::default();
    let mut probes = ["alpha", "beta", "delta"].map(|key| Course::named(key, PROBABILITY));
    for &step in steps {
        let path = directory.probe_path(step);
        let rows = rows_of(&path, part, example)?;
        if rows.is_empty() {
            continue;
        }
        let columns = ["source", "target", "predicted", "alpha", "beta", "delta"];
        let table = Table::read_rows(&path, &columns, &rows)?;
        course.steps.push(step);
        course.source = table.text_lists("source")?[0].clone();
        course.target = table.texts("target")?.to_vec();
        course.predicted.push(table.texts("predicted")?.to_vec());
        for probe in &mut probes {
            let mut values = table.float_lists(probe.key)?.concat();
            if probe.key == "beta" {
                values.iter_mut().for_each(|beta| *beta = beta.exp());
            }
            probe.values.push(values);
        }
    }
    course.probes =
        probes.into_iter().filter(|probe| probe.values.iter().any(|each| !each.is_empty())).collect();
    Ok((!course.steps.is_empty()).then_some(course))
}
