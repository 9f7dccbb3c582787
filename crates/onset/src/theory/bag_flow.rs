//! Stage 1 for texts: the dynamics of the uniform-attention model, with β(τ) of every word.
//!
//! Score = Σ_i f_i·w_i + c, where f_i is the share of word i in the text. Gradient flow moves w_i by g_i = E\[f_i·(y −
//! p)\]; its first-order solution is [`first_order`](super::first_order). Adam moves w_i by g_i/√(g_i² + σ_i²/B), with
//! the variance σ_i² of a single text's gradient and B texts a batch. So early in training words are ordered by their
//! signal-to-noise ratio, not by their frequency. The bias c follows the labels at once: at every state it has the
//! value at which E\[y − p\] = 0.

use super::integration::{Accuracy, Integration};
use crate::task::text::Bags;

/// How fast words follow their gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum BagPace {
    /// Gradient flow.
    Gradient,
    /// Adam.
    Adam {
        /// B: texts in a batch.
        batch: f64,
    },
}

/// The state at one time: β of every word.
#[derive(Debug, Clone)]
pub struct BagFlow<'a> {
    bags: &'a Bags,
    pace: BagPace,
    /// w, by id.
    pub beta: Vec<f32>,
    bias: f64,
    time: f64,
}

/// The error allowed in a step, relative to the largest |w|.
const TOLERANCE: f64 = 1e-3;

/// Largest number of Newton steps for the bias, which starts from the bias of a nearby state.
const NEWTON: usize = 20;

/// The change of the bias below which Newton's method stops.
const BIAS_ERROR: f64 = 1e-4;

impl<'a> BagFlow<'a> {
    /// The state before training: w = 0, and c is the log-odds of the labels.
    pub fn new(bags: &'a Bags, pace: BagPace) -> Self {
        let positive = bags.positive.iter().filter(|&&positive| positive).count() as f64;
        let odds = (positive + 0.5) / (bags.len() as f64 - positive + 0.5);
        Self { bags, pace, beta: vec![0.0; bags.vocabulary], bias: odds.ln(), time: 0.0 }
    }

    /// τ.
    pub fn time(&self) -> f64 {
        self.time
    }

    /// Whether the model predicts the positive label for a text with these words (ids).
    pub fn predicts_positive(&self, tokens: &[u32]) -> bool {
        let sum: f64 = tokens.iter().map(|&id| f64::from(self.beta[id as usize])).sum();
        sum / tokens.len().max(1) as f64 + self.bias > 0.0
    }

    /// dw/dτ of every word at the current state, by id.
    pub fn slopes(&self) -> Vec<f64> {
        let mut slopes = Slopes::new(self.bags, self.bias);
        slopes.measure(&self.beta);
        slopes.sums.iter().map(|&slope| paced(self.pace, slope)).collect()
    }

    /// Integrates up to τ = `time`.
    pub fn advance_to(&mut self, time: f64) {
        let state: Vec<f64> = self.beta.iter().map(|&w| f64::from(w)).collect();
        let mut slopes = Slopes::new(self.bags, self.bias);
        let (pace, mut beta) = (self.pace, self.beta.clone());
        // Adam's step reverses within √(σ²/B) when a slope crosses 0; steps need not resolve that.
        let shortest = (time - self.time) / 24.0;
        let accuracy = Accuracy { tolerance: TOLERANCE, shortest, controlled: state.len() };
        let mut flow = Integration::new(state, accuracy, |state: &[f64], into: &mut Vec<f64>| {
            beta.iter_mut().zip(state).for_each(|(w, &x)| *w = x as f32);
            slopes.settle(&beta);
            into.clear();
            into.extend(slopes.sums.iter().map(|&slope| paced(pace, slope)));
        });
        flow.advance_to(time - self.time);
        let state = std::mem::take(&mut flow.state);
        drop(flow);
        self.beta.iter_mut().zip(&state).for_each(|(w, &x)| *w = x as f32);
        slopes.settle(&self.beta);
        (self.bias, self.time) = (slopes.bias, time);
    }

    /// The signal-to-noise ratio of each word's gradient at the current state: E\[f(y − p)\] over its standard error.
    pub fn signal(&self) -> Vec<f32> {
        let mut slopes = Slopes::new(self.bags, self.bias);
        slopes.measure(&self.beta);
        let count = self.bags.len() as f64;
        let of = |&[slope, square]: &[f64; 2]| {
            let error = ((square - slope * slope).max(0.0) / count).sqrt();
            if error > 0.0 { (slope / error) as f32 } else { 0.0 }
        };
        slopes.sums.iter().map(of).collect()
    }
}

/// dw/dτ of a word from E\[f(y − p)\] and E\[(f(y − p))²\].
fn paced(pace: BagPace, [slope, square]: [f64; 2]) -> f64 {
    match pace {
        BagPace::Gradient => slope,
        BagPace::Adam { batch } => {
            let variance = (square - slope * slope).max(0.0);
            if slope == 0.0 { 0.0 } else { slope / (slope * slope + variance / batch).sqrt() }
        }
    }
}

/// The gradient of the loss at one state, and the bias of that state.
struct Slopes<'a> {
    bags: &'a Bags,
    bias: f64,
    /// E\[f(y − p)\] and E\[(f(y − p))²\] of every word.
    sums: Vec<[f64; 2]>,
}

impl<'a> Slopes<'a> {
    fn new(bags: &'a Bags, bias: f64) -> Self {
        Self { bags, bias, sums: vec![[0.0; 2]; bags.vocabulary] }
    }

    /// Finds the bias for `beta` and measures the gradient there.
    fn settle(&mut self, beta: &[f32]) {
        for _ in 0..NEWTON {
            let step = self.measure(beta);
            if step.abs() < BIAS_ERROR {
                return;
            }
            self.bias += step;
        }
        self.measure(beta);
    }

    /// Measures the gradient at `beta` with the current bias; returns the Newton step of the bias.
    fn measure(&mut self, beta: &[f32]) -> f64 {
        self.sums.iter_mut().for_each(|slope| *slope = [0.0; 2]);
        let count = self.bags.len().max(1) as f64;
        let (mut residual, mut curvature) = (0.0, 0.0);
        for (text, &positive) in self.bags.positive.iter().enumerate() {
            let p = 1.0 / (1.0 + (-self.bags.score(text, beta) - self.bias).exp());
            let surprise = f64::from(u8::from(positive)) - p;
            residual += surprise;
            curvature += p * (1.0 - p);
            for (id, share) in self.bags.bag(text) {
                let slope = f64::from(share) * surprise;
                self.sums[id][0] += slope / count;
                self.sums[id][1] += slope * slope / count;
            }
        }
        residual / curvature.max(1e-9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::first_order;

    fn bags() -> Bags {
        let mut bags = Bags::new(5);
        for text in 0..60u32 {
            let positive = text % 3 == 0;
            let word = if positive { 1 } else { 2 };
            bags.push(&[0, word, 3 + u32::from(text % 30 == 0), 0], positive);
        }
        bags
    }

    #[test]
    fn gradient_flow_starts_with_the_covariance_and_lowers_the_loss() {
        let bags = bags();
        let mut flow = BagFlow::new(&bags, BagPace::Gradient);
        let start = flow.slopes();
        for (slope, first) in start.iter().zip(first_order(&bags)) {
            assert!((slope - f64::from(first)).abs() < 5e-3, "{slope} {first}");
        }
        let loss = |flow: &BagFlow| {
            bags.loss_and_accuracy(&flow.beta.iter().map(|b| b + flow.bias as f32).collect::<Vec<_>>())[0]
        };
        let mut last = loss(&flow);
        for stop in 1..=50 {
            flow.advance_to(2.0 * f64::from(stop));
            assert!(loss(&flow) < last);
            last = loss(&flow);
        }
        assert!(flow.beta[1] > 1.0 && flow.beta[2] < -1.0);
    }

    #[test]
    fn slopes_are_minus_the_gradient_of_the_loss() {
        let bags = bags();
        let mut flow = BagFlow::new(&bags, BagPace::Gradient);
        flow.advance_to(20.0);
        let slopes = flow.slopes();
        let (beta, bias) = (flow.beta.clone(), flow.bias);
        for id in 0..5 {
            let moved = |by: f32| {
                let mut table: Vec<f32> = beta.clone();
                table[id] += by;
                let of = |text| bags.score(text, &table) + bias;
                let loss = |text: usize| {
                    let margin = if bags.positive[text] { of(text) } else { -of(text) };
                    (-margin).exp().ln_1p()
                };
                (0..bags.len()).map(loss).sum::<f64>() / bags.len() as f64
            };
            let gradient = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            assert!((slopes[id] + gradient).abs() < 1e-4, "{id}: {} {gradient}", slopes[id]);
        }
    }

    #[test]
    fn adam_does_not_favour_frequent_words() {
        let mut bags = Bags::new(4);
        // Word 1 is in every text and leans a little; word 2 is rare and always positive.
        for text in 0..400u32 {
            let positive = text % 2 == 0;
            let mut words = vec![0, 0, 1];
            if positive || text % 4 == 1 {
                words.push(1);
            }
            if text % 40 == 0 {
                words.push(2);
            }
            bags.push(&words, positive);
        }
        let first = |pace| BagFlow::new(&bags, pace).slopes();
        let (gradient, adam) = (first(BagPace::Gradient), first(BagPace::Adam { batch: 32.0 }));
        assert!(gradient[1] > gradient[2] * 2.0 && adam[1] < adam[2] * 2.5, "{gradient:?} {adam:?}");
        let signal = BagFlow::new(&bags, BagPace::Gradient).signal();
        assert!(signal[2] > 2.0 && signal[3] == 0.0);
    }

    #[test]
    fn finer_steps_do_not_change_the_state() {
        let bags = bags();
        for pace in [BagPace::Gradient, BagPace::Adam { batch: 16.0 }] {
            let mut coarse = BagFlow::new(&bags, pace);
            coarse.advance_to(12.0);
            let mut fine = BagFlow::new(&bags, pace);
            (1..=240).for_each(|stop| fine.advance_to(f64::from(stop) / 20.0));
            let largest = fine.beta.iter().fold(0f32, |a, b| a.max(b.abs()));
            for (coarse, fine) in coarse.beta.iter().zip(&fine.beta) {
                assert!((coarse - fine).abs() < 5e-3 * largest, "{pace:?}: {coarse} {fine}");
            }
        }
    }

    #[test]
    fn the_model_predicts_the_label_of_its_words() {
        let bags = bags();
        let mut flow = BagFlow::new(&bags, BagPace::Adam { batch: 16.0 });
        flow.advance_to(12.0);
        assert!(flow.predicts_positive(&[0, 1, 3, 0]) && !flow.predicts_positive(&[0, 2, 3, 0]));
    }
}
