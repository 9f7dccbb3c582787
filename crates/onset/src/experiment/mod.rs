//! A task and a model meet: the loss of a training step, and what is recorded at an evaluation. Everything that knows
//! neither the task nor the model works with an [`Experiment`].

mod heads;
mod measure;
mod prepared;
mod records;

use std::ops::ControlFlow;
use std::sync::Arc;

use onset_engine::{AttentionMode, Random, Stream, Tape, Value};

pub use prepared::Prepared;

use crate::batch::{Batch, Examples, Ragged};
use crate::model::{AttentionModes, Model, Pass, Want};
use crate::settings::Amount;
use crate::spec::{NO_TOKEN_BEFORE, Spec, TaskSpec};
use crate::store::{Column, Table};
use crate::task::{Draw, EpochOrder, Evaluated, Generation, Split, Task, TaskError};
use crate::watch::{Watch, uncancelled, unwatched};

pub use heads::HEAD_MEASURES;
pub use measure::Measured;

/// A task with its model, whose parameters lie on a tape. Methods that take a tape take that one.
pub struct Experiment {
    spec: Spec,
    task: Arc<dyn Task>,
    /// The settings and the task that a change of the task has put aside; none if none has.
    changed: Option<(TaskSpec, Arc<dyn Task>)>,
    model: Box<dyn Model>,
    modes: AttentionModes,
    /// Examples of a training step.
    batch_size: usize,
    order: EpochOrder,
    examples: Examples,
    batch: Batch,
    relevant: Ragged,
}

/// What is recorded at one step.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// One row: `step` and the task's scores.
    pub scores: Table,
    /// Attribution records (see [`crate::record`]); no columns where none are kept.
    pub probes: Table,
    /// A row for each head (see [`HEAD_MEASURES`]); no columns where heads are not measured.
    pub heads: Table,
}

impl Recorded {
    /// The scores that are single numbers, by name.
    pub fn numbers(&self) -> impl Iterator<Item = (&str, f64)> {
        self.scores.names().filter_map(|name| Some((name, *self.scores.floats(name).ok()?.first()?)))
    }
}

impl Experiment {
    /// Draws the initial model of `spec` on an empty `tape`. The form of the model fits the task: the spec was checked.
    pub fn new(spec: &Spec, task: Arc<dyn Task>, tape: &mut Tape) -> Self {
        let settings = spec.model().settings();
        let model = settings.build(tape, &task.signature(), spec.seed());
        let modes = settings.modes(model.places());
        Self::with_model(spec, task, model, modes)
    }

    /// A model of `spec` that is there, with its task.
    pub(crate) fn with_model(
        spec: &Spec,
        task: Arc<dyn Task>,
        model: Box<dyn Model>,
        modes: AttentionModes,
    ) -> Self {
        let form = spec.model().settings().form(&task.signature());
        Self {
            modes,
            batch_size: spec.training().batch,
            batch: form.expect("a checked spec").batch(),
            spec: spec.clone(),
            task,
            changed: None,
            model,
            order: EpochOrder::default(),
            examples: Examples::default(),
            relevant: Ragged::default(),
        }
    }

    /// A copy for a tape with the same parameters in the same places.
    pub fn replica(&self) -> Self {
        Self {
            spec: self.spec.clone(),
            task: Arc::clone(&self.task),
            changed: self.changed.clone(),
            model: self.model.clone_boxed(),
            modes: self.modes.clone(),
            batch_size: self.batch_size,
            order: EpochOrder::default(),
            examples: Examples::default(),
            batch: self.batch.empty(),
            relevant: Ragged::default(),
        }
    }

    /// What it was made from.
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The task.
    pub fn task(&self) -> &dyn Task {
        &*self.task
    }

    /// The model.
    pub fn model(&self) -> &dyn Model {
        &*self.model
    }

    /// The attention mode of each place.
    pub fn modes(&self) -> &AttentionModes {
        &self.modes
    }

    /// Other attention modes from the next pass on. Errors, with the reason, if the model cannot combine them, or the
    /// task does not know the right positions that clamping needs.
    pub fn set_modes(&mut self, modes: AttentionModes) -> Result<(), String> {
        self.model.check_modes(&modes)?;
        if modes.any(AttentionMode::Given) {
            return Err("only a program can supply weights".into());
        }
        if modes.any(AttentionMode::Clamped) && !self.spec.task().settings().knows_relevant() {
            return Err("the task does not know which position is relevant".into());
        }
        if modes.any(AttentionMode::Previous) && !matches!(self.batch, Batch::Causal(_)) {
            return Err(NO_TOKEN_BEFORE.into());
        }
        self.modes = modes;
        Ok(())
    }

    /// The task with `keys` laid over its settings as they are now, from the next step on. The spec has checked that examples keep their
    /// form.
    pub fn change_task(&mut self, keys: &toml::Table) -> Result<(), TaskError> {
        let (settings, first) = match &self.changed {
            Some((settings, first)) => (settings, Arc::clone(first)),
            None => (self.spec.task(), Arc::clone(&self.task)),
        };
        let settings = settings.with(keys.clone()).expect("a checked spec");
        self.task = settings.settings().load()?;
        self.changed = Some((settings, first));
        self.order = EpochOrder::default();
        Ok(())
    }

    /// Task, attention modes and batch size as the spec has them.
    pub fn begin_anew(&mut self) {
        if let Some((_, first)) = self.changed.take() {
            self.task = first;
        }
        self.modes = self.spec.model().settings().modes(self.model.places());
        self.set_batch(self.spec.training().batch);
    }

    /// So many examples in each training step from now on.
    pub fn set_batch(&mut self, examples: usize) {
        self.batch_size = examples;
        self.order = EpochOrder::default();
    }

    /// Draws the training batch of `step` (counted from 0) into `examples`.
    pub fn draw(&mut self, step: u64, examples: &mut Examples) {
        let (seed, batch) = (self.spec.seed(), self.batch_size);
        self.task.fill(Draw::Training { seed, step, batch }, &mut self.order, examples);
    }

    /// Whether training batches may be cut into parts, each of which is read by itself.
    pub fn cuts_batches(&self) -> bool {
        self.spec.model().settings().tokens_of_part().is_some()
    }

    /// Into how many parts a batch of `examples` is cut.
    pub fn parts_of(&self, examples: &Examples) -> usize {
        let lengths = (0..examples.len()).map(|place| examples.lengths(place));
        let tokens = lengths.map(|(target, source)| target + source).sum();
        self.spec.model().settings().parts(tokens, examples.len())
    }

    /// Runs the model on part number `part` of so many `parts` of `all` the examples of `step`, and returns their loss (1 × 1) and
    /// their share of the batch. There are at least as many examples as parts.
    pub fn loss_of_part(
        &mut self,
        tape: &mut Tape,
        step: u64,
        (all, part, parts): (&Examples, usize, usize),
    ) -> (Value, f32) {
        let bound = |part: usize| part * all.len() / parts;
        let places = bound(part)..bound(part + 1);
        let weight = |place: usize| self.weight_of(all, place);
        let share = places.clone().map(weight).sum::<f64>() / (0..all.len()).map(weight).sum::<f64>();
        self.examples.select(all, places);
        // Each part has masks of its own.
        let mut random = Random::at(self.spec.seed(), Stream::Dropout, step * parts as u64 + part as u64);
        (self.loss_of_drawn(tape, &mut random), share as f32)
    }

    /// How much an example counts in the mean loss of its batch.
    fn weight_of(&self, examples: &Examples, place: usize) -> f64 {
        match (examples.labels.get(place), self.task.label_weights()) {
            (Some(&label), Some(weights)) => f64::from(weights[label as usize]),
            (Some(_), None) => 1.0,
            (None, _) => examples.predicted(place).len() as f64,
        }
    }

    /// Runs the model on the training batch of `step` (counted from 0) and returns the loss (1 × 1).
    pub fn loss(&mut self, tape: &mut Tape, step: u64) -> Value {
        let mut drawn = std::mem::take(&mut self.examples);
        self.draw(step, &mut drawn);
        self.examples = drawn;
        let mut random = Random::at(self.spec.seed(), Stream::Dropout, step);
        self.loss_of_drawn(tape, &mut random)
    }

    /// Runs the model on the examples that were drawn.
    fn loss_of_drawn(&mut self, tape: &mut Tape, random: &mut Random) -> Value {
        self.batch.fill(&self.examples);
        let clamped = self.modes.any(AttentionMode::Clamped);
        let known = clamped && self.task.relevant(&self.examples, &mut self.relevant);
        let pass = Pass {
            relevant: known.then_some(&self.relevant),
            dropout: Some(random),
            label_weights: self.task.label_weights(),
            ..Pass::new(&self.modes)
        };
        self.model.loss(tape, &self.batch, pass)
    }

    /// Whether scores and attribution are recorded after `step` steps.
    pub fn records(&self, step: u64) -> bool {
        self.spec.record().evaluates(step, self.spec.training().steps)
    }

    /// Whether parameters are kept after `step` steps.
    pub fn keeps_parameters(&self, step: u64) -> bool {
        self.spec.record().keeps_parameters(step)
    }

    /// Scores and attribution records after `step` steps, unless `watch` cancels. Leaves the tape cleared.
    pub fn evaluate(
        &mut self,
        tape: &mut Tape,
        step: u64,
        watch: &mut Watch<'_>,
    ) -> ControlFlow<(), Recorded> {
        let seed = self.spec.seed();
        let kept = !self.spec.record().probes.is_none();
        let evaluation = Draw::Evaluation { seed, step };
        let numbers = self.task.numbers(evaluation);
        // Where the examples that are scored are those that are recorded, one pass does for both.
        let both = kept && numbers.is_some() && numbers == self.task.numbers(self.record(Split::Validation));
        let outputs = Want { outputs_only: self.task.scores_outputs_only(), ..Want::default() };
        let want = if both { self.want() } else { outputs };
        let evaluated = self.measure(tape, evaluation, want, watch)?;
        let scores = self.scores(tape, step, &evaluated);
        let scores = self.generated_scores(tape, step, scores, watch)?;
        let mut gaps = None;
        let heads = self.measure_heads(tape, &evaluated);
        let measured = both.then_some(evaluated);
        let probes = match kept {
            true => self.probes(tape, step, measured, &mut gaps, watch)?,
            false => Table::new(),
        };
        let heads = heads.map_or_else(Table::new, |heads| self.heads(step, heads, gaps));
        ControlFlow::Continue(Recorded { scores, probes, heads })
    }

    /// Attribution records alone, as [`Experiment::evaluate`] makes them. Leaves the tape cleared.
    pub fn probe(&mut self, tape: &mut Tape, step: u64, watch: &mut Watch<'_>) -> ControlFlow<(), Table> {
        self.probes(tape, step, None, &mut None, watch)
    }

    /// Attribution records; `held_out` has the held-out examples if they have been read for them. Puts in the `gaps` of β of
    /// the held-out examples.
    fn probes(
        &mut self,
        tape: &mut Tape,
        step: u64,
        mut held_out: Option<Measured>,
        gaps: &mut Option<Vec<f64>>,
        watch: &mut Watch<'_>,
    ) -> ControlFlow<(), Table> {
        let mut probes = Table::new();
        for &split in self.task.recorded_splits() {
            let known = if split == Split::Validation { held_out.take() } else { None };
            let measured = match known {
                Some(measured) => measured,
                None => self.measure(tape, self.record(split), self.want(), watch)?,
            };
            if split == Split::Validation {
                *gaps = self.beta_gaps(&measured);
            }
            probes.append(self.attributions(tape, step, split, measured, watch)?);
        }
        ControlFlow::Continue(probes)
    }

    /// `scores` with those that the task computes on what the model generates.
    fn generated_scores(
        &self,
        tape: &mut Tape,
        step: u64,
        scores: Table,
        watch: &mut Watch<'_>,
    ) -> ControlFlow<(), Table> {
        let training = self.spec.training();
        let accuracy = scores.floats("accuracy").ok().and_then(|accuracy| accuracy.first().copied());
        let good_enough = training.stop_at_accuracy.zip(accuracy).is_some_and(|(stop, own)| own >= stop);
        let last = good_enough || step == training.steps;
        let generation = Generation { model: &*self.model, modes: &self.modes, tape, last };
        self.task.generated_scores(scores, generation, watch)
    }

    /// What the model makes of the held-out or fresh examples that scores are computed on, with β and Δ where they
    /// cost no pass of their own. Leaves the tape cleared.
    pub fn read_evaluated(&mut self, tape: &mut Tape, step: u64) -> Measured {
        let draw = Draw::Evaluation { seed: self.spec.seed(), step };
        uncancelled(self.measure(tape, draw, Want { beta: true, ..Want::default() }, &mut unwatched))
    }

    /// What the model makes of given `examples` of the task. Leaves the tape cleared.
    pub fn read(&mut self, tape: &mut Tape, examples: Examples, want: Want) -> Measured {
        uncancelled(self.measure_examples(tape, examples, want, &mut unwatched))
    }

    /// The same, with Δ of the first `influenced` where that takes passes of its own, unless `watch` cancels. Leaves the tape cleared.
    pub(crate) fn read_with_influence(
        &mut self,
        tape: &mut Tape,
        examples: Examples,
        want: Want,
        influenced: usize,
        watch: &mut Watch<'_>,
    ) -> ControlFlow<(), Measured> {
        let mut measured = self.measure_examples(tape, examples, want, watch)?;
        if influenced > 0 && measured.readings.iter().all(|reading| reading.delta.is_empty()) {
            self.add_influence(tape, &mut measured, influenced, watch)?;
        }
        ControlFlow::Continue(measured)
    }

    /// The table of one row with the scores of what was measured; those on generated output are not among them.
    pub fn scores(&self, tape: &mut Tape, step: u64, measured: &Measured) -> Table {
        let table = Table::new().with("step", Column::Int(vec![step as i64]));
        self.task.scores(
            table,
            Evaluated {
                seed: self.spec.seed(),
                examples: &measured.examples,
                readings: &measured.readings,
                losses: &measured.losses,
                model: &*self.model,
                modes: &self.modes,
                tape,
            },
        )
    }

    fn record(&self, split: Split) -> Draw {
        Draw::Record { seed: self.spec.seed(), split, count: self.spec.record().probes }
    }

    fn want(&self) -> Want {
        let influence: Amount = self.spec.record().influence;
        Want { beta: true, delta: !influence.is_none(), ..Want::default() }
    }
}
