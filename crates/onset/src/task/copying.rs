//! Copying: say the words of the source in their order (paper, "Copying").

use onset_engine::Random;

use super::SequencePairs;
use crate::spec::CopyingTask;

impl CopyingTask {
    /// The token that ends a sequence.
    pub fn end(&self) -> u32 {
        self.vocabulary as u32
    }

    /// The token that starts the decoder.
    pub fn begin(&self) -> u32 {
        self.vocabulary as u32 + 1
    }

    /// Fills `pairs` with `count` fresh sequences. Without repetition, the first `length` words of a random
    /// permutation of all words; with repetition, independent uniform draws.
    pub fn draw(&self, random: &mut Random, count: usize, pairs: &mut SequencePairs, words: &mut Vec<u32>) {
        pairs.clear();
        for _ in 0..count {
            self.draw_words(random, words);
            let words = &words[..self.length];
            pairs.source.push(words.iter().copied().chain([self.end()]));
            pairs.decoder_input.push([self.begin()].into_iter().chain(words.iter().copied()));
            pairs.target.push(words.iter().copied().chain([self.end()]));
        }
    }

    /// Puts one sequence's words at the front of `words`.
    fn draw_words(&self, random: &mut Random, words: &mut Vec<u32>) {
        let vocabulary = self.vocabulary as u32;
        words.clear();
        if self.repetition {
            words.extend((0..self.length).map(|_| random.below(vocabulary)));
        } else {
            words.extend(0..vocabulary);
            for place in 0..self.length {
                words.swap(place, place + random.below(vocabulary - place as u32) as usize);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use onset_engine::Stream;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn source_input_and_target_belong_together(
            vocabulary in 1usize..50, share in 0.01f64..1.0, repetition: bool, seed: u64,
        ) {
            let length = ((vocabulary as f64 * share) as usize).max(1);
            let task = CopyingTask { vocabulary, length, repetition };
            let (mut pairs, mut words) = (SequencePairs::default(), Vec::new());
            task.draw(&mut Random::at(seed, Stream::Data, 0), 3, &mut pairs, &mut words);
            for i in 0..3 {
                let (source, input, target) =
                    (pairs.source.row(i), pairs.decoder_input.row(i), pairs.target.row(i));
                prop_assert_eq!(source, target);
                prop_assert_eq!((input[0], target[length]), (task.begin(), task.end()));
                prop_assert_eq!(&input[1..], &target[..length]);
                prop_assert!(source[..length].iter().all(|&w| (w as usize) < vocabulary));
                let mut distinct = source.to_vec();
                distinct.sort_unstable();
                distinct.dedup();
                prop_assert!(repetition || distinct.len() == length + 1);
            }
        }
    }

    #[test]
    fn every_word_is_as_likely_at_every_place() {
        let task = CopyingTask { vocabulary: 5, length: 3, repetition: false };
        let (mut pairs, mut words) = (SequencePairs::default(), Vec::new());
        task.draw(&mut Random::at(1, Stream::Data, 0), 20_000, &mut pairs, &mut words);
        let mut counts = [[0; 5]; 3];
        for i in 0..20_000 {
            (0..3).for_each(|place| counts[place][pairs.source.row(i)[place] as usize] += 1);
        }
        assert!(counts.iter().flatten().all(|&c: &i32| (c - 4000).abs() < 300), "{counts:?}");
    }
}
