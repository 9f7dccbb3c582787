//! When copying is learned, by a law that is fitted on runs of stated distributions: `measured.tsv` has three to eight seeds of each of
//! `experiments/calibration` and of the rounds that are over, `experiments/held-out-1` to `-5`. `onset reproduce forecasts --calibrate`
//! trains such runs and writes such a table.
//!
//! ln T is linear in features of a distribution ([`part`]). Gradient descent has coefficients of its own, and so have permutations (V = L
//! without repetition): there a seed learns to attend or to eliminate, and each has its own law. How likely each is follows from a
//! rehearsal and a regression ([`branch`]). Runs are less certain with noise and with several heads: the
//! standard deviation of ln T is exponential in such features. [`SettingsLaw`] is the fit and the interval of a run.

mod branch;
mod part;
mod setting;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Serialize;

use branch::BranchOdds;
use part::Part;
pub use setting::{CopyingSetting, MeasuredCopying, copying_table, measured_copying};

use super::InitialCondition;
use super::calibration::Calibration;
use super::outcome::copying_outcome;
use crate::spec::CopyingSpec;
use crate::theory::settings_law::{Deviation, LogStep, Observed, SettingsLaw, Spreads};

/// How far outside of what was fitted a key may be, as a factor.
const BEYOND: f64 = 1.5;

/// A fitted law.
#[derive(Debug, Clone)]
pub struct CopyingLaw {
    parts: BTreeMap<Part, Fitted>,
    branch: Option<BranchOdds>,
}

#[derive(Debug, Clone)]
struct Fitted {
    part: Part,
    law: SettingsLaw,
    /// The features that vary in what was fitted.
    features: Vec<&'static str>,
    /// What deviations grow with.
    spreads: Spreads<Vec<&'static str>>,
    /// The features that do not vary, with the value that they have.
    fixed: Vec<(&'static str, f64)>,
    /// The smallest and the largest value of each numeric key.
    ranges: Vec<(&'static str, [f64; 2])>,
}

/// The predicted distribution of the step, a mixture.
#[derive(Debug, Clone)]
pub struct CopyingStep {
    /// Each with its probability; what is missing to 1 comes later than any step that could be named.
    parts: Vec<(f64, LogStep)>,
}

impl CopyingStep {
    /// The probability that a run has learned by `step`.
    pub fn chance(&self, step: f64) -> f64 {
        self.parts.iter().map(|(weight, part)| weight * part.chance(step)).sum()
    }

    /// The step by which a run has learned with the probability `level`; infinite if no step can be named.
    pub fn quantile(&self, level: f64) -> f64 {
        if self.parts.iter().map(|(weight, _)| weight).sum::<f64>() <= level {
            return f64::INFINITY;
        }
        let ends = self
            .parts
            .iter()
            .map(|(_, part)| [part.quantile(level / 100.0), part.quantile(1.0 - (1.0 - level) / 1000.0)]);
        let [low, high] = ends.fold([f64::INFINITY, 0.0], |[low, high], [a, b]| [a.min(low), b.max(high)]);
        let (mut low, mut high) = (low.ln(), high.ln());
        for _ in 0..60 {
            let middle = (low + high) / 2.0;
            if self.chance(middle.exp()) < level { low = middle } else { high = middle }
        }
        high.exp()
    }
}

impl CopyingLaw {
    /// The law of the shipped runs.
    pub fn shipped() -> &'static Self {
        static LAW: LazyLock<CopyingLaw> = LazyLock::new(|| CopyingLaw::fit(measured_copying()));
        &LAW
    }

    /// The law of `runs`; what has too few distributions has no part.
    pub fn fit(runs: &[MeasuredCopying]) -> Self {
        let mut settings: BTreeMap<(Part, String), (CopyingSetting, Vec<f64>)> = BTreeMap::new();
        for run in runs {
            let key = (Part::of(&run.setting, run.attends), run.setting.cells());
            settings.entry(key).or_insert((run.setting, Vec::new())).1.push(run.step.ln());
        }
        let mut parts: BTreeMap<Part, Vec<(CopyingSetting, Vec<f64>)>> = BTreeMap::new();
        for ((part, _), setting) in settings {
            parts.entry(part).or_default().push(setting);
        }
        let fitted =
            parts.into_iter().filter_map(|(part, settings)| Some((part, Fitted::of(part, &settings)?)));
        Self { parts: fitted.collect(), branch: BranchOdds::fit(runs) }
    }

    /// Whether a seed of `setting` learns to attend or to eliminate, and the law reaches one of both.
    pub(super) fn asks_for_a_branch(&self, setting: &CopyingSetting) -> bool {
        let reaches = |attends: bool| {
            let fitted = self.parts.get(&Part::of(setting, attends));
            fitted.is_some_and(|fitted| fitted.at(setting).is_ok())
        };
        Part::has_branches(setting) && (reaches(true) || reaches(false))
    }

    /// The probability that a run of `spec` and `setting` attends.
    fn attends(&self, spec: &CopyingSpec, setting: &CopyingSetting, heads: &[InitialCondition]) -> f64 {
        let rehearsed = heads.iter().filter_map(|head| head.rehearsed).reduce(f64::max);
        match (&self.branch, rehearsed) {
            (Some(odds), Some(rehearsed)) if Part::has_branches(setting) => odds.chance(setting, rehearsed),
            _ => foreseen(spec, heads).unwrap_or(1.0),
        }
    }

    /// When a run of `setting` learns, where seeds attend with the probability `attends` (which matters for permutations alone). A branch that is far
    /// outside of what was fitted counts as later than the other one. Errors, with the reason, if that is the likelier one.
    pub fn predict(&self, setting: &CopyingSetting, attends: f64) -> Result<CopyingStep, String> {
        let part = Part::of(setting, true);
        let branches: Vec<(f64, Part)> = match Part::has_branches(setting) {
            true => vec![(attends, part), (1.0 - attends, Part::of(setting, false))],
            false => vec![(1.0, part)],
        };
        let mut parts = Vec::new();
        for (weight, part) in branches.into_iter().filter(|(weight, _)| *weight > 0.0) {
            let none = || "there are too few runs of its kind to fit a law on".to_owned();
            match self.parts.get(&part).ok_or_else(none).and_then(|fitted| fitted.at(setting)) {
                Ok(step) => parts.push((weight, step)),
                Err(reason) if weight >= 0.5 => return Err(reason),
                Err(_) => {}
            }
        }
        Ok(CopyingStep { parts })
    }

    /// The probability that a run of `spec` attends, with the initial conditions `heads`, and when it learns.
    ///
    /// # Errors
    /// With the reason, if the law does not reach the spec.
    pub fn of_run(
        &self,
        spec: &CopyingSpec,
        heads: &[InitialCondition],
    ) -> Result<(f64, CopyingStep), String> {
        let setting = CopyingSetting::of(spec)?;
        let attends = self.attends(spec, &setting, heads);
        Ok((attends, self.predict(&setting, attends)?))
    }

    /// The coefficients of each part with their standard errors, for people.
    pub fn coefficients(&self) -> Vec<LawCoefficients> {
        let of = |(part, fitted): (&Part, &Fitted)| {
            let errors = fitted.law.errors();
            let values = fitted.law.coefficients().iter().zip(&errors).skip(1).map(|(&a, &b)| [a, b]);
            LawCoefficients {
                part: part.title(),
                settings: fitted.law.settings,
                coefficients: fitted.features.iter().copied().zip(values).collect(),
                between: LawDeviation::of(&fitted.spreads.between, &fitted.law.deviations.between),
                within: LawDeviation::of(&fitted.spreads.within, &fitted.law.deviations.within),
            }
        };
        self.parts.iter().map(of).collect()
    }

    /// The coefficients of the branch's odds with their standard errors; none if there were too few runs to fit them.
    pub fn odds(&self) -> Vec<(&'static str, [f64; 2])> {
        self.branch.as_ref().map_or_else(Vec::new, BranchOdds::coefficients)
    }
}

/// The probability that a run attends by the reduced dynamics; none without a calibration for its optimiser.
fn foreseen(spec: &CopyingSpec, heads: &[InitialCondition]) -> Option<f64> {
    let calibration = Calibration::of(spec.train.optimizer)?;
    Some(copying_outcome(spec, heads, &calibration).attends)
}

/// What was fitted for one part of the distributions.
#[derive(Debug, Clone, Serialize)]
pub struct LawCoefficients {
    /// Which distributions.
    pub part: &'static str,
    /// How many.
    pub settings: usize,
    /// The coefficient of each feature and its standard error.
    pub coefficients: Vec<(&'static str, [f64; 2])>,
    /// The standard deviation of ln T between distributions beyond that of their seeds.
    pub between: LawDeviation,
    /// That between seeds.
    pub within: LawDeviation,
}

/// A standard deviation of ln T.
#[derive(Debug, Clone, Serialize)]
pub struct LawDeviation {
    /// Where all features are 0.
    pub least: f64,
    /// The coefficient of each feature that its logarithm is linear in.
    pub growth: Vec<(&'static str, f64)>,
}

impl LawDeviation {
    fn of(names: &[&'static str], deviation: &Deviation) -> Self {
        let growth = names.iter().copied().zip(deviation.growth.iter().copied()).collect();
        Self { least: deviation.least, growth }
    }
}

impl Fitted {
    fn of(part: Part, settings: &[(CopyingSetting, Vec<f64>)]) -> Option<Self> {
        let mut settings = settings.to_vec();
        let fixed = fix_rare(part, &mut settings);
        let (first, _) = settings.first()?;
        let is_fixed = |name: &str| fixed.iter().any(|(other, _)| *other == name);
        let names = part.features(first).into_iter().map(|(name, _)| name);
        let features: Vec<&'static str> = names.filter(|name| !is_fixed(name)).collect();
        let spreads = named_spreads(&settings);
        let observed = settings.iter().map(|(setting, logs)| Observed {
            features: part.chosen(setting, &features),
            spreads: chosen_spreads(setting, &spreads),
            logs: logs.iter().map(|log| log - part.derived(setting)).collect(),
        });
        let range = |place: usize| {
            let values = settings.iter().map(|(setting, _)| setting.keys()[place].1);
            values.fold([f64::INFINITY, 0.0], |[low, high], x| [low.min(x), high.max(x)])
        };
        let names = settings.first()?.0.keys().map(|(name, _)| name);
        Some(Self {
            part,
            law: SettingsLaw::fit(&observed.collect::<Vec<_>>())?,
            ranges: names.into_iter().enumerate().map(|(place, name)| (name, range(place))).collect(),
            features,
            spreads,
            fixed,
        })
    }

    fn at(&self, setting: &CopyingSetting) -> Result<LogStep, String> {
        for ((name, value), (_, [low, high])) in setting.keys().into_iter().zip(&self.ranges) {
            if value < low / BEYOND || value > high * BEYOND {
                // Rates are given in single precision, and read as they were written only there.
                let [value, low, high] = [value, *low, *high].map(|number| number as f32);
                return Err(format!("{name} = {value} is far from what was fitted, {low} to {high}"));
            }
        }
        let part = self.part;
        let differs = |(name, value): &&(&'static str, f64)| part.chosen(setting, &[*name])[0] != *value;
        if let Some((name, _)) = self.fixed.iter().find(differs) {
            return Err(format!("no runs of its kind with such a value of {name} were fitted"));
        }
        let step =
            self.law.at(&part.chosen(setting, &self.features), &chosen_spreads(setting, &self.spreads));
        Ok(LogStep { middle: step.middle + part.derived(setting), ..step })
    }
}

/// The names of what deviations grow with: what enough of `settings` have.
fn named_spreads(settings: &[(CopyingSetting, Vec<f64>)]) -> Spreads<Vec<&'static str>> {
    let all: Vec<_> = settings.iter().map(|(setting, _)| Part::spreads(setting)).collect();
    let common = |rows: Vec<[(&'static str, f64); 3]>| -> Vec<&'static str> {
        let has = |place: &usize| rows.iter().filter(|row| row[*place].1 != 0.0).count() >= LEAST_SPREAD;
        (0..3).filter(has).map(|place| rows[0][place].0).collect()
    };
    Spreads {
        between: common(all.iter().map(|spreads| spreads.between).collect()),
        within: common(all.iter().map(|spreads| spreads.within).collect()),
    }
}

/// The spread features of a setting with these names.
fn chosen_spreads(setting: &CopyingSetting, names: &Spreads<Vec<&'static str>>) -> Spreads<Vec<f64>> {
    let Spreads { between, within } = Part::spreads(setting);
    let chosen = |all: &[(&'static str, f64)], names: &[&str]| {
        let chosen = all.iter().filter(|(name, _)| names.contains(name));
        chosen.map(|(_, value)| *value).collect()
    };
    Spreads { between: chosen(&between, &names.between), within: chosen(&within, &names.within) }
}

/// Takes out of `settings` those that are nearly alone in the value of some feature, which could not be told from everything else about them.
/// Returns the features that do not vary in the others.
fn fix_rare(part: Part, settings: &mut Vec<(CopyingSetting, Vec<f64>)>) -> Vec<(&'static str, f64)> {
    loop {
        let all: Vec<_> = settings.iter().map(|(setting, _)| part.features(setting)).collect();
        let Some(first) = all.first() else { return Vec::new() };
        let (mut fixed, before) = (Vec::new(), settings.len());
        for (place, (name, _)) in first.iter().enumerate() {
            let values: Vec<f64> = all.iter().map(|features| features[place].1).collect();
            let count = |value: f64| values.iter().filter(|&&other| other == value).count();
            let usual = values.iter().copied().max_by_key(|&value| count(value)).expect("at least one");
            if values.len() - count(usual) < LEAST {
                fixed.push((*name, usual));
            }
        }
        settings.retain(|(setting, _)| {
            fixed.iter().all(|(name, usual)| part.chosen(setting, &[*name])[0] == *usual)
        });
        if settings.len() == before {
            return fixed;
        }
    }
}

/// Distributions in which a feature must differ from what most have: one would fit it alone.
const LEAST: usize = 2;

/// Distributions that have something from which on a deviation may grow with it: the variance of two is any number.
const LEAST_SPREAD: usize = 3;

#[cfg(test)]
mod tests;
