//! The figures that recorded runs have, by name.

use super::curves::{Curves, Role};
use super::error::FigureError;
use super::{Matrix, Sheet, plot};
use crate::report::groups::{Group, groups};
use crate::settings::did_you_mean;
use crate::spec::describe;
use crate::stats::median;
use crate::store::StoreError;
use crate::study::RunRecord;
use crate::task::Split;
use crate::trajectory::{Course, ExampleAt, ExampleCourse, MatrixCourse, TextCourse, example_course};

/// Checkpoints that a picture of a text over training shows at most.
const ROWS: usize = 40;

/// The figures of attention.
const ATTRIBUTIONS: [(&str, &str); 3] = [
    ("alpha", "attention weights of one held-out example"),
    ("beta", "output of the model for its single words"),
    ("delta", "influence of its words on the correct output"),
];

/// A figure of recorded runs.
#[derive(Debug, Clone, PartialEq)]
pub enum Figure {
    /// A score over steps.
    Curves(Curves),
    /// Attention of one example.
    Matrix(Matrix),
}

/// Which example a figure of attention shows, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct At {
    /// The example's number in the held-out data.
    pub example: i64,
    /// The checkpoint; none means the last.
    pub step: Option<u64>,
}

impl Figure {
    /// As a drawing. `log_steps` chooses the axis of steps; none means what fits the recorded steps.
    pub fn sheet(&self, log_steps: Option<bool>) -> Sheet {
        match self {
            Self::Curves(curves) => plot(curves, log_steps),
            Self::Matrix(matrix) => matrix.sheet(),
        }
    }

    /// Its data as CSV.
    pub fn csv(&self) -> String {
        match self {
            Self::Curves(curves) => curves.csv(),
            Self::Matrix(matrix) => matrix.csv(),
        }
    }
}

/// The figures of `runs`: name, and what it shows.
pub fn names_of(runs: &[RunRecord]) -> Vec<(String, String)> {
    let mut names: Vec<(String, String)> = Vec::new();
    for run in runs {
        let single = |name: &&str| *name != "step" && run.evaluation.floats(name).is_ok();
        for name in run.evaluation.names().filter(single) {
            if !names.iter().any(|(known, _)| known == name) {
                names.push((name.to_owned(), format!("{} against steps", name.replace('_', " "))));
            }
        }
    }
    if let [run] = runs
        && !run.directory.probe_steps().is_empty()
    {
        names.extend(ATTRIBUTIONS.map(|(name, about)| (name.to_owned(), about.to_owned())));
    }
    names
}

/// The figure `name` of `runs`: a score over steps, with a line a seed or, of several settings, a line a setting; or the
/// attention of one run.
pub fn figure_of(runs: &[RunRecord], name: &str, at: At) -> Result<Figure, FigureError> {
    if ATTRIBUTIONS.iter().any(|(known, _)| *known == name) {
        return match runs {
            [run] => attribution(run, name, at).map(Figure::Matrix),
            _ => Err(FigureError::OneRun { name: name.into(), runs: runs.len() }),
        };
    }
    let names = names_of(runs);
    if !names.iter().any(|(known, _)| known == name) {
        let known: Vec<String> = names.into_iter().map(|(name, _)| name).collect();
        let near = did_you_mean(name, known.iter().map(String::as_str));
        return Err(FigureError::Unknown { name: name.into(), near, known });
    }
    score(runs, name).map(Figure::Curves).map_err(FigureError::Store)
}

fn score(runs: &[RunRecord], name: &str) -> Result<Curves, StoreError> {
    let groups: Vec<Group<'_>> = groups(runs)
        .into_iter()
        .filter(|group| group.iter().all(|run| run.evaluation.floats(name).is_ok()))
        .collect();
    let label = name.replace('_', " ");
    let range = is_share(name).then_some([0.0, 1.0]);
    if let [group] = &groups[..] {
        return Curves::new(describe(&group[0].spec), label, range).with_seeds(group, name);
    }
    let mut steps: Vec<i64> = Vec::new();
    for run in groups.iter().flat_map(|group| group.iter()) {
        steps.extend(run.steps()?);
    }
    steps.sort_unstable();
    steps.dedup();
    let mut curves = Curves::new("", label, range).over("step", steps.iter().map(|&step| step as f64));
    for group in &groups {
        let title = group.name.to_string();
        let many = if group.len() > 1 { format!(", median of {} seeds", group.len()) } else { String::new() };
        curves = curves.with_points(title + &many, Role::Main, medians(group, name)?);
    }
    Ok(curves)
}

/// The median over runs at each step that one of them was evaluated at.
fn medians(group: &[&RunRecord], name: &str) -> Result<Vec<(f64, f64)>, StoreError> {
    let mut all: Vec<(i64, f64)> = Vec::new();
    for run in group {
        all.extend(run.steps()?.iter().copied().zip(run.score(name)?.iter().copied()));
    }
    all.sort_by_key(|&(step, _)| step);
    let at_step = |same: &[(i64, f64)]| {
        let values: Vec<f64> = same.iter().map(|&(_, value)| value).collect();
        median(&values).map(|value| (same[0].0 as f64, value))
    };
    Ok(all.chunk_by(|a, b| a.0 == b.0).filter_map(at_step).collect())
}

/// Whether a score lies between 0 and 1.
pub(in crate::report) fn is_share(name: &str) -> bool {
    name.contains("accuracy") || name.contains("weight") || name == "macro_f1" || name == "attention_peak"
}

fn attribution(run: &RunRecord, name: &str, at: At) -> Result<Matrix, FigureError> {
    let course = example_course(&run.directory, ExampleAt::first(Split::Validation, at.example))?;
    let missing = || FigureError::NoExample { example: at.example, run: run.name() };
    match course.ok_or_else(missing)? {
        ExampleCourse::Matrix(course) => of_sequence(run, &course, name, at),
        ExampleCourse::Text(course) => of_text(run, &course, name, at),
    }
}

fn attributed<'a>(run: &RunRecord, probes: &'a [Course], name: &str) -> Result<&'a Course, FigureError> {
    let recorded = |probe: &&Course| probe.values.iter().any(|values| !values.is_empty());
    let known = || probes.iter().filter(recorded).map(|probe| probe.key.to_owned()).collect();
    probes.iter().filter(recorded).find(|probe| probe.key == name).ok_or_else(|| FigureError::Unknown {
        name: format!("{name} of {}", run.name()),
        near: String::new(),
        known: known(),
    })
}

/// Target by source at one checkpoint.
fn of_sequence(run: &RunRecord, course: &MatrixCourse, name: &str, at: At) -> Result<Matrix, FigureError> {
    let probe = attributed(run, &course.probes, name)?;
    let place = match at.step {
        None => course.steps.len() - 1,
        Some(step) => course
            .steps
            .iter()
            .position(|&each| each == step)
            .ok_or_else(|| FigureError::NoStep { step, run: run.name(), known: course.steps.clone() })?,
    };
    let signed = name == "delta";
    let wrong = course.target.iter().zip(&course.predicted[place]).map(|(word, guess)| word != guess);
    Ok(Matrix {
        title: format!("{}, {}, step {}", probe.name, run.name(), course.steps[place]),
        name: probe.name.into(),
        fields: ["target_position", "target", "source_position", "source"],
        rows: course.target.clone(),
        columns: course.source.clone(),
        values: probe.values[place].clone(),
        signed,
        largest: if signed { largest(&probe.values) } else { 1.0 },
        wrong: wrong.collect(),
    })
}

/// Checkpoints by words; or one checkpoint.
fn of_text(run: &RunRecord, course: &TextCourse, name: &str, at: At) -> Result<Matrix, FigureError> {
    let probe = attributed(run, &course.probes, name)?;
    let all: Vec<usize> = match at.step {
        None => {
            let (last, count) = (course.steps.len() - 1, course.steps.len().min(ROWS));
            (0..count).map(|row| row * last / (count - 1).max(1)).collect()
        }
        Some(step) => {
            let place = course.steps.iter().position(|&each| each == step);
            let known = || course.steps.clone();
            vec![place.ok_or_else(|| FigureError::NoStep { step, run: run.name(), known: known() })?]
        }
    };
    Ok(Matrix {
        title: format!("{} by step, {}, held-out text {}", probe.name, run.name(), at.example),
        name: probe.name.into(),
        fields: ["row", "step", "position", "word"],
        rows: all.iter().map(|&place| course.steps[place].to_string()).collect(),
        columns: course.words.clone(),
        values: all.iter().flat_map(|&place| probe.values[place].iter().copied()).collect(),
        signed: name != "alpha",
        largest: if name == "alpha" { 1.0 } else { largest(&probe.values) },
        wrong: Vec::new(),
    })
}

/// One scale through all of training, so that growth can be seen.
fn largest(values: &[Vec<f32>]) -> f32 {
    values.iter().flatten().map(|value| value.abs()).filter(|value| value.is_finite()).fold(1e-6, f32::max)
}
