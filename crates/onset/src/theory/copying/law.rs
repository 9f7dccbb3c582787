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
mod tests {
    use super::*;
    use crate::spec::{CopyingSpec, Spec};

    fn setting(overrides: &[&str]) -> Result<CopyingSetting, String> {
        let overrides: Vec<String> = overrides.iter().map(|given| given.to_string()).collect();
        CopyingSetting::of(
            &CopyingSpec::of(&Spec::parse("task = 'copying'", "", &overrides).unwrap()).unwrap(),
        )
    }

    /// T = 10·L^0.5/(η·d)·(1 − ν)^−2 in distributions of some sizes.
    fn made() -> Vec<MeasuredCopying> {
        let mut runs = Vec::new();
        for (place, length) in [8, 10, 12, 16, 20, 24, 30].into_iter().enumerate() {
            for (width, batch) in [(32, 64), (64, 32), (96, 128), (128, 16)] {
                let noise: f64 = [0.0, 0.1, 0.3][place % 3];
                let keys = [
                    format!("task.length={length}"),
                    format!("task.vocabulary={}", 2 * length),
                    format!("task.noise={noise}"),
                    format!("model.hidden={width}"),
                    format!("model.embedding={width}"),
                    format!("train.batch={batch}"),
                    format!("train.learning_rate={}", 5e-4 * (1.0 + place as f64)),
                ];
                let setting = setting(&keys.iter().map(String::as_str).collect::<Vec<_>>()).unwrap();
                let step =
                    10.0 * (length as f64).sqrt() / (setting.rate * width as f64) / (1.0 - noise).powi(2);
                runs.extend((0..2).map(|seed| MeasuredCopying { setting, seed, step, attends: true }));
            }
        }
        runs
    }

    #[test]
    fn the_coefficients_of_a_law_are_found() {
        let law = CopyingLaw::fit(&made());
        let [part] = &law.coefficients()[..] else { panic!("one part") };
        let of = |name: &str| part.coefficients.iter().find(|(own, _)| *own == name).unwrap().1[0];
        for (name, want) in [
            ("ln train.learning_rate", -1.0),
            ("ln model.hidden", -1.0),
            ("ln task.length", 0.5),
            ("-ln(1 - task.noise)", 2.0),
            ("ln train.batch", 0.0),
        ] {
            assert!((of(name) - want).abs() < 1e-4, "{name}: {}", of(name));
        }
    }

    #[test]
    fn what_is_far_from_the_fitted_runs_is_withheld_with_the_reason() {
        let law = CopyingLaw::fit(&made());
        let near =
            setting(&["task.length=20", "task.vocabulary=40", "model.hidden=64", "model.embedding=64"])
                .unwrap();
        let step = law.predict(&near, 1.0).unwrap();
        assert!((step.quantile(0.5) - 10.0 * 20f64.sqrt() / 0.064).abs() < 1.0, "{}", step.quantile(0.5));
        let far = CopyingSetting { width: 1024, ..near };
        let refused = law.predict(&far, 1.0).unwrap_err();
        assert!(refused.contains("model.hidden = 1024") && refused.contains("32 to 128"), "{refused}");
        let fast = CopyingSetting { rate: f64::from(0.05f32), ..near };
        let refused = law.predict(&fast, 1.0).unwrap_err();
        assert!(refused.starts_with("train.learning_rate = 0.05 is far"), "{refused}");
        let other = law.predict(&CopyingSetting { vocabulary: 20, ..near }, 0.6).unwrap_err();
        assert!(other.contains("too few"), "{other}");
        assert!(setting(&["model.cell='gru'"]).unwrap_err().contains("LSTM"));
    }

    /// Each distribution predicted from all others, for a seed whose branch is known: the root mean square of ln(measured/predicted), and the share of
    /// runs in the 80 % interval.
    fn left_out(part: Part) -> [f64; 2] {
        let all = measured_copying();
        let of_part = |run: &&MeasuredCopying| run.setting.part(run.attends) == part;
        let own: std::collections::BTreeSet<String> =
            all.iter().filter(of_part).map(|run| run.setting.cells()).collect();
        let (mut squares, mut held) = (Vec::new(), Vec::new());
        for cells in &own {
            let (out, rest): (Vec<_>, Vec<_>) =
                all.iter().filter(of_part).cloned().partition(|run| run.setting.cells() == *cells);
            let law = CopyingLaw::fit(&rest);
            let Ok(step) = law.parts[&part].at(&out[0].setting) else { continue };
            for run in out {
                squares.push((run.step / step.quantile(0.5)).ln().powi(2));
                held.push(f64::from(u8::from((0.1..=0.9).contains(&step.chance(run.step)))));
            }
        }
        println!("{part:?}: {} runs of {} distributions", held.len(), own.len());
        [crate::stats::mean(&squares).unwrap().sqrt(), crate::stats::mean(&held).unwrap()]
    }

    #[test]
    fn distributions_that_are_left_out_are_predicted_and_held_by_their_intervals() {
        let attending = Part::Permutation { attends: true };
        let eliminating = Part::Permutation { attends: false };
        for (part, most) in
            [(Part::General, 0.3), (Part::Descent, 0.3), (attending, 0.5), (eliminating, 0.41)]
        {
            let [error, held] = left_out(part);
            println!("{part:?}: {error:.3} {held:.3}");
            assert!(
                error < most && (0.7..=0.92).contains(&held),
                "{part:?}: error {error:.3}, held {held:.3}"
            );
        }
    }

    /// Of seeds that eliminate, without noise and with one head: ln T − ln((L/d)^1.5/η), the constant of the scaling argument, as a mean by
    /// distribution, and each distribution's error when the constant is that of the others.
    #[test]
    fn one_constant_says_when_seeds_that_eliminate_learn() {
        let mut logs: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        let is_plain = |setting: &CopyingSetting| setting.noise == 0.0 && setting.heads == 1;
        let part = Part::Permutation { attends: false };
        for run in measured_copying() {
            let setting = run.setting;
            if setting.part(run.attends) == part && is_plain(&setting) {
                let scale = (setting.length as f64 / setting.width as f64).powf(1.5) / setting.rate;
                logs.entry(setting.cells()).or_default().push((run.step / scale).ln());
            }
        }
        let means: Vec<f64> = logs.values().filter_map(|logs| crate::stats::mean(logs)).collect();
        let (count, sum) = (means.len() as f64, means.iter().sum::<f64>());
        let off = |own: &f64| (own - (sum - own) / (count - 1.0)).powi(2);
        let error = (means.iter().map(off).sum::<f64>() / count).sqrt();
        println!("{} distributions: C = {:.2}, error {error:.2}", means.len(), (sum / count).exp());
        assert!(error < 1.5f64.ln() && ((sum / count).exp() - 5.2).abs() < 0.1);
    }

    #[test]
    fn a_branch_that_is_not_known_comes_later_than_the_other() {
        // No seed of the fitted runs eliminates with several heads.
        let several = setting(&["model.heads=4"]).unwrap();
        let step = CopyingLaw::shipped().predict(&several, 0.8).unwrap();
        assert!(step.quantile(0.5) < 1e3 && step.quantile(0.9) == f64::INFINITY && step.chance(1e9) < 0.81);
        assert!(CopyingLaw::shipped().predict(&several, 0.4).unwrap_err().contains("model.heads"));
    }

    #[test]
    fn a_distribution_that_is_alone_in_a_feature_is_not_fitted_and_not_predicted() {
        let mut runs = made();
        let usual = CopyingLaw::fit(&runs);
        let odd = CopyingSetting { heads: 4, ..runs[0].setting };
        runs.extend((0..2).map(|seed| MeasuredCopying { setting: odd, seed, step: 9e4, attends: true }));
        let law = CopyingLaw::fit(&runs);
        assert_eq!(law.coefficients()[0].settings, usual.coefficients()[0].settings);
        let refused = law.predict(&odd, 1.0).unwrap_err();
        assert!(refused.contains("model.heads"), "{refused}");
    }

    #[test]
    fn the_table_reads_back_and_the_shipped_law_covers_the_papers_runs() {
        let runs = measured_copying();
        assert_eq!(copying_table(runs), setting::MEASURED);
        let law = CopyingLaw::shipped();
        for vocabulary in ["task.vocabulary=40", "task.vocabulary=60"] {
            let step = law.predict(&setting(&[vocabulary]).unwrap(), 0.6).unwrap();
            let quantiles = [0.1, 0.5, 0.9].map(|level| step.quantile(level));
            assert!(quantiles.windows(2).all(|pair| pair[0] < pair[1]), "{quantiles:?}");
            assert!((step.chance(quantiles[1]) - 0.5).abs() < 1e-6);
        }
    }
}
