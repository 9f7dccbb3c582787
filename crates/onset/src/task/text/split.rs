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

/// As [`split`], with the same share of each class held out, up to rounding. A class with a single example is trained
/// on; `classes` holds the class of each example.
pub fn stratified_split(classes: &[u32], fraction: f64, seed: u64) -> (Vec<usize>, Vec<usize>) {
    let mut counts = vec![0usize; classes.iter().max().map_or(0, |&class| class as usize + 1)];
    classes.iter().for_each(|&class| counts[class as usize] += 1);
    let mut left = shares(&counts, fraction);
    let mut order: Vec<usize> = (0..classes.len()).collect();
    HELD_OUT.random(seed).shuffle(&mut order);
    let (mut held_out, mut train) = (Vec::new(), Vec::new());
    for index in order {
        let left = &mut left[classes[index] as usize];
        if *left > 0 {
            *left -= 1;
            held_out.push(index);
        } else {
            train.push(index);
        }
    }
    train.sort_unstable();
    (train, held_out)
}

/// How many examples of each class are held out: `fraction` of them, rounded so that the sum is `fraction` of all. At
/// least one of each class is trained on, and one of each class with two or more is held out.
fn shares(counts: &[usize], fraction: f64) -> Vec<usize> {
    let exact: Vec<f64> = counts.iter().map(|&count| count as f64 * fraction).collect();
    let total = exact.iter().sum::<f64>().round() as usize;
    let bound = |count: usize, share: usize| if count < 2 { 0 } else { share.clamp(1, count - 1) };
    let mut held: Vec<usize> =
        counts.iter().zip(&exact).map(|(&count, &share)| bound(count, share as usize)).collect();
    // What rounding down leaves goes to the classes with the largest remainders.
    let mut by_remainder: Vec<usize> = (0..counts.len()).collect();
    by_remainder.sort_by(|&a, &b| exact[b].fract().total_cmp(&exact[a].fract()));
    for class in by_remainder {
        if held.iter().sum::<usize>() >= total {
            break;
        }
        if held[class] as f64 <= exact[class] {
            held[class] = bound(counts[class], held[class] + 1);
        }
    }
    held
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

        #[test]
        fn a_stratified_split_holds_out_the_same_share_of_each_class(
            classes in proptest::collection::vec(0u32..5, 2..400), fraction in 0.01f64..0.9, seed: u64,
        ) {
            let (train, held_out) = stratified_split(&classes, fraction, seed);
            let mut all = [train.clone(), held_out.clone()].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..classes.len()).collect::<Vec<_>>());
            for class in 0..5 {
                let of = |split: &[usize]| split.iter().filter(|&&i| classes[i] == class).count();
                let (held, count) = (of(&held_out), of(&held_out) + of(&train));
                prop_assert!(count < 2 || (held >= 1 && held < count));
                let exact = count as f64 * fraction;
                prop_assert!((held as f64 - exact).abs() < 1.0 + 1e-9 || held == 1 || held + 1 == count);
            }
        }
    }
}
