//! Least squares with an intercept, for a handful of columns.

/// A fit of y = c + Σ bᵢ·(xᵢ − mean of xᵢ).
#[derive(Debug, Clone, PartialEq)]
pub struct Regression {
    /// c, then b.
    pub coefficients: Vec<f64>,
    /// The weighted means of the columns.
    means: Vec<f64>,
    /// (XᵀWX)⁻¹ of the centred columns behind a column of ones, row by row.
    inverse: Vec<Vec<f64>>,
    /// The variance of a residual of weight 1.
    pub variance: f64,
    /// Rows less coefficients.
    pub degrees: usize,
    /// ln of the determinant of XᵀWX.
    pub log_determinant: f64,
}

impl Regression {
    /// Fits `y` to `rows`, whose residuals have variances in inverse proportion to `weights`; none if there are not more rows than
    /// coefficients, or if columns depend on each other.
    pub fn fit(rows: &[Vec<f64>], y: &[f64], weights: &[f64]) -> Option<Self> {
        let columns = rows.first()?.len();
        let degrees = rows.len().checked_sub(columns + 1).filter(|&degrees| degrees > 0)?;
        let total: f64 = weights.iter().sum();
        let mean = |column: usize| {
            rows.iter().zip(weights).map(|(row, weight)| weight * row[column]).sum::<f64>() / total
        };
        let means: Vec<f64> = (0..columns).map(mean).collect();
        let design: Vec<Vec<f64>> = rows.iter().map(|row| centred(row, &means)).collect();
        let product = |a: usize, b: &dyn Fn(usize) -> f64| {
            (0..rows.len()).map(|i| weights[i] * design[i][a] * b(i)).sum::<f64>()
        };
        let square = (0..=columns).map(|a| (0..=columns).map(|b| product(a, &|i| design[i][b])).collect());
        let (inverse, log_determinant) = inverted(square.collect())?;
        let moments: Vec<f64> = (0..=columns).map(|a| product(a, &|i| y[i])).collect();
        let coefficients: Vec<f64> = inverse.iter().map(|row| dot(row, &moments)).collect();
        let residuals = (0..rows.len()).map(|i| weights[i] * (y[i] - dot(&design[i], &coefficients)).powi(2));
        let variance = residuals.sum::<f64>() / degrees as f64;
        Some(Self { coefficients, means, inverse, variance, degrees, log_determinant })
    }

    /// The standard error of each coefficient.
    pub fn errors(&self) -> Vec<f64> {
        (0..self.coefficients.len()).map(|i| (self.variance * self.inverse[i][i]).sqrt()).collect()
    }

    /// The fitted value at `row`, and the variance of its error that is that of the coefficients.
    pub fn at(&self, row: &[f64]) -> (f64, f64) {
        let row = centred(row, &self.means);
        let spread: f64 = row.iter().zip(&self.inverse).map(|(x, inverse)| x * dot(inverse, &row)).sum();
        (dot(&row, &self.coefficients), self.variance * spread)
    }
}

/// 1, then `row` less the means.
fn centred(row: &[f64], means: &[f64]) -> Vec<f64> {
    std::iter::once(1.0).chain(row.iter().zip(means).map(|(x, mean)| x - mean)).collect()
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The inverse of a symmetric positive matrix and ln of its determinant, by elimination; none if it is singular.
pub(super) fn inverted(mut matrix: Vec<Vec<f64>>) -> Option<(Vec<Vec<f64>>, f64)> {
    let n = matrix.len();
    let largest = (0..n).map(|i| matrix[i][i]).fold(0.0, f64::max);
    for (i, row) in matrix.iter_mut().enumerate() {
        row.extend((0..n).map(|j| if i == j { 1.0 } else { 0.0 }));
    }
    let mut log_determinant = 0.0;
    for pivot in 0..n {
        let by = matrix[pivot][pivot];
        if by <= 1e-10 * largest {
            return None;
        }
        log_determinant += by.ln();
        matrix[pivot].iter_mut().for_each(|x| *x /= by);
        let own = matrix[pivot].clone();
        for row in (0..n).filter(|&row| row != pivot) {
            let factor = matrix[row][pivot];
            matrix[row].iter_mut().zip(&own).for_each(|(x, own)| *x -= factor * own);
        }
    }
    Some((matrix.into_iter().map(|row| row[n..].to_vec()).collect(), log_determinant))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Figures of an independent program (numpy's least squares).
    #[test]
    fn a_fit_is_that_of_another_program() {
        let rows = [[0.0, 1.0], [1.0, 0.5], [2.0, 2.0], [3.0, -1.0], [4.0, 0.0]].map(Vec::from);
        let fit = Regression::fit(&rows, &[1.0, 2.0, 2.5, 5.0, 5.5], &[1.0; 5]).unwrap();
        let close = |found: f64, want: f64| assert!((found - want).abs() < 1e-6, "{found} {want}");
        close(fit.coefficients[0], 3.2);
        close(fit.coefficients[1], 1.0331126);
        close(fit.coefficients[2], -0.4768212);
        close(fit.variance, 0.0208609);
        let (value, spread) = fit.at(&[2.5, 1.0]);
        close(value, 3.4781457);
        close(spread, 0.0072115);
        close(fit.errors()[1], 0.0525646);
    }

    /// A weight of 2 is as a row that is there twice.
    #[test]
    fn weights_count_rows() {
        let rows = [0.0, 1.0, 2.0, 2.0, 4.0].map(|x| vec![x]);
        let y = [1.0, 2.5, 2.0, 2.0, 5.0];
        let twice = Regression::fit(&rows, &y, &[1.0; 5]).unwrap();
        let places = [0, 1, 2, 4];
        let (rows, y) = (places.map(|place| rows[place].clone()), places.map(|place| y[place]));
        let once = Regression::fit(&rows, &y, &[1.0, 1.0, 2.0, 1.0]).unwrap();
        let close = |found: f64, want: f64| assert!((found - want).abs() < 1e-12, "{found} {want}");
        (0..2).for_each(|place| close(once.coefficients[place], twice.coefficients[place]));
        close(2.0 * once.variance, 3.0 * twice.variance);
        close(once.log_determinant, twice.log_determinant);
        // XᵀX has 5 and the sum of squares about the mean, 8.8.
        close(twice.log_determinant, (5.0f64 * 8.8).ln());
    }

    #[test]
    fn columns_that_depend_on_each_other_have_no_fit() {
        let rows: Vec<Vec<f64>> = (0..5).map(|i| vec![f64::from(i), 2.0 * f64::from(i)]).collect();
        assert!(Regression::fit(&rows, &[1.0, 2.0, 3.0, 4.0, 6.0], &[1.0; 5]).is_none());
    }
}
