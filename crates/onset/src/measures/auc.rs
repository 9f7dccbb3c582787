//! The area under the ROC curve.

/// The probability that a score of `positives` is above one of `negatives`, equal scores counting half (Mann and Whitney 1947); none if
/// either is empty. Scores are not NaN.
pub fn auc(positives: &[f32], negatives: &[f32]) -> Option<f64> {
    if positives.is_empty() || negatives.is_empty() {
        return None;
    }
    let of = |scores: &[f32], positive: bool| {
        scores.iter().map(move |&score| (score, positive)).collect::<Vec<_>>()
    };
    let mut all = [of(positives, true), of(negatives, false)].concat();
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut sum) = (0.0, 0.0);
    // −0 and 0 are equal, though they are ordered.
    for equal in all.chunk_by(|a, b| a.0 == b.0) {
        let positive = equal.iter().filter(|(_, positive)| *positive).count() as f64;
        let negative = equal.len() as f64 - positive;
        sum += positive * (below + negative / 2.0);
        below += negative;
    }
    Some(sum / (positives.len() as f64 * negatives.len() as f64))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::auc;

    #[test]
    fn order_and_ties_are_counted_and_one_class_alone_has_none() {
        assert_eq!(auc(&[2.0, 3.0], &[0.0, 1.0]), Some(1.0));
        assert_eq!(auc(&[0.0], &[1.0, 2.0]), Some(0.0));
        assert_eq!(auc(&[1.0, 1.0], &[1.0]), Some(0.5));
        assert_eq!(auc(&[0.0], &[-0.0]), Some(0.5));
        assert_eq!(auc(&[], &[1.0]), None);
        assert_eq!(auc(&[1.0], &[]), None);
    }

    proptest! {
        #[test]
        fn it_is_the_share_of_pairs_in_order(
            positives in prop::collection::vec(-3i8..3, 1..20), negatives in prop::collection::vec(-3i8..3, 1..20),
        ) {
            let pairs = positives.iter().flat_map(|p| negatives.iter().map(move |n| (p, n)));
            let sum: f64 = pairs.map(|(p, n)| if p > n { 1.0 } else if p == n { 0.5 } else { 0.0 }).sum();
            let floats = |numbers: &[i8]| numbers.iter().map(|&number| f32::from(number)).collect::<Vec<_>>();
            let found = auc(&floats(&positives), &floats(&negatives)).unwrap();
            prop_assert!((found - sum / (positives.len() * negatives.len()) as f64).abs() < 1e-12);
        }
    }
}
