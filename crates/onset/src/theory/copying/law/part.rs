//! Kinds of distributions, each with coefficients of its own, and what ln T is linear in.

use super::CopyingSetting;
use crate::theory::settings_law::Spreads;

/// Which coefficients a distribution has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Part {
    /// Gradient descent.
    Descent,
    /// Adam, unless every sequence has every word.
    General,
    /// Permutations under Adam, in seeds that attend, or that do not.
    Permutation { attends: bool },
}

const NOISE: &str = "-ln(1 - task.noise)";
const HEADS: &str = "ln model.heads";
const REPETITION: &str = "task.repetition";

impl Part {
    /// That of a distribution, in seeds that attend or that do not.
    pub fn of(setting: &CopyingSetting, attends: bool) -> Self {
        match setting {
            CopyingSetting { sgd: true, .. } => Self::Descent,
            setting if setting.is_permutation() => Self::Permutation { attends },
            _ => Self::General,
        }
    }

    /// Whether seeds of a distribution differ in their part.
    pub fn has_branches(setting: &CopyingSetting) -> bool {
        Self::of(setting, true) != Self::of(setting, false)
    }

    /// For people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Descent => "gradient descent",
            Self::General => "Adam",
            Self::Permutation { attends: true } => "Adam, permutations, seeds that attend",
            Self::Permutation { attends: false } => "Adam, permutations, seeds that eliminate",
        }
    }

    /// What is derived of ln T, but for a constant: nothing, or ln((L/d)^{3/2}/η) of the scaling argument for seeds that eliminate
    /// (docs/theory.md, "The elimination branch").
    pub fn derived(self, setting: &CopyingSetting) -> f64 {
        match self {
            Self::Permutation { attends: false } => {
                1.5 * (setting.length as f64 / setting.width as f64).ln() - setting.rate.ln()
            }
            _ => 0.0,
        }
    }

    /// What the rest of ln T is linear in, by name.
    pub fn features(self, setting: &CopyingSetting) -> Vec<(&'static str, f64)> {
        let flag = |holds: bool| f64::from(u8::from(holds));
        let (noise, copies, length) =
            (-(1.0 - setting.noise).ln(), 1.0 + setting.copies(), setting.length as f64);
        let common = [
            ("ln train.batch", (setting.batch as f64).ln()),
            (NOISE, noise),
            ("task.order reversed", flag(setting.reversed)),
            (HEADS, (setting.heads as f64).ln()),
        ];
        let sizes = [
            ("ln train.learning_rate", setting.rate.ln()),
            ("ln model.hidden", (setting.width as f64).ln()),
            ("ln task.length", length.ln()),
        ];
        let words = [("ln V/L", (setting.vocabulary as f64 / length).ln()), ("ln(1 + D)", copies.ln())];
        match self {
            Self::Permutation { attends: false } => common.into(),
            Self::Permutation { attends: true } => [&sizes[..], &common].concat(),
            Self::Descent => {
                let own = [("zipf exponent", setting.zipf), ("permutation", flag(setting.is_permutation()))];
                [&sizes[..], &words, &common, &own].concat()
            }
            Self::General => {
                let own = [
                    ("-ln(1 - task.noise) · ln(L/(1 + D))", noise * (length / copies).ln()),
                    (REPETITION, flag(setting.repetition)),
                    ("zipf exponent without repetition", if setting.repetition { 0.0 } else { setting.zipf }),
                ];
                [&sizes[..], &words, &common, &own].concat()
            }
        }
    }

    /// What the logarithms of the standard deviations of ln T are linear in, by name.
    pub fn spreads(setting: &CopyingSetting) -> Spreads<[(&'static str, f64); 3]> {
        let flag = |holds: bool| f64::from(u8::from(holds));
        let (noise, heads) = (-(1.0 - setting.noise).ln(), (HEADS, (setting.heads as f64).ln()));
        let CopyingSetting { repetition, reversed, .. } = *setting;
        let complications =
            [setting.noise > 0.0, setting.zipf > 0.0, repetition, reversed, setting.heads > 1];
        let several = complications.into_iter().filter(|&holds| holds).count() > 1;
        Spreads {
            between: [(NOISE, noise), heads, ("several complications", flag(several))],
            within: [
                ("-ln(1 - task.noise) without repetition", noise * flag(!repetition)),
                heads,
                (REPETITION, flag(repetition)),
            ],
        }
    }

    /// The features of a distribution with these names.
    pub fn chosen(self, setting: &CopyingSetting, names: &[&str]) -> Vec<f64> {
        let features = self.features(setting);
        let of =
            |name: &&str| features.iter().find(|(own, _)| own == name).expect("features have fixed names").1;
        names.iter().map(of).collect()
    }
}
