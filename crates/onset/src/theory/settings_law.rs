//! A law of when something is learned, fitted on settings with several seeds each.
//!
//! Each setting is one observation, the mean of ln T over its seeds, by least squares on features of the setting. The interval of a run
//! has three parts: that of the coefficients, which grows with the distance from what was fitted; the variance between settings beyond that
//! of their seeds; and the variance between seeds. It is that of Student's t at the degrees of freedom of the fit.
//!
//! Where runs of some settings are less certain than those of others, the standard deviation between settings is τ·exp(Σ γᵢ·sᵢ) with spread
//! features s of the setting, and so is that between seeds, with features of its own. The latter is fitted on the seeds, then the former on
//! the means, by restricted maximum likelihood; a setting's weight is the reciprocal of the variance of its mean.

use super::regression::Regression;
use crate::stats::{mean, student_chance, student_quantile};

/// What was measured of one setting.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Observed {
    /// What ln T is linear in.
    pub features: Vec<f64>,
    /// What the logarithms of the standard deviations are linear in; as many for all settings.
    pub spreads: Spreads<Vec<f64>>,
    /// ln T of each seed.
    pub logs: Vec<f64>,
}

/// Something of both standard deviations.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Spreads<T> {
    /// Of that between settings with the same prediction, beyond that of their seeds.
    pub between: T,
    /// Of that between the seeds of a setting.
    pub within: T,
}

/// A standard deviation that depends on a setting.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Deviation {
    /// Where the spread features are 0.
    pub least: f64,
    /// γ of each spread feature.
    pub growth: Vec<f64>,
}

/// A fitted law.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SettingsLaw {
    regression: Regression,
    /// Settings that were fitted.
    pub settings: usize,
    /// The standard deviations of ln T.
    pub deviations: Spreads<Deviation>,
}

/// The distribution of ln T of one run: Student's t about a middle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LogStep {
    pub middle: f64,
    pub deviation: f64,
    pub degrees: usize,
}

/// The largest γ that is looked for, by its size.
const STEEPEST: f64 = 5.0;

/// The range in which ln τ is looked for.
const LOG_BETWEEN: [f64; 2] = [-20.0, 2.0];

/// Times that each number is looked for with the others as they are.
const ROUNDS: usize = 4;

impl SettingsLaw {
    /// Fits `settings`; none if there are too few.
    pub fn fit(settings: &[Observed]) -> Option<Self> {
        let within = within(settings);
        // About the mean of their features, τ and γ hardly depend on each other.
        let spreads: Vec<&[f64]> = settings.iter().map(|setting| &setting.spreads.between[..]).collect();
        let count = spreads.first()?.len();
        let middle: Vec<f64> = (0..count)
            .map(|place| spreads.iter().map(|spread| spread[place]).sum::<f64>() / spreads.len() as f64)
            .collect();
        let deviation = |numbers: &[f64]| {
            let at_middle: f64 =
                numbers[1..].iter().zip(&middle).map(|(growth, middle)| growth * middle).sum();
            Deviation { least: (numbers[0] - at_middle).exp(), growth: numbers[1..].to_vec() }
        };
        let mut numbers = vec![0.0; 1 + count];
        numbers[0] = -2.0;
        regression(settings, &deviation(&numbers), &within)?;
        let mut ranges = vec![[-STEEPEST, STEEPEST]; 1 + count];
        ranges[0] = LOG_BETWEEN;
        climb(&mut numbers, &ranges, &mut |numbers| {
            let fit = regression(settings, &deviation(numbers), &within);
            fit.map_or(f64::NEG_INFINITY, |(fit, log_variances)| {
                -log_variances - fit.variance * fit.degrees as f64 - fit.log_determinant
            })
        });
        let between = deviation(&numbers);
        let (regression, _) = regression(settings, &between, &within)?;
        Some(Self { settings: settings.len(), deviations: Spreads { between, within }, regression })
    }

    /// c at the middle of the settings, then the coefficients of the features.
    pub fn coefficients(&self) -> &[f64] {
        &self.regression.coefficients
    }

    /// Their standard errors.
    pub fn errors(&self) -> Vec<f64> {
        self.regression.errors()
    }

    /// The distribution at these features and spread features.
    pub fn at(&self, features: &[f64], spreads: &Spreads<Vec<f64>>) -> LogStep {
        let (middle, of_coefficients) = self.regression.at(features);
        let Spreads { between, within } = &self.deviations;
        let of_run = between.at(&spreads.between).powi(2) + within.at(&spreads.within).powi(2);
        LogStep { middle, deviation: (of_coefficients + of_run).sqrt(), degrees: self.regression.degrees }
    }
}

impl Deviation {
    /// That of a setting with these spread features.
    fn at(&self, spreads: &[f64]) -> f64 {
        self.least
            * self.growth.iter().zip(spreads).map(|(growth, spread)| growth * spread).sum::<f64>().exp()
    }
}

/// The standard deviation between seeds: for given γ it follows from their squares, and γ maximises the likelihood of these.
fn within(settings: &[Observed]) -> Deviation {
    let squares = |logs: &[f64]| {
        let middle = mean(logs).unwrap_or(0.0);
        logs.iter().map(|log| (log - middle).powi(2)).sum::<f64>()
    };
    let seeds: Vec<(f64, f64, &[f64])> = settings
        .iter()
        .map(|setting| ((setting.logs.len() - 1) as f64, squares(&setting.logs), &setting.spreads.within[..]))
        .collect();
    let free: f64 = seeds.iter().map(|(free, ..)| free).sum();
    let least = |growth: &[f64]| {
        let shape = Deviation { least: 1.0, growth: growth.to_vec() };
        let sum: f64 = seeds.iter().map(|(_, squares, spreads)| squares / shape.at(spreads).powi(2)).sum();
        let scales: f64 = seeds.iter().map(|(free, _, spreads)| free * shape.at(spreads).ln()).sum();
        ((sum / free.max(1.0)).sqrt(), scales)
    };
    let mut growth = vec![0.0; seeds.first().map_or(0, |(_, _, spreads)| spreads.len())];
    let ranges = vec![[-STEEPEST, STEEPEST]; growth.len()];
    climb(&mut growth, &ranges, &mut |growth| {
        let (least, scales) = least(growth);
        -scales - free * least.max(f64::MIN_POSITIVE).ln()
    });
    Deviation { least: least(&growth).0, growth }
}

/// The fit with these deviations, whose residuals have a variance of about 1, and the sum of the logarithms of the variances of the means.
fn regression(settings: &[Observed], between: &Deviation, within: &Deviation) -> Option<(Regression, f64)> {
    let variance = |setting: &Observed| {
        let of_seeds = within.at(&setting.spreads.within).powi(2) / setting.logs.len() as f64;
        (between.at(&setting.spreads.between).powi(2) + of_seeds).max(1e-16)
    };
    let variances: Vec<f64> = settings.iter().map(variance).collect();
    let weights: Vec<f64> = variances.iter().map(|variance| 1.0 / variance).collect();
    let rows: Vec<Vec<f64>> = settings.iter().map(|setting| setting.features.clone()).collect();
    let means: Vec<f64> = settings.iter().filter_map(|setting| mean(&setting.logs)).collect();
    let fit = Regression::fit(&rows, &means, &weights)?;
    Some((fit, variances.iter().map(|variance| variance.ln()).sum()))
}

/// Moves each of `numbers` in turn to where `f` is highest within its range.
fn climb(numbers: &mut [f64], ranges: &[[f64; 2]], f: &mut impl FnMut(&[f64]) -> f64) {
    for place in (0..ROUNDS).flat_map(|_| 0..ranges.len()) {
        let mut moved = numbers.to_vec();
        let mut at = |value: f64| {
            moved[place] = value;
            f(&moved)
        };
        numbers[place] = highest(&mut at, ranges[place]);
    }
}

/// Where `f`, which has one maximum, is highest within a range, by golden section.
fn highest(f: &mut impl FnMut(f64) -> f64, [mut low, mut high]: [f64; 2]) -> f64 {
    const RATIO: f64 = 0.618_033_988_749_894_9;
    let at = |low: f64, high: f64| [high - RATIO * (high - low), low + RATIO * (high - low)];
    let mut places = at(low, high);
    let mut values = places.map(&mut *f);
    while high - low > 1e-3 {
        if values[0] > values[1] {
            high = places[1];
            places = [at(low, high)[0], places[0]];
            values = [f(places[0]), values[0]];
        } else {
            low = places[0];
            places = [places[1], at(low, high)[1]];
            values = [values[1], f(places[1])];
        }
    }
    (low + high) / 2.0
}

impl LogStep {
    /// The step by which a run is done with this probability.
    pub fn quantile(&self, level: f64) -> f64 {
        (self.middle + student_quantile(level, self.degrees) * self.deviation).exp()
    }

    /// The probability that a run is done by `step`.
    pub fn chance(&self, step: f64) -> f64 {
        student_chance((step.ln() - self.middle) / self.deviation, self.degrees)
    }
}

#[cfg(test)]
mod tests {
    use onset_engine::{Random, Stream};

    use super::*;

    /// Settings whose ln T is 2·x, with deviations of 0.1·e^(1.5·s) between settings and of 0.2·e^(−s) between seeds.
    fn made() -> Vec<Observed> {
        let mut random = Random::at(0, Stream::Data, 0);
        let setting = |place: usize| {
            let (x, s) = (f64::from(random.normal()), (place % 5) as f64 / 4.0);
            let middle = 2.0 * x + 0.1 * (1.5 * s).exp() * f64::from(random.normal());
            let mut seed = || middle + 0.2 * (-s).exp() * f64::from(random.normal());
            Observed {
                features: vec![x],
                spreads: Spreads { between: vec![s, (place % 3) as f64], within: vec![s] },
                logs: (0..5).map(|_| seed()).collect(),
            }
        };
        (0..300).map(setting).collect()
    }

    #[test]
    fn spreads_that_grow_with_a_feature_are_found() {
        let law = SettingsLaw::fit(&made()).unwrap();
        let close =
            |found: f64, want: f64, within: f64| assert!((found - want).abs() < within, "{found} {want}");
        let Spreads { between, within } = &law.deviations;
        close(between.growth[0], 1.5, 0.15);
        close(between.growth[1], 0.0, 0.1);
        close(within.growth[0], -1.0, 0.05);
        close(between.least, 0.1, 0.015);
        close(within.least, 0.2, 0.01);
        close(law.coefficients()[1], 2.0, 0.03);
    }

    /// The share of new runs in 80 % intervals, where all are equally certain and where they are not.
    #[test]
    fn intervals_hold_what_they_say_at_every_spread() {
        let all = made();
        let (fitted, new) = all.split_at(150);
        let law = SettingsLaw::fit(fitted).unwrap();
        for s in [0.0, 1.0] {
            let of = new.iter().filter(|setting| setting.spreads.within[0] == s);
            let held = of.flat_map(|setting| {
                let step = law.at(&setting.features, &setting.spreads);
                setting.logs.iter().map(move |log| (0.1..0.9).contains(&step.chance(log.exp())))
            });
            let held: Vec<f64> = held.map(|held| f64::from(u8::from(held))).collect();
            let share = mean(&held).unwrap();
            assert!((0.7..0.9).contains(&share), "{s}: {share} of {}", held.len());
        }
    }
}
