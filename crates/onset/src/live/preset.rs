//! The paper's story in five steps.

use serde::Serialize;

use super::{LiveTask, Setup};
use crate::spec::Attention;

/// A set-up with what it shows.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Preset {
    /// In links.
    pub key: &'static str,
    /// Two or three words.
    pub title: &'static str,
    /// What happens, and why.
    pub story: &'static str,
    /// What is trained.
    pub setup: Setup,
}

/// All five, in the order of the story.
pub fn presets() -> [Preset; 5] {
    let easy = Setup::default();
    let hard = Setup { vocabulary: 20, length: 20, steps: 600, seed: 6, ..easy.clone() };
    [
        Preset {
            key: "easy",
            title: "Easy copying",
            story: "Twelve words out of twenty-four: which words stand in the source tells which will be said, so the model \
                    learns what each word means while attention is still blurred, and then attention finds it.",
            setup: easy.clone(),
        },
        Preset {
            key: "hard",
            title: "Hard copying",
            story: "Permutations of the same twenty words: every source holds every word, counts tell nothing, and what \
                    happens hangs on the initial weights. The theory reads them and gives this seed little hope; press Next \
                    seed for others.",
            setup: hard.clone(),
        },
        Preset {
            key: "uniform",
            title: "Uniform attention",
            story: "The easy task with attention held uniform: accuracy stops early, yet knowledge of single words \
                    grows all the same. Let attention go with \u{201c}Learned\u{201d} on the way, and it finds the \
                    right words at once.",
            setup: Setup { attention: Attention::Uniform, ..easy.clone() },
        },
        Preset {
            key: "heads",
            title: "Many heads",
            story: "The hard task and the same seed with four heads: each starts from other weights, and one that happens \
                    to start well is enough. Not what can be expressed is more, but the chances at the start.",
            setup: Setup { heads: 4, ..hard },
        },
        Preset {
            key: "salient",
            title: "Salient words",
            story: "Texts with and without a keyword: the loss asks only for the label, but once the model knows what \
                    the keyword means, attention is drawn to it.",
            setup: Setup {
                task: LiveTask::Keyword,
                vocabulary: 40,
                length: 12,
                width: 24,
                steps: 200,
                learning_rate: 0.002,
                ..easy
            },
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_can_be_trained_and_the_first_is_the_default() {
        let presets = presets();
        assert_eq!(presets[0].setup, Setup::default());
        presets.iter().for_each(|preset| assert!(preset.setup.spec().is_ok(), "{}", preset.key));
    }
}
