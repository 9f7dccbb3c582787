//! What is said of a set of texts.

use super::words::{CLEAR, GROUPS, LISTED};
use super::{PredictedAttention, PredictedWord, WordsPrediction, groups::indistinguishable};
use crate::probe::Salience;
use crate::proxy::Bags;
use crate::task::text::{TextData, TextExample, Vocabulary};
use crate::theory::{BagFlow, BagPace, attend};

/// Time up to which stage 1 is followed: a word alone in a text of a dozen is then worth one nat. What A is at other
/// times is in docs/results.md.
const KNOWN_AT: f64 = 12.0;

/// Step of the integration of stage 1.
const STEP: f64 = 0.5;

/// Time of stage 2.
const ATTENDED_AT: f64 = 200.0;

/// A word that occurs less often in the held-out texts is not listed.
const AT_LEAST: u64 = 5;

/// Predicts where attention goes on the held-out texts of `data`, trained with `batch` texts a step.
pub(super) fn predict(data: &TextData, batch: usize) -> (WordsPrediction, PredictedAttention) {
    let bags = Bags::of(&data.train, data.vocabulary.len());
    let mut flow = BagFlow::new(&bags, BagPace::Adam { batch: batch as f64 });
    let signal = flow.signal();
    while flow.time() < KNOWN_AT {
        flow.advance(STEP);
    }
    let (mut attention, mut salience, mut clear) = (PredictedAttention::default(), Salience::default(), 0);
    for (number, text) in data.validation.iter().enumerate() {
        let sign = if text.positive { 1.0 } else { -1.0 };
        let support: Vec<f32> = text.tokens.iter().map(|&id| sign * flow.beta[id as usize]).collect();
        let alpha = attend(&support, ATTENDED_AT);
        let top = alpha.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(place, _)| place);
        clear += usize::from(sign * signal[text.tokens[top] as usize] >= CLEAR);
        salience.add(&text.words, &alpha, text.positive);
        attention.example.push(number as i64);
        attention.position.push(0);
        attention.alpha.push(alpha);
    }
    let words = salience.top(LISTED, AT_LEAST).into_iter().map(|word| PredictedWord {
        signal: f64::from(signal[data.vocabulary.id(&word.word) as usize]),
        word: word.word,
        translation: None,
        attention: word.attention,
        occurrences: word.occurrences,
    });
    let words: Vec<PredictedWord> = words.collect();
    let rows = data.train.iter().map(|text: &TextExample| &text.tokens[..]);
    let groups = indistinguishable(rows, data.vocabulary.len(), Vocabulary::SPECIAL.len() as u32);
    let named = |group: &Vec<u32>| group.iter().map(|&id| data.vocabulary.word(id).to_owned()).collect();
    let prediction = WordsPrediction {
        seen: data.train.len(),
        words,
        grouped: groups.iter().map(Vec::len).sum(),
        groups: groups.iter().take(GROUPS).map(named).collect(),
        rows: attention.alpha.len(),
        above_noise: clear as f64 / attention.alpha.len().max(1) as f64,
    };
    (prediction, attention)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::TextSource;

    #[test]
    fn keywords_are_foretold() {
        let data = TextData::load(&TextSource::default()).unwrap();
        let (words, attention) = predict(&data, 32);
        assert_eq!((words.rows, words.seen), (data.validation.len(), data.train.len()));
        assert!(attention.alpha.iter().all(|row| (row.iter().sum::<f32>() - 1.0).abs() < 1e-3));
        assert!(words.above_noise > 0.7, "{}", words.above_noise);
        // Keywords decide the label and nothing else does.
        let first = &words.words[0];
        assert!(first.attention > 3.0 && first.signal.abs() > 4.0, "{first:?}");
    }
}
