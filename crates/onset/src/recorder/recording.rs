//! A run directory that is filled from outside.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use serde::Serialize;

use super::heads::{table, with_entropies};
use super::{HeadMeasures, Probe, RecorderError};
use crate::model::RecordedModel;
use crate::record::AttributionFile;
use crate::spec::Spec;
use crate::store::{Column, Manifest, RunDirectory, Status, StoreError, Table, digest};
use crate::task::Split;

/// What is recorded: the run as it is described.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Recorded {
    /// What is learned, in a few words.
    pub name: String,
    /// The model.
    pub model: RecordedModel,
    /// The number of its parameters.
    pub parameters: u64,
    /// The seed of the training; runs that differ in it alone are averaged.
    pub seed: u64,
    /// Steps of the training, where they are known before.
    pub steps: Option<u64>,
    /// A digest of the probe examples.
    pub probes: String,
    /// The names of the labels, of a classifier.
    pub labels: Vec<String>,
}

/// What is recorded of one step.
#[derive(Debug, Clone, Default)]
pub struct Evaluation {
    /// Scores by name, such as `loss` and `accuracy`.
    pub scores: Vec<(String, f64)>,
    /// The probe examples, in their order.
    pub probes: Vec<Probe>,
    /// What each head does.
    pub heads: Vec<HeadMeasures>,
}

/// A run directory that is filled from outside; dropped without [`Recording::close`], it counts as interrupted.
#[derive(Debug)]
pub struct Recording {
    directory: RunDirectory,
    spec: Spec,
    evaluation: Table,
    heads: Table,
    losses: (Vec<i64>, Vec<f64>),
    started: Instant,
    /// Whether the next step may lie before recorded ones, which are then dropped.
    resumed: bool,
}

impl Recording {
    /// Begins a run in `path`. With `resume`, a run that is there is continued: from the next recorded step on, its records are
    /// replaced.
    ///
    /// # Errors
    /// If there is a run and it is not to be continued, or is of another model or other probes.
    pub fn begin(path: &Path, recorded: &Recorded, resume: bool) -> Result<Self, RecorderError> {
        let spec = spec_of(recorded, recorded.steps.unwrap_or(1))?;
        let exists = RunDirectory::exists(path);
        let mut directory = if resume && exists {
            let directory = RunDirectory::open(path)?;
            check_same(&directory, &spec, recorded)?;
            directory
        } else {
            RunDirectory::create(path, &spec.to_toml(), manifest(&spec, recorded))?
        };
        if !recorded.labels.is_empty() {
            directory.write_json("data.json", &Facts { label_names: &recorded.labels })?;
        }
        let mut recording = Self {
            evaluation: directory.read_table(&directory.evaluation_path())?,
            heads: directory.read_table(&directory.heads_path())?,
            losses: losses(&directory)?,
            started: Instant::now(),
            resumed: exists,
            spec,
            directory: {
                directory.update_manifest(|manifest| manifest.status = Status::Running)?;
                directory.append_journal(if exists { "resumed" } else { "started" }, 0.0, None)?;
                directory
            },
        };
        recording.set_steps(recording.directory.manifest().steps_done)?;
        Ok(recording)
    }

    /// The run directory.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The last recorded step.
    pub fn last(&self) -> Option<u64> {
        self.evaluation.ints("step").ok()?.last().map(|&step| step as u64)
    }

    /// Adds the loss of a training step; it is written with the next evaluation.
    pub fn loss(&mut self, step: u64, loss: f64) {
        // A step that is repeated after training went back has its latest loss.
        while self.losses.0.last().is_some_and(|&last| last >= step as i64) {
            self.losses.0.pop();
            self.losses.1.pop();
        }
        self.losses.0.push(step as i64);
        self.losses.1.push(loss);
    }

    /// Whether `evaluation` can be recorded after `step` steps, before anything is written.
    ///
    /// # Errors
    /// If the step is not behind the last one, if lists do not fit each other, or if α is not finite.
    pub fn check(&self, step: u64, evaluation: &Evaluation) -> Result<(), RecorderError> {
        if let Some(last) = self.last().filter(|&last| step <= last && !self.resumed) {
            return Err(RecorderError::Backwards { step, last });
        }
        evaluation.probes.iter().enumerate().try_for_each(|(example, probe)| probe.check(step, example))
    }

    /// Records what was measured after `step` steps; each example is released when it is written. Nothing is written if it cannot be
    /// recorded whole.
    pub fn step(&mut self, step: u64, evaluation: Evaluation) -> Result<(), RecorderError> {
        self.check(step, &evaluation)?;
        if self.last().is_some_and(|last| step <= last) {
            self.drop_from(step)?;
        }
        self.resumed = false;
        let Evaluation { scores, probes, heads } = evaluation;
        let heads = with_entropies(&heads, &probes);
        let mut file = AttributionFile::new(self.directory.probe_path(step));
        for (example, probe) in probes.into_iter().enumerate() {
            for (places, reading, predictions) in probe.into_sequences() {
                file.push((step, Split::Validation, example), &places, &reading, &predictions)?;
            }
        }
        file.finish()?;
        self.evaluation = with_scores(std::mem::take(&mut self.evaluation), step, &scores);
        if !heads.is_empty() {
            self.heads.append(table(step, &heads));
        }
        self.write_tables()?;
        self.set_steps(step)?;
        let scores = scores.into_iter().collect::<BTreeMap<_, _>>();
        self.directory.update_manifest(|manifest| manifest.scores = scores)?;
        Ok(())
    }

    /// The training has ended, or stopped for a `failure`.
    pub fn close(mut self, status: Status, failure: Option<String>) -> Result<(), RecorderError> {
        self.write_tables()?;
        let word = status.to_string();
        self.directory.append_journal(&word, self.started.elapsed().as_secs_f64(), failure.clone())?;
        self.directory.update_manifest(|manifest| {
            manifest.status = status;
            manifest.failure = failure;
        })?;
        Ok(())
    }

    /// Forgets what was recorded at `step` and after it.
    fn drop_from(&mut self, step: u64) -> Result<(), StoreError> {
        let before = step.checked_sub(1);
        match before {
            Some(before) => self.directory.truncate_after(before)?,
            None => self.directory.clear_records()?,
        }
        self.evaluation = self.directory.read_table(&self.directory.evaluation_path())?;
        self.heads = self.directory.read_table(&self.directory.heads_path())?;
        while self.losses.0.last().is_some_and(|&last| last > step as i64) {
            self.losses.0.pop();
            self.losses.1.pop();
        }
        Ok(())
    }

    fn write_tables(&self) -> Result<(), StoreError> {
        let (steps, losses) = &self.losses;
        if !steps.is_empty() {
            let training = Table::new()
                .with("step", Column::Int(steps.clone()))
                .with("loss", Column::Float(losses.clone()));
            training.write(&self.directory.training_path())?;
        }
        for (table, path) in
            [(&self.evaluation, self.directory.evaluation_path()), (&self.heads, self.directory.heads_path())]
        {
            if table.rows() > 0 {
                table.write(&path)?;
            }
        }
        Ok(())
    }

    /// Takes in that `done` steps are done: the number of steps in all is at least as large.
    fn set_steps(&mut self, done: u64) -> Result<(), RecorderError> {
        let steps = self.spec.training().steps.max(done);
        if steps > self.spec.training().steps {
            self.spec = Spec::parse(&self.spec.to_toml(), "the recorder", &[format!("train.steps={steps}")])?;
        }
        let text = self.spec.to_toml();
        if text != self.directory.spec_text() {
            self.directory.write_spec(&text)?;
        }
        self.directory.update_manifest(|manifest| {
            manifest.steps_done = done;
            manifest.steps = steps;
            manifest.spec_digest = digest(text.as_bytes());
        })?;
        Ok(())
    }
}

/// What readers of a classifier's records look up.
#[derive(Serialize)]
struct Facts<'a> {
    label_names: &'a [String],
}

/// The spec of a recorded run.
fn spec_of(recorded: &Recorded, steps: u64) -> Result<Spec, RecorderError> {
    let RecordedModel { class, framework, layers, heads } = &recorded.model;
    let quoted = |text: &str| toml::Value::String(text.into()).to_string();
    let keys = [
        format!("seed={}", recorded.seed),
        format!("task.name={}", quoted(&recorded.name)),
        format!("model.class={}", quoted(class)),
        format!("model.framework={}", quoted(framework)),
        format!("model.layers={layers}"),
        format!("model.heads={heads}"),
        format!("train.steps={}", steps.max(1)),
    ];
    Ok(Spec::parse("task = 'recorded'", "the recorder", &keys)?)
}

fn manifest(spec: &Spec, recorded: &Recorded) -> Manifest {
    Manifest {
        format: Manifest::FORMAT,
        onset: env!("CARGO_PKG_VERSION").into(),
        task: spec.task().kind().into(),
        seed: spec.seed(),
        status: Status::Running,
        steps_done: 0,
        steps: spec.training().steps,
        spec_digest: digest(spec.to_toml().as_bytes()),
        data_digest: Some(recorded.probes.clone()),
        forecast: None,
        parameters: recorded.parameters,
        best: None,
        scores: BTreeMap::new(),
        failure: None,
    }
}

/// Refuses to continue the run of another model, of other probes or of another seed.
fn check_same(directory: &RunDirectory, spec: &Spec, recorded: &Recorded) -> Result<(), RecorderError> {
    let own = Spec::parse(directory.spec_text(), "spec.toml", &[])?;
    let other = |what| Err(RecorderError::OtherRun { path: directory.path().into(), what });
    match () {
        () if own.task() != spec.task() => other("its name"),
        () if own.model() != spec.model() => other("its model"),
        () if own.seed() != spec.seed() => other("its seed"),
        () if directory.manifest().data_digest.as_deref() != Some(&recorded.probes) => other("its probes"),
        () => Ok(()),
    }
}

/// `evaluation` with a row for `step`. A score that one of the rows does not have is NaN there.
fn with_scores(evaluation: Table, step: u64, scores: &[(String, f64)]) -> Table {
    let rows = evaluation.rows();
    let mut names: Vec<String> =
        evaluation.names().filter(|name| *name != "step").map(String::from).collect();
    let new = scores.iter().map(|(name, _)| name).filter(|name| *name != "step");
    for name in new {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    let mut steps = evaluation.ints("step").map(<[i64]>::to_vec).unwrap_or_default();
    steps.push(step as i64);
    let table = Table::new().with("step", Column::Int(steps));
    names.iter().fold(table, |table, name| {
        let mut values = evaluation.floats(name).map_or(vec![f64::NAN; rows], <[f64]>::to_vec);
        let value = scores.iter().find(|(known, _)| known == name).map_or(f64::NAN, |(_, value)| *value);
        values.push(value);
        table.with(name, Column::Float(values))
    })
}

fn losses(directory: &RunDirectory) -> Result<(Vec<i64>, Vec<f64>), StoreError> {
    let table = directory.read_table(&directory.training_path())?;
    if table.rows() == 0 {
        return Ok(Default::default());
    }
    Ok((table.ints("step")?.to_vec(), table.floats("loss")?.to_vec()))
}

#[cfg(test)]
mod tests;
