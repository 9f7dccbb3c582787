//! Both stages on sentence pairs, in turn: words compete for what they explain.
//!
//! *Knowledge.* While a source word i has been attended to n_i times (Σ α over all target positions), and n_io times for the target
//! word o, the table of single words that fits best is t(o|i) = (n_io + m·p_o) / (n_i + m). p_o is the frequency of o, from which
//! knowledge starts; m words of evidence are needed to leave it. β_io = ln t(o|i)/p_o.
//!
//! *Attention.* At a target position, p(o) = Σ_l α_l t(o|x_l). Its natural gradient moves α_l by α_l (t_l/p − 1). One step of size one,
//! from the attention a_l that the positions have by themselves, gives α_l ∝ a_l·t(o|x_l) = a_l·e^β_l·p_o: the posterior of the
//! mixture. What a relative position has by itself is the attention that it got so far.
//!
//! Attention is uniform at first. With m = 0 and without positions, every further round is one of IBM model 1 (Brown et al. 1993).
//! `docs/theory.md` has the derivation.

use std::ops::Range;

/// Relative positions further away than this share one.
const FURTHEST: usize = 15;

/// How the stages take turns.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CompetitionSettings {
    /// Times that knowledge follows attention and attention knowledge; one is stage one and the first attention of stage two.
    pub rounds: usize,
    /// m: words of evidence that count as much as what was known before.
    pub evidence: f64,
    /// Whether relative positions are learned.
    pub positions: bool,
}

impl Default for CompetitionSettings {
    /// Chosen by the alignments of the *train* part of `greek_english` (docs/results.md).
    fn default() -> Self {
        Self { rounds: 5, evidence: 10.0, positions: true }
    }
}

impl CompetitionSettings {
    /// IBM model 1, five rounds.
    pub const IBM_1: Self = Self { rounds: 5, evidence: 0.0, positions: false };
}

/// The table of words and the positions after some rounds.
#[derive(Debug, Clone)]
pub struct Competition {
    settings: CompetitionSettings,
    /// The first entry of each source word, and the number of entries.
    starts: Vec<usize>,
    /// The target word of each entry.
    targets: Vec<u32>,
    /// t(o|i) of each entry.
    known: Vec<f64>,
    /// The attention that each relative position has by itself; the last is that of a last source word that stands for none.
    own: Vec<f64>,
}

impl Competition {
    /// Lets the words of `pairs` (source, target) compete; source words are below `sources`, target words below `targets`. The last
    /// word of a source may stand for none of its words: it has a relative position of its own.
    ///
    /// # Panics
    /// If a word is not below its bound.
    pub fn of(
        pairs: &[(&[u32], &[u32])],
        [sources, targets]: [usize; 2],
        settings: CompetitionSettings,
    ) -> Self {
        let mut keys: Vec<u64> = Vec::new();
        for (source, target) in pairs {
            let meetings = source.iter().flat_map(|&i| target.iter().map(move |&o| (i, o)));
            keys.extend(meetings.map(|(i, o)| u64::from(i) << 32 | u64::from(o)));
        }
        keys.sort_unstable();
        keys.dedup();
        let mut starts = vec![0; sources + 1];
        keys.iter().for_each(|key| starts[(key >> 32) as usize + 1] += 1);
        for word in 0..sources {
            starts[word + 1] += starts[word];
        }
        let entries: Vec<u32> = keys.iter().map(|&key| key as u32).collect();
        let rates = rates(pairs, targets);
        let mut all = Self {
            settings,
            starts,
            known: vec![1.0; entries.len()],
            targets: entries,
            own: vec![1.0; 2 * FURTHEST + 2],
        };
        for round in 0..settings.rounds.max(1) {
            all.round(pairs, &rates, round == 0);
        }
        all
    }

    /// One round: counts under today's attention, then knowledge, then what positions have by themselves.
    fn round(&mut self, pairs: &[(&[u32], &[u32])], rates: &[f64], uniform: bool) {
        let mut counts = vec![0.0; self.known.len()];
        let mut at_place = vec![[1.0; 2]; self.own.len()];
        let mut alpha = Vec::new();
        for &(source, target) in pairs {
            for (place, &word) in target.iter().enumerate() {
                if uniform {
                    alpha.clear();
                    alpha.resize(source.len(), 1.0 / source.len() as f64);
                } else {
                    self.attend((source, target), place, &mut alpha);
                }
                for (position, (&from, &weight)) in source.iter().zip(&alpha).enumerate() {
                    let entry = self.entry(from, word).expect("all words that meet have an entry");
                    counts[entry] += weight;
                    let here = &mut at_place[relative(position, place, [source.len(), target.len()])];
                    here[0] += weight;
                    here[1] += 1.0 / source.len() as f64;
                }
            }
        }
        for word in 0..self.starts.len() - 1 {
            let own = self.entries(word as u32);
            let seen: f64 = counts[own.clone()].iter().sum();
            let evidence = self.settings.evidence;
            for entry in own {
                let before = evidence * rates[self.targets[entry] as usize];
                self.known[entry] = (counts[entry] + before) / (seen + evidence);
            }
        }
        if self.settings.positions && !uniform {
            self.own.iter_mut().zip(&at_place).for_each(|(own, [got, chance])| *own = got / chance);
        }
    }

    /// α of the target position `place` over the words of the source, into `alpha` (sum 1). Words that never met have none; where all
    /// are such, it is uniform.
    pub fn attend(&self, (source, target): (&[u32], &[u32]), place: usize, alpha: &mut Vec<f64>) {
        let sizes = [source.len(), target.len()];
        alpha.clear();
        alpha.extend(source.iter().enumerate().map(|(position, &from)| {
            let known = self.entry(from, target[place]).map_or(0.0, |entry| self.known[entry]);
            known * self.own[relative(position, place, sizes)]
        }));
        let sum: f64 = alpha.iter().sum();
        let even = 1.0 / source.len() as f64;
        alpha.iter_mut().for_each(|weight| *weight = if sum > 0.0 { *weight / sum } else { even });
    }

    /// t(o|i); 0 for words that never met.
    pub fn known(&self, source: u32, target: u32) -> f64 {
        self.entry(source, target).map_or(0.0, |entry| self.known[entry])
    }

    fn entries(&self, source: u32) -> Range<usize> {
        let word = source as usize;
        if word + 1 < self.starts.len() { self.starts[word]..self.starts[word + 1] } else { 0..0 }
    }

    fn entry(&self, source: u32, target: u32) -> Option<usize> {
        let own = self.entries(source);
        self.targets[own.clone()].binary_search(&target).ok().map(|place| own.start + place)
    }
}

/// The place of a source position relative to a target position: how far it is from where the target stands in its sentence.
fn relative(position: usize, place: usize, [source, target]: [usize; 2]) -> usize {
    if position + 1 == source {
        return 2 * FURTHEST + 1;
    }
    let there = (place as f64 + 0.5) * (source - 1) as f64 / target as f64 - 0.5;
    let away = (position as f64 - there).round().clamp(-(FURTHEST as f64), FURTHEST as f64);
    (away + FURTHEST as f64) as usize
}

/// The frequency of each target word.
fn rates(pairs: &[(&[u32], &[u32])], targets: usize) -> Vec<f64> {
    let mut rates = vec![0.0; targets];
    let words = || pairs.iter().flat_map(|(_, target)| target.iter());
    words().for_each(|&word| rates[word as usize] += 1.0);
    let all = words().count().max(1) as f64;
    rates.iter_mut().for_each(|rate| *rate /= all);
    rates
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;

    const NONE: u32 = 0;

    fn borrowed(pairs: &[(Vec<u32>, Vec<u32>)]) -> Vec<(&[u32], &[u32])> {
        pairs.iter().map(|(source, target)| (&source[..], &target[..])).collect()
    }

    /// Model 1 as Brown et al. write it.
    fn model_1(pairs: &[(&[u32], &[u32])], rounds: usize) -> HashMap<(u32, u32), f64> {
        let mut t: HashMap<(u32, u32), f64> = HashMap::new();
        for _ in 0..rounds {
            let (mut counts, mut sums) = (HashMap::new(), HashMap::new());
            for (source, target) in pairs {
                for &o in *target {
                    let of = |i: &u32| t.get(&(*i, o)).copied().unwrap_or(1.0);
                    let sum: f64 = source.iter().map(of).sum();
                    for &i in *source {
                        let part = of(&i) / sum;
                        *counts.entry((i, o)).or_insert(0.0) += part;
                        *sums.entry(i).or_insert(0.0) += part;
                    }
                }
            }
            t = counts.into_iter().map(|((i, o), count)| ((i, o), count / sums[&i])).collect();
        }
        t
    }

    fn some_pairs() -> impl Strategy<Value = Vec<(Vec<u32>, Vec<u32>)>> {
        let side = |last: u32| proptest::collection::vec(1..last, 1..6);
        proptest::collection::vec((side(8), side(7)), 1..12)
    }

    proptest! {
        #[test]
        fn without_a_start_and_positions_it_is_ibm_model_1(pairs in some_pairs(), rounds in 1usize..6) {
            let pairs = borrowed(&pairs);
            let settings = CompetitionSettings { rounds, ..CompetitionSettings::IBM_1 };
            let own = Competition::of(&pairs, [8, 7], settings);
            for ((source, target), t) in model_1(&pairs, rounds) {
                prop_assert!((own.known(source, target) - t).abs() < 1e-9);
            }
        }

        #[test]
        fn attention_sums_to_one_and_knowledge_to_at_most_one(pairs in some_pairs(), rounds in 1usize..4) {
            let pairs = borrowed(&pairs);
            let own = Competition::of(&pairs, [8, 7], CompetitionSettings { rounds, ..Default::default() });
            let mut alpha = Vec::new();
            for &(source, target) in &pairs {
                for place in 0..target.len() {
                    own.attend((source, target), place, &mut alpha);
                    prop_assert!((alpha.iter().sum::<f64>() - 1.0).abs() < 1e-9);
                }
            }
            for source in 1..8 {
                let sum: f64 = (1..7).map(|target| own.known(source, target)).sum();
                prop_assert!(sum < 1.0 + 1e-9);
            }
        }
    }

    #[test]
    fn a_word_that_is_explained_leaves_the_others_to_the_rest() {
        // Word 1 means 1; word 2 occurs only beside it and must mean 2.
        let pairs: Vec<(Vec<u32>, Vec<u32>)> = (0..30)
            .map(|n| if n % 3 == 0 { (vec![1, 2, NONE], vec![1, 2]) } else { (vec![1, NONE], vec![1]) })
            .collect();
        let pairs = borrowed(&pairs);
        let settings = |rounds| CompetitionSettings { rounds, positions: false, evidence: 1.0 };
        let own = |rounds| Competition::of(&pairs, [3, 3], settings(rounds));
        let ratio = |own: &Competition| own.known(2, 2) / own.known(2, 1);
        assert!(ratio(&own(6)) > 2.0 * ratio(&own(1)), "{} {}", ratio(&own(6)), ratio(&own(1)));
        let mut alpha = Vec::new();
        own(6).attend(pairs[0], 1, &mut alpha);
        assert!(alpha[1] > 0.8, "{alpha:?}");
    }

    #[test]
    fn order_is_found_where_words_say_nothing() {
        // Each word means itself, but a repeated one does not say which of them.
        let pairs: Vec<(Vec<u32>, Vec<u32>)> =
            (0..40).map(|n| (vec![1, 2 + n % 3, 1, NONE], vec![1, 2 + n % 3, 1])).collect();
        let own = Competition::of(&borrowed(&pairs), [5, 5], CompetitionSettings::default());
        let mut alpha = Vec::new();
        for (place, right) in [(0, 0), (1, 1), (2, 2)] {
            own.attend((&pairs[0].0, &pairs[0].1), place, &mut alpha);
            assert!(alpha[right] > 0.5, "{place}: {alpha:?}");
        }
    }
}
