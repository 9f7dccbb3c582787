//! A law of when something is learned, fitted on settings with several seeds each.
//!
//! Each setting is one observation, the mean of ln T over its seeds, by least squares on features of the setting. The interval of a run
//! has three parts: that of the coefficients, which grows with the distance from what was fitted; the variance between settings beyond that
//! of their seeds; and the variance between seeds. It is that of Student's t at the degrees of freedom of the fit.

use super::regression::Regression;
use crate::stats::{mean, student_chance, student_quantile};

/// A fitted law.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SettingsLaw {
    regression: Regression,
    /// Settings that were fitted.
    pub settings: usize,
    /// The standard deviation of ln T between settings with the same prediction, beyond that of their seeds.
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

impl SettingsLaw {
    /// Fits the features of settings, each with ln T of its seeds; none if there are too few settings.
    pub fn fit(settings: &[(Vec<f64>, Vec<f64>)]) -> Option<Self> {
        let rows: Vec<Vec<f64>> = settings.iter().map(|(features, _)| features.clone()).collect();
        let means: Vec<f64> = settings.iter().filter_map(|(_, logs)| mean(logs)).collect();
        let regression = Regression::fit(&rows, &means)?;
        let spread = |logs: &[f64]| {
            let middle = mean(logs).unwrap_or(0.0);
            logs.iter().map(|log| (log - middle).powi(2)).sum::<f64>()
        };
        let seeds: usize = settings.iter().map(|(_, logs)| logs.len()).sum();
        let free = seeds.saturating_sub(settings.len()).max(1) as f64;
        let within = settings.iter().map(|(_, logs)| spread(logs)).sum::<f64>() / free;
        let seeds_each = seeds as f64 / settings.len() as f64;
        let between = (regression.variance - within / seeds_each).max(0.0);
        Some(Self { settings: settings.len(), between: between.sqrt(), within: within.sqrt(), regression })
    }

    /// c at the middle of the settings, then the coefficients of the features.
    pub fn coefficients(&self) -> &[f64] {
        &self.regression.coefficients
    }

    /// Their standard errors.
    pub fn errors(&self) -> Vec<f64> {
        self.regression.errors()
    }

    /// The distribution at these features.
    pub fn at(&self, features: &[f64]) -> LogStep {
        let (middle, of_coefficients) = self.regression.at(features);
        let deviation = (of_coefficients + self.between.powi(2) + self.within.powi(2)).sqrt();
        LogStep { middle, deviation, degrees: self.regression.degrees }
    }
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
