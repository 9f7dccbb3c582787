//! Which tokens of a split an example has: a window of `length` tokens and the token behind it.

use onset_engine::Random;

/// The place of a window of `length` tokens at random among `tokens` tokens, more than `length`.
pub(super) fn random_place(tokens: usize, length: usize, random: &mut Random) -> usize {
    let places = tokens - length;
    match u32::try_from(places) {
        Ok(places) => random.below(places) as usize,
        // Wider than a draw; the bias of a remainder of 64 bits is of no account.
        Err(_) => {
            ((u64::from(random.below(u32::MAX)) << 32 | u64::from(random.below(u32::MAX))) % places as u64)
                as usize
        }
    }
}

/// The places of at most `most` windows of `length` tokens, spread evenly over `tokens` tokens, more than `length`. No token is
/// predicted twice.
pub(super) fn even_places(tokens: usize, length: usize, most: usize) -> impl Iterator<Item = usize> + Clone {
    let last = tokens - 1 - length;
    let count = most.min((tokens - 1) / length);
    // The first window is at the beginning, the last one at the end.
    (0..count).map(move |index| (index as u64 * last as u64 / (count.max(2) - 1) as u64) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use onset_engine::Stream;
    use proptest::prelude::*;

    #[test]
    fn random_windows_reach_both_ends() {
        let mut random = Random::at(1, Stream::Data, 0);
        let places: Vec<usize> = (0..200).map(|_| random_place(10, 4, &mut random)).collect();
        assert_eq!((places.iter().min(), places.iter().max()), (Some(&0), Some(&5)));
    }

    proptest! {
        #[test]
        fn even_windows_lie_within_the_split_and_predict_no_token_twice(
            length in 1usize..40,
            more in 1usize..400,
            most in 1usize..30,
        ) {
            let tokens = length + more;
            let places: Vec<usize> = even_places(tokens, length, most).collect();
            prop_assert!(!places.is_empty() && places.len() <= most);
            prop_assert!(places.iter().all(|place| place + length < tokens));
            prop_assert!(places.windows(2).all(|pair| pair[0] + length <= pair[1]));
        }
    }
}
