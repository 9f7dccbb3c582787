//! Logistic regression with an intercept, for a handful of columns.

use super::regression::{dot, inverted};

/// A fit of ln(p/(1 − p)) = c + Σ bᵢ·xᵢ.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Logistic {
    /// c, then b.
    coefficients: Vec<f64>,
    /// Their standard errors.
    errors: Vec<f64>,
}

/// Steps of Newton's method; it doubles the digits in each of the last.
const STEPS: usize = 30;

impl Logistic {
    /// The likeliest fit of `outcomes` to `rows`; none if columns depend on each other, or if they tell the outcomes apart, so that the
    /// likeliest coefficients are infinite.
    pub fn fit(rows: &[Vec<f64>], outcomes: &[bool]) -> Option<Self> {
        let columns = rows.first()?.len() + 1;
        let mut coefficients = vec![0.0; columns];
        for _ in 0..STEPS {
            let (slope, curvature) = derivatives(rows, outcomes, &coefficients);
            let (inverse, _) = inverted(curvature)?;
            let change: Vec<f64> = inverse.iter().map(|row| dot(row, &slope)).collect();
            let largest = change.iter().fold(0.0, |largest: f64, x| largest.max(x.abs()));
            // From far away a whole step may lead further away.
            let share = (2.0 / largest).min(1.0);
            coefficients.iter_mut().zip(&change).for_each(|(own, change)| *own += share * change);
            if largest < 1e-9 {
                let errors = (0..columns).map(|i| inverse[i][i].sqrt()).collect();
                return Some(Self { coefficients, errors });
            }
        }
        None
    }

    /// p at `row`.
    pub fn chance(&self, row: &[f64]) -> f64 {
        sigmoid(score(row, &self.coefficients))
    }

    /// b with standard errors.
    pub fn slopes(&self) -> Vec<[f64; 2]> {
        self.coefficients.iter().zip(&self.errors).skip(1).map(|(&b, &error)| [b, error]).collect()
    }
}

/// The slope of the log likelihood, and its negative curvature.
fn derivatives(rows: &[Vec<f64>], outcomes: &[bool], coefficients: &[f64]) -> (Vec<f64>, Vec<Vec<f64>>) {
    let columns = coefficients.len();
    let (mut slope, mut curvature) = (vec![0.0; columns], vec![vec![0.0; columns]; columns]);
    for (row, &outcome) in rows.iter().zip(outcomes) {
        let p = sigmoid(score(row, coefficients));
        let x: Vec<f64> = std::iter::once(1.0).chain(row.iter().copied()).collect();
        for ((slope, curvature), a) in slope.iter_mut().zip(&mut curvature).zip(&x) {
            *slope += (f64::from(u8::from(outcome)) - p) * a;
            curvature.iter_mut().zip(&x).for_each(|(own, b)| *own += p * (1.0 - p) * a * b);
        }
    }
    (slope, curvature)
}

fn score(row: &[f64], coefficients: &[f64]) -> f64 {
    coefficients[0] + dot(row, &coefficients[1..])
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Figures of an independent program (Newton's method in numpy).
    #[test]
    fn a_fit_is_that_of_another_program() {
        let rows =
            [[0.0, 1.0], [1.0, 0.5], [2.0, 2.0], [3.0, -1.0], [4.0, 0.0], [1.5, 1.0], [0.5, 0.5], [2.5, 0.2]];
        let outcomes = [false, true, false, false, true, true, false, true];
        let fit = Logistic::fit(&rows.map(Vec::from), &outcomes).unwrap();
        let close = |found: f64, want: f64| assert!((found - want).abs() < 1e-6, "{found} {want}");
        close(fit.coefficients[0], -1.275_707_9);
        close(fit.slopes()[0][0], 0.663_094_22);
        close(fit.slopes()[0][1], 0.730_260_23);
        close(fit.slopes()[1][0], 0.149_530_49);
        close(fit.slopes()[1][1], 1.010_846_36);
        close(fit.chance(&[2.0, 0.0]), 1.0 / (1.0 + (1.275_707_9 - 2.0 * 0.663_094_22f64).exp()));
    }

    #[test]
    fn outcomes_that_a_row_tells_apart_have_no_fit() {
        let rows: Vec<Vec<f64>> = (0..6).map(|x| vec![f64::from(x)]).collect();
        assert_eq!(Logistic::fit(&rows, &[false, false, false, true, true, true]), None);
    }
}
