//! A model with its optimiser, one step at a time.

use std::collections::BTreeMap;
use std::path::Path;

use onset_engine::{Adam, AdamSettings, Sgd, Tape};

use super::{Experiment, Prepared, Recorded, TrainError};
use crate::spec::{Optimizer, Spec, Training};
use crate::store::{Checkpoint, StoreError, write_checkpoint};

/// Parameters, optimiser state and step count of one run.
///
/// Randomness needs no state: data and evaluation are drawn by seed and step.
pub struct Trainer {
    tape: Tape,
    optimizer: State,
    experiment: Box<dyn Experiment>,
    step: u64,
    learning_rate: f32,
}

/// The optimiser and what it remembers.
enum State {
    Adam(Adam),
    Sgd(Sgd),
}

impl Trainer {
    /// The initial model of `spec`, at step 0.
    pub fn new(spec: &Spec, data: &Prepared, threads: usize) -> Self {
        let mut tape = Tape::new(threads);
        let experiment = data.experiment(spec, &mut tape);
        let Training { optimizer, learning_rate, beta1, beta2, epsilon, .. } = *spec.training();
        let optimizer = match optimizer {
            Optimizer::Adam => {
                State::Adam(Adam::new(AdamSettings { learning_rate, beta1, beta2, epsilon }, &tape))
            }
            Optimizer::Sgd => State::Sgd(Sgd { learning_rate }),
        };
        Self { tape, optimizer, experiment, step: 0, learning_rate }
    }

    /// Steps taken.
    pub fn step_count(&self) -> u64 {
        self.step
    }

    /// The task and model.
    pub fn experiment(&self) -> &dyn Experiment {
        &*self.experiment
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
        match &mut self.optimizer {
            State::Adam(adam) => adam.update(&mut self.tape),
            State::Sgd(sgd) => sgd.update(&mut self.tape),
        }
        self.tape.clear();
        self.step += 1;
        Ok(value)
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

    /// Writes all that is needed to continue.
    pub fn write_snapshot(&self, path: &Path) -> Result<(), StoreError> {
        let names = self.snapshot_names();
        let mut tensors = Vec::new();
        for (index, (parameter, names)) in self.experiment.parameters().iter().zip(&names).enumerate() {
            let mut values = vec![self.tape.data(parameter.value)];
            if let State::Adam(adam) = &self.optimizer {
                values.extend(adam.moments()[index].iter().map(Vec::as_slice));
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
            adam.restore(step, moments);
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
