//! Measurements of an interactive training: points of its curves, and its attention and words at one step.

use serde::{Serialize, Serializer};

/// One point of the curves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Point {
    /// The number of steps taken.
    pub step: u64,
    /// Mean loss on fresh (copying) or held-out (texts) examples, in nats.
    pub loss: f64,
    /// Share of tokens (copying) or texts that are predicted correctly.
    pub accuracy: f64,
    /// Mean attention weight on the right position: for copying and induction, on the target token in the head that finds it best;
    /// for texts, on the keyword, over texts that contain it.
    pub attention: f64,
    /// Share of target positions (texts) where the right position has the largest weight.
    pub attention_accuracy: f64,
    /// Induction: how far the loss has come from what counts of symbols allow (0) to what counts of pairs allow (1).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub progress: Option<f64>,
    /// Induction: attention of the first layer's best head to the token before.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub previous_token: Option<f64>,
    /// Copying: the share of words that are the most probable output when the context is the state of that word alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words_known: Option<f64>,
    /// Copying: the mean probability of a word when the context is the state of that word alone. Texts: the mean probability
    /// of the keyword's label when the context is the state of the keyword alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub word_probability: Option<f64>,
    /// The score gap w (copying): the logit of the right token minus the mean logit of the others, when the context is
    /// the state of that token alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score_gap: Option<f64>,
    /// The logit gap a (copying): the attention logit of the right position minus the mean of the others; `None` if
    /// attention is not computed from scores.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logit_gap: Option<f64>,
}

/// Attention and words at one step.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "task", rename_all = "lowercase")]
pub enum View {
    /// Copying.
    Copying {
        /// The tokens of one fixed example; the end token follows them.
        source: Vec<u32>,
        /// α of that example for each head: target positions × source positions, in thousandths.
        #[serde(serialize_with = "thousandths_of_each")]
        heads: Vec<Vec<f32>>,
        /// Probability of each token (columns) when the context is the state of one token alone (rows), in thousandths.
        #[serde(serialize_with = "thousandths")]
        knowledge: Vec<f32>,
    },
    /// Induction.
    Induction {
        /// What is read of one fixed sequence.
        tokens: Vec<u32>,
        /// What each head attends to.
        heads: Vec<HeadView>,
    },
    /// Texts.
    Keyword {
        /// Some fixed held-out texts.
        texts: Vec<TextView>,
        /// Some words, the keyword first.
        words: Vec<WordView>,
    },
}

/// One head of a Transformer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HeadView {
    /// Counted from 0.
    pub layer: usize,
    /// Counted from 0.
    pub head: usize,
    /// α: steps × positions, 0 where a step does not see the position; in thousandths.
    #[serde(serialize_with = "thousandths")]
    pub alpha: Vec<f32>,
    /// Mean attention to the token before.
    pub previous_token: f64,
    /// Mean attention to what followed earlier occurrences of the present token.
    pub prefix_matching: f64,
}

/// One text.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TextView {
    /// Its words.
    pub words: Vec<String>,
    /// Whether it contains the keyword.
    pub positive: bool,
    /// The model's logit; positive if the model predicts the keyword.
    pub score: f32,
    /// α of each word, in thousandths.
    #[serde(serialize_with = "thousandths")]
    pub alpha: Vec<f32>,
    /// β of each word: the logit when the context is the state of that word alone, in thousandths.
    #[serde(serialize_with = "thousandths")]
    pub beta: Vec<f32>,
}

/// One word, averaged over the held-out texts that contain it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WordView {
    /// The word.
    pub word: String,
    /// Mean β; positive for texts with the keyword.
    pub beta: f64,
    /// Mean attention weight, as a multiple of the uniform weight.
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
