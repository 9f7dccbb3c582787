//! The scores of many runs as one table, with one row for each run, step and score.

use std::path::Path;

use toml::Value;

use super::groups::groups;
use crate::spec::{Identity, differing_keys};
use crate::store::{Column, StoreError, Table, write_atomically};
use crate::study::RunRecord;
use crate::task::Split;

/// The rows of a tidy table, column by column.
#[derive(Default)]
struct Rows {
    /// The index of the run, by row.
    run: Vec<usize>,
    step: Vec<i64>,
    split: Vec<String>,
    score: Vec<String>,
    value: Vec<f64>,
}

impl Rows {
    fn add(&mut self, run: usize, split: Split, score: &str, steps: &[i64], values: &[f64]) {
        for (&step, &value) in steps.iter().zip(values) {
            self.run.push(run);
            self.step.push(step);
            self.split.push(split.name().into());
            self.score.push(score.into());
            self.value.push(value);
        }
    }
}

/// One row for each run, step and score: `run` (its folder), `name`, `seed`, `status`, a column for each key in which the
/// runs differ (`model.hidden`; `data` is the digest of the data, `onset` the version), `step`, `split`, `score`, `value`.
///
/// Scores of held-out or fresh examples have the split `validation`; the loss of each training step has the split
/// `training`. Scores that are lists of numbers are left out.
pub fn tidy(runs: &[RunRecord]) -> Result<Table, StoreError> {
    let identities: Vec<Identity> = runs.iter().map(|run| Identity::of(&run.spec, run.manifest())).collect();
    let keys = differing_keys(&identities.iter().collect::<Vec<_>>());
    let names = names(runs);
    let mut rows = Rows::default();
    for (place, run) in runs.iter().enumerate() {
        let scores =
            run.evaluation.names().filter(|name| *name != "step" && run.evaluation.floats(name).is_ok());
        for score in scores {
            rows.add(place, Split::Validation, score, run.steps()?, run.score(score)?);
        }
        let training = run.directory.read_table(&run.directory.training_path())?;
        if training.rows() > 0 {
            rows.add(place, Split::Training, "loss", training.ints("step")?, training.floats("loss")?);
        }
    }
    let texts = |of: &dyn Fn(usize) -> String| {
        let by_run: Vec<String> = (0..runs.len()).map(of).collect();
        Column::Text(rows.run.iter().map(|&run| by_run[run].clone()).collect())
    };
    let mut table = Table::new()
        .with("run", texts(&|run| runs[run].directory.path().display().to_string()))
        .with("name", texts(&|run| names[run].clone()))
        .with("seed", Column::Int(rows.run.iter().map(|&run| runs[run].spec.seed() as i64).collect()))
        .with("status", texts(&|run| runs[run].manifest().status.to_string()));
    for key in &keys {
        let values: Vec<Option<&Value>> = identities.iter().map(|each| each.value(key)).collect();
        table = table.with(key, column(&values, &rows.run));
    }
    Ok(table
        .with("step", Column::Int(rows.step))
        .with("split", Column::Text(rows.split))
        .with("score", Column::Text(rows.score))
        .with("value", Column::Float(rows.value)))
}

/// Writes [`tidy`] to `path`: as CSV if the name ends in `.csv`, else as Parquet.
pub fn write_tidy(runs: &[RunRecord], path: &Path) -> Result<(), StoreError> {
    let table = tidy(runs)?;
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("csv")) {
        return write_atomically(path, &as_csv(&table));
    }
    table.write(path)
}

/// The name of each run's group.
fn names(runs: &[RunRecord]) -> Vec<String> {
    let mut names = vec![String::new(); runs.len()];
    for group in groups(runs) {
        for run in group.iter() {
            if let Some(place) = runs.iter().position(|each| std::ptr::eq(each, *run)) {
                names[place] = group.name.to_string();
            }
        }
    }
    names
}

/// The values of a key as a column of whole numbers, numbers or texts. A missing value is an empty text.
fn column(values: &[Option<&Value>], runs: &[usize]) -> Column {
    let all = |is: fn(&Value) -> bool| values.iter().all(|value| value.is_some_and(is));
    let number = |value: &Value| value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64));
    let of_run = |run: &usize| values[*run];
    if all(Value::is_integer) {
        return Column::Int(runs.iter().filter_map(|run| of_run(run)?.as_integer()).collect());
    }
    if all(|value| value.is_integer() || value.is_float()) {
        return Column::Float(runs.iter().filter_map(|run| number(of_run(run)?)).collect());
    }
    let text = |value: Option<&Value>| match value {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    Column::Text(runs.iter().map(|run| text(of_run(run))).collect())
}

fn as_csv(table: &Table) -> Vec<u8> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let cell = |column: &Column, row: usize| match column {
        Column::Int(values) => values[row].to_string(),
        Column::Float(values) => values[row].to_string(),
        Column::Text(values) => values[row].clone(),
        Column::Floats(_) | Column::Texts(_) => unreachable!("a tidy table has no lists"),
    };
    let header: Vec<&str> = table.names().collect();
    let mut write = |record: &[String]| writer.write_record(record).expect("memory takes what is written");
    write(&header.iter().map(ToString::to_string).collect::<Vec<_>>());
    for row in 0..table.rows() {
        let record: Vec<String> = table.columns().map(|(_, column)| cell(column, row)).collect();
        write(&record);
    }
    writer.into_inner().expect("memory takes what is written")
}
