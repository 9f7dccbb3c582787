//! Held-out pairs whose words were aligned by hand, against which the attributions of a study are held.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use onset_engine::softmax;
use rayon::prelude::*;

use super::{StudyError, StudyRuns};
use crate::align::{
    Attributed, Links, ScoredWay, SplitPair, TrainedAligner, Way, aligned, read_links, scores_by_step,
    split_pairs,
};
use crate::measures::WordAttention;
use crate::proxy::PairProxies;
use crate::task::pairs::{PairSource, RawPair};
use crate::task::subwords::Subwords;
use crate::watch::{uncancelled, unwatched};

/// Pairs and their links.
pub struct HandAligned {
    /// The held-out pairs.
    pairs: Vec<[String; 2]>,
    /// Their words, then those of the training pairs, which are counted too.
    words: Vec<SplitPair>,
    gold: Vec<Links>,
}

impl HandAligned {
    /// The pairs of the validation file of `source`, with the links in `path`, one line a pair.
    ///
    /// # Errors
    /// If there is no validation file, or if a file cannot be used.
    pub fn read(source: &PairSource, path: &Path) -> Result<Self, StudyError> {
        let PairSource { validation_source, validation_target, .. } = source.clone();
        if validation_source.is_none() {
            return Err(StudyError::NothingToAlign { path: path.into() });
        }
        let held_out = PairSource { source: validation_source, target: validation_target, ..source.clone() };
        let sides = |pair: RawPair| [pair.source, pair.target];
        let pairs: Vec<[String; 2]> = held_out.read()?.0.into_iter().map(sides).collect();
        let training = source.read()?.0.into_iter().map(sides);
        let words = split_pairs(pairs.iter().cloned().chain(training), true);
        let sizes: Vec<[usize; 2]> =
            words[..pairs.len()].iter().map(|[source, target]| [source.len(), target.len()]).collect();
        let gold = read_links(path, &sizes)?;
        Ok(Self { pairs, words, gold })
    }

    /// How well they are aligned: with nothing trained, by β^px, and by α and β of the runs after each step whose parameters were kept.
    /// Of the run with uniform attention β alone. Steps are looked at side by side; `told` is called with how many have been, and of how
    /// many, after each.
    ///
    /// # Errors
    /// If a run cannot be read.
    pub fn scores(
        &self,
        runs: &StudyRuns,
        subwords: &Subwords,
        proxies: &mut PairProxies,
        told: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Vec<ScoredWay>, StudyError> {
        let untrained = |way: Way| {
            let links = aligned(&self.words, self.pairs.len(), way, false);
            ScoredWay::untrained(way.name(), &links, &self.gold)
        };
        let mut scored: Vec<ScoredWay> = Way::ALL.into_iter().map(untrained).collect();
        scored.push(ScoredWay::untrained("beta-px", &self.by_proxy(subwords, proxies), &self.gold));
        let both = &[Attributed::Alpha, Attributed::Beta][..];
        let mut models = Vec::new();
        for (name, run, ways) in [("gold", &runs.gold, both), ("uniform", &runs.uniform, &both[1..])] {
            let path = run.directory.path();
            models.extend(TrainedAligner::steps(path)?.into_iter().map(|step| (name, path, step, ways)));
        }
        let (pairs, done) = ((&self.pairs[..], &self.gold[..]), AtomicUsize::new(0));
        let of_model = |&(name, path, step, ways): &(&str, &Path, u64, &[Attributed])| {
            let found = uncancelled(scores_by_step(path, &[step], pairs, ways, &mut unwatched)?);
            told(done.fetch_add(1, Ordering::Relaxed) + 1, models.len());
            Ok(found.into_iter().map(|way| ScoredWay { run: Some(name.into()), ..way }).collect())
        };
        let found: Vec<Vec<ScoredWay>> =
            models.par_iter().map(of_model).collect::<Result<_, StudyError>>()?;
        scored.extend(found.into_iter().flatten());
        Ok(scored)
    }

    /// For each target word the source word by which β^px makes it most probable.
    fn by_proxy(&self, subwords: &Subwords, proxies: &mut PairProxies) -> Vec<Links> {
        let mut links = Vec::with_capacity(self.pairs.len());
        for pair in &self.pairs {
            let [source, target] = [&pair[0], &pair[1]].map(|side| subwords.encode_words(side));
            let mut weights = vec![vec![0.0; source.0.len()]; target.0.len()];
            for (place, &word) in source.0.iter().enumerate() {
                let row = proxies.row(word);
                weights
                    .iter_mut()
                    .zip(&target.0)
                    .for_each(|(weights, &own)| weights[place] = row[own as usize]);
            }
            weights.iter_mut().for_each(|row| softmax(row));
            let found = WordAttention::of(&weights, &source.1, &target.1).links();
            links.push(found.into_iter().map(|[i, j]| (i as u32, j as u32)).collect());
        }
        links
    }
}
