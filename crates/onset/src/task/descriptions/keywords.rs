//! A model that matches keywords: the cosine of bags of tokens, each weighted by how rare it is among the evaluated texts of its set
//! (tf-idf).

use std::collections::{HashMap, HashSet};

use super::scores::{area, rows};
use super::task::{DescribedTask, Pair};

/// A bag: the weight of each token, divided by the norm of all.
type Bag = HashMap<u32, f32>;

pub(super) fn keyword_areas(task: &DescribedTask) -> Vec<f64> {
    let rarity: Vec<HashMap<u32, f32>> = (0..task.sets.len()).map(|set| rarity(task, set)).collect();
    let score = |pair: &Pair| {
        let own = &rarity[pair.set];
        let description = bag(&task.descriptions[pair.description].tokens, own);
        let text = bag(task.sets[pair.set].test.tokens.row(pair.text as usize), own);
        text.iter().map(|(token, weight)| weight * description.get(token).copied().unwrap_or(0.0)).sum()
    };
    let scores: Vec<f32> = task.pairs.iter().map(score).collect();
    let labels: Vec<u32> = task.pairs.iter().map(|pair| u32::from(pair.holds)).collect();
    let mut first = 0;
    rows(task)
        .iter()
        .map(|row| {
            let own = first..first + row.texts.iter().sum::<usize>();
            first = own.end;
            area(&scores[own.clone()], &labels[own])
        })
        .collect()
}

/// ln(1 + texts / texts with the token), of the texts of a set that are evaluated.
fn rarity(task: &DescribedTask, set: usize) -> HashMap<u32, f32> {
    let texts: HashSet<u32> =
        task.pairs.iter().filter(|pair| pair.set == set).map(|pair| pair.text).collect();
    let mut counts: HashMap<u32, f32> = HashMap::new();
    for &text in &texts {
        let tokens: HashSet<u32> = task.sets[set].test.tokens.row(text as usize).iter().copied().collect();
        tokens.into_iter().for_each(|token| *counts.entry(token).or_default() += 1.0);
    }
    counts.values_mut().for_each(|count| *count = (texts.len() as f32 / *count).ln_1p());
    counts
}

fn bag(tokens: &[u32], rarity: &HashMap<u32, f32>) -> Bag {
    let mut bag = Bag::new();
    for token in tokens {
        // What no text has matches none.
        if let Some(weight) = rarity.get(token) {
            *bag.entry(*token).or_default() += weight;
        }
    }
    let norm = bag.values().map(|weight| weight * weight).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    bag.values_mut().for_each(|weight| *weight /= norm);
    bag
}
