//! A law of when something is learned, fitted on settings with several seeds each.
//!
//! Each setting is one observation, the mean of ln T over its seeds, by least squares on features of the setting. The interval of a run
//! has three parts: that of the coefficients, which grows with the distance from what was fitted; the variance between settings beyond that
//! of their seeds; and the variance between seeds. It is that of Student's t at the degrees of freedom of the fit.
//!
//! Where runs of some settings are less certain than those of others, standard deviations are in proportion to g = exp(Σ γᵢ·sᵢ) with spread
//! features s of the setting, and settings have weights 1/g². γ maximises the restricted likelihood of the means and of the seeds.

use super::regression::Regression;
use crate::stats::{mean, student_chance, student_quantile};

/// What was measured of one setting.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Observed {
    /// What ln T is linear in.
    pub features: Vec<f64>,
    /// What the logarithm of the standard deviation is linear in; as many for all settings.
    pub spreads: Vec<f64>,
    /// ln T of each seed.
    pub logs: Vec<f64>,
}

/// A fitted law.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SettingsLaw {
    regression: Regression,
    /// γ of each spread feature.
    pub spreads: Vec<f64>,
    /// Settings that were fitted.
    pub settings: usize,
    /// The standard deviation of ln T between settings with the same prediction, beyond that of their seeds, where spread features are 0.
    pub between: f64,
    /// That between the seeds of a setting.
    pub within: f64,
}

/// The distribution of ln T of one run: Student's t about a middle.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct LogStep {
    pub middle: f64,
    pub deviation: f64,
    pub degrees: usize,
}

/// A fit for given γ.
struct Given {
    regression: Regression,
    /// The variance between seeds.
    within: f64,
    /// ln of the restricted likelihood, but for a constant.
    likelihood: f64,
}

/// The largest γ that is looked for, by its size.
const STEEPEST: f64 = 5.0;

/// Times that each γ is looked for with the others as they are.
const ROUNDS: usize = 4;

impl SettingsLaw {
    /// Fits `settings`; none if there are too few.
    pub fn fit(settings: &[Observed]) -> Option<Self> {
        let count = settings.first()?.spreads.len();
        let mut spreads = vec![0.0; count];
        given(settings, &spreads)?;
        for place in (0..ROUNDS).flat_map(|_| 0..count) {
            let mut likelihood = |value: f64| {
                spreads[place] = value;
                given(settings, &spreads).map_or(f64::NEG_INFINITY, |fit| fit.likelihood)
            };
            let best = highest(&mut likelihood, [-STEEPEST, STEEPEST]);
            spreads[place] = best;
        }
        let Given { regression, within, .. } = given(settings, &spreads)?;
        let seeds: usize = settings.iter().map(|setting| setting.logs.len()).sum();
        let seeds_each = seeds as f64 / settings.len() as f64;
        let between = (regression.variance - within / seeds_each).max(0.0);
        Some(Self {
            spreads,
            settings: settings.len(),
            between: between.sqrt(),
            within: within.sqrt(),
            regression,
        })
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
    pub fn at(&self, features: &[f64], spreads: &[f64]) -> LogStep {
        let (middle, of_coefficients) = self.regression.at(features);
        let of_run = self.between.powi(2) + self.within.powi(2);
        let deviation = (of_coefficients + factor(&self.spreads, spreads).powi(2) * of_run).sqrt();
        LogStep { middle, deviation, degrees: self.regression.degrees }
    }
}

/// g = exp(Σ γᵢ·sᵢ).
fn factor(coefficients: &[f64], spreads: &[f64]) -> f64 {
    coefficients.iter().zip(spreads).map(|(coefficient, spread)| coefficient * spread).sum::<f64>().exp()
}

/// The fit where standard deviations are in proportion to g with these γ.
fn given(settings: &[Observed], coefficients: &[f64]) -> Option<Given> {
    let factors: Vec<f64> = settings.iter().map(|setting| factor(coefficients, &setting.spreads)).collect();
    let weights: Vec<f64> = factors.iter().map(|factor| factor.powi(-2)).collect();
    let rows: Vec<Vec<f64>> = settings.iter().map(|setting| setting.features.clone()).collect();
    let means: Vec<f64> = settings.iter().filter_map(|setting| mean(&setting.logs)).collect();
    let regression = Regression::fit(&rows, &means, &weights)?;
    let squares = |logs: &[f64]| {
        let middle = mean(logs).unwrap_or(0.0);
        logs.iter().map(|log| (log - middle).powi(2)).sum::<f64>()
    };
    let seeds: usize = settings.iter().map(|setting| setting.logs.len()).sum();
    let free = seeds.saturating_sub(settings.len()) as f64;
    let weighted = settings.iter().zip(&weights).map(|(setting, weight)| weight * squares(&setting.logs));
    let within = weighted.sum::<f64>() / free.max(1.0);
    // Of each setting's mean one factor, and of each further seed another.
    let scales =
        settings.iter().zip(&factors).map(|(setting, factor)| setting.logs.len() as f64 * factor.ln());
    let half = |variance: f64, degrees: f64| if degrees > 0.0 { degrees * variance.ln() / 2.0 } else { 0.0 };
    let likelihood = -half(regression.variance, regression.degrees as f64)
        - half(within, free)
        - scales.sum::<f64>()
        - regression.log_determinant / 2.0;
    Some(Given { regression, within, likelihood })
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

    /// Settings whose ln T is 2·x, with deviations of 0.1·e^(1.5·s) between settings and as much between seeds.
    fn made() -> Vec<Observed> {
        let mut random = Random::at(0, Stream::Data, 0);
        let setting = |place: usize| {
            let (x, s) = (f64::from(random.normal()), (place % 5) as f64 / 4.0);
            let mut off = || 0.1 * (1.5 * s).exp() * f64::from(random.normal());
            let middle = 2.0 * x + off();
            Observed {
                features: vec![x],
                spreads: vec![s, (place % 3) as f64],
                logs: (0..5).map(|_| middle + off()).collect(),
            }
        };
        (0..300).map(setting).collect()
    }

    #[test]
    fn spreads_that_grow_with_a_feature_are_found() {
        let law = SettingsLaw::fit(&made()).unwrap();
        let close =
            |found: f64, want: f64, within: f64| assert!((found - want).abs() < within, "{found} {want}");
        close(law.spreads[0], 1.5, 0.1);
        close(law.spreads[1], 0.0, 0.05);
        close(law.between, 0.1, 0.015);
        close(law.within, 0.1, 0.01);
        close(law.coefficients()[1], 2.0, 0.03);
        let width = |spread: f64| {
            let step = law.at(&[0.0], &[spread, 0.0]);
            (step.quantile(0.9) / step.quantile(0.1)).ln()
        };
        close(width(1.0) / width(0.0), 1.5f64.exp(), 0.5);
    }

    /// The share of new runs in 80 % intervals, where all are equally certain and where they are not.
    #[test]
    fn intervals_hold_what_they_say_at_every_spread() {
        let all = made();
        let (fitted, new) = all.split_at(150);
        let law = SettingsLaw::fit(fitted).unwrap();
        for s in [0.0, 1.0] {
            let of = new.iter().filter(|setting| setting.spreads[0] == s);
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
