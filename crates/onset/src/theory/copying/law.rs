//! When copying is learned, by a law that is fitted on runs of stated distributions: `measured.tsv` has three to eight seeds of each of
//! `experiments/calibration`. `onset reproduce forecasts --calibrate` trains such runs and writes such a table.
//!
//! ln T is linear in the logarithms of learning rate, width, batch, length and V/L, in −ln(1 − ν) for noise ν and in the exponent of Zipf's
//! law (each without and with repetition), in repetition, reversed order, and the logarithm of the number of heads. Gradient descent has
//! coefficients of its own, and so have permutations (V = L without repetition): there a seed learns to attend or to eliminate, and each
//! has its own law; how likely each is follows from the reduced dynamics. Runs are less certain with noise, unless words repeat, and with
//! several heads: the standard deviation of ln T is in proportion to (1 − ν)^−γ·heads^δ. [`SettingsLaw`] is the fit and the interval of a run.

mod setting;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Serialize;

pub use setting::{CopyingSetting, MeasuredCopying, copying_table, measured_copying};
use setting::{HEADS, NOISE};

use crate::theory::settings_law::{LogStep, Observed, SettingsLaw};

/// How far outside of what was fitted a key may be, as a factor.
const BEYOND: f64 = 1.5;

/// Which coefficients a distribution has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Descent,
    General,
    /// Permutations, in seeds that attend, or that do not.
    Permutation {
        attends: bool,
    },
}

impl CopyingSetting {
    fn part(&self, attends: bool) -> Part {
        match self {
            Self { sgd: true, .. } => Part::Descent,
            setting if setting.is_permutation() => Part::Permutation { attends },
            _ => Part::General,
        }
    }
}

/// A fitted law.
#[derive(Debug, Clone)]
pub struct CopyingLaw {
    parts: BTreeMap<Part, Fitted>,
}

#[derive(Debug, Clone)]
struct Fitted {
    law: SettingsLaw,
    /// The features that vary in what was fitted.
    features: Vec<&'static str>,
    /// Those of them that spreads grow with.
    spreads: Vec<&'static str>,
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
            let key = (run.setting.part(run.attends), run.setting.cells());
            settings.entry(key).or_insert((run.setting, Vec::new())).1.push(run.step.ln());
        }
        let mut parts: BTreeMap<Part, Vec<(CopyingSetting, Vec<f64>)>> = BTreeMap::new();
        for ((part, _), setting) in settings {
            parts.entry(part).or_default().push(setting);
        }
        let fitted = parts.into_iter().filter_map(|(part, settings)| Some((part, Fitted::of(&settings)?)));
        Self { parts: fitted.collect() }
    }

    /// When a run of `setting` learns, where seeds attend with the probability `attends` (which matters for permutations alone). A branch that is far
    /// outside of what was fitted counts as later than the other one. Errors, with the reason, if that is the likelier one.
    pub fn predict(&self, setting: &CopyingSetting, attends: f64) -> Result<CopyingStep, String> {
        let branches: Vec<(f64, Part)> = match setting.part(true) {
            Part::Permutation { .. } => {
                vec![(attends, setting.part(true)), (1.0 - attends, setting.part(false))]
            }
            part => vec![(1.0, part)],
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

    /// The coefficients of each part with their standard errors, for people.
    pub fn coefficients(&self) -> Vec<LawCoefficients> {
        let of = |(part, fitted): (&Part, &Fitted)| {
            let values = fitted.law.coefficients()[1..]
                .iter()
                .zip(&fitted.law.errors()[1..])
                .map(|(&a, &b)| [a, b])
                .collect::<Vec<_>>();
            LawCoefficients {
                part: match part {
                    Part::Descent => "gradient descent",
                    Part::General => "Adam",
                    Part::Permutation { attends: true } => "Adam, permutations, seeds that attend",
                    Part::Permutation { attends: false } => "Adam, permutations, seeds that eliminate",
                },
                settings: fitted.law.settings,
                coefficients: fitted.features.iter().copied().zip(values).collect(),
                spreads: fitted.spreads.iter().copied().zip(fitted.law.spreads.iter().copied()).collect(),
                between: fitted.law.between,
                within: fitted.law.within,
            }
        };
        self.parts.iter().map(of).collect()
    }
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
    /// The coefficient of each feature of which the logarithm of the standard deviation of ln T is a linear function.
    pub spreads: Vec<(&'static str, f64)>,
    /// The standard deviation of ln T between distributions beyond that of their seeds, without noise and with one head.
    pub between: f64,
    /// That between seeds.
    pub within: f64,
}

impl Fitted {
    fn of(settings: &[(CopyingSetting, Vec<f64>)]) -> Option<Self> {
        let mut settings = settings.to_vec();
        let fixed = fix_rare(&mut settings);
        let (first, _) = settings.first()?;
        let is_fixed = |name: &str| fixed.iter().any(|(other, _)| *other == name);
        let features: Vec<&'static str> =
            first.features().map(|(name, _)| name).into_iter().filter(|name| !is_fixed(name)).collect();
        let differing =
            |name: &str| settings.iter().filter(|(own, _)| chosen(own, &[name])[0] != 0.0).count();
        let grows = |name: &&str| features.contains(name) && differing(name) >= LEAST_SPREAD;
        let spreads: Vec<&'static str> = SPREADS.into_iter().filter(grows).collect();
        let observed = settings.iter().map(|(setting, logs)| Observed {
            features: chosen(setting, &features),
            spreads: chosen(setting, &spreads),
            logs: logs.clone(),
        });
        let range = |place: usize| {
            let values = settings.iter().map(|(setting, _)| setting.keys()[place].1);
            values.fold([f64::INFINITY, 0.0], |[low, high], x| [low.min(x), high.max(x)])
        };
        let names = settings.first()?.0.keys().map(|(name, _)| name);
        Some(Self {
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
        let differs = |(name, value): &&(&'static str, f64)| chosen(setting, &[*name])[0] != *value;
        if let Some((name, _)) = self.fixed.iter().find(differs) {
            return Err(format!("no runs of its kind with such a value of {name} were fitted"));
        }
        Ok(self.law.at(&chosen(setting, &self.features), &chosen(setting, &self.spreads)))
    }
}

/// Takes out of `settings` those that are nearly alone in the value of some feature, which could not be told from everything else about them.
/// Returns the features that do not vary in the others.
fn fix_rare(settings: &mut Vec<(CopyingSetting, Vec<f64>)>) -> Vec<(&'static str, f64)> {
    loop {
        let all: Vec<_> = settings.iter().map(|(setting, _)| setting.features()).collect();
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
        settings
            .retain(|(setting, _)| fixed.iter().all(|(name, usual)| chosen(setting, &[*name])[0] == *usual));
        if settings.len() == before {
            return fixed;
        }
    }
}

/// The features of a setting with these names.
fn chosen(setting: &CopyingSetting, names: &[&str]) -> Vec<f64> {
    let features = setting.features();
    let of = |name: &&str| features.iter().find(|(own, _)| own == name).expect("features have fixed names").1;
    names.iter().map(of).collect()
}

/// The features that spreads may grow with.
const SPREADS: [&str; 2] = [NOISE, HEADS];

/// Distributions in which a feature must differ from what most have: one would fit it alone.
const LEAST: usize = 2;

/// Distributions with noise, or with several heads, from which on their spread is fitted: a variance of two is any number.
const LEAST_SPREAD: usize = 3;

#[cfg(test)]
mod tests;
