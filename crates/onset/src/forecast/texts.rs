//! The prediction of attention on labelled texts.
//!
//! β is that of the label of its text (of two labels, signed by it; paper, "Notation"), so the order of α on a held-out text
//! is predicted with the text's *true* label. A second prediction uses the label that the bag of words itself predicts, and so nothing that a
//! forecaster would not have.

use std::collections::HashSet;

use onset_engine::argmax;

use super::words::{CLEAR, GROUPS, LISTED};
use super::{PredictedAttention, PredictedWord, WordsPrediction, groups::indistinguishable};
use crate::measures::{Presence, Salience};
use crate::task::text::{Bags, TextData, Texts, Vocabulary, WordTable};
use crate::theory::{BagFlow, BagPace, KNOWN_AT, Shrinkage, StageTwo};

/// The time of stage 2.
const ATTENDED_AT: f64 = 200.0;

/// The constants of a prediction; it also depends on the data and the batch size.
pub(super) const CONSTANTS: [f64; 2] = [KNOWN_AT, ATTENDED_AT];

/// Training texts, at most, from which the course of the bias in stage 2 is found.
const SAMPLED: usize = 1000;

/// A word that occurs less often in the held-out texts is not listed.
const AT_LEAST: u64 = 5;

/// Predicts attention on the held-out texts of `data`, for training with `batch` texts a step.
pub(super) fn predict(data: &TextData, batch: usize) -> (WordsPrediction, PredictedAttention) {
    predict_at(data, batch, KNOWN_AT)
}

/// Predicted attention on the held-out texts of `data`, for training with `batch` texts a step, where stage 1 stops at
/// time `known_at` instead of the time used by forecasts.
pub fn text_attention_at(data: &TextData, batch: usize, known_at: f64) -> PredictedAttention {
    predict_at(data, batch, known_at).1
}

fn predict_at(data: &TextData, batch: usize, known_at: f64) -> (WordsPrediction, PredictedAttention) {
    let labels = data.label_names.len();
    let bags = Bags::of(&data.train, data.vocabulary.len(), labels);
    let mut flow = BagFlow::new(&bags, BagPace::Adam { batch: batch as f64 });
    let signal = flow.signal();
    flow.advance_to(known_at);
    let beta = believed(flow.table(), &signal);
    let sample = sample(&data.train);
    let stage_two = StageTwo::of(&sample, &beta, ATTENDED_AT);
    let (mut attention, mut salience) = (PredictedAttention::default(), Salience::new(labels));
    let (mut clear, mut right) = (0, 0);
    for (number, text) in data.validation.iter().enumerate() {
        let alpha_for = |label: u32| stage_two.attention(&text.tokens, label);
        let alpha = alpha_for(text.label);
        let predicted = flow.predicts(&text.tokens);
        right += usize::from(predicted == text.label);
        let by_prediction = if predicted == text.label { alpha.clone() } else { alpha_for(predicted) };
        let top = argmax(&alpha);
        clear += usize::from(signal.support(text.tokens[top], text.label) >= CLEAR);
        salience.add(&text.words, &alpha, text.label);
        attention.example.push(number as i64);
        attention.position.push(0);
        attention.alpha.push(alpha);
        attention.alpha_by_prediction.push(by_prediction);
        attention.predicted_label.push(predicted);
    }
    let associated = associated(data);
    let words = salience.top(LISTED, AT_LEAST).into_iter().map(|word| {
        let id = data.vocabulary.id(&word.word);
        let (label, signal) = spoken_for(&signal, id);
        PredictedWord {
            signal,
            label: Some(data.label_names[label].clone()),
            clear: Some(associated.contains(&(id, label as u32)) && word.attention > 1.0),
            word: word.word,
            translation: None,
            attention: word.attention,
            occurrences: word.occurrences,
        }
    });
    let words: Vec<PredictedWord> = words.collect();
    let rows = (0..data.train.len()).map(|text| data.train.tokens(text));
    let groups = indistinguishable(rows, data.vocabulary.len(), Vocabulary::SPECIAL.len() as u32);
    let named = |group: &Vec<u32>| group.iter().map(|&id| data.vocabulary.word(id).to_owned()).collect();
    let rows = attention.alpha.len();
    let share = |count: usize| count as f64 / rows.max(1) as f64;
    let prediction = WordsPrediction {
        seen: data.train.len(),
        words,
        grouped: groups.iter().map(Vec::len).sum(),
        groups: groups.iter().take(GROUPS).map(named).collect(),
        rows,
        above_noise: share(clear),
        label_accuracy: Some(share(right)),
    };
    (prediction, attention)
}

/// Texts at equal distances in the order of their labels, so that each label has its share.
fn sample(texts: &Texts) -> Vec<(&[u32], u32)> {
    let mut order: Vec<usize> = (0..texts.len()).collect();
    order.sort_by_key(|&text| texts.label(text));
    let count = texts.len().min(SAMPLED);
    let chosen = (0..count).map(|place| order[place * texts.len() / count]);
    chosen.map(|text| (texts.tokens(text), texts.label(text))).collect()
}

/// The words, by id, that are in more training texts of a label than chance would put there. A text that is repeated counts
/// once.
fn associated(data: &TextData) -> HashSet<(u32, u32)> {
    let mut presence = Presence::new(data.vocabulary.len(), data.label_names.len());
    let mut seen = HashSet::new();
    for text in (0..data.train.len()).filter(|&text| seen.insert(data.train.tokens(text))) {
        presence.add(data.train.tokens(text).iter().copied(), data.train.label(text));
    }
    presence.associations().0.iter().map(|pair| (pair.word, pair.label)).collect()
}

/// `beta` without the part that sampling noise explains, by the z-score of each number.
///
/// Attention is learned after some hundred texts. What a word leans by within the noise of all texts is not in these, and
/// another word may lean by as much there.
fn believed(mut beta: WordTable, z: &WordTable) -> WordTable {
    let shrinkage = Shrinkage::of(&z.numbers);
    let numbers = beta.numbers.iter_mut().zip(&z.numbers);
    numbers.for_each(|(beta, &z)| *beta = (f64::from(*beta) * shrinkage.factor(z)) as f32);
    beta
}

/// The label that a word speaks for most, and its signal: of two labels negative if that is the first.
fn spoken_for(signal: &WordTable, word: u32) -> (usize, f64) {
    match signal.row(word) {
        &[signal] => (usize::from(signal > 0.0), f64::from(signal)),
        signals => (argmax(signals), f64::from(signals[argmax(signals)])),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::task::text::TextSource;

    #[test]
    fn keywords_are_predicted() {
        let data = TextData::load(&TextSource::default()).unwrap();
        let (words, attention) = predict(&data, 32);
        assert_eq!((words.rows, words.seen), (data.validation.len(), data.train.len()));
        assert!(attention.alpha.iter().all(|row| (row.iter().sum::<f32>() - 1.0).abs() < 1e-3));
        assert!(words.above_noise > 0.7, "{}", words.above_noise);
        // Keywords alone decide the label.
        let first = &words.words[0];
        assert!(first.attention > 3.0 && first.signal.abs() > 4.0 && first.clear == Some(true), "{first:?}");
    }

    #[test]
    fn words_within_the_noise_get_no_attention() {
        for seed in 0..20 {
            let data = TextData::load(&TextSource { split_seed: seed, ..TextSource::default() }).unwrap();
            let (words, _) = predict(&data, 32);
            let mut words = words.words.into_iter();
            let keyword = words.next().unwrap();
            assert!(keyword.attention > 3.0 && keyword.clear == Some(true), "{seed}: {keyword:?}");
            for word in words {
                assert!(word.attention < 1.2 && word.clear == Some(false), "{seed}: {word:?}");
            }
        }
    }

    #[test]
    fn attention_by_the_predicted_label_differs_only_where_the_label_is_wrong() {
        // Words predict the label, except for every tenth text.
        let source = TextSource::default();
        let clean = TextData::load(&source).unwrap();
        let rows = |texts: &Texts, wrong: usize| -> Vec<(String, String)> {
            let row = |text: usize| {
                let words: Vec<&str> = texts.words(text).collect();
                let label = texts.label(text) ^ u32::from(text.is_multiple_of(wrong));
                (words[1..words.len() - 1].join(" "), label.to_string())
            };
            (0..texts.len()).map(row).collect()
        };
        let (train, held_out) = (rows(&clean.train, usize::MAX), rows(&clean.validation, 10));
        let train = train
            .into_iter()
            .enumerate()
            .map(|(text, (words, _))| (words, clean.train.label(text).to_string()));
        let data = TextData::from_split_rows(train, held_out, &source).unwrap();
        let (words, attention) = predict(&data, 32);
        let accuracy = words.label_accuracy.unwrap();
        assert!((0.8..0.95).contains(&accuracy), "{accuracy}");
        let rows = attention.alpha.iter().zip(&attention.alpha_by_prediction);
        let texts = data.validation.iter().zip(&attention.predicted_label);
        for ((alpha, by_prediction), (text, &predicted)) in rows.zip(texts) {
            assert_eq!(alpha == by_prediction, predicted == text.label);
        }
    }
}
