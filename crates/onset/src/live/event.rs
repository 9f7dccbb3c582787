//! The events of an interactive training: what is worth saying when it happens, as conditions on measured points.
//!
//! The page shows captions and marks from these; the tests of [presets](super::presets()) check them against a training.

use serde::Serialize;

use super::{Point, Setup, TaskChoice};
use onset_engine::AttentionMode;

/// A measured quantity of a [`Point`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// [`Point::words_known`].
    WordsKnown,
    /// [`Point::word_probability`].
    WordProbability,
    /// [`Point::attention`].
    Attention,
    /// [`Point::attention_accuracy`].
    AttentionAccuracy,
    /// [`Point::accuracy`].
    Accuracy,
    /// [`Point::progress`].
    Progress,
    /// [`Point::previous_token`].
    PreviousToken,
}

impl Quantity {
    /// Its value at a point; NaN where it is not measured.
    pub fn of(self, point: &Point) -> f64 {
        match self {
            Self::WordsKnown => point.words_known.unwrap_or(f64::NAN),
            Self::WordProbability => point.word_probability.unwrap_or(f64::NAN),
            Self::Attention => point.attention,
            Self::AttentionAccuracy => point.attention_accuracy,
            Self::Accuracy => point.accuracy,
            Self::Progress => point.progress.unwrap_or(f64::NAN),
            Self::PreviousToken => point.previous_token.unwrap_or(f64::NAN),
        }
    }
}

/// A bound on a quantity.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Condition {
    /// The quantity.
    pub quantity: Quantity,
    /// Its least value, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// Its largest value, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
}

impl Condition {
    fn holds(&self, point: &Point) -> bool {
        let value = self.quantity.of(point);
        self.at_least.is_none_or(|least| value >= least) && self.at_most.is_none_or(|most| value <= most)
    }
}

/// An event of a training.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// Its name in programs.
    pub key: &'static str,
    /// Its name at its mark in the chart.
    pub mark: &'static str,
    /// What happens, in a sentence or two.
    pub caption: String,
    /// It has happened at the first point from which all of these hold until the last point.
    pub conditions: Vec<Condition>,
}

impl Event {
    /// The step at which it has happened, judged by `points`.
    pub fn step(&self, points: &[Point]) -> Option<u64> {
        let holds = |point: &&Point| self.conditions.iter().all(|condition| condition.holds(point));
        points.iter().rev().take_while(holds).last().map(|point| point.step)
    }
}

fn at_least(quantity: Quantity, value: f64) -> Condition {
    Condition { quantity, at_least: Some(value), at_most: None }
}

fn at_most(quantity: Quantity, value: f64) -> Condition {
    Condition { quantity, at_least: None, at_most: Some(value) }
}

fn event(
    key: &'static str,
    mark: &'static str,
    caption: impl Into<String>,
    conditions: Vec<Condition>,
) -> Event {
    Event { key, mark, caption: caption.into(), conditions }
}

impl Setup {
    /// The events that a training of this setup may have. `without_attention` is the accuracy of a model that knows the words of
    /// a source, but not their order.
    pub fn events(&self, without_attention: Option<f64>) -> Vec<Event> {
        match self.task {
            TaskChoice::Copying => self.copying_events(without_attention),
            TaskChoice::Keyword => vec![
                event(
                    "words_known",
                    "keyword known",
                    "The keyword is known: from its state alone, the model gives its label a probability of three \
                     quarters. Word counts are enough for that.",
                    vec![at_least(Quantity::WordProbability, 0.75)],
                ),
                event(
                    "attention_finds",
                    "attention finds it",
                    "Attention goes to the word that is known: the keyword gets three quarters of the weight, although \
                     the loss depends on the label alone.",
                    vec![at_least(Quantity::Attention, 0.75)],
                ),
            ],
            TaskChoice::Induction => vec![
                event(
                    "previous_token",
                    "token before",
                    "A head of layer 0 looks at the token before: it gets half of that head\u{2019}s weight.",
                    vec![at_least(Quantity::PreviousToken, 0.5)],
                ),
                event(
                    "attention_finds",
                    "match",
                    "A head of layer 1 finds what followed the present symbol earlier: three quarters of its weight are \
                     there. It can, because layer 0 has marked each position with the token before it.",
                    vec![at_least(Quantity::Attention, 0.75)],
                ),
                event(
                    "plateau_left",
                    "plateau left",
                    "The plateau is left: the loss is half-way from what counts of symbols allow to what counts of \
                     pairs allow.",
                    vec![at_least(Quantity::Progress, 0.5)],
                ),
            ],
        }
    }

    fn copying_events(&self, without_attention: Option<f64>) -> Vec<Event> {
        let uniform = 1.0 / (self.length + 1) as f64;
        let is_uniform = self.attention == AttentionMode::Uniform;
        let counts_inform = self.repetition || self.vocabulary > self.length;
        let known = if !counts_inform {
            "Half of the words are known. Here every source has the same words, so their counts gave no head start: words \
             are learned as attention moves."
        } else if is_uniform {
            "Half of the words are known, although attention is uniform: which words occur together is enough."
        } else {
            "Half of the words are known: given the encoder state of one word alone, the model predicts that word. Which \
             words occur together was enough for that."
        };
        let mut events = vec![
            event("words_known", "words known", known, vec![at_least(Quantity::WordsKnown, 0.5)]),
            event(
                "attention_finds",
                "attention finds them",
                "Attention finds the words: at half of the positions, the right word now has the largest weight.",
                vec![at_least(Quantity::AttentionAccuracy, 0.5)],
            ),
            event(
                "copied",
                "copied",
                "Copying is learned: nine of ten words are right.",
                vec![at_least(Quantity::Accuracy, 0.9)],
            ),
        ];
        if let Some(line) = without_attention {
            let passed = if is_uniform {
                "Accuracy passes the dashed line, the best that is possible with the words of the source but without their \
                 order, while attention is uniform. The recurrent states carry some of the order, and learn it slowly."
            } else {
                "Accuracy passes the dashed line, the best that is possible with the words of the source but without their \
                 order. From here on, the model uses where words stand."
            };
            events.push(event(
                "counts_passed",
                "counts passed",
                passed,
                vec![at_least(Quantity::Accuracy, line)],
            ));
            events.push(event(
                "eliminates",
                "elimination",
                "The model copies by elimination. Attention avoids the right word, the words that are attended to become \
                 less probable, and what is left over is predicted. That is a solution too, but a slow one: each word is \
                 only a small part of the context.",
                vec![
                    at_least(Quantity::Accuracy, line),
                    at_most(Quantity::Attention, uniform),
                    at_most(Quantity::WordsKnown, 0.1),
                ],
            ));
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(step: u64, accuracy: f64) -> Point {
        Point { step, accuracy, ..Point::default() }
    }

    #[test]
    fn an_event_has_happened_from_the_step_on_from_which_it_holds() {
        let event = event("copied", "", "", vec![at_least(Quantity::Accuracy, 0.5)]);
        let of = |accuracies: &[f64]| {
            let points: Vec<Point> =
                accuracies.iter().zip(0..).map(|(&accuracy, at)| point(10 * at, accuracy)).collect();
            event.step(&points)
        };
        assert_eq!(of(&[0.1, 0.6, 0.4, 0.7, 0.5]), Some(30));
        assert_eq!(of(&[0.9, 0.9, 0.4]), None);
        assert_eq!(of(&[0.9]), Some(0));
        assert_eq!(of(&[]), None);
        // What is not measured has not happened.
        assert_eq!(of(&[f64::NAN, 0.6, f64::NAN]), None);
    }
}
