//! What is said of sentence pairs.

use std::collections::HashMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::words::{CLEAR, GROUPS, LISTED};
use super::{
    ForecastError, PredictedAttention, PredictedWord, ReadableAttention, WordsPrediction,
    groups::indistinguishable,
};
use crate::task::pairs::{PairData, RawPair, read_pairs};
use crate::task::text::tokenize;
use crate::theory::CoOccurrence;
use crate::train::TrainError;

/// How much weight a slope of the size of its row's largest gets: attention is e to this times that of a word that says
/// nothing. Only the order matters for agreement.
const SHARPNESS: f32 = 4.0;

/// A pair of words that meets less often in what is predicted is not listed.
const AT_LEAST: u64 = 5;

/// Words that come less often are not told from each other.
const RARE: usize = 2;

/// Predicts where attention goes on the held-out pairs of `data`.
pub(super) fn predict(data: &PairData) -> (WordsPrediction, PredictedAttention) {
    let sides = |pair: &'_ crate::task::pairs::PairExample| (pair.source.clone(), pair.target[1..].to_vec());
    let train: Vec<(Vec<u32>, Vec<u32>)> = data.train.iter().map(sides).collect();
    let held: Vec<(Vec<u32>, Vec<u32>)> = data.validation.iter().map(sides).collect();
    let special = 4;
    look_ahead(&train, &held, data.subwords.len(), special, &|id| data.subwords.piece(id))
}

/// Predicts from the words of a file of pairs (columns `source` and `target`), or of two files side by side, as they
/// stand: learning subwords takes longer than all else. What is listed, and given attention, is of the first pairs.
pub fn predict_pair_files(
    source: &Path,
    target: Option<&Path>,
) -> Result<(WordsPrediction, Vec<ReadableAttention>), ForecastError> {
    let pairs =
        read_pairs(source, target, ["source", "target"], &mut Sha256::new()).map_err(TrainError::from)?;
    let said = predict_raw_pairs(&pairs, LISTED_PAIRS);
    if said.0.seen == 0 {
        let missing = format!("{} has no pair with words on both sides", source.display());
        return Err(ForecastError::Beyond { missing });
    }
    Ok(said)
}

/// Pairs whose target words are looked at one by one for the list.
const LISTED_PAIRS: usize = 2000;

/// Predicts from words in no particular vocabulary; what is listed is of the first `listed` pairs.
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
    let (words, attention) = look_ahead(&coded, &held, names.len(), 1, &|id| names[id as usize].clone());
    split.truncate(held.len());
    (words, ReadableAttention::of_pairs(split, attention))
}

/// Expected attention of a pair of words.
#[derive(Default)]
struct Met {
    attention: f64,
    times: u64,
}

/// Predicts where attention goes on `held`, from the co-occurrence in `train`; ids below `first` are not listed.
fn look_ahead(
    train: &[(Vec<u32>, Vec<u32>)],
    held: &[(Vec<u32>, Vec<u32>)],
    vocabulary: usize,
    first: u32,
    name: &dyn Fn(u32) -> String,
) -> (WordsPrediction, PredictedAttention) {
    let table = CoOccurrence::of(train.iter().map(|(source, target)| (&source[..], &target[..])), vocabulary);
    let (mut attention, mut met, mut clear) = (PredictedAttention::default(), HashMap::<_, Met>::new(), 0);
    for (number, (source, target)) in held.iter().enumerate() {
        for (position, &said) in target.iter().enumerate() {
            let slopes: Vec<f32> = source.iter().map(|&word| table.slope(word, said)).collect();
            let alpha = weights(&slopes);
            let top =
                alpha.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(place, _)| place);
            clear += usize::from(table.signal(source[top], said) >= CLEAR);
            for (&word, &weight) in source.iter().zip(&alpha) {
                let entry = met.entry((word, said)).or_default();
                entry.attention += f64::from(weight) * source.len() as f64;
                entry.times += 1;
            }
            attention.example.push(number as i64);
            attention.position.push(position as i64);
            attention.alpha.push(alpha);
        }
    }
    let listed = met.into_iter().filter(|((word, said), met)| {
        met.times >= AT_LEAST && *word >= first && *said >= first && table.signal(*word, *said) >= CLEAR
    });
    let mut listed: Vec<((u32, u32), f64, u64)> =
        listed.map(|(pair, met)| (pair, met.attention / met.times as f64, met.times)).collect();
    listed.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let words = listed.into_iter().take(LISTED).map(|((word, said), attention, occurrences)| PredictedWord {
        word: name(word),
        translation: Some(name(said)),
        attention,
        occurrences,
        signal: f64::from(table.signal(word, said)),
    });
    let groups = indistinguishable(train.iter().map(|(source, _)| &source[..]), vocabulary, first);
    let prediction = WordsPrediction {
        seen: train.len(),
        words: words.collect(),
        grouped: groups.iter().map(Vec::len).sum(),
        groups: groups.iter().take(GROUPS).map(|group| group.iter().map(|&id| name(id)).collect()).collect(),
        rows: attention.alpha.len(),
        above_noise: clear as f64 / attention.alpha.len().max(1) as f64,
    };
    (prediction, attention)
}

/// Attention in the order of `slopes`.
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
    fn translations_are_foretold_and_inseparable_words_named() {
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
        let most = (0..7).max_by(|&a, &b| attention[0].alpha[dog][a].total_cmp(&attention[0].alpha[dog][b]));
        assert_eq!(attention[0].source[most.unwrap()], "Hund");
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
