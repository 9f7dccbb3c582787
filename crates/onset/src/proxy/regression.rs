//! β^lr: the weights of a logistic regression over relative word counts (paper, "Classification").
//!
//! Minimises ½‖w‖² + C·Σ_e log(1 + exp(−y_e(w·f_e + c))) with an unpenalised intercept c, as scikit-learn does, by
//! L-BFGS (Liu & Nocedal 1989; crate `argmin`).

use argmin::core::{CostFunction, Executor, Gradient, State};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use serde::{Deserialize, Serialize};

use crate::task::text::Bags;

/// The number of strengths that are tried: half decades from 1e-5 to 1e4.
pub const STRENGTHS: usize = 19;

/// The strength C (the inverse of the penalty) number `index`, counted from 0.
fn strength(index: usize) -> f64 {
    10f64.powf(index as f64 / 2.0 - 5.0)
}

/// A fitted regression.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// One weight for each word, by id.
    pub weights: Vec<f64>,
    /// The intercept.
    pub intercept: f64,
}

/// The selected strength, and the accuracy of each strength.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RegressionFacts {
    /// The strength C with the best accuracy on held-out texts; the smallest of equal ones.
    pub strength: f64,
    /// C and accuracy on held-out texts, in increasing order of C.
    pub accuracies: Vec<(f64, f64)>,
}

/// The objective divided by C and by the number of texts, so that its gradient has the same scale for every C.
struct Problem<'a> {
    bags: &'a Bags,
    strength: f64,
}

impl Problem<'_> {
    fn penalty(&self) -> f64 {
        1.0 / (self.strength * self.bags.len() as f64)
    }

    /// Each text's label as ±1 and its score under `parameters`: weights, then the intercept.
    fn margins<'b>(&'b self, parameters: &'b [f64]) -> impl Iterator<Item = (f64, f64)> + 'b {
        let intercept = parameters[self.bags.vocabulary];
        self.bags.positive.iter().enumerate().map(move |(text, &positive)| {
            let bag = self.bags.bag(text);
            let score = bag.map(|(id, share)| f64::from(share) * parameters[id]).sum::<f64>() + intercept;
            (if positive { 1.0 } else { -1.0 }, score)
        })
    }
}

impl CostFunction for Problem<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, parameters: &Vec<f64>) -> Result<f64, argmin::core::Error> {
        let loss: f64 = self
            .margins(parameters)
            .map(|(label, score)| (-label * score).max(0.0) + (-score.abs()).exp().ln_1p())
            .sum();
        let weights = &parameters[..self.bags.vocabulary];
        let norm: f64 = weights.iter().map(|w| w * w).sum();
        Ok(loss / self.bags.len() as f64 + 0.5 * self.penalty() * norm)
    }
}

impl Gradient for Problem<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, parameters: &Vec<f64>) -> Result<Vec<f64>, argmin::core::Error> {
        let words = self.bags.vocabulary;
        let mut slopes: Vec<f64> = parameters[..words].iter().map(|w| self.penalty() * w).collect();
        slopes.push(0.0);
        for (text, (label, score)) in self.margins(parameters).enumerate() {
            let slope = -label / (1.0 + (label * score).exp()) / self.bags.len() as f64;
            self.bags.bag(text).for_each(|(id, share)| slopes[id] += slope * f64::from(share));
            slopes[words] += slope;
        }
        Ok(slopes)
    }
}

/// Fits `bags` with `strength`, from the initial parameters `start` (weights, then the intercept).
fn minimise(bags: &Bags, strength: f64, start: Vec<f64>, tolerance: f64, iterations: u64) -> Vec<f64> {
    let problem = Problem { bags, strength };
    let solver = LBFGS::new(MoreThuenteLineSearch::new(), 10)
        .with_tolerance_grad(tolerance)
        .and_then(|solver| solver.with_tolerance_cost(0.0))
        .expect("the tolerances are not negative");
    let configured =
        |state: argmin::core::IterState<_, _, _, _, _, _>| state.param(start.clone()).max_iters(iterations);
    match Executor::new(problem, solver).configure(configured).run() {
        Ok(result) => result.state().get_best_param().cloned().unwrap_or(start),
        // The line search found no better point than `start`.
        Err(_) => start,
    }
}

/// Fits one regression, until the gradient norm is below 1e-9 or for at most 5,000 iterations.
pub fn fit(bags: &Bags, strength: f64) -> Fit {
    let mut weights = minimise(bags, strength, vec![0.0; bags.vocabulary + 1], 1e-9, 5000);
    let intercept = weights.pop().unwrap_or_default();
    Fit { weights, intercept }
}

/// Fits all strengths, each from the parameters of the previous one. Returns the weights of the strength with the best
/// accuracy on `validation`. `None` if `cancel` returns true.
pub fn select_regression(
    train: &Bags,
    validation: &Bags,
    cancel: &dyn Fn() -> bool,
) -> Option<(Vec<f32>, RegressionFacts)> {
    let mut parameters = vec![0.0; train.vocabulary + 1];
    let mut best: Option<(Vec<f32>, f64)> = None;
    let mut facts = RegressionFacts { strength: 0.0, accuracies: Vec::new() };
    for strength in (0..STRENGTHS).map(strength) {
        if cancel() {
            return None;
        }
        parameters = minimise(train, strength, parameters, 1e-6, 500);
        let words = train.vocabulary;
        // The shares of a text sum to 1, so the intercept can be added to every word.
        let table: Vec<f32> = parameters[..words].iter().map(|w| (w + parameters[words]) as f32).collect();
        let [_, accuracy] = validation.loss_and_accuracy(&table);
        facts.accuracies.push((strength, accuracy));
        if best.as_ref().is_none_or(|(_, best)| accuracy > *best) {
            facts.strength = strength;
            best = Some((parameters[..words].iter().map(|&w| w as f32).collect(), accuracy));
        }
    }
    best.map(|(weights, _)| (weights, facts))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strengths_are_half_decades() {
        assert!((strength(0) - 1e-5).abs() < 1e-12 && (strength(STRENGTHS - 1) - 1e4).abs() < 1e-8);
        assert!((strength(10) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_gradient_is_that_of_the_cost() {
        let mut bags = Bags::new(4);
        for (tokens, positive) in [(&[0u32, 1, 1][..], true), (&[2], false), (&[1, 2, 0], true)] {
            bags.push(tokens, positive);
        }
        let problem = Problem { bags: &bags, strength: 0.7 };
        let parameters = vec![0.3, -0.8, 0.5, 1.0, -0.2];
        let gradient = problem.gradient(&parameters).unwrap();
        for index in 0..parameters.len() {
            let at = |offset: f64| {
                let mut moved = parameters.clone();
                moved[index] += offset;
                problem.cost(&moved).unwrap()
            };
            let numeric = (at(1e-5) - at(-1e-5)) / 2e-5;
            assert!((numeric - gradient[index]).abs() < 1e-9, "{index}: {numeric} {}", gradient[index]);
        }
    }

    #[test]
    fn a_decisive_word_gets_the_largest_weight_and_a_word_that_never_occurs_none() {
        let mut bags = Bags::new(5);
        for text in 0..40u32 {
            let positive = text % 2 == 0;
            bags.push(&[1, 2 + text % 3 / 2, if positive { 4 } else { 1 }], positive);
        }
        let (weights, facts) = select_regression(&bags, &bags, &|| false).unwrap();
        assert!(weights[4] > weights.iter().take(4).copied().fold(0.0, f32::max));
        assert_eq!(weights[0], 0.0);
        assert_eq!(facts.accuracies.len(), STRENGTHS);
    }
}
