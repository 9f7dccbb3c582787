//! β^lr: the weights of a logistic regression over relative word counts (paper, "Classification"); a multinomial one for
//! more than two labels.
//!
//! Minimises ½‖w‖² − C·Σ_e ln p(y_e), with p of the scores w·f_e + c and the intercept c free, as scikit-learn does, by
//! L-BFGS (Liu & Nocedal 1989; crate `argmin`).

use argmin::core::{CostFunction, Executor, Gradient, State};
use argmin::solver::linesearch::MoreThuenteLineSearch;
use argmin::solver::quasinewton::LBFGS;
use serde::{Deserialize, Serialize};

use crate::task::text::{Bags, WordTable};

/// The number of strengths that are tried: half decades from 1e-5 to 1e4.
pub const STRENGTHS: usize = 19;

/// The strength C (the inverse of the penalty) number `index`, counted from 0.
fn strength(index: usize) -> f64 {
    10f64.powf(index as f64 / 2.0 - 5.0)
}

/// A fitted regression.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// Vocabulary × scores.
    pub weights: Vec<f64>,
    /// The intercept of each score.
    pub intercepts: Vec<f64>,
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
    /// Ends the search if it returns true.
    cancel: &'a dyn Fn() -> bool,
}

impl Problem<'_> {
    fn penalty(&self) -> f64 {
        1.0 / (self.strength * self.bags.len() as f64)
    }

    /// How many of the parameters are weights.
    fn weights(&self) -> usize {
        self.bags.vocabulary * self.bags.link.width()
    }

    /// The scores of a text under `parameters`: weights, then the intercepts.
    fn scores(&self, text: usize, parameters: &[f64], scores: &mut [f64]) {
        let (weights, intercepts) = parameters.split_at(self.weights());
        self.bags.scores(text, weights, scores);
        scores.iter_mut().zip(intercepts).for_each(|(score, intercept)| *score += intercept);
    }
}

impl CostFunction for Problem<'_> {
    type Param = Vec<f64>;
    type Output = f64;

    fn cost(&self, parameters: &Vec<f64>) -> Result<f64, argmin::core::Error> {
        if (self.cancel)() {
            return Err(argmin::core::Error::msg("cancelled"));
        }
        let mut scores = vec![0.0; self.bags.link.width()];
        let mut loss = 0.0;
        for (text, &label) in self.bags.labels.iter().enumerate() {
            self.scores(text, parameters, &mut scores);
            loss += self.bags.link.loss(&scores, label);
        }
        let norm: f64 = parameters[..self.weights()].iter().map(|w| w * w).sum();
        Ok(loss / self.bags.len() as f64 + 0.5 * self.penalty() * norm)
    }
}

impl Gradient for Problem<'_> {
    type Param = Vec<f64>;
    type Gradient = Vec<f64>;

    fn gradient(&self, parameters: &Vec<f64>) -> Result<Vec<f64>, argmin::core::Error> {
        let (weights, width) = (self.weights(), self.bags.link.width());
        let mut slopes: Vec<f64> = parameters[..weights].iter().map(|w| self.penalty() * w).collect();
        slopes.resize(weights + width, 0.0);
        let mut residual = vec![0.0; width];
        for (text, &label) in self.bags.labels.iter().enumerate() {
            self.scores(text, parameters, &mut residual);
            self.bags.link.residual(&mut residual, label);
            residual.iter_mut().for_each(|surprise| *surprise = -*surprise / self.bags.len() as f64);
            for (id, share) in self.bags.bag(text) {
                let row = slopes[id * width..][..width].iter_mut();
                row.zip(&residual).for_each(|(sum, slope)| *sum += slope * f64::from(share));
            }
            slopes[weights..].iter_mut().zip(&residual).for_each(|(sum, slope)| *sum += slope);
        }
        Ok(slopes)
    }
}

/// Solves `problem` from the parameters of `start` (weights, then the intercepts).
fn minimise(problem: Problem<'_>, start: Vec<f64>, tolerance: f64, iterations: u64) -> Vec<f64> {
    let solver = LBFGS::new(MoreThuenteLineSearch::new(), 10)
        .with_tolerance_grad(tolerance)
        .and_then(|solver| solver.with_tolerance_cost(0.0))
        .expect("the tolerances are not negative");
    let configured =
        |state: argmin::core::IterState<_, _, _, _, _, _>| state.param(start.clone()).max_iters(iterations);
    match Executor::new(problem, solver).configure(configured).run() {
        Ok(result) => result.state().get_best_param().cloned().unwrap_or(start),
        // The line search found no better point than `start`, or the search was cancelled.
        Err(_) => start,
    }
}

/// Fits one regression, until the gradient norm is below 1e-9 or for at most 5,000 iterations.
pub fn fit(bags: &Bags, strength: f64) -> Fit {
    let width = bags.link.width();
    let problem = Problem { bags, strength, cancel: &|| false };
    let mut weights = minimise(problem, vec![0.0; (bags.vocabulary + 1) * width], 1e-9, 5000);
    let intercepts = weights.split_off(bags.vocabulary * width);
    Fit { weights, intercepts }
}

/// Fits all strengths, each from the parameters of the previous one. Returns the weights of the strength with the best
/// accuracy on `validation`. `None` if `cancel` returns true.
pub fn select_regression(
    train: &Bags,
    validation: &Bags,
    cancel: &dyn Fn() -> bool,
) -> Option<(WordTable, RegressionFacts)> {
    let width = train.link.width();
    let mut parameters = vec![0.0; (train.vocabulary + 1) * width];
    let mut best: Option<(Vec<f32>, f64)> = None;
    let mut facts = RegressionFacts { strength: 0.0, accuracies: Vec::new() };
    for strength in (0..STRENGTHS).map(strength) {
        parameters = minimise(Problem { bags: train, strength, cancel }, parameters, 1e-6, 500);
        if cancel() {
            return None;
        }
        let (weights, intercepts) = parameters.split_at(train.vocabulary * width);
        // A text's shares sum to 1, so the intercepts can be added to every word.
        let with_intercepts = weights.iter().zip(intercepts.iter().cycle()).map(|(w, c)| (w + c) as f32);
        let [_, accuracy] = validation.loss_and_accuracy(&with_intercepts.collect::<Vec<f32>>());
        facts.accuracies.push((strength, accuracy));
        if best.as_ref().is_none_or(|(_, best)| accuracy > *best) {
            facts.strength = strength;
            best = Some((weights.iter().map(|&w| w as f32).collect(), accuracy));
        }
    }
    best.map(|(weights, _)| (WordTable::scores(train.link, weights), facts))
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
        for labels in [2, 3] {
            let mut bags = Bags::new(4, labels);
            for (tokens, label) in [(&[0u32, 1, 1][..], 1), (&[2], 0), (&[1, 2, 0], labels as u32 - 1)] {
                bags.push(tokens, label);
            }
            let problem = Problem { bags: &bags, strength: 0.7, cancel: &|| false };
            let width = bags.link.width();
            let parameters: Vec<f64> = (0..5 * width).map(|i| ((i * 7) % 11) as f64 / 5.0 - 1.0).collect();
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
    }

    #[test]
    fn a_decisive_word_gets_the_largest_weight_and_a_word_that_never_occurs_none() {
        let mut bags = Bags::new(5, 2);
        for text in 0..40u32 {
            let positive = text % 2 == 0;
            bags.push(&[1, 2 + text % 3 / 2, if positive { 4 } else { 1 }], u32::from(positive));
        }
        let (table, facts) = select_regression(&bags, &bags, &|| false).unwrap();
        let weights = table.numbers;
        assert!(weights[4] > weights.iter().take(4).copied().fold(0.0, f32::max));
        assert_eq!(weights[0], 0.0);
        assert_eq!(facts.accuracies.len(), STRENGTHS);
        assert_eq!(select_regression(&bags, &bags, &|| true), None);
    }

    #[test]
    fn of_three_labels_each_is_supported_by_its_own_word() {
        let mut bags = Bags::new(6, 3);
        (0..90u32).for_each(|text| bags.push(&[1, 2 + text % 3, 5 * (text % 2)], text % 3));
        let (table, facts) = select_regression(&bags, &bags, &|| false).unwrap();
        for label in 0..3 {
            let supports: Vec<f32> = (0..3).map(|other| table.support(2 + other, label)).collect();
            assert_eq!(onset_engine::argmax(&supports), label as usize, "{supports:?}");
        }
        assert!(facts.accuracies.iter().any(|&(_, accuracy)| accuracy == 1.0));
    }
}
