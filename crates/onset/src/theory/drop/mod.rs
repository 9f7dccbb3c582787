//! When the loss on Markov chains in context leaves the level of unigram counts for that of pairs: a law that is fitted to measured
//! runs of stated settings (`measured.tsv`, written by `onset reproduce drops`).
//!
//! With T the first evaluation with half of the progress, k symbols, sequences of L symbols, width d and learning rate η: ln T = c +
//! a·ln η + b·ln d + e·ln L, and + f·ln k where there are more than two symbols. Two symbols have coefficients of their own: there the
//! signal of pairs is weakest, and seeds differ most. [`SettingsLaw`] is the fit and the interval of a run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::settings_law::{Observed, SettingsLaw, Spreads};

/// What the law knows of a setting; all else is as in [`MARKOV_MODEL`] and the task's defaults.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Chains {
    /// k.
    pub symbols: usize,
    /// L.
    pub length: usize,
    /// d.
    pub width: usize,
    /// η.
    pub rate: f64,
}

/// The model of the law's runs, which is that of Edelman et al. (2024) apart from its width: two layers of one head, without MLP.
pub const MARKOV_MODEL: [&str; 5] =
    ["model.layers=2", "model.heads=1", "model.mlp=0", "model.positions='relative'", "model.dropout=0.1"];

/// When one run left the plateau.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MeasuredDrop {
    /// Its setting.
    pub chains: Chains,
    /// Its seed.
    pub seed: u64,
    /// The first evaluation with half of the progress.
    pub step: f64,
}

/// When a run is predicted to leave the plateau.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DropPrediction {
    /// The median step.
    pub step: f64,
    /// The 80 % prediction interval of one run.
    pub interval: [f64; 2],
    /// Steps of the run.
    pub budget: u64,
    /// The probability that it leaves the plateau within them.
    pub chance: f64,
    /// Settings on which the law was fitted.
    pub settings: usize,
    /// Degrees of freedom of that fit.
    pub degrees: usize,
}

/// A fitted law.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DropLaw {
    /// The name of each coefficient but the first: what its logarithm is taken of.
    pub names: Vec<&'static str>,
    /// c at the middle of the settings, then the exponents.
    pub coefficients: Vec<f64>,
    /// Their standard errors.
    pub errors: Vec<f64>,
    /// Settings that were fitted.
    pub settings: usize,
    /// The standard deviation of ln T between settings with the same prediction, beyond that of their seeds.
    pub between: f64,
    /// That between the seeds of a setting.
    pub within: f64,
    #[serde(skip)]
    law: SettingsLaw,
    /// The smallest and the largest value of each name in the settings.
    pub ranges: Vec<[f64; 2]>,
}

/// `measured.tsv`: the runs that the shipped law is fitted on.
const MEASURED: &str = include_str!("measured.tsv");

/// The runs that the shipped law is fitted on.
pub fn measured_drops() -> Vec<MeasuredDrop> {
    let number = |field: &str| field.parse::<f64>().expect("a table of numbers");
    let drop = |line: &str| {
        let fields: Vec<f64> = line.split('\t').map(number).collect();
        let [symbols, length, width, rate, seed, step] = fields[..] else { panic!("six columns: {line}") };
        let chains =
            Chains { symbols: symbols as usize, length: length as usize, width: width as usize, rate };
        MeasuredDrop { chains, seed: seed as u64, step }
    };
    MEASURED.lines().skip(1).map(drop).collect()
}

/// The digest of the shipped law's runs, for the version of the theory.
pub(crate) fn measured_digest() -> String {
    crate::store::digest(MEASURED.as_bytes())
}

impl Chains {
    /// Whether settings of the same law have two symbols.
    fn two(&self) -> bool {
        self.symbols == 2
    }

    /// What the law takes logarithms of, with the keys of a spec.
    fn values(&self) -> Vec<(&'static str, f64)> {
        let mut values = vec![
            ("train.learning_rate", self.rate),
            ("model.width", self.width as f64),
            ("task.length", self.length as f64),
        ];
        if !self.two() {
            values.push(("task.symbols", self.symbols as f64));
        }
        values
    }

    fn logarithms(&self) -> Vec<f64> {
        self.values().into_iter().map(|(_, value)| value.ln()).collect()
    }

    /// Equal for equal settings.
    fn key(&self) -> [u64; 4] {
        [self.symbols as u64, self.length as u64, self.width as u64, self.rate.to_bits()]
    }
}

impl DropLaw {
    /// The shipped law for so many symbols.
    pub fn shipped(symbols: usize) -> Self {
        Self::fit(symbols, &measured_drops()).expect("the shipped runs suffice")
    }

    /// The law for so many symbols from those of `runs` that it is about; none if there are too few settings.
    pub fn fit(symbols: usize, runs: &[MeasuredDrop]) -> Option<Self> {
        let mut settings: BTreeMap<[u64; 4], (Chains, Vec<f64>)> = BTreeMap::new();
        for run in runs.iter().filter(|run| run.chains.two() == (symbols == 2)) {
            settings.entry(run.chains.key()).or_insert((run.chains, Vec::new())).1.push(run.step.ln());
        }
        let settings: Vec<(Chains, Vec<f64>)> = settings.into_values().collect();
        let names: Vec<&'static str> =
            settings.first()?.0.values().into_iter().map(|(name, _)| name).collect();
        let observed = settings.iter().map(|(chains, logs)| Observed {
            features: chains.logarithms(),
            spreads: Spreads::default(),
            logs: logs.clone(),
        });
        let law = SettingsLaw::fit(&observed.collect::<Vec<_>>())?;
        let range = |place: usize| {
            let column = settings.iter().map(|(chains, _)| chains.values()[place].1);
            column.fold([f64::INFINITY, 0.0], |[low, high], x| [low.min(x), high.max(x)])
        };
        Some(Self {
            ranges: (0..names.len()).map(range).collect(),
            names,
            coefficients: law.coefficients().to_vec(),
            errors: law.errors(),
            settings: law.settings,
            between: law.deviations.between.least,
            within: law.deviations.within.least,
            law,
        })
    }

    /// When a run of `budget` steps leaves the plateau. Errors, with the reason, outside of the settings that were fitted.
    pub fn predict(&self, chains: &Chains, budget: u64) -> Result<DropPrediction, String> {
        for ((name, value), [low, high]) in chains.values().into_iter().zip(&self.ranges) {
            if value < *low || value > *high {
                return Err(format!(
                    "{name} = {value} is outside of what its law was fitted on, {low} to {high}"
                ));
            }
        }
        let step = self.law.at(&chains.logarithms(), &Spreads::default());
        Ok(DropPrediction {
            step: step.middle.exp(),
            interval: [0.1, 0.9].map(|level| step.quantile(level)),
            budget,
            chance: step.chance(budget as f64),
            settings: self.settings,
            degrees: step.degrees,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs of a law without noise beyond that of seeds: T = 1000·(η/10⁻³)^−0.5·(d/16)^−0.3·(L/100)^0.2·(k/3)^0.4.
    fn made(noise: f64) -> Vec<MeasuredDrop> {
        let mut runs = Vec::new();
        for (i, (symbols, length)) in
            [(2, 50), (2, 100), (2, 150), (3, 50), (4, 100), (5, 150), (6, 60)].into_iter().enumerate()
        {
            for (j, (width, rate)) in [(8, 1e-3), (16, 5e-4), (32, 2e-3)].into_iter().enumerate() {
                let chains = Chains { symbols, length, width, rate };
                for seed in 0..2 {
                    let sign = if (i + j) % 2 == 0 { 1.0 } else { -1.0 } + if seed == 0 { 2.0 } else { -2.0 };
                    let step = 1000.0
                        * (rate / 1e-3f64).powf(-0.5)
                        * (width as f64 / 16.0).powf(-0.3)
                        * (length as f64 / 100.0).powf(0.2)
                        * if symbols == 2 { 2.0 } else { (symbols as f64 / 3.0).powf(0.4) }
                        * (noise * sign).exp();
                    runs.push(MeasuredDrop { chains, seed, step });
                }
            }
        }
        runs
    }

    #[test]
    fn the_exponents_of_a_law_are_found_and_settings_apart_from_it_withheld() {
        for (symbols, exponents) in [(2, &[-0.5, -0.3, 0.2][..]), (4, &[-0.5, -0.3, 0.2, 0.4])] {
            let law = DropLaw::fit(symbols, &made(0.0)).unwrap();
            for (found, want) in law.coefficients[1..].iter().zip(exponents) {
                assert!((found - want).abs() < 1e-9, "{law:?}");
            }
            let chains = Chains { symbols, length: 80, width: 12, rate: 7e-4 };
            let predicted = law.predict(&chains, 10_000).unwrap();
            assert!(predicted.interval[1] / predicted.interval[0] < 1.0 + 1e-6 && predicted.chance > 0.999);
            let refused = law.predict(&Chains { width: 64, ..chains }, 100).unwrap_err();
            assert!(refused.contains("model.width = 64") && refused.contains("8 to 32"), "{refused}");
        }
        assert!(DropLaw::fit(2, &made(0.0)[..8]).is_none(), "as many settings as coefficients");
    }

    #[test]
    fn the_interval_widens_with_noise_and_holds_the_median() {
        let chains = Chains { symbols: 2, length: 80, width: 12, rate: 7e-4 };
        let width_of = |noise: f64| {
            let found = DropLaw::fit(2, &made(noise)).unwrap().predict(&chains, 2000).unwrap();
            assert!(found.interval[0] <= found.step && found.step <= found.interval[1]);
            (found.interval[1] / found.interval[0]).ln()
        };
        assert!(width_of(0.05) > 0.1 && width_of(0.1) > 1.9 * width_of(0.05));
    }

    #[test]
    fn the_shipped_law_covers_the_settings_of_the_study() {
        for symbols in [2, 3] {
            let chains = Chains { symbols, length: 101, width: 16, rate: 5e-4 };
            let predicted = DropLaw::shipped(symbols).predict(&chains, 2000).unwrap();
            assert!(predicted.step > 100.0 && predicted.chance > 0.5, "{predicted:?}");
        }
    }
}
