//! Order statistics and moments of plain numbers, and chances and quantiles of Student's t and the normal distribution.
//!
//! Every median, quantile and standard deviation of the workspace is computed here. Which of the three kinds of
//! quantile a figure uses is part of what the figure means, so each kind has a name of its own.

use statrs::distribution::{ContinuousCDF, Normal, StudentsT};

/// The middle of `values`, or the mean of the two middle ones; `None` if there are none.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = *sorted.get(middle)?;
    Some(if sorted.len() % 2 == 1 { upper } else { (sorted[middle - 1] + upper) / 2.0 })
}

/// The median of (value, weight) pairs: the smallest value at which half of the total weight is reached; `None` if
/// there are no pairs.
pub fn weighted_median(weighted: &[(f64, f64)]) -> Option<f64> {
    let mut sorted = weighted.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total: f64 = sorted.iter().map(|(_, weight)| weight).sum();
    let mut sum = 0.0;
    let middle = sorted.iter().find(|(_, weight)| {
        sum += weight;
        sum >= 0.5 * total
    });
    middle.map(|(value, _)| *value)
}

/// The quantile at `share` (0 to 1) of `sorted`, interpolated linearly between neighbours (NumPy's default); `None` if
/// there are no values. Infinite values are allowed: between a finite and an infinite one lies infinity.
pub fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = share.clamp(0.0, 1.0) * last as f64;
    let (low, high) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    // Equal neighbours may both be infinite.
    Some(if low == high { low } else { low + (high - low) * place.fract() })
}

/// The smallest entry of `sorted` that at least a share `share` of the entries does not exceed (the inverse of the
/// empirical distribution function); `None` if there are no entries.
pub fn nearest_rank<T: Copy>(sorted: &[T], share: f64) -> Option<T> {
    let rank = (sorted.len() as f64 * share).ceil() as usize;
    sorted.get(rank.clamp(1, sorted.len().max(1)) - 1).copied()
}

/// The entry of `sorted` that lies closest to the place at which [`quantile`] interpolates; `None` if there are no
/// entries.
pub fn closest_rank<T: Copy>(sorted: &[T], share: f64) -> Option<T> {
    let last = sorted.len().checked_sub(1)?;
    sorted.get((share.clamp(0.0, 1.0) * last as f64).round() as usize).copied()
}

/// The arithmetic mean; `None` if there are no values.
pub fn mean(values: &[f64]) -> Option<f64> {
    (!values.is_empty()).then(|| values.iter().sum::<f64>() / values.len() as f64)
}

/// The sample standard deviation, with n − 1 in the denominator; `None` for fewer than two values.
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    let mean = mean(values)?;
    let squares: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
    (values.len() > 1).then(|| (squares / (values.len() - 1) as f64).sqrt())
}

/// Student's t with so many degrees of freedom.
fn student(degrees: usize) -> StudentsT {
    StudentsT::new(0.0, 1.0, degrees as f64).expect("at least one degree of freedom")
}

/// The 97.5 % point of Student's t, the half width of a 95 % interval in standard errors.
///
/// # Panics
/// If there are no degrees of freedom.
pub fn student_95(degrees: usize) -> f64 {
    student_quantile(0.975, degrees)
}

/// The probability that Student's t with so many degrees of freedom is at most `t`.
///
/// # Panics
/// If there are no degrees of freedom.
pub fn student_chance(t: f64, degrees: usize) -> f64 {
    student(degrees).cdf(t)
}

/// The t that Student's t does not pass with a probability of `share`, between 0 and 1.
///
/// # Panics
/// If there are no degrees of freedom.
pub fn student_quantile(share: f64, degrees: usize) -> f64 {
    student(degrees).inverse_cdf(share)
}

/// The z that the standard normal distribution does not pass with a probability of `share`, between 0 and 1.
pub fn normal_quantile(share: f64) -> f64 {
    Normal::standard().inverse_cdf(share)
}

/// The z-score that the largest of `count` scores of noise passes with a probability of at most `probability`, by the bound
/// φ(z)/z on the tail of the normal distribution.
pub fn largest_of_noise(count: usize, probability: f64) -> f64 {
    let density = |z: f64| (-0.5 * z * z).exp() / std::f64::consts::TAU.sqrt();
    let (mut low, mut high) = (0.5, 40.0);
    for _ in 0..60 {
        let z = (low + high) / 2.0;
        if count as f64 * density(z) / z > probability { low = z } else { high = z }
    }
    high
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Figures of SciPy.
    #[test]
    fn chances_and_quantiles_of_student_are_those_of_tables() {
        for (degrees, chances, tenth) in [
            (3, [0.195501, 0.674276, 0.942414], 1.637744),
            (8, [0.173297, 0.684732, 0.970503], 1.396815),
            (30, [0.162654, 0.689638, 0.982176], 1.310415),
        ] {
            for (t, chance) in [-1.0, 0.5, 2.2].into_iter().zip(chances) {
                assert!((student_chance(t, degrees) - chance).abs() < 2e-6, "{degrees} {t}");
            }
            assert!((student_quantile(0.9, degrees) - tenth).abs() < 1e-5, "{degrees}");
            assert!((student_quantile(0.975, degrees) - student_95(degrees)).abs() < 1e-4, "{degrees}");
        }
    }

    #[test]
    fn the_median_is_the_middle_or_the_mean_of_two() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0]), Some(2.5));
        assert_eq!(median(&[]), None);
        assert_eq!(weighted_median(&[(5.0, 1.0), (1.0, 3.0), (9.0, 1.0)]), Some(1.0));
        assert_eq!(weighted_median(&[]), None);
    }

    #[test]
    fn quantiles_of_each_kind_are_where_their_definitions_put_them() {
        assert_eq!(quantile(&[1.0, 2.0, 3.0, 4.0], 0.25), Some(1.75));
        assert_eq!(quantile(&[5.0], 0.75), Some(5.0));
        assert_eq!(quantile(&[], 0.5), None);
        let never = f64::INFINITY;
        assert_eq!(quantile(&[10.0, never, never], 0.75), Some(never));
        assert_eq!(quantile(&[10.0, 20.0, never], 0.5), Some(20.0));
        assert_eq!(
            [0.0, 0.5, 0.95, 1.0].map(|share| nearest_rank(&[1, 2, 3, 4], share)),
            [1, 2, 4, 4].map(Some)
        );
        assert_eq!([0.0, 0.4, 1.0].map(|share| closest_rank(&[1, 2, 3], share)), [1, 2, 3].map(Some));
        assert_eq!((nearest_rank::<u8>(&[], 0.5), closest_rank::<u8>(&[], 0.5)), (None, None));
    }

    #[test]
    fn the_largest_of_much_noise_is_bounded() {
        // scipy.stats.norm.isf(0.01 / n) for one and a million: 2.326, 5.612.
        for (count, exact) in [(1, 2.326), (1_000_000, 5.612)] {
            let bound = largest_of_noise(count, 0.01);
            assert!((exact..exact + 0.1).contains(&bound), "{count}: {bound}");
        }
        assert!(largest_of_noise(0, 0.01) < 0.51);
    }

    #[test]
    fn moments_are_those_of_the_sample() {
        assert_eq!(mean(&[1.0, 2.0, 6.0]), Some(3.0));
        assert_eq!(standard_deviation(&[1.0, 2.0, 6.0]), Some(7f64.sqrt()));
        assert_eq!((mean(&[]), standard_deviation(&[1.0])), (None, None));
    }

    #[test]
    fn points_of_students_t_are_those_of_scipy() {
        // scipy.stats.t.ppf(0.975, n)
        for (degrees, expected) in
            [(1, 12.706_204_7), (4, 2.776_445_1), (31, 2.039_513_4), (100, 1.983_971_5)]
        {
            assert!((student_95(degrees) - expected).abs() < 1e-5, "{degrees}: {}", student_95(degrees));
        }
    }
}
