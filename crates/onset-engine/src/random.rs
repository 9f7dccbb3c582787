//! Random numbers without state: every draw is a function of seed, stream and position.
//!
//! A generator is created wherever randomness is needed (the data of step 17, the weights of one layer). It is ChaCha8
//! with the seed as key, the [`Stream`] as stream number and the place as block position. So a change in the draws of
//! one stream never shifts another stream, and resuming or branching a run needs no generator state.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// The purpose of random numbers; each purpose has its own sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
pub enum Stream {
    /// Initial parameters.
    Initialisation = 1,
    /// Training examples and their order.
    Data = 2,
    /// Dropout masks.
    Dropout = 3,
    /// Examples drawn for evaluation.
    Evaluation = 4,
    /// Fixed examples whose attention is recorded.
    Probe = 5,
    /// The split into training and held-out examples.
    Split = 6,
    /// Bootstrap resamples and shuffled baselines.
    Resampling = 7,
}

/// A generator at one place in one stream.
pub struct Random(ChaCha8Rng);

impl Random {
    /// The generator of `seed` for `stream`, at `place` (a step, an epoch, a parameter's index).
    ///
    /// Places are 2^36 draws apart, so their sequences never overlap.
    pub fn at(seed: u64, stream: Stream, place: u64) -> Self {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        generator.set_stream(stream as u64);
        generator.set_word_pos(u128::from(place) << 36);
        Self(generator)
    }

    /// A uniform draw from [0, 1), with 24 bits.
    pub fn unit(&mut self) -> f32 {
        (self.0.next_u32() >> 8) as f32 * (1.0 / 16_777_216.0)
    }

    /// Fills `to` with draws of [`Random::unit`], several at a time.
    pub fn units(&mut self, to: &mut [f32]) {
        let mut bytes = [0; 1024];
        for to in to.chunks_mut(bytes.len() / 4) {
            let bytes = &mut bytes[..to.len() * 4];
            self.0.fill_bytes(bytes);
            for (to, word) in to.iter_mut().zip(bytes.as_chunks().0) {
                *to = (u32::from_le_bytes(*word) >> 8) as f32 * (1.0 / 16_777_216.0);
            }
        }
    }

    /// A uniform draw from [-bound, bound).
    pub fn within(&mut self, bound: f32) -> f32 {
        (2.0 * self.unit() - 1.0) * bound
    }

    /// A uniform draw from 0..n, without bias (Lemire 2019, "Fast random integer generation in an interval").
    pub fn below(&mut self, n: u32) -> u32 {
        assert!(n > 0, "cannot draw from an empty range");
        loop {
            let product = u64::from(self.0.next_u32()) * u64::from(n);
            if product as u32 >= n.wrapping_neg() % n {
                return (product >> 32) as u32;
            }
        }
    }

    /// A standard normal draw (Box and Muller 1958).
    pub fn normal(&mut self) -> f32 {
        let radius = (-2.0 * (1.0 - f64::from(self.unit())).ln()).sqrt();
        (radius * (std::f64::consts::TAU * f64::from(self.unit())).cos()) as f32
    }

    /// Shuffles `items` (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u32 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_draws_at_a_time_are_those_made_one_by_one() {
        let [mut alone, mut together] = [(); 2].map(|()| Random::at(1, Stream::Dropout, 4));
        for count in [1, 700, 3, 0, 256] {
            let mut drawn = vec![0.0; count];
            together.units(&mut drawn);
            assert!(drawn.into_iter().all(|draw| draw == alone.unit()));
        }
        assert_eq!(alone.unit(), together.unit());
    }

    #[test]
    fn streams_and_places_are_apart_and_repeatable() {
        let draw = |seed, stream, place| {
            let mut random = Random::at(seed, stream, place);
            [random.unit(), random.unit(), random.unit()]
        };
        let first = draw(7, Stream::Data, 3);
        assert_eq!(first, draw(7, Stream::Data, 3));
        assert_ne!(first, draw(8, Stream::Data, 3));
        assert_ne!(first, draw(7, Stream::Dropout, 3));
        assert_ne!(first, draw(7, Stream::Data, 4));
    }

    #[test]
    fn draws_have_the_moments_of_their_distributions() {
        let mut random = Random::at(1, Stream::Data, 0);
        let draws = 100_000;
        let normal: Vec<f32> = (0..draws).map(|_| random.normal()).collect();
        let mean = normal.iter().sum::<f32>() / draws as f32;
        let square = normal.iter().map(|x| x * x).sum::<f32>() / draws as f32;
        assert!(mean.abs() < 0.02 && (square - 1.0).abs() < 0.02, "mean {mean}, square {square}");
        let mut counts = [0; 5];
        (0..draws).for_each(|_| counts[random.below(5) as usize] += 1);
        assert!(counts.iter().all(|&c| (c as f32 - 20_000.0).abs() < 600.0), "{counts:?}");
    }

    #[test]
    fn a_shuffle_is_a_permutation() {
        let mut items: Vec<u32> = (0..50).collect();
        Random::at(1, Stream::Split, 0).shuffle(&mut items);
        assert_ne!(items, (0..50).collect::<Vec<_>>());
        items.sort_unstable();
        assert_eq!(items, (0..50).collect::<Vec<_>>());
    }
}
