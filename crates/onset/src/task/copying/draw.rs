//! How sequences to copy are drawn.

use onset_engine::Random;

use super::{CopyingTask, Frequencies, Order};
use crate::batch::{Examples, Ragged};

impl CopyingTask {
    /// The token that ends a sequence.
    pub fn end(&self) -> u32 {
        self.vocabulary as u32
    }

    /// The token that starts the decoder.
    pub fn begin(&self) -> u32 {
        self.vocabulary as u32 + 1
    }

    /// The same task with every target word the right one, as it is evaluated.
    pub fn without_noise(&self) -> Self {
        Self { noise: 0.0, ..self.clone() }
    }

    /// The source position of the token that is predicted at `step` of 0 … `last`; the last one is the end.
    pub fn right_position(&self, step: usize, last: usize) -> usize {
        if self.order == Order::Reversed && step < last { last - 1 - step } else { step }
    }

    /// Fills `relevant` with the right position of each prediction.
    pub fn relevant_of(&self, examples: &Examples, relevant: &mut Ragged) {
        relevant.clear();
        for example in 0..examples.len() {
            let last = examples.predicted(example).len() - 1;
            (0..=last).for_each(|step| relevant.push([self.right_position(step, last) as u32]));
        }
    }

    /// Fills `examples` with `count` fresh sequences. Without repetition, the first `length` words of a random
    /// permutation of all words; with repetition, independent draws. Target words are replaced with probability `noise`
    /// by a uniform draw, and the decoder reads what it should have predicted.
    pub fn draw(&self, random: &mut Random, count: usize, examples: &mut Examples) {
        examples.clear();
        let mut words = std::mem::take(&mut examples.scratch);
        for _ in 0..count {
            match self.frequencies {
                Frequencies::Uniform => self.draw_uniform(random, &mut words),
                Frequencies::Zipf => self.draw_zipf(random, &mut words),
            }
            words.truncate(self.length);
            examples.source.push(words.iter().copied().chain([self.end()]));
            if self.order == Order::Reversed {
                words.reverse();
            }
            if self.noise > 0.0 {
                for word in words.iter_mut() {
                    if f64::from(random.unit()) < self.noise {
                        *word = random.below(self.vocabulary as u32);
                    }
                }
            }
            examples.target.push([self.begin()].into_iter().chain(words.iter().copied()).chain([self.end()]));
            examples.given.push(1);
        }
        examples.scratch = words;
    }

    /// Puts one sequence's words at the front of `words`.
    fn draw_uniform(&self, random: &mut Random, words: &mut Vec<u32>) {
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

    /// The same with frequent and rare words; without repetition, one after the other from those that are left, and
    /// then shuffled, so that frequent ones do not come first.
    fn draw_zipf(&self, random: &mut Random, words: &mut Vec<u32>) {
        let mut weights = self.weights();
        words.clear();
        for _ in 0..self.length {
            let mut rest = f64::from(random.unit()) * weights.iter().sum::<f64>();
            let passed = |weight: &f64| {
                rest -= weight;
                *weight > 0.0 && rest < 0.0
            };
            let last = weights.iter().rposition(|&weight| weight > 0.0).expect("a word is left");
            let word = weights.iter().position(passed).unwrap_or(last);
            words.push(word as u32);
            if !self.repetition {
                weights[word] = 0.0;
            }
        }
        random.shuffle(words);
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
            let task = CopyingTask { vocabulary, length, repetition, ..CopyingTask::default() };
            let mut pairs = Examples::default();
            task.draw(&mut Random::at(seed, Stream::Data, 0), 3, &mut pairs);
            for i in 0..3 {
                let (source, target) = (pairs.source.row(i), pairs.target.row(i));
                prop_assert_eq!(source, pairs.predicted(i));
                prop_assert_eq!((target[0], target[length + 1]), (task.begin(), task.end()));
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
        let task = CopyingTask { vocabulary: 5, length: 3, ..CopyingTask::default() };
        let mut pairs = Examples::default();
        task.draw(&mut Random::at(1, Stream::Data, 0), 20_000, &mut pairs);
        let mut counts = [[0; 5]; 3];
        for i in 0..20_000 {
            (0..3).for_each(|place| counts[place][pairs.source.row(i)[place] as usize] += 1);
        }
        assert!(counts.iter().flatten().all(|&c: &i32| (c - 4000).abs() < 300), "{counts:?}");
    }

    #[test]
    fn zipf_words_come_in_proportion_and_once_if_they_may_not_repeat() {
        let zipf =
            CopyingTask { vocabulary: 4, length: 2, frequencies: Frequencies::Zipf, ..Default::default() };
        let mut pairs = Examples::default();
        let repeated = CopyingTask { repetition: true, ..zipf.clone() };
        repeated.draw(&mut Random::at(1, Stream::Data, 0), 20_000, &mut pairs);
        let mut counts = [0.0; 4];
        (0..20_000).for_each(|i| pairs.source.row(i)[..2].iter().for_each(|&w| counts[w as usize] += 1.0));
        for (word, count) in counts.iter().enumerate() {
            let expected = 40_000.0 / (word + 1) as f64 / (25.0 / 12.0);
            assert!((count - expected).abs() < 500.0, "{word}: {count} {expected}");
        }
        zipf.draw(&mut Random::at(1, Stream::Data, 0), 1000, &mut pairs);
        assert!((0..1000).all(|i| pairs.source.row(i)[0] != pairs.source.row(i)[1]));
        let first = (0..1000).filter(|&i| pairs.source.row(i)[0] < pairs.source.row(i)[1]).count();
        assert!((400..600).contains(&first), "{first} begin with the more frequent word");
    }

    #[test]
    fn reversed_targets_and_noise_are_what_they_say() {
        let task = CopyingTask { order: Order::Reversed, noise: 0.25, ..CopyingTask::default() };
        let mut pairs = Examples::default();
        task.draw(&mut Random::at(1, Stream::Data, 0), 500, &mut pairs);
        let mut wrong = 0;
        for i in 0..500 {
            let (source, target) = (pairs.source.row(i), pairs.predicted(i));
            wrong += (0..40).filter(|&t| target[t] != source[task.right_position(t, 40)]).count();
            assert_eq!((target.len(), target[40]), (41, 40));
        }
        // A random word is the right one once in 40.
        let share = wrong as f64 / 20_000.0;
        assert!((share - 0.25 * 39.0 / 40.0).abs() < 0.01, "{share}");
    }
}
