//! Thins long curves to the resolution of a screen.

use serde::{Serialize, Serializer};

/// A thinned curve has at most about twice this many points.
const POINTS: u64 = 400;

/// Divides the steps of a run into cells; each cell becomes one point. Runs of the same length have the same grid, so
/// their points have the same steps. Early cells are narrow, so that curves also have points on a logarithmic axis.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grid {
    /// The last step of each cell except the last, in order; `None` if every step is a cell.
    edges: Option<Vec<u64>>,
}

/// A value over steps. In JSON, values that are not finite are null.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Curve {
    /// The steps, in order.
    pub steps: Vec<u64>,
    /// The mean of the finite values in each cell.
    #[serde(serialize_with = "rounded")]
    pub values: Vec<f64>,
    /// The smallest and the largest value of each cell; empty if the curve was not thinned.
    pub ranges: Vec<[f32; 2]>,
}

impl Grid {
    /// The grid for runs of `steps` steps.
    pub fn new(steps: u64) -> Self {
        if steps <= 2 * POINTS {
            return Self { edges: None };
        }
        let even = (1..POINTS).map(|cell| cell * steps / POINTS);
        let growth = (steps as f64).ln() / POINTS as f64;
        let growing = (1..POINTS).map(|cell| (growth * cell as f64).exp() as u64);
        let mut edges: Vec<u64> = even.chain(growing).collect();
        edges.sort_unstable();
        edges.dedup();
        Self { edges: Some(edges) }
    }

    fn cell(&self, step: u64) -> u64 {
        self.edges.as_ref().map_or(step, |edges| edges.partition_point(|&edge| edge < step) as u64)
    }

    /// Thins `values`, recorded at `steps`. A curve with at most 800 points is unchanged.
    ///
    /// # Panics
    /// If `steps` and `values` differ in length.
    pub fn thin(&self, steps: &[i64], values: &[f64]) -> Curve {
        assert_eq!(steps.len(), values.len(), "steps and values of a curve");
        let step = |place: usize| u64::try_from(steps[place]).unwrap_or(0);
        if self.edges.is_none() || steps.len() as u64 <= 2 * POINTS {
            let all = (0..steps.len()).map(step).collect();
            return Curve { steps: all, values: values.to_vec(), ranges: Vec::new() };
        }
        let mut curve = Curve::default();
        let mut begin = 0;
        while begin < steps.len() {
            let cell = self.cell(step(begin));
            let length = (begin..steps.len()).take_while(|&place| self.cell(step(place)) == cell).count();
            let numbers = values[begin..begin + length].iter().copied().filter(|value| value.is_finite());
            let (mut sum, mut count, mut range) = (0.0, 0u32, [f32::INFINITY, f32::NEG_INFINITY]);
            for number in numbers {
                (sum, count) = (sum + number, count + 1);
                range = [range[0].min(number as f32), range[1].max(number as f32)];
            }
            curve.steps.push(step(begin + length - 1));
            curve.values.push(if count > 0 { sum / f64::from(count) } else { f64::NAN });
            curve.ranges.push(if count > 0 { range } else { [0.0, 0.0] });
            begin += length;
        }
        curve
    }
}

/// Rounds to five significant digits, more than a pixel shows; `None` if the value is not finite.
pub(super) fn significant(value: f64) -> Option<f64> {
    if !value.is_finite() {
        return None;
    }
    if value == 0.0 {
        return Some(0.0);
    }
    let scale = 10f64.powi(4 - value.abs().log10().floor() as i32);
    let near = (value * scale).round() / scale;
    Some(if near.is_finite() { near } else { value })
}

/// Serialises numbers rounded by [`significant`]; null for those that are not finite.
pub(super) fn rounded<S: Serializer>(values: &[f64], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().map(|&value| significant(value)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_curve_keeps_its_shape_its_ends_and_its_early_steps() {
        let steps: Vec<i64> = (1..=100_000).collect();
        let values: Vec<f64> = steps.iter().map(|&step| 1.0 / step as f64).collect();
        let curve = Grid::new(100_000).thin(&steps, &values);
        assert!(curve.steps.len() < 900, "{}", curve.steps.len());
        assert_eq!((curve.steps[0], *curve.steps.last().unwrap()), (1, 100_000));
        assert!(curve.steps.iter().filter(|&&step| step <= 100).count() > 50);
        assert!(curve.steps.is_sorted() && curve.values.iter().rev().is_sorted());
        let largest = curve.ranges.iter().map(|range| range[1]).fold(0.0, f32::max);
        assert_eq!(largest, 1.0);
    }

    #[test]
    fn a_peak_between_two_points_stays_in_the_range() {
        let steps: Vec<i64> = (1..=10_000).collect();
        let mut values = vec![0.5; 10_000];
        values[7777] = 9.0;
        let curve = Grid::new(10_000).thin(&steps, &values);
        assert!(curve.ranges.iter().any(|range| range[1] == 9.0));
    }

    #[test]
    fn short_curves_stay_as_they_are_and_points_of_seeds_have_the_same_steps() {
        let grid = Grid::new(50_000);
        let few = grid.thin(&[0, 10, 50_000], &[1.0, f64::NAN, 3.0]);
        assert_eq!(few.steps, [0, 10, 50_000]);
        assert_eq!(serde_json::to_value(&few).unwrap()["values"][1], serde_json::Value::Null);
        let long = |to: i64| grid.thin(&(1..=to).collect::<Vec<_>>(), &vec![1.0; to as usize]).steps;
        let (whole, half) = (long(50_000), long(25_000));
        assert_eq!(half[..half.len() - 1], whole[..half.len() - 1]);
    }

    #[test]
    fn numbers_keep_five_digits() {
        assert_eq!(significant(0.123_456_789), Some(0.12346));
        assert_eq!(significant(-1234.5678), Some(-1234.6));
        assert_eq!((significant(0.0), significant(f64::INFINITY)), (Some(0.0), None));
        assert_eq!(significant(1e-320).map(|x| x >= 0.0), Some(true));
    }
}
