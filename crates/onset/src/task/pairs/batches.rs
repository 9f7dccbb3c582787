//! Batches of pairs of similar length, in an order of its own for each epoch.
//!
//! Pairs are shuffled and cut into pools; within a pool they are sorted by length and cut into batches; then all
//! batches are shuffled. Sentences of a batch are alike, and which ones meet still changes.

use onset_engine::{Random, Stream};

use super::PairExample;

/// Batches that are sorted together.
const POOL: usize = 100;

/// The batches of one epoch; made anew when the epoch changes.
#[derive(Debug, Clone, Default)]
pub struct Batches {
    epoch: Option<u64>,
    order: Vec<u32>,
    /// First place and size of each batch in `order`.
    batches: Vec<(usize, usize)>,
}

impl Batches {
    /// The numbers of the pairs of `step`, `size` of them but for the last batches of pools.
    pub fn at(&mut self, step: u64, seed: u64, size: usize, pairs: &[PairExample]) -> &[u32] {
        let per_epoch = pairs.len().div_ceil(size) as u64;
        let epoch = step / per_epoch;
        if self.epoch != Some(epoch) {
            self.draw(epoch, seed, size, pairs);
            self.epoch = Some(epoch);
        }
        let (first, count) = self.batches[(step % per_epoch) as usize];
        &self.order[first..first + count]
    }

    fn draw(&mut self, epoch: u64, seed: u64, size: usize, pairs: &[PairExample]) {
        self.order.clear();
        self.order.extend(0..pairs.len() as u32);
        let mut random = Random::at(seed, Stream::Data, epoch);
        random.shuffle(&mut self.order);
        let key = |&number: &u32| {
            let pair = &pairs[number as usize];
            (pair.target.len(), pair.source.len(), number)
        };
        self.order.chunks_mut(POOL * size).for_each(|pool| pool.sort_unstable_by_key(key));
        self.batches.clear();
        let starts = (0..pairs.len()).step_by(size);
        self.batches.extend(starts.map(|first| (first, size.min(pairs.len() - first))));
        random.shuffle(&mut self.batches);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_epoch_goes_through_all_pairs_once_with_similar_lengths_together() {
        let pair = |i: usize| PairExample {
            source: vec![0; 3 + i % 7],
            target: vec![0; 3 + i * i % 23],
            text: Default::default(),
        };
        let pairs: Vec<PairExample> = (0..1003).map(pair).collect();
        let mut batches = Batches::default();
        let (mut seen, mut spread) = (Vec::new(), 0);
        for step in 0..126 {
            let batch = batches.at(step, 1, 8, &pairs).to_vec();
            let lengths = batch.iter().map(|&number| pairs[number as usize].target.len());
            spread += lengths.clone().max().unwrap() - lengths.min().unwrap();
            seen.extend(batch);
        }
        let first = seen.clone();
        seen.sort_unstable();
        assert!(seen == (0..1003).collect::<Vec<u32>>());
        assert!(spread <= 126, "{spread}");
        let again: Vec<u32> =
            (0..126).flat_map(|step| Batches::default().at(step, 1, 8, &pairs).to_vec()).collect();
        assert_eq!(again, first);
        assert_ne!(batches.at(126, 1, 8, &pairs), &first[..8]);
    }
}
