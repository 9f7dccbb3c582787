//! The order of a data set's examples in each epoch.

use onset_engine::{Random, Stream};

use super::descriptions::Uses;
use super::pairs::Batches;

/// The order of one epoch; made anew when the epoch changes.
#[derive(Debug, Clone, Default)]
pub struct EpochOrder {
    epoch: Option<u64>,
    order: Vec<u32>,
    /// For tasks whose batches hold examples of similar length.
    pub(super) batches: Batches,
    /// For tasks that draw descriptions.
    pub(super) uses: Uses,
}

impl EpochOrder {
    /// The numbers of the examples of `step` (counted from 0), `batch` of `count`. Each epoch has an order of its own,
    /// and a last batch that may be smaller.
    pub fn shuffled(&mut self, seed: u64, step: u64, batch: usize, count: usize) -> &[u32] {
        let per_epoch = count.div_ceil(batch) as u64;
        let epoch = step / per_epoch;
        if self.epoch != Some(epoch) {
            self.order.clear();
            self.order.extend(0..count as u32);
            Random::at(seed, Stream::Data, epoch).shuffle(&mut self.order);
            self.epoch = Some(epoch);
        }
        let first = (step % per_epoch) as usize * batch;
        &self.order[first..count.min(first + batch)]
    }
}
