//! Which examples are held out.

use crate::task::streams::HELD_OUT;

/// The indices 0..`count` in two splits: for training in ascending order, held out in a random order, both
/// decided by `seed`. Each split gets at least one; `count` must be at least 2.
pub fn split(count: usize, fraction: f64, seed: u64) -> (Vec<usize>, Vec<usize>) {
    let mut order: Vec<usize> = (0..count).collect();
    HELD_OUT.random(seed).shuffle(&mut order);
    let held_out = ((count as f64 * fraction).round() as usize).clamp(1, count - 1);
    let mut train = order.split_off(held_out);
    train.sort_unstable();
    (train, order)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_splits_are_disjoint_complete_and_repeatable(
            count in 2usize..500, fraction in 0.001f64..0.999, seed: u64,
        ) {
            let (train, held_out) = split(count, fraction, seed);
            prop_assert!(!train.is_empty() && !held_out.is_empty());
            let mut all = [train.clone(), held_out.clone()].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..count).collect::<Vec<_>>());
            prop_assert_eq!(split(count, fraction, seed), (train, held_out));
        }
    }
}
