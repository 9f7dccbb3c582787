//! What is on record.

use std::path::{Path, PathBuf};

use onset::agreement::mean_interval;
use onset::record::Records;
use onset::report::{self, At, FigureError, figure_of, names_of, pdf, svg};
use onset::spec::{Identity, Spec, describe};
use onset::store::{self, Column, RunDirectory, StoreError, find_runs};
use onset::study::{Collected, RunRecord};
use onset::task::Split;
use onset::trajectory::ExampleAt;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::errors::{exception, raised};
use crate::table::Table;

/// The runs in and below `folder`: a dict each, with what is known of it.
#[pyfunction]
pub fn list_runs<'py>(py: Python<'py>, folder: PathBuf) -> PyResult<Vec<Bound<'py, PyDict>>> {
    let found = py.detach(|| find_runs(&folder)).map_err(|error| raised(py, error))?;
    let each = found.into_iter().map(|run| {
        let dict = PyDict::new(py);
        dict.set_item("path", &run.path)?;
        dict.set_item("seconds", run.seconds)?;
        match &run.manifest {
            Ok(manifest) => {
                // A spec that cannot be read is reported by what needs it.
                let spec = Spec::read(&run.path.join("spec.toml"), &[]).ok();
                let title = spec.as_ref().map(describe).unwrap_or_default();
                let group = spec.map(|spec| Identity::of(&spec, manifest).digest()).unwrap_or_default();
                dict.set_item("title", title)?;
                dict.set_item("group", group.get(..12).unwrap_or_default())?;
                dict.set_item("task", &manifest.task)?;
                dict.set_item("seed", manifest.seed)?;
                dict.set_item("status", manifest.status.to_string())?;
                dict.set_item("step", manifest.steps_done)?;
                dict.set_item("steps", manifest.steps)?;
                dict.set_item("parameters", manifest.parameters)?;
                dict.set_item("scores", manifest.scores.clone())?;
                dict.set_item("error", manifest.failure.clone())?;
            }
            Err(error) => {
                dict.set_item("status", "unreadable")?;
                dict.set_item("error", error.to_string())?;
            }
        }
        Ok(dict)
    });
    each.collect()
}

/// The runs in the folders `paths`; an error names the first that cannot be read.
fn read(py: Python<'_>, paths: Vec<PathBuf>) -> PyResult<Vec<RunRecord>> {
    let mut collected = py.detach(|| Collected::of(paths));
    match collected.unreadable.pop() {
        Some((_, error)) => Err(raised(py, error)),
        None => Ok(collected.runs),
    }
}

/// All scores of some runs, one row for each run, step and score.
#[pyfunction]
pub fn scores(py: Python<'_>, paths: Vec<PathBuf>) -> PyResult<Table> {
    let runs = read(py, paths)?;
    let table = py.detach(|| report::tidy(&runs)).map_err(|error| raised(py, error))?;
    Ok(Table::new(&table))
}

/// Step and loss of every training step of one run.
#[pyfunction]
pub fn training_losses(py: Python<'_>, path: PathBuf) -> PyResult<Table> {
    let view = view(py, &path)?;
    let table = py.detach(|| view.read_table(&view.training_path())).map_err(|error| raised(py, error))?;
    Ok(Table::new(&table))
}

/// What each head does at every evaluation of one run.
#[pyfunction]
pub fn heads(py: Python<'_>, path: PathBuf) -> PyResult<Table> {
    let view = view(py, &path)?;
    let table = py.detach(|| view.read_table(&view.heads_path())).map_err(|error| raised(py, error))?;
    Ok(Table::new(&table))
}

fn view(py: Python<'_>, path: &Path) -> PyResult<RunDirectory> {
    RunDirectory::view(path).map_err(|error| raised(py, error))
}

/// The steps with attribution records of one run.
#[pyfunction]
pub fn probe_steps(py: Python<'_>, path: PathBuf) -> PyResult<Vec<u64>> {
    Ok(view(py, &path)?.probe_steps())
}

/// The attribution records of one run after `step` steps, without examples, layers and heads that are not wanted.
#[pyfunction]
pub fn attention(
    py: Python<'_>,
    path: PathBuf,
    step: u64,
    example: Option<i64>,
    layer: Option<i64>,
    head: Option<i64>,
) -> PyResult<Table> {
    let view = view(py, &path)?;
    let read = || -> Result<store::Table, StoreError> {
        let records = Records::of(&view);
        let wanted = [("example", example), ("layer", layer), ("head", head)];
        let columns = columns_of(&view, step)?;
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        if wanted.iter().all(|(_, value)| value.is_none()) {
            return records.columns(step, &columns);
        }
        let keys = records.columns(step, &["example", "layer", "head"])?;
        let mut rows: Vec<usize> = (0..keys.rows()).collect();
        for (name, value) in wanted {
            if let Some(value) = value {
                let column = keys.ints(name)?;
                rows.retain(|&row| column[row] == value);
            }
        }
        records.rows(step, &columns, &rows)
    };
    let table = py.detach(read).map_err(|error| raised(py, error))?;
    Ok(Table::new(&table))
}

/// The columns of attribution records; those of classifiers have two more.
fn columns_of(view: &RunDirectory, step: u64) -> Result<Vec<String>, StoreError> {
    const EVERY: [&str; 15] = [
        "step",
        "split",
        "example",
        "layer",
        "head",
        "kind",
        "position",
        "tokens",
        "target",
        "predicted",
        "log_probability",
        "relevant",
        "alpha",
        "beta",
        "delta",
    ];
    let names = store::Table::column_names(&view.probe_path(step))?;
    let more = ["label", "logit"].into_iter().filter(|name| names.iter().any(|known| known == name));
    Ok(EVERY.into_iter().chain(more).map(String::from).collect())
}

/// The last scores of each group of runs that differ in their seed alone: mean and 95 % confidence interval over seeds.
#[pyfunction]
pub fn compare(py: Python<'_>, paths: Vec<PathBuf>) -> PyResult<Table> {
    let runs = read(py, paths)?;
    let mut names = (Vec::new(), Vec::new());
    let (mut seeds, mut columns) = (Vec::new(), [const { Vec::new() }; 3]);
    for group in report::groups(&runs) {
        let counted = group.counted();
        let single = |name: &&str| *name != "step" && counted[0].evaluation.floats(name).is_ok();
        let scores: Vec<String> = counted[0].evaluation.names().filter(single).map(String::from).collect();
        for score in scores {
            let last = |run: &&RunRecord| run.score(&score).ok().and_then(|values| values.last().copied());
            let values: Vec<f64> =
                counted.iter().filter_map(last).filter(|value| value.is_finite()).collect();
            let interval = mean_interval(&values, 0);
            names.0.push(group.name.to_string());
            names.1.push(score);
            seeds.push(values.len() as i64);
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            columns[0].push(mean);
            columns[1].push(interval.map_or(f64::NAN, |interval| interval.low));
            columns[2].push(interval.map_or(f64::NAN, |interval| interval.high));
        }
    }
    let [mean, low, high] = columns.map(Column::Float);
    let table = store::Table::new()
        .with("name", Column::Text(names.0))
        .with("score", Column::Text(names.1))
        .with("seeds", Column::Int(seeds))
        .with("mean", mean)
        .with("low", low)
        .with("high", high);
    Ok(Table::new(&table))
}

/// A page with one example of a run through its checkpoints; none if it was not recorded.
#[pyfunction]
pub fn example_page(
    py: Python<'_>,
    path: PathBuf,
    example: i64,
    layer: i64,
    head: i64,
    training: bool,
) -> PyResult<Option<String>> {
    let run = py.detach(|| RunRecord::read(&path)).map_err(|error| raised(py, error))?;
    let split = if training { Split::Training } else { Split::Validation };
    let page = py.detach(|| report::example_page(&run, ExampleAt { split, example, layer, head }));
    page.map_err(|error| raised(py, error))
}

/// The names of the figures of some runs, with what they show.
#[pyfunction]
pub fn figure_names(py: Python<'_>, paths: Vec<PathBuf>) -> PyResult<Vec<(String, String)>> {
    Ok(names_of(&read(py, paths)?))
}

/// A figure of some runs, as the contents of an SVG, PDF or CSV file.
#[pyfunction]
pub fn figure(
    py: Python<'_>,
    paths: Vec<PathBuf>,
    name: &str,
    example: i64,
    step: Option<u64>,
    form: &str,
) -> PyResult<Vec<u8>> {
    let runs = read(py, paths)?;
    let draw = || -> Result<Vec<u8>, FigureError> {
        let figure = figure_of(&runs, name, At { example, step })?;
        match form {
            "csv" => Ok(figure.csv().into_bytes()),
            "pdf" => pdf(&figure.sheet(None)),
            _ => Ok(svg(&figure.sheet(None)).into_bytes()),
        }
    };
    py.detach(draw).map_err(|error| match error {
        FigureError::Store(error) => raised(py, error),
        other => exception(py, "TargetError", &other.to_string(), Some(name.into()), None),
    })
}

/// Writes the report of some runs to `file`.
#[pyfunction]
pub fn write_report(py: Python<'_>, paths: Vec<PathBuf>, file: PathBuf) -> PyResult<()> {
    let runs = read(py, paths)?;
    py.detach(|| report::write_report(&runs, &file)).map_err(|error| raised(py, error))
}

/// Joins folders of runs: how many were copied, replaced, and there already.
#[pyfunction]
pub fn merge(py: Python<'_>, folders: Vec<PathBuf>, into: PathBuf) -> PyResult<(usize, usize, usize)> {
    let merged = py.detach(|| onset::runs::merge(&folders, &into)).map_err(|error| raised(py, error))?;
    Ok((merged.copied.len(), merged.replaced.len(), merged.kept.len()))
}
