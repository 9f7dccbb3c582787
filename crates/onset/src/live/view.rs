//! What is seen of a live training: points of its curves, and pictures of its attention.

use serde::{Serialize, Serializer};

/// One point of the curves.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// Steps taken.
    pub step: u64,
    /// Mean loss of fresh or held-out examples, in nats.
    pub loss: f64,
    /// Share of words (texts) that are right.
    pub accuracy: f64,
    /// Mean weight on the right position: of the word to be said, by the head that finds it best; of the keyword, in
    /// texts that have it.
    pub attention: f64,
    /// Share of positions at which the right one has the largest weight.
    pub attention_accuracy: f64,
    /// w: how much higher the right word's score is, were the context the state of one word alone (copying).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub knowledge: Option<f64>,
    /// a: how much higher the logit of the right position is (copying, unless weights are given).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preference: Option<f64>,
}

/// Pictures at one step.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "task", rename_all = "lowercase")]
pub enum View {
    /// Of copying.
    Copying {
        /// The words of an example that stays the same; the end comes after them.
        source: Vec<u32>,
        /// α of that example by head: target positions × source positions, in thousandths.
        #[serde(serialize_with = "thousandths_of_each")]
        heads: Vec<Vec<f32>>,
        /// Probability of each word (columns), were the context the state of word i alone (rows), in thousandths.
        #[serde(serialize_with = "thousandths")]
        knowledge: Vec<f32>,
    },
    /// Of texts.
    Keyword {
        /// Some held-out texts, always the same.
        texts: Vec<TextView>,
        /// Some words, the keyword first.
        words: Vec<WordView>,
    },
}

/// One text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TextView {
    /// Its words.
    pub words: Vec<String>,
    /// Whether it holds the keyword.
    pub positive: bool,
    /// The model's score; positive means that it takes the text for one with the keyword.
    pub score: f32,
    /// α of each word, in thousandths.
    #[serde(serialize_with = "thousandths")]
    pub alpha: Vec<f32>,
    /// β of each word: the score, were its state the whole context; in thousandths.
    #[serde(serialize_with = "thousandths")]
    pub beta: Vec<f32>,
}

/// One word, in the mean over the held-out texts that have it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WordView {
    /// The word.
    pub word: String,
    /// Mean β; positive for texts with the keyword.
    pub beta: f64,
    /// Mean weight, as a multiple of the same weight on every word.
    pub attention: f64,
}

fn rounded(x: f32) -> i32 {
    (x * 1000.0).round().clamp(-1e8, 1e8) as i32
}

fn thousandths<S: Serializer>(numbers: &[f32], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(numbers.iter().map(|&x| rounded(x)))
}

fn thousandths_of_each<S: Serializer>(lists: &[Vec<f32>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(lists.iter().map(|list| list.iter().map(|&x| rounded(x)).collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_written_in_thousandths() {
        let view = View::Copying {
            source: vec![1],
            heads: vec![vec![0.25, 0.75, 1.0, 0.0]],
            knowledge: vec![0.1239],
        };
        let text = serde_json::to_string(&view).unwrap();
        assert_eq!(text, r#"{"task":"copying","source":[1],"heads":[[250,750,1000,0]],"knowledge":[124]}"#);
    }
}
