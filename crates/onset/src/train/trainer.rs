//! A model with its optimiser, one step at a time.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::Path;

use onset_engine::{AdamSettings, AttentionMode, Optimizer, OptimizerSettings, Schedule, Tape};

use super::{Applied, FreezeTarget, Intervention, InterventionError, Prepared, Recorded, Shards, TrainError};
use crate::batch::Examples;
use crate::experiment::Experiment;
use crate::model::{Parameter, ParameterGroup, Parameters, Redrawn};
use crate::settings::Intervene;
use crate::spec::{self, ScheduleKind, Spec, Training};
use crate::store::{Checkpoint, StoreError, Table, write_checkpoint};
use crate::watch::{Watch, uncancelled, unwatched};

/// Parameters, optimiser state and step count of one run.
///
/// Randomness needs no state: data and evaluation are drawn by seed and step.
pub struct Trainer {
    tape: Tape,
    optimizer: Optimizer,
    schedule: Schedule,
    experiment: Experiment,
    step: u64,
    learning_rate: f32,
    /// The spec's changes on the way, and how many of them were made.
    pub(super) plan: Vec<Intervene>,
    pub(super) made: usize,
    /// Frozen parameter groups.
    frozen: Vec<ParameterGroup>,
    /// Replicas that read parts of a batch at the same time.
    shards: Shards<Experiment>,
    /// Room for the examples of a batch in parts.
    examples: Examples,
}

const GROUPS: [ParameterGroup; 3] = [ParameterGroup::Attention, ParameterGroup::Value, ParameterGroup::Body];

/// The engine's optimiser for `train`.
fn optimizer(train: &Training, tape: &Tape, parameters: &Parameters) -> Optimizer {
    let Training { beta1, beta2, epsilon, weight_decay, momentum, .. } = *train;
    let adam = AdamSettings { beta1, beta2, epsilon };
    let settings = match train.optimizer {
        spec::Optimizer::Adam => OptimizerSettings::Adam(adam),
        spec::Optimizer::AdamW => OptimizerSettings::AdamW { adam, weight_decay },
        spec::Optimizer::Sgd => OptimizerSettings::Sgd { momentum },
    };
    let decays = |index: usize| parameters.get(index).is_some_and(Parameter::decays);
    Optimizer::new(settings, tape).with_decay_of(decays).with_clip(train.clip)
}

/// The engine's schedule for `train`.
fn schedule(train: &Training) -> Schedule {
    let Training { warmup, steps: total, .. } = *train;
    match train.schedule {
        ScheduleKind::Constant => Schedule::Constant { warmup },
        ScheduleKind::Linear => Schedule::Linear { warmup, total },
        ScheduleKind::Cosine => Schedule::Cosine { warmup, total },
        ScheduleKind::InverseRoot => Schedule::InverseRoot { warmup },
    }
}

impl Trainer {
    /// The initial model of `spec`, at step 0. `data` is the spec's, loaded.
    pub fn new(spec: &Spec, data: &Prepared, threads: usize) -> Self {
        let mut tape = Tape::new(threads);
        let experiment = Experiment::new(spec, data.task().clone(), &mut tape);
        for (parameter, values) in experiment.model().parameters().iter().zip(data.initial()) {
            if let Some(values) = values {
                tape.data_mut(parameter.value).copy_from_slice(values);
            }
        }
        let train = spec.training();
        let replicas = if experiment.cuts_batches() { threads } else { 1 };
        let shards = Shards::new(replicas, &tape, || experiment.replica());
        Self {
            shards,
            examples: Examples::default(),
            optimizer: optimizer(train, &tape, experiment.model().parameters()),
            schedule: schedule(train),
            tape,
            experiment,
            step: 0,
            learning_rate: train.learning_rate,
            plan: spec.interventions().to_vec(),
            made: 0,
            frozen: Vec::new(),
        }
    }

    /// Another trainer at the same step with the same parameters, optimiser state and standing changes, to go on in
    /// another way.
    pub fn branch(&self) -> Self {
        Self {
            tape: self.tape.replica(1),
            optimizer: self.optimizer.clone(),
            experiment: self.experiment.replica(),
            plan: self.plan.clone(),
            frozen: self.frozen.clone(),
            shards: Shards::new(1, &self.tape, || self.experiment.replica()),
            examples: Examples::default(),
            ..*self
        }
    }

    /// Steps taken.
    pub fn step_count(&self) -> u64 {
        self.step
    }

    /// The present learning rate, before the schedule's factor.
    pub fn learning_rate(&self) -> f32 {
        self.learning_rate
    }

    /// The task and model.
    pub fn experiment(&self) -> &Experiment {
        &self.experiment
    }

    /// Looks at the model with its tape, which is to be left cleared and with the same parameters.
    pub fn look<R>(&mut self, look: impl FnOnce(&mut Experiment, &mut Tape) -> R) -> R {
        look(&mut self.experiment, &mut self.tape)
    }

    /// How many numbers are learned.
    pub fn parameter_count(&self) -> u64 {
        self.parameters().count()
    }

    /// The parameters under their names.
    pub fn parameters(&self) -> &Parameters {
        self.experiment.model().parameters()
    }

    /// The gradients of the batch of the present step, and its loss; no gradients if that is not a number.
    fn differentiate(&mut self) -> f32 {
        let mut examples = std::mem::take(&mut self.examples);
        let mut parts = 1;
        if self.experiment.cuts_batches() {
            self.experiment.draw(self.step, &mut examples);
            parts = self.experiment.parts_of(&examples);
        }
        let value = if parts > 1 {
            let (step, all) = (self.step, &examples);
            let loss = |experiment: &mut Experiment, tape: &mut Tape, part: usize| {
                experiment.loss_of_part(tape, step, (all, part, parts))
            };
            self.shards.differentiate(&mut self.experiment, &mut self.tape, parts, &loss)
        } else {
            let loss = self.experiment.loss(&mut self.tape, self.step);
            let value = self.tape.data(loss)[0];
            if value.is_finite() {
                self.tape.backward(loss);
            }
            value
        };
        self.examples = examples;
        value
    }

    /// Takes a step and returns the loss before it. A loss that is not a number changes nothing and is an
    /// error. Changes that the spec has for this step are made before.
    pub fn step(&mut self) -> Result<f32, TrainError> {
        self.make_planned()?;
        let value = self.differentiate();
        if !value.is_finite() {
            self.tape.clear();
            self.tape.clear_gradients();
            let (step, learning_rate) = (self.step + 1, self.learning_rate);
            return Err(TrainError::Diverged { step, loss: value, learning_rate });
        }
        let (experiment, frozen) = (&self.experiment, &self.frozen);
        let no_scores = experiment.modes().nowhere_learned();
        let moves = |index: usize| {
            let Some(parameter) = experiment.model().parameters().get(index) else { return true };
            let (group, is_trained) = (parameter.group, parameter.is_trained);
            is_trained && !frozen.contains(&group) && (group != ParameterGroup::Attention || !no_scores)
        };
        let rate = self.schedule.rate(self.learning_rate, self.step);
        self.optimizer.update(&mut self.tape, rate, moves);
        self.tape.clear();
        self.step += 1;
        Ok(value)
    }

    /// Changes something from the next step on. Errors say what cannot be, and leave all as it was.
    pub fn intervene(&mut self, intervention: &Intervention) -> Result<(), InterventionError> {
        match *intervention {
            Intervention::LearningRate { rate } => self.set_learning_rate(rate)?,
            Intervention::Attention { mode, layer, head } => self.set_mode(mode, layer, head)?,
            Intervention::Freeze { group } => {
                self.unfreeze(group);
                self.frozen.extend(GROUPS.into_iter().filter(|&each| group.covers(each)));
            }
            Intervention::Unfreeze { group } => self.unfreeze(group),
            Intervention::SwapHead { head, seed } => self.swap_head(head, seed)?,
        }
        Ok(())
    }

    /// Steps until `end`, making each change of `log` when its step is reached. Errors if one of them lies behind, is
    /// refused, or training diverges.
    pub fn replay(&mut self, log: &[Applied], end: u64) -> Result<(), TrainError> {
        for applied in log {
            if applied.step < self.step {
                let (step, now) = (applied.step, self.step);
                return Err(InterventionError::Past { step, now }.into());
            }
            while self.step < applied.step.min(end) {
                self.step()?;
            }
            if applied.step > end {
                return Ok(());
            }
            self.intervene(&applied.intervention)?;
        }
        while self.step < end {
            self.step()?;
        }
        Ok(())
    }

    fn unfreeze(&mut self, target: FreezeTarget) {
        self.frozen.retain(|&group| !target.covers(group));
    }

    fn set_mode(
        &mut self,
        mode: AttentionMode,
        layer: Option<usize>,
        head: Option<usize>,
    ) -> Result<(), InterventionError> {
        let mut modes = self.experiment.modes().clone();
        let places = self.experiment.model().places();
        let model = self.experiment.spec().model().kind();
        if !modes.set(mode, places, |place| place.is_in(layer, head)) {
            let names = places.iter().map(|place| format!("layer {} head {}", place.layer, place.head));
            let known = names.collect::<Vec<_>>().join(", ");
            return Err(InterventionError::NoSuchPlace { model, known });
        }
        let task = self.experiment.spec().task().kind();
        let refused = |reason| InterventionError::Mode { mode, task, model, reason };
        self.experiment.set_modes(modes.clone()).map_err(refused)?;
        for replica in self.shards.replicas() {
            replica.set_modes(modes.clone()).expect("the model itself could take them");
        }
        Ok(())
    }

    fn set_learning_rate(&mut self, rate: f32) -> Result<(), InterventionError> {
        if !(rate > 0.0 && rate.is_finite()) {
            return Err(InterventionError::LearningRate { rate });
        }
        self.learning_rate = rate;
        Ok(())
    }

    /// All that can be changed on the way as the spec has it at the start, but for the parameters.
    pub(super) fn as_begun(&mut self) {
        let train = self.experiment.spec().training();
        (self.learning_rate, self.frozen) = (train.learning_rate, Vec::new());
        self.experiment.begin_anew();
        self.shards.replicas().for_each(Experiment::begin_anew);
    }

    pub(super) fn set_batch(&mut self, examples: usize) {
        self.experiment.set_batch(examples);
    }

    pub(super) fn change_task(&mut self, keys: &toml::Table) -> Result<(), TrainError> {
        self.experiment.change_task(keys)?;
        self.shards.replicas().try_for_each(|replica| replica.change_task(keys))?;
        Ok(())
    }

    /// Puts in the values of one parameter, of which the optimiser then remembers nothing.
    pub(super) fn replace_parameter(&mut self, index: usize, values: &[f32]) {
        let parameter = self.tape.parameters()[index];
        self.tape.data_mut(parameter).copy_from_slice(values);
        self.optimizer.forget(index, 0..values.len());
    }

    fn swap_head(&mut self, head: usize, seed: u64) -> Result<(), InterventionError> {
        let redrawn = self.redrawn(head, seed)?;
        let parameters = self.tape.parameters();
        for Redrawn { parameter, first, values } in redrawn {
            let entries = first..first + values.len();
            self.tape.data_mut(parameters[parameter])[entries.clone()].copy_from_slice(&values);
            self.optimizer.forget(parameter, entries);
        }
        Ok(())
    }

    /// The maps of a head as `seed` draws them.
    pub(super) fn redrawn(&self, head: usize, seed: u64) -> Result<Vec<Redrawn>, InterventionError> {
        let model = self.experiment.model();
        model.redrawn_head(head, seed).ok_or_else(|| {
            let places = model.places();
            let heads = match model.redrawn_head(0, seed) {
                Some(_) if places.len() == 1 => "1 head".into(),
                Some(_) => format!("{} heads", places.len()),
                None => "no heads that can be redrawn".into(),
            };
            let model = self.experiment.spec().model().kind();
            InterventionError::NoSuchHead { head, model, heads }
        })
    }

    /// The values of all parameters, in their order.
    pub fn values(&self) -> impl Iterator<Item = &[f32]> {
        self.parameters().iter().map(|parameter| self.tape.data(parameter.value))
    }

    /// Scores and probes at the present step.
    pub fn evaluate(&mut self) -> Recorded {
        uncancelled(self.evaluate_watched(&mut unwatched))
    }

    /// As [`Trainer::evaluate`], unless `watch` cancels. Nothing is changed in either case.
    pub fn evaluate_watched(&mut self, watch: &mut Watch<'_>) -> ControlFlow<(), Recorded> {
        self.experiment.evaluate(&mut self.tape, self.step, watch)
    }

    /// The attribution records of [`Trainer::evaluate`] alone, unless `watch` cancels.
    pub fn probe(&mut self, watch: &mut Watch<'_>) -> ControlFlow<(), Table> {
        self.experiment.probe(&mut self.tape, self.step, watch)
    }

    /// Writes the parameters, under PyTorch's names and in its layouts.
    pub fn write_parameters(&self, path: &Path) -> Result<(), StoreError> {
        let parameters = self.parameters();
        let tensors: Vec<_> = parameters
            .iter()
            .map(|p| (p.name.as_str(), p.shape.as_slice(), self.tape.data(p.value)))
            .collect();
        write_checkpoint(path, &tensors, &BTreeMap::from([("step".into(), self.step.to_string())]))
    }

    /// Takes over what [`Trainer::write_parameters`] wrote, to look at it: the optimiser's state is not part
    /// of it. Errors if the file is damaged or belongs to another model.
    pub fn load_parameters(&mut self, path: &Path) -> Result<(), TrainError> {
        let checkpoint = Checkpoint::read(path)?;
        let parameters = self.experiment.model().parameters();
        let step = checkpoint.step()?;
        for (parameter, values) in parameters.iter().zip(checkpoint.into_values(&parameters.layout())?) {
            self.tape.data_mut(parameter.value).copy_from_slice(&values);
        }
        self.step = step;
        self.stand()
    }

    /// Writes all that is needed to continue, but for what [`Trainer::intervene`] changed by hand.
    pub fn write_snapshot(&self, path: &Path) -> Result<(), StoreError> {
        let names = self.snapshot_names();
        let mut tensors = Vec::new();
        for (index, (parameter, names)) in self.experiment.model().parameters().iter().zip(&names).enumerate()
        {
            let values = [self.tape.data(parameter.value)].into_iter().chain(self.optimizer.state(index));
            let named = names.iter().zip(values);
            tensors.extend(named.map(|(name, data)| (name.as_str(), parameter.shape.as_slice(), data)));
        }
        write_checkpoint(path, &tensors, &BTreeMap::from([("step".into(), self.step.to_string())]))
    }

    /// Continues from what [`Trainer::write_snapshot`] wrote. Errors if the file is damaged or belongs to
    /// another model.
    pub fn restore(&mut self, path: &Path) -> Result<(), TrainError> {
        let checkpoint = Checkpoint::read(path)?;
        let names = self.snapshot_names();
        let parameters = self.experiment.model().parameters();
        let wanted: Vec<(&str, &[usize])> = parameters
            .iter()
            .zip(&names)
            .flat_map(|(p, names)| names.iter().map(|name| (name.as_str(), p.shape.as_slice())))
            .collect();
        let step = checkpoint.step()?;
        let mut tensors = checkpoint.into_values(&wanted)?.into_iter();
        let mut state = Vec::new();
        for (parameter, names) in parameters.iter().zip(&names) {
            let mut next = || tensors.next().expect("as many tensors as were wanted");
            self.tape.data_mut(parameter.value).copy_from_slice(&next());
            state.push(names[1..].iter().map(|_| next()).collect());
        }
        self.optimizer.restore::<Vec<f32>>(step, &state);
        self.step = step;
        self.stand()
    }

    /// For each parameter, the names of its value and of what the optimiser remembers of it in a snapshot.
    fn snapshot_names(&self) -> Vec<Vec<String>> {
        let parameters = self.experiment.model().parameters();
        let prefixes = || ["parameter"].iter().chain(self.optimizer.state_names());
        let names = |name: &str| prefixes().map(|prefix| format!("{prefix}.{name}")).collect();
        parameters.iter().map(|p| names(&p.name)).collect()
    }
}
