//! Corpus BLEU (Papineni et al. 2002) as sacreBLEU computes it (Post 2018), with one reference for each sentence,
//! mteval-v13a tokenization and exponential smoothing.
//!
//! BLEU = BP · exp(¼ Σ_n log p_n), n from 1 to 4. p_n is the share of the hypotheses' n-grams that occur in the
//! reference of the same line, each counted at most as often as it occurs there. BP = exp(1 − r/c) if the hypotheses
//! have c words and the references r > c, and 1 otherwise. If no n-gram of an order matches, p_n = 1/(2^k · total) for
//! the kth such order.

use std::collections::HashMap;

use serde::Serialize;

use super::tokenize_13a;

const ORDERS: usize = 4;

/// Corpus BLEU and its components.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bleu {
    /// BLEU, from 0 to 100.
    pub score: f64,
    /// p_1 to p_4, smoothed, in percent.
    pub precisions: [f64; ORDERS],
    /// The brevity penalty BP.
    pub brevity_penalty: f64,
    /// The number of words in the hypotheses.
    pub hypothesis_words: usize,
    /// The number of words in the references.
    pub reference_words: usize,
}

impl Bleu {
    /// sacreBLEU's signature for this computation; its version is the one that the tests compare with.
    pub const SIGNATURE: &str = "nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0";
}

impl std::fmt::Display for Bleu {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [p1, p2, p3, p4] = self.precisions;
        let (ours, theirs) = (self.hypothesis_words, self.reference_words);
        let ratio = if theirs == 0 { 0.0 } else { ours as f64 / theirs as f64 };
        write!(
            formatter,
            "BLEU = {:.2} {p1:.1}/{p2:.1}/{p3:.1}/{p4:.1} (BP = {:.3} ratio = {ratio:.3} hyp_len = {ours} ref_len = {theirs})",
            self.score, self.brevity_penalty
        )
    }
}

/// BLEU of `hypotheses` against the references with the same index.
///
/// # Panics
/// If their numbers differ.
pub fn bleu<H: AsRef<str>, R: AsRef<str>>(hypotheses: &[H], references: &[R]) -> Bleu {
    assert_eq!(hypotheses.len(), references.len(), "a reference for each hypothesis");
    let (mut right, mut total, mut words) = ([0; ORDERS], [0; ORDERS], [0; 2]);
    for (hypothesis, reference) in hypotheses.iter().zip(references) {
        let (hypothesis, reference) = (tokenize_13a(hypothesis.as_ref()), tokenize_13a(reference.as_ref()));
        words[0] += hypothesis.len();
        words[1] += reference.len();
        for n in 1..=ORDERS {
            let known = counts(&reference, n);
            for (gram, count) in counts(&hypothesis, n) {
                right[n - 1] += count.min(known.get(gram).copied().unwrap_or(0));
                total[n - 1] += count;
            }
        }
    }
    finish(right, total, words)
}

/// The counts of the n-grams of `words`.
fn counts(words: &[String], n: usize) -> HashMap<&[String], usize> {
    let mut counts = HashMap::new();
    words.windows(n).for_each(|gram| *counts.entry(gram).or_default() += 1);
    counts
}

fn finish(right: [usize; ORDERS], total: [usize; ORDERS], words: [usize; 2]) -> Bleu {
    let [ours, theirs] = words;
    let brevity_penalty = match ours {
        _ if ours >= theirs => 1.0,
        0 => 0.0,
        _ => (1.0 - theirs as f64 / ours as f64).exp(),
    };
    let mut precisions = [0.0; ORDERS];
    if right.iter().any(|&count| count > 0) {
        let mut halved = 1.0;
        for n in (0..ORDERS).take_while(|&n| total[n] > 0) {
            let share = if right[n] > 0 {
                right[n] as f64
            } else {
                halved *= 2.0;
                1.0 / halved
            };
            precisions[n] = 100.0 * share / total[n] as f64;
        }
    }
    // An order without n-grams makes BLEU 0.
    let mean = precisions.iter().map(|p| p.ln()).sum::<f64>() / ORDERS as f64;
    let (hypothesis_words, reference_words) = (ours, theirs);
    Bleu {
        score: brevity_penalty * mean.exp(),
        precisions,
        brevity_penalty,
        hypothesis_words,
        reference_words,
    }
}
