//! How much of an effect that was measured with noise is to be believed.
//!
//! Of many words, most may have no effect at all. The z-scores of their slopes (`signal` of [`BagFlow`](super::BagFlow))
//! then are noise of variance 1; those of words with an effect spread further. The mixture
//!
//! ```text
//! z ~ (1 − π)·N(0, 1) + π·N(0, 1 + s²)
//! ```
//!
//! is fitted to all z-scores by expectation maximisation (two groups, as in Efron 2008). Given z, an effect that is there is
//! expected to be z·s²/(1 + s²) standard errors. Where it is more likely not to be there, next to nothing is left of it.

/// The most steps of the fit.
const STEPS: usize = 500;

/// The change of π at which the fit ends, relative to π.
const TOLERANCE: f64 = 1e-6;

/// The smallest 1 + s².
const LEAST: f64 = 1.001;

/// What is left of an effect that is more likely not to be there. Not 0, so that the order of effects stays.
const DOUBTED: f64 = 1e-3;

/// How much is believed of each effect.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shrinkage {
    /// π: the share of words with an effect.
    pub share: f64,
    /// 1 + s²: the variance of their z-scores.
    pub variance: f64,
}

impl Shrinkage {
    /// Fitted to `z`, the z-scores of all effects; zeros, of words that do not occur, are left out.
    pub fn of(z: &[f32]) -> Self {
        let squares: Vec<f64> = z.iter().map(|&z| f64::from(z) * f64::from(z)).filter(|&z| z > 0.0).collect();
        let mut fit = Self { share: 0.5, variance: 9.0 };
        for _ in 0..STEPS {
            let (mut sum, mut weighted) = (0.0, 0.0);
            for &square in &squares {
                let probability = fit.probability(square);
                sum += probability;
                weighted += probability * square;
            }
            let last = fit.share;
            fit.share = sum / squares.len().max(1) as f64;
            fit.variance = if sum > 0.0 { (weighted / sum).max(LEAST) } else { LEAST };
            if (fit.share - last).abs() <= TOLERANCE * last {
                break;
            }
        }
        fit
    }

    /// P(effect | z), of z².
    fn probability(&self, square: f64) -> f64 {
        let Self { share, variance } = *self;
        if share <= 0.0 {
            return 0.0;
        }
        let noise_over_effect = variance.sqrt() * (-0.5 * square * (1.0 - 1.0 / variance)).exp();
        1.0 / (1.0 + (1.0 - share) / share * noise_over_effect)
    }

    /// The share of an effect that is believed, from 0 to 1, if its z-score is `z`.
    pub fn factor(&self, z: f32) -> f64 {
        let probability = self.probability(f64::from(z) * f64::from(z));
        let doubt = if probability < 0.5 { DOUBTED } else { 1.0 };
        doubt * probability * (1.0 - 1.0 / self.variance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use onset_engine::{Random, Stream};

    fn normal(count: usize, scale: f32) -> Vec<f32> {
        let mut random = Random::at(1, Stream::Resampling, 7);
        (0..count).map(|_| scale * random.normal()).collect()
    }

    #[test]
    fn of_noise_and_one_clear_effect_the_noise_is_not_believed() {
        let mut z = normal(200, 1.0);
        z.push(40.0);
        let fit = Shrinkage::of(&z);
        assert!(fit.factor(40.0) > 0.99, "{fit:?}");
        assert!(z[..200].iter().all(|&z| fit.factor(z) < 1e-3), "{fit:?}");
    }

    #[test]
    fn noise_alone_is_hardly_believed() {
        for z in [normal(50, 1.0), normal(2000, 1.0), normal(500, 0.5)] {
            let fit = Shrinkage::of(&z);
            assert!(z.iter().all(|&z| fit.factor(z) < 0.5), "{fit:?}");
        }
    }

    #[test]
    fn where_all_words_have_effects_they_shrink_by_their_share_of_the_variance() {
        // Noise and effect of equal variance: z² has the mean 2 and half of z is effect; of variance 9, 0.9 is.
        for (variance, expected) in [(2.0f32, 0.5), (10.0, 0.9)] {
            let fit = Shrinkage::of(&normal(20_000, variance.sqrt()));
            let found = fit.factor(3.0);
            assert!((found - expected).abs() < 0.06, "{fit:?} {found}");
        }
    }

    #[test]
    fn a_larger_z_score_is_believed_more() {
        let fit = Shrinkage { share: 0.2, variance: 6.0 };
        let factors: Vec<f64> = (0..100).map(|z| fit.factor(z as f32 / 10.0)).collect();
        assert!(factors.is_sorted() && factors[0] > 0.0 && factors[99] < 1.0 - 1.0 / 6.0 + 1e-12);
    }

    #[test]
    fn without_words_nothing_is_believed() {
        for z in [&[][..], &[0.0, 0.0]] {
            assert_eq!(Shrinkage::of(z).factor(5.0), 0.0);
        }
    }
}
