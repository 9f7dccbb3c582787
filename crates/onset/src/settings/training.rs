//! The optimiser and how long it runs.

use onset_keys::Keys;
use serde::{Deserialize, Serialize};

use super::{SpecError, is_default, require, require_size};

/// The optimiser's settings and the budget.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Keys)]
#[serde(into = "Written", try_from = "Written")]
pub struct Training {
    /// Optimiser steps.
    #[key(from = 1, unit = "steps")]
    pub steps: u64,
    /// Examples per step.
    #[key(from = 1, to = 1048576, unit = "examples")]
    pub batch: usize,
    /// Optimiser.
    pub optimizer: Optimizer,
    /// Learning rate, before the schedule's factor.
    #[key(above = 0)]
    pub learning_rate: f32,
    /// Decay of the first moment (Adam, AdamW).
    #[key(from = 0, below = 1)]
    pub beta1: f32,
    /// Decay of the second moment (Adam, AdamW).
    #[key(from = 0, below = 1)]
    pub beta2: f32,
    /// Added to the denominator (Adam, AdamW).
    #[key(above = 0)]
    pub epsilon: f32,
    /// Decoupled weight decay (AdamW); only matrices decay, not biases and norms.
    #[key(from = 0)]
    pub weight_decay: f32,
    /// Momentum (SGD).
    #[key(from = 0, below = 1)]
    pub momentum: f32,
    /// How the learning rate changes over training.
    pub schedule: ScheduleKind,
    /// Steps over which the learning rate rises from 0.
    #[key(unit = "steps")]
    pub warmup: u64,
    /// Maximum norm of the whole gradient; a larger one is scaled down.
    #[key(above = 0)]
    pub clip: Option<f32>,
    /// Stop before `steps`, at the first evaluation with at least this accuracy.
    #[key(above = 0, to = 1)]
    pub stop_at_accuracy: Option<f64>,
    /// Stop before `steps`, after this many evaluations without a lower held-out loss.
    #[key(from = 1, unit = "evaluations")]
    pub patience: Option<u64>,
    /// Which parameters are kept: those of all checkpoints, or only of the best evaluation and the last.
    pub keep: Keep,
}

/// Which parameters are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Keep {
    /// Those of every checkpoint.
    #[default]
    All,
    /// Those with the lowest held-out loss of all evaluations, and the last.
    Best,
}

/// How parameters are updated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Optimizer {
    /// Adam, the paper's.
    #[default]
    Adam,
    /// Adam with decoupled weight decay.
    AdamW,
    /// Stochastic gradient descent, with momentum if it is not 0.
    Sgd,
}

/// How the learning rate changes after warm-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleKind {
    /// The rate stays constant.
    #[default]
    Constant,
    /// The rate falls linearly to 0 at the last step.
    Linear,
    /// The rate falls along half a cosine to 0 at the last step.
    Cosine,
    /// The rate falls with the inverse square root of the step.
    InverseRoot,
}

/// What a task says of training; all else is as in [`Training::paper`] unless a spec gives it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Budget {
    /// Optimiser steps.
    pub steps: u64,
    /// Examples per step.
    pub batch: usize,
    /// Learning rate.
    pub learning_rate: f32,
}

impl Budget {
    /// So many steps of so many examples at the paper's rate.
    pub fn paper(steps: u64, batch: usize) -> Self {
        Self { steps, batch, learning_rate: 1e-3 }
    }
}

impl From<Budget> for Training {
    fn from(Budget { steps, batch, learning_rate }: Budget) -> Self {
        Self { learning_rate, ..Self::paper(steps, batch) }
    }
}

impl Default for Training {
    fn default() -> Self {
        Self::paper(200, 128)
    }
}

impl Training {
    /// The paper's Adam for `steps` steps of `batch` examples.
    pub fn paper(steps: u64, batch: usize) -> Self {
        Self {
            steps,
            batch,
            optimizer: Optimizer::Adam,
            learning_rate: 1e-3,
            beta1: 0.9,
            beta2: 0.999,
            epsilon: 1e-8,
            weight_decay: 0.01,
            momentum: 0.0,
            schedule: ScheduleKind::Constant,
            warmup: 0,
            clip: None,
            stop_at_accuracy: None,
            patience: None,
            keep: Keep::All,
        }
    }

    /// Whether the checkpoint with the lowest held-out loss is looked for.
    pub fn seeks_best(&self) -> bool {
        self.patience.is_some() || self.keep == Keep::Best
    }

    /// The first key beside the optimiser, the learning rate and the budget that is not as in [`Training::paper`].
    pub fn altered(&self) -> Option<&'static str> {
        let paper = Self::paper(self.steps, self.batch);
        [
            ("train.beta1", self.beta1 != paper.beta1),
            ("train.beta2", self.beta2 != paper.beta2),
            ("train.epsilon", self.epsilon != paper.epsilon),
            ("train.momentum", self.momentum != paper.momentum),
            ("train.schedule", self.schedule != paper.schedule),
            ("train.warmup", self.warmup != paper.warmup),
            ("train.clip", self.clip != paper.clip),
        ]
        .into_iter()
        .find_map(|(key, altered)| altered.then_some(key))
    }

    /// Checks every value; errors name the key.
    pub fn check(&self) -> Result<(), SpecError> {
        require(self.steps >= 1, "train.steps", self.steps, "it must be at least 1")?;
        require_size(self.batch, "train.batch")?;
        for (key, value) in [
            ("train.learning_rate", self.learning_rate),
            ("train.epsilon", self.epsilon),
            ("train.clip", self.clip.unwrap_or(1.0)),
        ] {
            require(value > 0.0 && value.is_finite(), key, value, "it must be positive and finite")?;
        }
        for (key, value) in
            [("train.beta1", self.beta1), ("train.beta2", self.beta2), ("train.momentum", self.momentum)]
        {
            require((0.0..1.0).contains(&value), key, value, "it must be at least 0 and below 1")?;
        }
        let decay = self.weight_decay;
        let possible = decay >= 0.0 && decay.is_finite();
        require(possible, "train.weight_decay", decay, "it must be at least 0 and finite")?;
        let (warmup, steps) = (self.warmup, self.steps);
        let expected = format!("it must be below train.steps ({steps})");
        require(warmup < steps, "train.warmup", warmup, &expected)?;
        let accuracy = self.stop_at_accuracy.unwrap_or(1.0);
        let possible = accuracy > 0.0 && accuracy <= 1.0;
        require(possible, "train.stop_at_accuracy", accuracy, "it must be above 0 and at most 1")?;
        let patience = self.patience.unwrap_or(1);
        require(patience >= 1, "train.patience", patience, "it must be at least 1")
    }
}

impl Optimizer {
    fn name(self) -> &'static str {
        match self {
            Self::Adam => "adam",
            Self::AdamW => "adamw",
            Self::Sgd => "sgd",
        }
    }
}

/// The training table as it is written: keys that the optimiser does not read are left out, and refused when read.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    steps: u64,
    batch: usize,
    #[serde(default, skip_serializing_if = "is_default")]
    optimizer: Optimizer,
    learning_rate: f32,
    #[serde(skip_serializing_if = "Option::is_none")]
    beta1: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    beta2: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    epsilon: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight_decay: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    momentum: Option<f32>,
    #[serde(default, skip_serializing_if = "is_default")]
    schedule: ScheduleKind,
    #[serde(default, skip_serializing_if = "is_default")]
    warmup: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    clip: Option<f32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stop_at_accuracy: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    patience: Option<u64>,
    #[serde(default, skip_serializing_if = "is_default")]
    keep: Keep,
}

impl From<Training> for Written {
    fn from(train: Training) -> Self {
        let adaptive = train.optimizer != Optimizer::Sgd;
        Self {
            steps: train.steps,
            batch: train.batch,
            optimizer: train.optimizer,
            learning_rate: train.learning_rate,
            beta1: adaptive.then_some(train.beta1),
            beta2: adaptive.then_some(train.beta2),
            epsilon: adaptive.then_some(train.epsilon),
            weight_decay: (train.optimizer == Optimizer::AdamW).then_some(train.weight_decay),
            // A key that came later is not written at its default.
            momentum: (!adaptive && train.momentum != 0.0).then_some(train.momentum),
            schedule: train.schedule,
            warmup: train.warmup,
            clip: train.clip,
            stop_at_accuracy: train.stop_at_accuracy,
            patience: train.patience,
            keep: train.keep,
        }
    }
}

impl TryFrom<Written> for Training {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let optimizer = written.optimizer;
        let (adaptive, sgd) = (&[Optimizer::Adam, Optimizer::AdamW][..], &[Optimizer::Sgd][..]);
        for (given, key, readers) in [
            (written.beta1, "beta1", adaptive),
            (written.beta2, "beta2", adaptive),
            (written.epsilon, "epsilon", adaptive),
            (written.weight_decay, "weight_decay", &adaptive[1..]),
            (written.momentum, "momentum", sgd),
        ] {
            if given.is_some() && !readers.contains(&optimizer) {
                let readers: Vec<&str> = readers.iter().map(|each| each.name()).collect();
                return Err(format!(
                    "`{key}` is not read by the optimizer \"{}\" (only by {}); leave it out",
                    optimizer.name(),
                    readers.join(" and ")
                ));
            }
        }
        let paper = Self::default();
        Ok(Self {
            steps: written.steps,
            batch: written.batch,
            optimizer,
            learning_rate: written.learning_rate,
            beta1: written.beta1.unwrap_or(paper.beta1),
            beta2: written.beta2.unwrap_or(paper.beta2),
            epsilon: written.epsilon.unwrap_or(paper.epsilon),
            weight_decay: written.weight_decay.unwrap_or(paper.weight_decay),
            momentum: written.momentum.unwrap_or(paper.momentum),
            schedule: written.schedule,
            warmup: written.warmup,
            clip: written.clip,
            stop_at_accuracy: written.stop_at_accuracy,
            patience: written.patience,
            keep: written.keep,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::from_table;

    fn read(text: &str) -> Result<Training, String> {
        let text = format!("steps = 5\nbatch = 2\nlearning_rate = 0.1\n{text}");
        from_table(text.parse().unwrap()).map_err(|fault| fault.to_string())
    }

    #[test]
    fn keys_that_the_optimizer_does_not_read_are_refused_and_not_written() {
        for (text, key) in [
            ("optimizer = 'sgd'\nbeta1 = 0.5", "beta1"),
            ("optimizer = 'adam'\nweight_decay = 0.1", "weight_decay"),
            ("momentum = 0.9", "momentum"),
        ] {
            let message = read(text).unwrap_err();
            assert!(message.contains(&format!("`{key}` is not read by")), "{message}");
        }
        let sgd = read("optimizer = 'sgd'\nmomentum = 0.5").unwrap();
        assert_eq!(sgd.momentum, 0.5);
        let text = toml::to_string(&sgd).unwrap();
        assert!(!text.contains("beta") && text.contains("momentum = 0.5"), "{text}");
        let adamw = read("optimizer = 'adamw'\nwarmup = 2\nschedule = 'inverse_root'\nclip = 1").unwrap();
        let text = toml::to_string(&adamw).unwrap();
        assert_eq!(toml::from_str::<Training>(&text).unwrap(), adamw);
    }

    #[test]
    fn what_was_written_before_these_keys_stays_as_it_is() {
        let text = toml::to_string(&Training::paper(3, 4)).unwrap();
        assert_eq!(
            text,
            "steps = 3\nbatch = 4\nlearning_rate = 0.001\nbeta1 = 0.9\nbeta2 = 0.999\nepsilon = 0.00000001\n"
        );
    }
}
