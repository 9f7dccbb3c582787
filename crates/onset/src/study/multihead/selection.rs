//! The selection of good and bad heads, each tried alone on one body.
//!
//! Heads are tried in the order of their seeds, and the first good and bad ones are selected. The selection does not
//! depend on how many heads are tried at once.

use serde::Serialize;

use super::MultiheadSettings;

/// A head is bad if its final accuracy is below this on every data seed.
pub const BAD_BELOW: f64 = 0.6;

/// The result of a head on one data seed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trial {
    /// Whether accuracy reached 0.95 at any evaluation.
    pub passed: bool,
    /// Accuracy at the last evaluation.
    pub last: f64,
}

/// The result of a head's trials so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum HeadStatus {
    /// It passed on every data seed.
    Good,
    /// Its final accuracy was low on every data seed.
    Bad,
    /// Neither.
    Discarded,
    /// Some data seeds are left. The head may still be good (it has passed so far), bad (low so far), or either
    /// (untried).
    Open { good: bool, bad: bool },
}

/// The selected heads.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pools {
    /// Seeds of good heads.
    pub good: Vec<u64>,
    /// Seeds of bad heads.
    pub bad: Vec<u64>,
    /// Heads that were tried and not selected: neither good nor bad, or of a kind that was complete.
    pub discarded: usize,
    /// Heads that were tried.
    pub drawn: usize,
    /// Whether the search ended because it had tried the largest allowed number of heads.
    pub met_cap: bool,
}

/// The trials of the heads of one body.
#[derive(Debug, Clone)]
pub struct Selection {
    pool: usize,
    data_seeds: usize,
    draws: usize,
    /// The trials of each head, by head seed.
    trials: Vec<Vec<Trial>>,
}

impl Selection {
    /// A selection with no trials.
    pub fn new(settings: &MultiheadSettings) -> Self {
        let MultiheadSettings { pool, selection_seeds, draws, .. } = *settings;
        Self { pool, data_seeds: selection_seeds, draws, trials: Vec::new() }
    }

    fn status(&self, head: usize) -> HeadStatus {
        let trials = self.trials.get(head).map_or(&[][..], Vec::as_slice);
        let good = trials.iter().all(|trial| trial.passed);
        let bad = trials.iter().all(|trial| trial.last < BAD_BELOW);
        match (good, bad) {
            (false, false) => HeadStatus::Discarded,
            _ if trials.len() < self.data_seeds => HeadStatus::Open { good, bad },
            (true, _) => HeadStatus::Good,
            (false, true) => HeadStatus::Bad,
        }
    }

    /// The next trials (head seed, data seed): at most `wide`, only as many as needed. Empty when the search is over.
    pub fn next(&self, wide: usize) -> Vec<(u64, u64)> {
        let mut next = Vec::new();
        let (mut good, mut bad) = (0, 0);
        for head in 0..self.draws {
            if next.len() == wide || (good >= self.pool && bad >= self.pool) {
                break;
            }
            match self.status(head) {
                HeadStatus::Good => good += 1,
                HeadStatus::Bad => bad += 1,
                HeadStatus::Discarded => {}
                // Heads of a kind that is complete are not tried further.
                HeadStatus::Open { good: may_be_good, bad: may_be_bad } => {
                    if (may_be_good && good < self.pool) || (may_be_bad && bad < self.pool) {
                        next.push((head as u64, self.trials.get(head).map_or(0, Vec::len) as u64));
                    }
                }
            }
        }
        next
    }

    /// Adds the result of the next data seed of `head`.
    pub fn take(&mut self, head: u64, trial: Trial) {
        let head = head as usize;
        if self.trials.len() <= head {
            self.trials.resize(head + 1, Vec::new());
        }
        self.trials[head].push(trial);
    }

    /// The first good and bad heads, up to the size of the pools.
    pub fn pools(&self) -> Pools {
        let mut pools = Pools { good: Vec::new(), bad: Vec::new(), discarded: 0, drawn: 0, met_cap: false };
        for head in 0..self.trials.len() {
            if pools.good.len() >= self.pool && pools.bad.len() >= self.pool {
                break;
            }
            pools.drawn += 1;
            match self.status(head) {
                HeadStatus::Good if pools.good.len() < self.pool => pools.good.push(head as u64),
                HeadStatus::Bad if pools.bad.len() < self.pool => pools.bad.push(head as u64),
                _ => {}
            }
        }
        pools.discarded = pools.drawn - pools.good.len() - pools.bad.len();
        let short = pools.good.len() < self.pool || pools.bad.len() < self.pool;
        pools.met_cap = short && pools.drawn >= self.draws;
        pools
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SETTINGS: MultiheadSettings =
        MultiheadSettings { heads: 8, repeats: 1, pool: 2, selection_seeds: 2, draws: 12 };

    /// Every third head is good, every third is bad on the first data seed only, and the rest are bad.
    fn try_head(head: u64, data_seed: u64) -> Trial {
        let passed = head.is_multiple_of(3) || (head % 3 == 1 && data_seed == 1);
        Trial { passed, last: if passed { 1.0 } else { 0.3 } }
    }

    fn search(settings: &MultiheadSettings, wide: usize) -> (Pools, usize) {
        let mut selection = Selection::new(settings);
        let mut tried = 0;
        loop {
            let next = selection.next(wide);
            if next.is_empty() {
                return (selection.pools(), tried);
            }
            tried += next.len();
            next.into_iter().for_each(|(head, seed)| selection.take(head, try_head(head, seed)));
        }
    }

    #[test]
    fn the_first_heads_of_each_kind_are_taken_however_many_are_tried_at_once() {
        let (pools, _) = search(&SETTINGS, 1);
        assert_eq!((pools.good.as_slice(), pools.bad.as_slice()), (&[0, 3][..], &[2, 5][..]));
        assert_eq!((pools.drawn, pools.discarded, pools.met_cap), (6, 2, false));
        for wide in [2, 3, 7, 100] {
            assert_eq!(search(&SETTINGS, wide).0, pools, "{wide} at once");
        }
    }

    #[test]
    fn a_head_that_can_be_neither_or_is_not_needed_is_tried_no_further() {
        // Heads 0 and 3 pass twice; 1, 4, … fail once and pass once; 2 and 5 fail twice.
        assert_eq!(search(&SETTINGS, 1).1, 12);
        let one = MultiheadSettings { pool: 1, ..SETTINGS };
        // Heads 0, 1 and 2, twice each.
        assert_eq!(search(&one, 1).1, 6);
    }

    #[test]
    fn the_search_ends_at_its_cap_and_says_so() {
        let (pools, _) = search(&MultiheadSettings { pool: 50, ..SETTINGS }, 4);
        assert_eq!((pools.good.len(), pools.bad.len(), pools.drawn), (4, 4, 12));
        assert!(pools.met_cap);
    }
}
