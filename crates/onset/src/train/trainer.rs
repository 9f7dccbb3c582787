//! A model with its optimiser, one step at a time.

use std::collections::BTreeMap;
use std::path::Path;

use onset_engine::{Adam, AdamSettings, Sgd, Tape};

use super::{
    Applied, AttentionRoute, Experiment, Intervention, InterventionError, Part, Prepared, Recorded,
    TrainError,
};
use crate::model::Redrawn;
use crate::spec::{Optimizer, Spec, Training};
use crate::store::{Checkpoint, StoreError, write_checkpoint};

/// Parameters, optimiser state and step count of one run, of any experiment or of one that is known.
///
/// Randomness needs no state: data and evaluation are drawn by seed and step.
pub struct Trainer<E: ?Sized = dyn Experiment> {
    tape: Tape,
    optimizer: State,
    experiment: Box<E>,
    step: u64,
    learning_rate: f32,
    held: Held,
}

/// The optimiser and what it remembers.
#[derive(Clone)]
enum State {
    Adam(Adam),
    Sgd(Sgd),
}

/// What is not updated.
#[derive(Debug, Clone, Copy, Default)]
struct Held {
    attention: bool,
    knowledge: bool,
}

impl Trainer {
    /// The initial model of `spec`, at step 0.
    pub fn new(spec: &Spec, data: &Prepared, threads: usize) -> Self {
        let mut tape = Tape::new(threads);
        let experiment = data.experiment(spec, &mut tape);
        Self::of(experiment, tape, spec.training())
    }

    /// Another trainer at the same step with the same parameters, memory and standing changes, to go on another way.
    pub fn branch(&self) -> Self {
        Self {
            tape: self.tape.replica(1),
            optimizer: self.optimizer.clone(),
            experiment: self.experiment.another(),
            ..*self
        }
    }
}

impl<E: Experiment + ?Sized> Trainer<E> {
    /// `experiment`, whose initial model is on `tape`, at step 0.
    pub fn of(experiment: Box<E>, tape: Tape, training: &Training) -> Self {
        let Training { optimizer, learning_rate, beta1, beta2, epsilon, .. } = *training;
        let optimizer = match optimizer {
            Optimizer::Adam => {
                State::Adam(Adam::new(AdamSettings { learning_rate, beta1, beta2, epsilon }, &tape))
            }
            Optimizer::Sgd => State::Sgd(Sgd { learning_rate }),
        };
        Self { tape, optimizer, experiment, step: 0, learning_rate, held: Held::default() }
    }

    /// Steps taken.
    pub fn step_count(&self) -> u64 {
        self.step
    }

    /// The present step size.
    pub fn learning_rate(&self) -> f32 {
        self.learning_rate
    }

    /// The task and model.
    pub fn experiment(&self) -> &E {
        &self.experiment
    }

    /// Looks at the model with its tape, which is to be left cleared and with the same parameters.
    pub fn look<R>(&mut self, look: impl FnOnce(&mut E, &mut Tape) -> R) -> R {
        look(&mut self.experiment, &mut self.tape)
    }

    /// How many numbers are learned.
    pub fn parameter_count(&self) -> u64 {
        self.experiment.parameters().count()
    }

    /// Takes a step and returns the loss before it. A loss that is not a number changes nothing and is an
    /// error.
    pub fn step(&mut self) -> Result<f32, TrainError> {
        let loss = self.experiment.loss(&mut self.tape, self.step);
        let value = self.tape.data(loss)[0];
        if !value.is_finite() {
            self.tape.clear();
            let (step, learning_rate) = (self.step + 1, self.learning_rate);
            return Err(TrainError::Diverged { step, loss: value, learning_rate });
        }
        self.tape.backward(loss);
        let unrouted = self.experiment.route() != AttentionRoute::Learned;
        let (experiment, held) = (&self.experiment, self.held);
        let moves = |index: usize| match experiment.parameters().get(index) {
            Some(parameter) if experiment.makes_scores(parameter) => !held.attention && !unrouted,
            _ => !held.knowledge,
        };
        match &mut self.optimizer {
            State::Adam(adam) => adam.update_where(&mut self.tape, moves),
            State::Sgd(sgd) => sgd.update_where(&mut self.tape, moves),
        }
        self.tape.clear();
        self.step += 1;
        Ok(value)
    }

    /// Changes something from the next step on. Errors say what cannot be, and leave all as it was.
    pub fn intervene(&mut self, intervention: &Intervention) -> Result<(), InterventionError> {
        match *intervention {
            Intervention::LearningRate { rate } => self.set_learning_rate(rate)?,
            Intervention::Attention { route } => self.experiment.set_route(route)?,
            Intervention::Hold { part } => *self.held.part(part) = true,
            Intervention::Release { part } => *self.held.part(part) = false,
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

    fn set_learning_rate(&mut self, rate: f32) -> Result<(), InterventionError> {
        if !(rate > 0.0 && rate.is_finite()) {
            return Err(InterventionError::LearningRate { rate });
        }
        self.learning_rate = rate;
        match &mut self.optimizer {
            State::Adam(adam) => adam.set_learning_rate(rate),
            State::Sgd(sgd) => sgd.learning_rate = rate,
        }
        Ok(())
    }

    fn swap_head(&mut self, head: usize, seed: u64) -> Result<(), InterventionError> {
        let redrawn = self.experiment.redrawn_head(head, seed)?;
        let parameters = self.tape.parameters();
        for Redrawn { parameter, first, values } in redrawn {
            let entries = first..first + values.len();
            self.tape.data_mut(parameters[parameter])[entries.clone()].copy_from_slice(&values);
            if let State::Adam(adam) = &mut self.optimizer {
                adam.forget(parameter, entries);
            }
        }
        Ok(())
    }

    /// The values of all parameters, in their order.
    pub fn values(&self) -> impl Iterator<Item = &[f32]> {
        self.experiment.parameters().iter().map(|parameter| self.tape.data(parameter.value))
    }

    /// Scores and probes at the present step.
    pub fn evaluate(&mut self) -> Recorded {
        self.experiment.evaluate(&mut self.tape, self.step)
    }

    /// Writes the parameters, under PyTorch's names and in its layouts.
    pub fn write_parameters(&self, path: &Path) -> Result<(), StoreError> {
        let parameters = self.experiment.parameters();
        let tensors: Vec<_> = parameters
            .iter()
            .map(|p| (p.name.as_str(), p.shape.as_slice(), self.tape.data(p.value)))
            .collect();
        write_checkpoint(path, &tensors, &BTreeMap::from([("step".into(), self.step.to_string())]))
    }

    /// Takes over what [`Trainer::write_parameters`] wrote, to look at it: the optimiser's state is not part
    /// of it. Errors if the file is damaged or belongs to another model.
    pub fn load_parameters(&mut self, path: &Path) -> Result<(), StoreError> {
        let checkpoint = Checkpoint::read(path)?;
        let parameters = self.experiment.parameters();
        let wanted: Vec<(&str, &[usize])> =
            parameters.iter().map(|p| (p.name.as_str(), p.shape.as_slice())).collect();
        let step = checkpoint.step()?;
        for (parameter, values) in parameters.iter().zip(checkpoint.into_values(&wanted)?) {
            self.tape.data_mut(parameter.value).copy_from_slice(&values);
        }
        self.step = step;
        Ok(())
    }

    /// Writes all that is needed to continue, but for what [`Trainer::intervene`] changed.
    pub fn write_snapshot(&self, path: &Path) -> Result<(), StoreError> {
        let names = self.snapshot_names();
        let mut tensors = Vec::new();
        for (index, (parameter, names)) in self.experiment.parameters().iter().zip(&names).enumerate() {
            let mut values = vec![self.tape.data(parameter.value)];
            if let State::Adam(adam) = &self.optimizer {
                values.extend(adam.moments()[index].iter().map(|moment| &moment[..]));
            }
            let named = names.iter().zip(values);
            tensors.extend(named.map(|(name, data)| (name.as_str(), parameter.shape.as_slice(), data)));
        }
        write_checkpoint(path, &tensors, &BTreeMap::from([("step".into(), self.step.to_string())]))
    }

    /// Continues from what [`Trainer::write_snapshot`] wrote. Errors if the file is damaged or belongs to
    /// another model.
    pub fn restore(&mut self, path: &Path) -> Result<(), StoreError> {
        let checkpoint = Checkpoint::read(path)?;
        let names = self.snapshot_names();
        let parameters = self.experiment.parameters();
        let wanted: Vec<(&str, &[usize])> = parameters
            .iter()
            .zip(&names)
            .flat_map(|(p, names)| names.iter().map(|name| (name.as_str(), p.shape.as_slice())))
            .collect();
        let step = checkpoint.step()?;
        let mut tensors = checkpoint.into_values(&wanted)?.into_iter();
        let mut moments = Vec::new();
        for parameter in parameters.iter() {
            let mut next = || tensors.next().expect("as many tensors as were wanted");
            self.tape.data_mut(parameter.value).copy_from_slice(&next());
            if matches!(self.optimizer, State::Adam(_)) {
                moments.push([next(), next()]);
            }
        }
        if let State::Adam(adam) = &mut self.optimizer {
            adam.restore(step, &moments);
        }
        self.step = step;
        Ok(())
    }

    /// For each parameter, the names of its value and of what the optimiser remembers of it in a snapshot.
    fn snapshot_names(&self) -> Vec<Vec<String>> {
        let prefixes: &[&str] = match self.optimizer {
            State::Adam(_) => &["parameter", "first_moment", "second_moment"],
            State::Sgd(_) => &["parameter"],
        };
        let parameters = self.experiment.parameters();
        let names = |name: &str| prefixes.iter().map(|prefix| format!("{prefix}.{name}")).collect();
        parameters.iter().map(|p| names(&p.name)).collect()
    }
}

impl Held {
    fn part(&mut self, part: Part) -> &mut bool {
        match part {
            Part::Attention => &mut self.attention,
            Part::Knowledge => &mut self.knowledge,
        }
    }
}
