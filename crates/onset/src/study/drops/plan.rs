//! The settings of the study and their runs.

use std::path::Path;

use crate::spec::{Spec, SpecError};
use crate::theory::{Chains, MARKOV_MODEL};
use crate::train::{Job, Prepared};

/// Whether the law is fitted on a setting, or tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// Its runs are fitted.
    Fitted,
    /// Its runs are predicted.
    HeldOut,
}

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DropSetting {
    /// What it is for.
    pub part: Part,
    /// Symbols, length, width and learning rate.
    pub chains: Chains,
}

const fn chains(symbols: usize, length: usize, width: usize, rate: f64) -> Chains {
    Chains { symbols, length, width, rate }
}

/// What the law is fitted on.
const FITTED: [Chains; 23] = [
    chains(2, 101, 16, 1e-3),
    chains(2, 101, 16, 5e-4),
    chains(2, 101, 16, 2e-3),
    chains(2, 40, 16, 1e-3),
    chains(2, 160, 16, 1e-3),
    chains(2, 101, 8, 1e-3),
    chains(2, 101, 40, 1e-3),
    chains(2, 60, 32, 5e-4),
    chains(2, 140, 12, 7e-4),
    chains(2, 50, 24, 1.5e-3),
    chains(3, 101, 16, 1e-3),
    chains(3, 40, 24, 5e-4),
    chains(3, 160, 12, 1.5e-3),
    chains(3, 70, 40, 7e-4),
    chains(4, 60, 16, 7e-4),
    chains(4, 120, 32, 1e-3),
    chains(4, 40, 12, 2e-3),
    chains(5, 101, 16, 1e-3),
    chains(5, 50, 32, 5e-4),
    chains(5, 140, 24, 1.5e-3),
    chains(6, 80, 16, 1e-3),
    chains(6, 120, 40, 7e-4),
    chains(6, 40, 24, 1.5e-3),
];

/// What it is tested on: inside of the ranges above, and none of them.
const HELD_OUT: [Chains; 16] = [
    chains(2, 80, 20, 8e-4),
    chains(2, 130, 10, 1.2e-3),
    chains(2, 45, 12, 6e-4),
    chains(2, 120, 36, 5e-4),
    chains(2, 64, 16, 1.6e-3),
    chains(2, 150, 24, 1e-3),
    chains(3, 60, 16, 1e-3),
    chains(3, 120, 20, 6e-4),
    chains(3, 90, 32, 1.2e-3),
    chains(4, 90, 24, 5e-4),
    chains(4, 140, 16, 1.2e-3),
    chains(4, 50, 40, 8e-4),
    chains(5, 70, 20, 8e-4),
    chains(5, 110, 36, 1e-3),
    chains(6, 60, 32, 6e-4),
    chains(6, 140, 20, 1e-3),
];

/// Evaluation sequences: 64, as by default, leave noise in the progress.
const SEQUENCES: usize = 256;

impl DropSetting {
    /// All settings.
    pub fn all() -> Vec<Self> {
        let fitted = FITTED.map(|chains| Self { part: Part::Fitted, chains });
        let held_out = HELD_OUT.map(|chains| Self { part: Part::HeldOut, chains });
        fitted.into_iter().chain(held_out).collect()
    }

    /// The folder of its runs, in that of its part; no two settings have the same.
    pub fn name(&self) -> String {
        let Chains { symbols, length, width, rate } = self.chains;
        format!("k{symbols}-L{length}-d{width}-rate{rate}")
    }

    /// Steps of its runs: generous, so that all leave the plateau.
    fn steps(&self) -> u64 {
        let Chains { symbols, width, rate, .. } = self.chains;
        let (usual, slow) = if symbols == 2 { (2200.0, 0.6) } else { (1200.0, 0.9) };
        let narrow = if symbols == 2 { 1.0 } else { (16.0 / width as f64).sqrt() };
        let steps = usual * (1e-3 / rate).powf(slow) * narrow;
        (steps / 100.0).round() as u64 * 100
    }

    /// Steps between evaluations.
    fn every(&self) -> u64 {
        if self.chains.symbols == 2 { 20 } else { 10 }
    }

    fn spec(&self, overrides: &[String]) -> Result<Spec, SpecError> {
        let Chains { symbols, length, width, rate } = self.chains;
        let mut keys: Vec<String> = MARKOV_MODEL.iter().map(|key| (*key).to_owned()).collect();
        // Heads are measured where their order is predicted.
        let heads = self.part == Part::HeldOut;
        keys.extend([
            format!("task.symbols={symbols}"),
            format!("task.length={length}"),
            format!("task.sequences={SEQUENCES}"),
            format!("model.width={width}"),
            format!("train.learning_rate={rate}"),
            format!("train.steps={}", self.steps()),
            format!("record.every={}", self.every()),
            format!("record.heads={heads}"),
            format!("record.probes={}", if heads { 2 } else { 0 }),
            "record.influence=0".into(),
        ]);
        keys.extend_from_slice(overrides);
        Spec::parse("task = 'markov'\n[model]\nkind = 'transformer'", "reproduce drops", &keys)
    }
}

/// The runs of the study.
#[derive(Debug, Clone)]
pub struct DropPlan {
    /// Seeds of each setting of two symbols that is fitted; none trains none of them.
    pub fitted: Vec<u64>,
    /// Seeds of each setting of two symbols that is predicted.
    pub held_out: Vec<u64>,
}

/// The runs of the study, each with its name and part.
#[derive(Debug, Default)]
pub struct DropRuns {
    /// What is trained.
    pub jobs: Vec<Job>,
    /// Their names.
    pub names: Vec<String>,
    /// What they are for.
    pub parts: Vec<Part>,
}

/// The seeds of a setting: with more than two symbols they differ little, and half as many do.
fn seeds_of<'a>(setting: &DropSetting, seeds: &'a [u64]) -> &'a [u64] {
    if setting.chains.symbols == 2 { seeds } else { &seeds[..seeds.len().div_ceil(2)] }
}

impl DropPlan {
    /// The runs, in subfolders of `out`.
    pub fn plan(&self, overrides: &[String], out: &Path) -> Result<DropRuns, SpecError> {
        let DropRuns { mut jobs, mut names, mut parts } = DropRuns::default();
        for setting in DropSetting::all() {
            let spec = setting.spec(overrides)?;
            let data = Prepared::synthetic(&spec);
            let seeds = if setting.part == Part::Fitted { &self.fitted } else { &self.held_out };
            for &seed in seeds_of(&setting, seeds) {
                let part = if setting.part == Part::Fitted { "fitted" } else { "held-out" };
                let name = format!("{part}/{}/seed-{seed}", setting.name());
                let (spec, data) = (spec.clone().with_seed(seed), data.clone());
                jobs.push(Job { spec, data, path: out.join(&name) });
                names.push(name);
                parts.push(setting.part);
            }
        }
        Ok(DropRuns { jobs, names, parts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::{Prediction, predict};

    #[test]
    fn held_out_settings_are_none_of_the_fitted_ones_and_the_law_covers_them() {
        let DropRuns { jobs, names, parts } =
            DropPlan { fitted: vec![0], held_out: vec![7] }.plan(&[], Path::new("x")).unwrap();
        let different: std::collections::HashSet<&String> = names.iter().collect();
        assert_eq!(different.len(), FITTED.len() + HELD_OUT.len());
        let settings: std::collections::HashSet<String> =
            DropSetting::all().iter().map(DropSetting::name).collect();
        assert_eq!(settings.len(), different.len());
        for (job, part) in jobs.iter().zip(parts) {
            let (prediction, _) = predict(&job.spec, &job.data).unwrap();
            let Prediction::Levels(levels) = prediction else { panic!("levels") };
            let drop = levels.drop.unwrap_or_else(|| panic!("{:?}", levels.withheld));
            assert!(part == Part::Fitted || drop.chance > 0.9, "{} {drop:?}", job.path.display());
        }
    }
}
