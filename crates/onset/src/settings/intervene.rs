//! Changes of training on the way: the entries of `[[intervene]]`.

use std::path::PathBuf;

use onset_engine::AttentionMode;
use onset_keys::Keys;
use serde::{Deserialize, Serialize};
use toml::Table;

use super::{SpecError, require};

/// Which parameter groups are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FreezeTarget {
    /// What makes attention scores of states.
    Attention,
    /// What makes output of what was attended to.
    Value,
    /// Embeddings, encoder, decoder, readout.
    Body,
    /// Value and body: everything but attention. With these frozen β stays as it is.
    #[serde(alias = "knowledge")]
    Rest,
}

/// Changes of training from a step on. Everything else, such as data and initial weights, is as in a run without it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, Keys)]
#[serde(default, deny_unknown_fields)]
pub struct Intervene {
    /// Number of steps after which the changes are made.
    #[key(unit = "steps")]
    pub at: u64,
    /// Attention mode from then on. While attention is learned nowhere, its parameters are not updated.
    #[key(except = "given")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attention: Option<AttentionMode>,
    /// Layer whose attention mode changes; all layers if not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<usize>,
    /// Head whose attention mode changes; all heads if not set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head: Option<usize>,
    /// Parameters that are no longer updated; "rest" is all but attention, so that knowledge of words stays.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freeze: Option<FreezeTarget>,
    /// Parameters that are updated again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unfreeze: Option<FreezeTarget>,
    /// Learning rate from then on, before the schedule's factor.
    #[key(above = 0)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub learning_rate: Option<f32>,
    /// Examples per step from then on.
    #[key(from = 1, unit = "examples")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<usize>,
    /// Head whose maps are drawn anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub swap_head: Option<usize>,
    /// Seed of these maps, as one of `model.head_seeds`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub head_seed: Option<u64>,
    /// Run directory whose parameters replace this run's; of the same model and data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transplant: Option<PathBuf>,
    /// Parameters that are replaced; "rest" is all but attention.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<FreezeTarget>,
    /// Step of that run's checkpoint; its last if not set.
    #[key(unit = "steps")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<u64>,
    /// Keys of the task that change, such as `{ noise = 0.3 }`, so that examples are drawn otherwise, in evaluations too; only of tasks
    /// whose examples are drawn, and not what decides the form of the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<Table>,
}

impl Intervene {
    /// Refuses an entry that changes nothing, and keys that belong to one that is not there.
    pub fn check(&self, steps: u64) -> Result<(), SpecError> {
        let before_end = format!("training ends at step {steps} (train.steps)");
        require(self.at < steps, "intervene.at", self.at, &before_end)?;
        require(
            self.changes(),
            "intervene.at",
            self.at,
            "the entry changes nothing; set one of intervene.attention, freeze, unfreeze, learning_rate, batch, swap_head, transplant and task",
        )?;
        let belongs = |key: &str, own: Option<String>, to: &str, there: bool| match own {
            Some(value) if !there => {
                require(false, key, value, &format!("it belongs to intervene.{to}, which is not set"))
            }
            _ => Ok(()),
        };
        let text = |value: Option<usize>| value.map(|value| value.to_string());
        belongs("intervene.layer", text(self.layer), "attention", self.attention.is_some())?;
        belongs("intervene.head", text(self.head), "attention", self.attention.is_some())?;
        let seed = self.head_seed.map(|seed| seed.to_string());
        belongs("intervene.head_seed", seed, "swap_head", self.swap_head.is_some())?;
        let step = self.step.map(|step| step.to_string());
        belongs("intervene.step", step, "transplant", self.transplant.is_some())?;
        let group = self.group.map(|group| format!("{group:?}").to_lowercase());
        belongs("intervene.group", group, "transplant", self.transplant.is_some())?;
        let both = self.swap_head.is_none() || self.head_seed.is_some();
        require(both, "intervene.swap_head", self.swap_head.unwrap_or(0), "set intervene.head_seed too")?;
        let both = self.transplant.is_none() || self.group.is_some();
        let run = self.transplant.clone().unwrap_or_default();
        require(both, "intervene.transplant", run.display(), "set intervene.group too")?;
        let rate = self.learning_rate.unwrap_or(1.0);
        require(
            rate > 0.0 && rate.is_finite(),
            "intervene.learning_rate",
            rate,
            "it must be positive and finite",
        )?;
        require(self.batch != Some(0), "intervene.batch", 0, "it must be at least 1")
    }

    fn changes(&self) -> bool {
        let Self { attention, freeze, unfreeze, learning_rate, batch, swap_head, transplant, task, .. } =
            self;
        attention.is_some()
            || freeze.or(*unfreeze).is_some()
            || learning_rate.is_some()
            || batch.or(*swap_head).is_some()
            || transplant.is_some()
            || task.as_ref().is_some_and(|keys| !keys.is_empty())
    }
}

/// In a few words: "uniform attention from step 40".
impl std::fmt::Display for Intervene {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let named = |group: FreezeTarget| match group {
            FreezeTarget::Attention => "attention",
            FreezeTarget::Value => "value",
            FreezeTarget::Body => "body",
            FreezeTarget::Rest => "all but attention",
        };
        let mut parts = Vec::new();
        if let Some(mode) = self.attention {
            let place = [("layer", self.layer), ("head", self.head)];
            let place =
                place.into_iter().filter_map(|(name, number)| Some(format!(" of {name} {}", number?)));
            parts.push(format!("{mode} attention{}", place.collect::<String>()));
        }
        parts.extend(self.freeze.map(|group| format!("{} frozen", named(group))));
        parts.extend(self.unfreeze.map(|group| format!("{} no longer frozen", named(group))));
        parts.extend(self.learning_rate.map(|rate| format!("learning rate {rate}")));
        parts.extend(self.batch.map(|batch| format!("batches of {batch}")));
        parts.extend(self.swap_head.map(|head| format!("head {head} drawn anew")));
        if let (Some(run), Some(group)) = (&self.transplant, self.group) {
            let names: Vec<_> = run.iter().rev().take(2).map(|name| name.to_string_lossy()).collect();
            let name = names.into_iter().rev().collect::<Vec<_>>().join("/");
            let step = self.step.map_or(String::new(), |step| format!(" at step {step}"));
            parts.push(format!("{} of {name}{step}", named(group)));
        }
        let keys = self.task.iter().flatten();
        parts.extend(keys.map(|(key, value)| format!("task.{key} = {value}")));
        write!(formatter, "{} from step {}", parts.join(", "), self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_told_in_words() {
        let told = Intervene {
            at: 40,
            attention: Some(AttentionMode::Uniform),
            layer: Some(1),
            freeze: Some(FreezeTarget::Rest),
            ..Intervene::default()
        };
        assert_eq!(told.to_string(), "uniform attention of layer 1, all but attention frozen from step 40");
        let run = Intervene {
            transplant: Some("a/b/seed-0".into()),
            group: Some(FreezeTarget::Attention),
            step: Some(7),
            ..Intervene::default()
        };
        assert_eq!(run.to_string(), "attention of b/seed-0 at step 7 from step 0");
    }

    #[test]
    fn an_entry_that_says_too_little_or_too_much_is_refused() {
        let at = |entry: Intervene| entry.check(100).unwrap_err().to_string();
        let none = Intervene::default();
        assert!(at(none.clone()).contains("changes nothing"));
        assert!(at(Intervene { at: 100, ..none.clone() }).contains("ends at step 100"));
        assert!(
            at(Intervene { head: Some(1), batch: Some(3), ..none.clone() })
                .contains("belongs to intervene.attention")
        );
        assert!(at(Intervene { swap_head: Some(1), ..none.clone() }).contains("head_seed"));
        assert!(at(Intervene { transplant: Some("x".into()), ..none.clone() }).contains("intervene.group"));
        assert!(at(Intervene { learning_rate: Some(f32::NAN), ..none.clone() }).contains("positive"));
        assert!(Intervene { freeze: Some(FreezeTarget::Body), ..none }.check(100).is_ok());
    }
}
