//! Presets: six that illustrate the paper, those that fail beside those that succeed, and one beyond it.

use serde::Serialize;

use super::{Setup, TaskChoice};
use onset_engine::AttentionMode;

/// A setup and its explanation. What the texts say of a training is what it does: the tests train each of them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Preset {
    /// Its name in links.
    pub key: &'static str,
    /// A title of two or three words.
    pub title: &'static str,
    /// What happens, and why.
    pub story: &'static str,
    /// What to try after it.
    pub next: Vec<Suggestion>,
    /// The setup.
    pub setup: Setup,
}

/// What to try next.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Suggestion {
    /// A sentence.
    pub text: &'static str,
    /// The preset that does it, if one does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preset: Option<&'static str>,
}

fn try_next(text: &'static str) -> Suggestion {
    Suggestion { text, preset: None }
}

fn then(text: &'static str, preset: &'static str) -> Suggestion {
    Suggestion { text, preset: Some(preset) }
}

/// The presets, in their teaching order.
pub fn presets() -> Vec<Preset> {
    let easy = Setup::default();
    let hard = Setup { vocabulary: 20, length: 20, steps: 600, ..easy.clone() };
    vec![
        Preset {
            key: "easy",
            title: "Easy copying",
            story: "Twelve words are drawn from twenty-four. Which words occur in the source predicts which words occur \
                    in the target, so the model learns what each word translates to while attention is still far from \
                    it. Attention then finds the words that are known.",
            next: vec![
                then("See the first stage alone: attention stays uniform.", "uniform"),
                try_next(
                    "Freeze attention at step 20, and unfreeze it at step 80: how long does it take now?",
                ),
                then("Take the help of word counts away.", "lucky"),
            ],
            setup: easy.clone(),
        },
        Preset {
            key: "uniform",
            title: "Uniform attention",
            story: "The easy task with uniform attention. The model still learns what most words translate to, but \
                    accuracy stays below 45 % for all 300 steps. So nothing forces attention to move: it moves \
                    because the words are known.",
            next: vec![
                try_next(
                    "At about step 150, set attention to Learned: it finds the words within fifty steps.",
                ),
                then("Compare with attention that is learned from the start.", "easy"),
            ],
            setup: Setup { attention: AttentionMode::Uniform, ..easy.clone() },
        },
        Preset {
            key: "lucky",
            title: "Hard, found",
            story: "Every source is a permutation of the same twenty words, so counts carry no information, and the \
                    outcome depends on the initial weights. From these, and some rehearsed \
                    steps, the theory gives attention more than nine chances in ten to find the words; it moves towards them, and copying is learned.",
            next: vec![
                then("The same task from a seed that fails.", "hard"),
                try_next("Press Next seed, and compare its predicted chance with what happens."),
            ],
            setup: hard.clone(),
        },
        Preset {
            key: "hard",
            title: "Hard, eliminated",
            story: "The same task from another seed, whose attention finds the words with even chances by the \
                    theory. It moves away from the right words. The model then copies by elimination: it predicts what it does not \
                    attend to. After 600 steps, two thirds of the words are right, with less than a twentieth of \
                    attention on them.",
            next: vec![
                then("Give the same seed four heads.", "heads"),
                try_next(
                    "Set attention to Clamped for fifty steps, then to Learned: does it stay on the right words?",
                ),
            ],
            setup: Setup { seed: 6, ..hard.clone() },
        },
        Preset {
            key: "heads",
            title: "Many heads",
            story: "The hard task and the seed that failed, with four heads. Each head starts from different \
                    weights, and one good start is enough. More heads do not make the model more \
                    expressive here; they give it more chances.",
            next: vec![
                try_next("Choose single heads beside the attention matrix: which of them found the words?"),
                try_next("Replace that head by one of another seed, halfway."),
            ],
            setup: Setup { heads: 4, seed: 6, ..hard },
        },
        Preset {
            key: "salient",
            title: "Salient words",
            story: "Texts with and without a keyword. The loss depends on the label alone, but once the model has \
                    learned what the keyword means, attention is drawn to it.",
            next: vec![
                try_next("Set attention to Uniform: are texts still classified correctly?"),
                then("From words to positions: a Transformer.", "induction"),
            ],
            setup: Setup {
                task: TaskChoice::Keyword,
                vocabulary: 40,
                length: 12,
                width: 24,
                steps: 200,
                learning_rate: 0.002,
                ..easy.clone()
            },
        },
        Preset {
            key: "induction",
            title: "Induction head",
            story: "Each sequence comes from its own Markov chain over three symbols. Counting symbols gives the plateau. To do \
                    better takes two heads, one above the other: in layer 0 a head that looks at the token before, and in layer 1 \
                    one that looks at what followed the present symbol earlier. Each is worth little without the other, so the \
                    loss waits, then falls.",
            next: vec![try_next(
                "Clamp layer 0, head 1 to the token before, at step 0: the plateau becomes shorter.",
            )],
            setup: Setup {
                task: TaskChoice::Induction,
                vocabulary: 3,
                length: 51,
                width: 32,
                heads: 2,
                steps: 1000,
                learning_rate: 0.002,
                ..easy
            },
        },
    ]
}

#[cfg(test)]
mod tests;
