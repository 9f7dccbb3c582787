//! The prediction of attention on sentence pairs.

use std::collections::HashMap;
use std::path::Path;

use onset_engine::argmax;
use sha2::{Digest, Sha256};

use super::words::{CLEAR, GROUPS, LISTED};
use super::{
    ForecastError, PredictedAttention, PredictedWord, ReadableAttention, WordsPrediction,
    groups::indistinguishable,
};
use crate::stats::largest_of_noise;
use crate::task::pairs::{PairData, PairSource, RawPair, read_pairs};
use crate::task::subwords::Subwords;
use crate::task::text::tokenize;
use crate::theory::CoOccurrence;
use crate::train::TrainError;

/// The difference in logits between the largest slope of a row and a slope of 0. Agreement depends on the order only.
pub(super) const SHARPNESS: f32 = 4.0;

/// A pair of words that co-occurs less often in the predicted rows is not listed.
const AT_LEAST: u64 = 5;

/// The probability that of all pairs of words, one stands out that goes together by chance only.
const BY_CHANCE: f64 = 0.01;

/// Words that occur less often share one id.
const RARE: usize = 2;

/// Predicts attention on the held-out pairs of `data`.
pub(super) fn predict(data: &PairData) -> (WordsPrediction, PredictedAttention) {
    let sides = |pair: &'_ crate::task::pairs::PairExample| (pair.source.clone(), pair.target[1..].to_vec());
    let train: Vec<(Vec<u32>, Vec<u32>)> = data.train.iter().map(sides).collect();
    let held: Vec<(Vec<u32>, Vec<u32>)> = data.validation.iter().map(sides).collect();
    let special = Subwords::SPECIAL.len() as u32;
    from_co_occurrence(&train, &held, data.subwords.len(), special, &|id| data.subwords.piece(id))
}

/// Predicts from the words of a file of pairs or of two parallel files, read as `settings` say, without learning subwords,
/// which would take longer than everything else.
///
/// Co-occurrence is counted over all pairs. The listed words and the attention are those of the first 2,000 of the same
/// pairs, so this prediction is *in sample*, unlike that of a spec, whose held-out pairs are not counted.
pub fn predict_pair_files(settings: &PairSource) -> Result<PairFilesPrediction, ForecastError> {
    let source = settings.source.as_deref().unwrap_or(Path::new("task.source"));
    let read = read_pairs(source, settings.target.as_deref(), settings, &mut Sha256::new());
    let (pairs, remarks) = read.map_err(TrainError::from)?;
    let (words, attention) = predict_raw_pairs(&pairs, LISTED_PAIRS);
    if words.seen == 0 {
        let missing = format!("{} has no pair with words on both sides", source.display());
        return Err(ForecastError::NotCovered { missing });
    }
    Ok(PairFilesPrediction { words, attention, remarks })
}

/// What is predicted from files of sentence pairs.
#[derive(Debug, Clone)]
pub struct PairFilesPrediction {
    /// The words that attention is predicted to go to.
    pub words: WordsPrediction,
    /// Attention on the first pairs.
    pub attention: Vec<ReadableAttention>,
    /// What should be known about how the pairs were read, as sentences.
    pub remarks: Vec<String>,
}

/// The number of pairs for whose target words attention is predicted.
const LISTED_PAIRS: usize = 2000;

/// Predicts from whole words; attention is predicted on the first `listed` pairs.
fn predict_raw_pairs(pairs: &[RawPair], listed: usize) -> (WordsPrediction, Vec<ReadableAttention>) {
    let mut ids: HashMap<String, u32> = HashMap::new();
    let mut names = vec!["<rare>".to_owned()];
    let mut split: Vec<[Vec<String>; 2]> =
        pairs.iter().map(|pair| [tokenize(&pair.source, false), tokenize(&pair.target, false)]).collect();
    split.retain(|sides| sides.iter().all(|side| !side.is_empty()));
    let mut counts: HashMap<&str, usize> = HashMap::new();
    split.iter().flatten().flatten().for_each(|word| *counts.entry(word).or_default() += 1);
    let mut id_of = |word: &String| {
        if counts[word.as_str()] < RARE {
            return 0;
        }
        *ids.entry(word.clone()).or_insert_with(|| {
            names.push(word.clone());
            names.len() as u32 - 1
        })
    };
    let mut coded: Vec<(Vec<u32>, Vec<u32>)> = Vec::with_capacity(split.len());
    for [source, target] in &split {
        let code = (source.iter().map(&mut id_of).collect(), target.iter().map(&mut id_of).collect());
        coded.push(code);
    }
    let held = coded[..listed.min(coded.len())].to_vec();
    let (words, attention) =
        from_co_occurrence(&coded, &held, names.len(), 1, &|id| names[id as usize].clone());
    split.truncate(held.len());
    (words, ReadableAttention::of_pairs(split, attention))
}

/// Sums over the co-occurrences of a pair of words.
#[derive(Default)]
struct Met {
    attention: f64,
    times: u64,
}

/// Predicts attention on `held` from co-occurrence in `train`; ids below `first` are not listed.
fn from_co_occurrence(
    train: &[(Vec<u32>, Vec<u32>)],
    held: &[(Vec<u32>, Vec<u32>)],
    vocabulary: usize,
    first: u32,
    name: &dyn Fn(u32) -> String,
) -> (WordsPrediction, PredictedAttention) {
    let table = CoOccurrence::of(train.iter().map(|(source, target)| (&source[..], &target[..])), vocabulary);
    let (mut attention, mut met, mut clear) = (PredictedAttention::default(), HashMap::<_, Met>::new(), 0);
    for (number, (source, target)) in held.iter().enumerate() {
        for (position, &token) in target.iter().enumerate() {
            let slopes: Vec<f32> = source.iter().map(|&word| table.slope(word, token)).collect();
            let alpha = weights(&slopes);
            let top = argmax(&alpha);
            clear += usize::from(table.signal(source[top], token) >= CLEAR);
            for (&word, &weight) in source.iter().zip(&alpha) {
                let entry = met.entry((word, token)).or_default();
                entry.attention += f64::from(weight) * source.len() as f64;
                entry.times += 1;
            }
            attention.example.push(number as i64);
            attention.position.push(position as i64);
            attention.alpha.push(alpha);
        }
    }
    let listed = met.into_iter().filter(|((word, token), met)| {
        met.times >= AT_LEAST && *word >= first && *token >= first && table.signal(*word, *token) >= CLEAR
    });
    let mut listed: Vec<((u32, u32), f64, u64)> =
        listed.map(|(pair, met)| (pair, met.attention / met.times as f64, met.times)).collect();
    listed.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let stands_out = largest_of_noise(table.meetings(), BY_CHANCE);
    let words =
        listed.into_iter().take(LISTED).map(|((word, token), attention, occurrences)| PredictedWord {
            word: name(word),
            label: None,
            translation: Some(name(token)),
            attention,
            occurrences,
            signal: f64::from(table.signal(word, token)),
            clear: Some(f64::from(table.signal(word, token)) >= stands_out),
        });
    let groups = indistinguishable(train.iter().map(|(source, _)| &source[..]), vocabulary, first);
    let prediction = WordsPrediction {
        seen: train.len(),
        words: words.collect(),
        grouped: groups.iter().map(Vec::len).sum(),
        groups: groups.iter().take(GROUPS).map(|group| group.iter().map(|&id| name(id)).collect()).collect(),
        rows: attention.alpha.len(),
        above_noise: clear as f64 / attention.alpha.len().max(1) as f64,
        label_accuracy: None,
    };
    (prediction, attention)
}

/// α in the order of `slopes`; sums to 1.
fn weights(slopes: &[f32]) -> Vec<f32> {
    let largest = slopes.iter().fold(f32::MIN_POSITIVE, |largest, slope| largest.max(slope.abs()));
    let weights: Vec<f32> = slopes.iter().map(|slope| (SHARPNESS * (slope / largest - 1.0)).exp()).collect();
    let sum: f32 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn translations_are_predicted_and_indistinguishable_words_named() {
        let nouns =
            [("Hund", "dog"), ("Kind", "child"), ("Mann", "man"), ("Baum", "tree"), ("Haus", "house")];
        let pairs: Vec<RawPair> = (0..200)
            .map(|line| {
                let [(a, x), (b, y)] = [nouns[line % 5], nouns[(line / 5 + line + 1) % 5]];
                let [source, target] =
                    [format!("der {a} und der {b} San Marino"), format!("the {x} and the {y} in SM")];
                RawPair { line: line + 1, source, target }
            })
            .collect();
        let (words, attention) = predict_raw_pairs(&pairs, 200);
        assert_eq!((attention[0].source.len(), attention[0].target.len()), (7, 7));
        let dog = attention[0].target.iter().position(|word| word == "dog").unwrap();
        assert_eq!(attention[0].source[argmax(&attention[0].alpha[dog])], "Hund");
        assert_eq!(words.seen, 200);
        let first = &words.words[0];
        assert!(
            nouns.iter().any(|(a, x)| first.word == *a && first.translation.as_deref() == Some(x)),
            "{first:?}"
        );
        assert!(first.attention > 2.0 && first.signal > 2.0);
        let together = words
            .groups
            .iter()
            .any(|group| group.contains(&"San".into()) && group.contains(&"Marino".into()));
        assert!(together, "{:?}", words.groups);
    }
}
