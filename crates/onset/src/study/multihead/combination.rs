//! Combinations of heads on one body.

use onset_engine::{Random, Stream};
use serde::Serialize;

use super::{MultiheadPlan, MultiheadSettings, Pools};

/// The kind of a combination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Bad heads only.
    Bad,
    /// One good head among bad ones.
    OneGood,
    /// Heads that selection did not try.
    Random,
    /// A single head that selection did not try: the first of a random combination.
    Single,
}

impl Kind {
    /// All kinds, in the order of the tables.
    pub const ALL: [Self; 4] = [Self::Bad, Self::OneGood, Self::Random, Self::Single];

    /// The kind in words, for combinations of `heads` heads.
    pub fn describe(self, heads: usize) -> String {
        match self {
            Self::Bad => format!("{heads} bad"),
            Self::OneGood => format!("{} bad + 1 good", heads - 1),
            Self::Random => format!("{heads} random"),
            Self::Single => "1 random".into(),
        }
    }

    /// Its folder name.
    pub fn folder(self) -> &'static str {
        match self {
            Self::Bad => "bad",
            Self::OneGood => "one-good",
            Self::Random => "random",
            Self::Single => "single",
        }
    }
}

/// The heads and the data seed of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Combination {
    /// The kind.
    pub kind: Kind,
    /// The number of the run among those of this kind.
    pub repeat: usize,
    /// Head seeds, in the order of the model's heads.
    pub heads: Vec<u64>,
    /// The position of the good head, if there is one.
    pub good: Option<usize>,
    /// A data seed that selection did not use; all kinds of one repeat share it.
    pub data_seed: u64,
}

/// The first head seed that selection never tries.
const FIRST_FRESH: u64 = 1_000_000;

/// The combinations for a body, and one sentence for each kind with too few heads. Heads are drawn by the body's seed
/// and the repeat, without replacement within a combination.
pub fn draw_combinations(
    body: u64,
    pools: &Pools,
    settings: &MultiheadSettings,
) -> (Vec<Combination>, Vec<String>) {
    let MultiheadSettings { heads, repeats, .. } = *settings;
    let (mut combinations, mut missing) = (Vec::new(), Vec::new());
    for (place, kind) in Kind::ALL.into_iter().enumerate() {
        let needed = match kind {
            Kind::Bad => [0, heads],
            Kind::OneGood => [1, heads - 1],
            Kind::Random | Kind::Single => [0, 0],
        };
        if pools.good.len() < needed[0] || pools.bad.len() < needed[1] {
            missing.push(format!(
                "no runs of {}: they need {} good and {} bad heads, but of {} heads tried {} were good and \
                 {} bad",
                kind.describe(heads),
                needed[0],
                needed[1],
                pools.drawn,
                pools.good.len(),
                pools.bad.len()
            ));
            continue;
        }
        for repeat in 0..repeats {
            let mut random = Random::at(body, Stream::Resampling, ((place as u64) << 20) + repeat as u64);
            let (heads, good) = draw(kind, repeat, heads, pools, &mut random);
            let data_seed = MultiheadPlan::FIRST_TEST_SEED + repeat as u64;
            combinations.push(Combination { kind, repeat, heads, good, data_seed });
        }
    }
    (combinations, missing)
}

/// The heads of one combination, and the position of the good one.
fn draw(
    kind: Kind,
    repeat: usize,
    heads: usize,
    pools: &Pools,
    random: &mut Random,
) -> (Vec<u64>, Option<usize>) {
    let fresh = |count: usize| {
        let first = FIRST_FRESH + (repeat * heads) as u64;
        (first..first + count as u64).collect()
    };
    let mut bad = pools.bad.clone();
    match kind {
        Kind::Random => (fresh(heads), None),
        Kind::Single => (fresh(1), None),
        Kind::Bad => {
            random.shuffle(&mut bad);
            bad.truncate(heads);
            (bad, None)
        }
        Kind::OneGood => {
            random.shuffle(&mut bad);
            bad.truncate(heads - 1);
            let good = pools.good[random.below(pools.good.len() as u32) as usize];
            let place = random.below(heads as u32) as usize;
            bad.insert(place, good);
            (bad, Some(place))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pools(good: u64, bad: u64) -> Pools {
        let (good, bad) = ((0..good).collect(), (100..100 + bad).collect());
        Pools { good, bad, discarded: 0, drawn: 30, met_cap: false }
    }

    const SETTINGS: MultiheadSettings =
        MultiheadSettings { heads: 4, repeats: 20, pool: 6, selection_seeds: 2, draws: 30 };

    #[test]
    fn combinations_hold_what_they_are_called_and_differ_from_repeat_to_repeat() {
        let (all, missing) = draw_combinations(0, &pools(2, 6), &SETTINGS);
        assert!(missing.is_empty() && all.len() == 80);
        for each in &all {
            let mut distinct = each.heads.clone();
            distinct.sort_unstable();
            distinct.dedup();
            assert_eq!(distinct.len(), each.heads.len(), "{each:?}");
            assert_eq!(each.heads.len(), if each.kind == Kind::Single { 1 } else { 4 });
            let good: Vec<usize> = (0..each.heads.len()).filter(|&i| each.heads[i] < 100).collect();
            assert_eq!(good, each.good.into_iter().collect::<Vec<_>>());
            assert!(each.data_seed >= MultiheadPlan::FIRST_TEST_SEED);
        }
        assert_ne!(all[0].heads, all[1].heads);
        assert_eq!(all, draw_combinations(0, &pools(2, 6), &SETTINGS).0);
        assert_ne!(all, draw_combinations(1, &pools(2, 6), &SETTINGS).0);
    }

    #[test]
    fn a_kind_without_enough_heads_is_left_out_and_named() {
        let (all, missing) = draw_combinations(0, &pools(0, 3), &SETTINGS);
        assert!(all.iter().all(|each| matches!(each.kind, Kind::Random | Kind::Single)));
        assert_eq!(missing.len(), 2);
        assert!(
            missing[1].contains("3 bad + 1 good") && missing[1].contains("of 30 heads tried 0 were good")
        );
    }
}
