//! The losses of predictors that only count, as levels to compare a model's loss with.
//!
//! - *unigram*: a token is as likely as it is frequent in the training text;
//! - *bigram*: as frequent as it is there behind the present token.
//!
//! One is added to each count, so that what never occurred has a probability too.

use std::collections::HashMap;

/// Mean losses in nats per token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct References {
    /// Of the counts of tokens.
    pub unigram: f64,
    /// Of the counts of pairs.
    pub bigram: f64,
}

/// The losses on all tokens but the first of each of `windows`, by the counts of `train`, where there are `vocabulary` tokens.
pub(super) fn reference_losses<'a>(
    train: &[u32],
    vocabulary: usize,
    windows: impl Iterator<Item = &'a [u32]> + Clone,
) -> References {
    let pairs_of = |tokens: &'a [u32]| tokens.windows(2).map(|pair| (pair[0], pair[1]));
    // Of pairs only those are counted that are predicted, since all of a long text would be too many.
    let mut pairs: HashMap<(u32, u32), u64> =
        windows.clone().flat_map(pairs_of).map(|pair| (pair, 0)).collect();
    let mut counts = vec![0u64; vocabulary];
    let mut followed = vec![0u64; vocabulary];
    train.iter().for_each(|&token| counts[token as usize] += 1);
    for pair in train.windows(2) {
        followed[pair[0] as usize] += 1;
        pairs.entry((pair[0], pair[1])).and_modify(|count| *count += 1);
    }
    let share = |count: u64, of: u64| (count + 1) as f64 / (of + vocabulary as u64) as f64;
    let (mut unigram, mut bigram, mut predictions) = (0.0, 0.0, 0usize);
    for (present, next) in windows.flat_map(pairs_of) {
        unigram -= share(counts[next as usize], train.len() as u64).ln();
        bigram -= share(pairs[&(present, next)], followed[present as usize]).ln();
        predictions += 1;
    }
    let mean = |sum: f64| sum / predictions.max(1) as f64;
    References { unigram: mean(unigram), bigram: mean(bigram) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn losses_are_those_of_counts_plus_one() {
        // Counts: 0 three times, 1 twice, 2 never; behind 0 a 0 and two 1, behind 1 a 0.
        let train = [0, 1, 0, 0, 1];
        let windows: [&[u32]; 2] = [&[0, 1, 2], &[1, 0]];
        let found = reference_losses(&train, 3, windows.iter().copied());
        let unigram = -(3.0f64 / 8.0 * (1.0 / 8.0) * (4.0 / 8.0)).ln() / 3.0;
        let bigram = -(3.0f64 / 6.0 * (1.0 / 4.0) * (2.0 / 4.0)).ln() / 3.0;
        assert!((found.unigram - unigram).abs() < 1e-12 && (found.bigram - bigram).abs() < 1e-12);
    }
}
