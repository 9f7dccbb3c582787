//! The texts of a set by label: those for which the answer is Yes, and those for which it is No.

/// The numbers of texts, label by label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pools {
    /// Sorted by label, then by number.
    numbers: Vec<u32>,
    /// Where each label begins, and the end.
    starts: Vec<usize>,
}

impl Pools {
    /// Of texts with these `labels`, of which there are `count` kinds.
    pub fn new(labels: &[u32], count: usize) -> Self {
        let mut numbers: Vec<u32> = (0..labels.len() as u32).collect();
        numbers.sort_by_key(|&number| labels[number as usize]);
        let before = |label: usize| labels.iter().filter(|&&own| (own as usize) < label).count();
        Self { numbers, starts: (0..=count).map(before).collect() }
    }

    /// How many texts have the label if `holds`, or do not have it.
    pub fn count(&self, label: usize, holds: bool) -> usize {
        let own = self.starts[label + 1] - self.starts[label];
        if holds { own } else { self.numbers.len() - own }
    }

    /// The number of one of these texts; `place` is below [`Pools::count`].
    pub fn at(&self, label: usize, holds: bool, place: usize) -> u32 {
        let (start, end) = (self.starts[label], self.starts[label + 1]);
        let place = match holds {
            true => start + place,
            false if place < start => place,
            false => place + end - start,
        };
        self.numbers[place]
    }
}

/// Item `place` of a permutation of `0..count` that `key` decides: a Feistel network of four rounds over the smallest even number of
/// bits that holds `count`, walked until it is below it.
pub(super) fn permuted(place: usize, count: usize, key: u64) -> usize {
    debug_assert!(place < count);
    let half = (usize::BITS - (count - 1).leading_zeros()).div_ceil(2).max(1);
    let mask = (1u64 << half) - 1;
    let mut at = place as u64;
    loop {
        let (mut left, mut right) = (at >> half, at & mask);
        for round in 0..4u64 {
            (left, right) = (right, left ^ (mixed(right ^ mixed(key ^ round)) & mask));
        }
        at = left << half | right;
        if (at as usize) < count {
            return at as usize;
        }
    }
}

/// The finaliser of SplitMix64 (Steele et al. 2014).
pub(super) fn mixed(mut z: u64) -> u64 {
    z = z.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_text_is_in_one_of_the_two_pools_of_each_label() {
        let labels = [2, 0, 1, 1, 2, 0, 0];
        let pools = Pools::new(&labels, 3);
        for label in 0..3 {
            let of = |holds| -> Vec<u32> {
                (0..pools.count(label, holds)).map(|place| pools.at(label, holds, place)).collect()
            };
            assert!(of(true).iter().all(|&text| labels[text as usize] == label as u32));
            let mut all = [of(true), of(false)].concat();
            all.sort_unstable();
            assert_eq!(all, (0..7).collect::<Vec<_>>());
        }
    }

    proptest! {
        #[test]
        fn it_is_a_permutation(count in 1usize..200, key: u64) {
            let mut all: Vec<usize> = (0..count).map(|place| permuted(place, count, key)).collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..count).collect::<Vec<_>>());
        }
    }

    #[test]
    fn keys_give_different_orders() {
        let order = |key| (0..50).map(|place| permuted(place, 50, key)).collect::<Vec<_>>();
        assert_ne!(order(1), order(2));
        assert_ne!(order(1), (0..50).collect::<Vec<_>>());
    }
}
