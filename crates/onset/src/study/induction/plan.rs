//! The runs of the study.

use std::path::Path;

use crate::spec::{Spec, SpecError};
use crate::theory::MARKOV_MODEL;
use crate::train::{Job, Prepared};

/// One setting of the study.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InductionSetting {
    /// The folder of its runs.
    pub name: &'static str,
    /// In words.
    pub title: &'static str,
    task: &'static str,
    keys: &'static [&'static str],
    /// The setting in which attention is learned, if it is clamped in this one.
    pub free: Option<&'static str>,
}

/// The model of Singh et al.: two layers of eight heads, without MLP. Their learning rate of 1e-5 takes a million steps; ours is 1e-3.
const ITEM_LABEL: [&str; 5] =
    ["model.layers=2", "model.heads=8", "model.width=64", "model.mlp=0", "model.positions='rotary'"];

const fn markov(
    name: &'static str,
    title: &'static str,
    keys: &'static [&'static str],
    free: Option<&'static str>,
) -> InductionSetting {
    InductionSetting { name, title, task: "markov", keys, free }
}

const fn item_label(
    name: &'static str,
    title: &'static str,
    keys: &'static [&'static str],
    free: Option<&'static str>,
) -> InductionSetting {
    InductionSetting { name, title, task: "item-label", keys, free }
}

impl InductionSetting {
    /// All settings.
    pub const ALL: [Self; 8] = [
        markov("markov-2", "Markov chains of 2 symbols", &[], None),
        markov(
            "markov-2-previous",
            "the same, layer 0 clamped to the token before",
            &["model.modes=['0:previous']"],
            Some("markov-2"),
        ),
        markov(
            "markov-2-match",
            "the same, layer 1 clamped to what followed earlier occurrences",
            &["model.modes=['1:clamped']"],
            Some("markov-2"),
        ),
        markov(
            "markov-2-uniform",
            "the same, uniform attention in both layers",
            &["model.attention='uniform'"],
            Some("markov-2"),
        ),
        markov("markov-3", "Markov chains of 3 symbols", &["task.symbols=3", "train.steps=4000"], None),
        item_label("item-label", "item–label pairs", &[], None),
        item_label(
            "item-label-previous",
            "the same, head 0 of layer 0 clamped to the token before",
            &["model.modes=['0.0:previous']"],
            Some("item-label"),
        ),
        item_label(
            "item-label-match",
            "the same, layer 1 clamped to the label behind the same item",
            &["model.modes=['1:clamped']"],
            Some("item-label"),
        ),
    ];

    /// Whether it is about Markov chains, which have reference losses.
    pub fn is_markov(&self) -> bool {
        self.task == "markov"
    }

    fn spec(&self, overrides: &[String]) -> Result<Spec, SpecError> {
        let (model, more): (&[&str], _) = if self.is_markov() {
            (&MARKOV_MODEL, "model.width=16")
        } else {
            (&ITEM_LABEL, "train.steps=4000")
        };
        let all = model.iter().chain([&more]).chain(self.keys);
        let mut keys: Vec<String> = all.map(|key| (*key).to_owned()).collect();
        keys.extend_from_slice(overrides);
        Spec::parse(
            &format!("task = '{}'\n[model]\nkind = 'transformer'", self.task),
            "reproduce induction",
            &keys,
        )
    }
}

/// The runs of the study.
#[derive(Debug, Clone)]
pub struct InductionPlan {
    /// Seeds of each setting.
    pub seeds: Vec<u64>,
}

impl InductionPlan {
    /// The runs, in subfolders of `out`, and their names.
    pub fn plan(&self, overrides: &[String], out: &Path) -> Result<(Vec<Job>, Vec<String>), SpecError> {
        let (mut jobs, mut names) = (Vec::new(), Vec::new());
        for setting in InductionSetting::ALL {
            let spec = setting.spec(overrides)?;
            let data = Prepared::synthetic(&spec);
            for &seed in &self.seeds {
                let name = format!("{}/seed-{seed}", setting.name);
                jobs.push(Job {
                    spec: spec.clone().with_seed(seed),
                    data: data.clone(),
                    path: out.join(&name),
                });
                names.push(name);
            }
        }
        Ok((jobs, names))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_is_a_possible_spec_and_has_a_folder_of_its_own() {
        let (jobs, names) = InductionPlan { seeds: vec![0, 1] }.plan(&[], Path::new("x")).unwrap();
        assert_eq!(jobs.len(), 2 * InductionSetting::ALL.len());
        let different: std::collections::HashSet<&String> = names.iter().collect();
        assert_eq!(different.len(), names.len());
        for setting in InductionSetting::ALL {
            let free = setting.free.map(|free| InductionSetting::ALL.iter().find(|other| other.name == free));
            assert!(free.is_none_or(|free| free.is_some_and(|free| free.free.is_none())), "{}", setting.name);
        }
    }
}
