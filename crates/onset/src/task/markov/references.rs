//! The losses of predictors that are not learned, which show what a model has learned.
//!
//! - *unigram*: the next symbol is as likely as it was frequent so far, each count plus one;
//! - *bigram*: as frequent as it was behind earlier occurrences of the present symbol, each count plus one. With rows from
//!   Dirichlet(1, …, 1) this is Bayes' rule, and no predictor does better;
//! - *oracle*: knows the chain.

use onset_engine::Random;

use super::{Chain, MarkovTask};
use crate::batch::Ragged;
use crate::stats::{mean, standard_deviation};
use crate::task::streams::REFERENCE_CHAINS;

/// Mean losses in nats.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct References {
    /// Of the counts of symbols.
    pub unigram: f64,
    /// Of the counts of pairs.
    pub bigram: f64,
}

/// Chains over which the oracle's loss is averaged.
const CHAINS: usize = 4096;

/// The losses on `sequences` of so many symbols, over all symbols but the first of each.
pub fn reference_losses(sequences: &Ragged, symbols: usize) -> References {
    let (mut unigram, mut bigram, mut predictions) = (0.0, 0.0, 0usize);
    let mut counts = vec![0.0; symbols];
    let mut pairs = vec![0.0; symbols * symbols];
    for index in 0..sequences.len() {
        counts.fill(1.0);
        pairs.fill(1.0);
        let sequence = sequences.row(index);
        for (step, pair) in sequence.windows(2).enumerate() {
            let [present, next] = [pair[0], pair[1]].map(|symbol| symbol as usize);
            counts[present] += 1.0;
            unigram -= (counts[next] / (step + 1 + symbols) as f64).ln();
            let behind = &mut pairs[present * symbols..][..symbols];
            bigram -= (behind[next] / behind.iter().sum::<f64>()).ln();
            behind[next] += 1.0;
            predictions += 1;
        }
    }
    let mean = |sum: f64| sum / predictions.max(1) as f64;
    References { unigram: mean(unigram), bigram: mean(bigram) }
}

/// The mean losses of the predictors over many sequences of `task`, with their standard errors over sequences, in nats: uniform,
/// unigram, bigram, oracle.
pub fn levels(task: &MarkovTask) -> [(&'static str, f64, f64); 4] {
    let count = (CHAINS * 8 / task.symbols.pow(3).max(8)).max(64);
    let mut random: Random = REFERENCE_CHAINS.random(1);
    let mut chain = Chain::new(task.symbols);
    let mut losses = [const { Vec::new() }; 3];
    let (mut sequence, mut one) = (Vec::new(), Ragged::default());
    for _ in 0..count {
        chain.draw(task.prior, &mut random);
        chain.sequence(task.length, &mut random, &mut sequence);
        one.clear();
        one.push(sequence.iter().copied());
        let References { unigram, bigram } = reference_losses(&one, task.symbols);
        let own = [unigram, bigram, chain.entropy()];
        losses.iter_mut().zip(own).for_each(|(losses, loss)| losses.push(loss));
    }
    let [unigram, bigram, oracle] = losses.map(|losses| {
        let mean = mean(&losses).expect("there are sequences");
        (mean, standard_deviation(&losses).unwrap_or(0.0) / (losses.len() as f64).sqrt())
    });
    [
        ("uniform", (task.symbols as f64).ln(), 0.0),
        ("unigram", unigram.0, unigram.1),
        ("bigram", bigram.0, bigram.1),
        ("oracle", oracle.0, oracle.1),
    ]
}

/// The expected loss of one who knows each chain: the mean entropy of the next symbol.
pub(super) fn oracle(task: &MarkovTask) -> f64 {
    // A chain of many symbols is expensive to draw, and its entropy varies little.
    let count = (CHAINS * 8 / task.symbols.pow(3).max(8)).max(16);
    let mut random: Random = REFERENCE_CHAINS.random(0);
    let mut chain = Chain::new(task.symbols);
    let mut entropy = || {
        chain.draw(task.prior, &mut random);
        chain.entropy()
    };
    (0..count).map(|_| entropy()).sum::<f64>() / count as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::batch::Examples;
    use crate::task::{Draw, EpochOrder, TaskSettings};

    /// Monte Carlo figures of 6,000 chains of 101 symbols, by a program of its own.
    #[test]
    fn losses_are_those_of_a_monte_carlo_simulation() {
        for (symbols, unigram, bigram, known) in [(2, 0.581, 0.514, 0.485), (3, 1.002, 0.886, 0.819)] {
            let task = MarkovTask { symbols, sequences: 2000, ..MarkovTask::default() };
            for ((name, loss, error), known) in levels(&task)[1..].iter().zip([unigram, bigram, known]) {
                assert!((loss - known).abs() < 0.012 && *error < 0.01, "{name}: {loss} ± {error}");
            }
            let mut examples = Examples::default();
            let draw = Draw::Evaluation { seed: 5, step: 0 };
            task.load().unwrap().fill(draw, &mut EpochOrder::default(), &mut examples);
            let found = reference_losses(&examples.target, symbols);
            assert!((found.unigram - unigram).abs() < 0.012, "{found:?}");
            assert!((found.bigram - bigram).abs() < 0.012, "{found:?}");
            assert!((oracle(&task) - known).abs() < 0.012, "{}", oracle(&task));
        }
    }

    #[test]
    fn counts_are_taken_before_the_symbol_that_they_predict() {
        let mut sequences = Ragged::default();
        sequences.push([0, 1, 0, 1]);
        let found = reference_losses(&sequences, 2);
        // After 0: ones 1, zeros 2 of 3. After 0, 1: zeros 2 of 4. After 0, 1, 0: ones 2 of 5.
        let unigram = -(1.0f64 / 3.0 * (2.0 / 4.0) * (2.0 / 5.0)).ln() / 3.0;
        // Behind 0 nothing, behind 1 nothing, behind 0 a 1.
        let bigram = -(0.5f64 * 0.5 * (2.0 / 3.0)).ln() / 3.0;
        assert!((found.unigram - unigram).abs() < 1e-12 && (found.bigram - bigram).abs() < 1e-12);
    }
}
