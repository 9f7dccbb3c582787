//! Stage 1 for texts: the dynamics of the uniform-attention model, with β(τ) of every word.
//!
//! Score = Σ_i f_i·w_i + c for the shares f of a text's words; of more than two labels, one score for each. Gradient flow
//! moves w_i by g_i = E\[f_i·(y − p)\]; its first movement is [`first_order`](super::first_order). Adam moves it by
//! g_i/√(g_i² + σ_i²/B), with the variance σ_i² of a single text's slope and B texts a batch: early on, words are ahead in
//! proportion to their signal-to-noise ratio, not to their frequency. c follows the labels at once: at every state it has
//! the value at which E\[y − p\] = 0.

use super::integration::{Accuracy, Integration};
use crate::batch::Link;
use crate::task::text::{Bags, WordTable, WordUnit};

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
    /// w (vocabulary × scores).
    pub beta: Vec<f32>,
    /// c (scores).
    bias: Vec<f64>,
    time: f64,
}

/// The error allowed in a step, relative to the largest |w|.
const TOLERANCE: f64 = 1e-3;

/// Steps of the iteration that finds the bias, at most; it starts from the bias of a state nearby.
const BIAS_STEPS: usize = 20;

/// The change of the bias below which Newton's method stops.
const BIAS_ERROR: f64 = 1e-4;

impl<'a> BagFlow<'a> {
    /// The state before training: w = 0, and c at the log-odds of two labels, or the logarithms of the shares of more.
    pub fn new(bags: &'a Bags, pace: BagPace) -> Self {
        let counts = bags.label_counts();
        let bias = match bags.link {
            Link::Logistic => vec![((counts[1] as f64 + 0.5) / (counts[0] as f64 + 0.5)).ln()],
            Link::Softmax(_) => counts.iter().map(|&texts| (texts as f64 + 0.5).ln()).collect(),
        };
        let beta = vec![0.0; bags.vocabulary * bags.link.width()];
        Self { bags, pace, beta, bias, time: 0.0 }
    }

    /// τ.
    pub fn time(&self) -> f64 {
        self.time
    }

    /// β of every word as a table.
    pub fn table(&self) -> WordTable {
        WordTable::scores(self.bags.link, self.beta.clone())
    }

    /// The label that the model predicts for a text of these words (ids).
    pub fn predicts(&self, tokens: &[u32]) -> u32 {
        let width = self.bias.len();
        let mut scores = vec![0.0; width];
        for &id in tokens {
            let row = &self.beta[id as usize * width..][..width];
            scores.iter_mut().zip(row).for_each(|(sum, &w)| *sum += f64::from(w));
        }
        let words = tokens.len().max(1) as f64;
        scores.iter_mut().zip(&self.bias).for_each(|(score, bias)| *score = *score / words + bias);
        self.bags.link.predicted(&scores)
    }

    /// dw/dτ of every word at the present state (vocabulary × scores).
    pub fn slopes(&self) -> Vec<f64> {
        let mut slopes = Slopes::new(self.bags, &self.bias);
        slopes.measure(&self.beta);
        slopes.sums.iter().map(|&slope| paced(self.pace, slope)).collect()
    }

    /// Integrates up to τ = `time`.
    pub fn advance_to(&mut self, time: f64) {
        let state: Vec<f64> = self.beta.iter().map(|&w| f64::from(w)).collect();
        let mut slopes = Slopes::new(self.bags, &self.bias);
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

    /// The signal-to-noise ratio of each word's slope at the present state: E\[f(y − p)\] over its standard error
    /// (vocabulary × scores).
    pub fn signal(&self) -> WordTable {
        let mut slopes = Slopes::new(self.bags, &self.bias);
        slopes.measure(&self.beta);
        let count = self.bags.len() as f64;
        let of = |&[slope, square]: &[f64; 2]| {
            let error = ((square - slope * slope).max(0.0) / count).sqrt();
            if error > 0.0 { (slope / error) as f32 } else { 0.0 }
        };
        let numbers = slopes.sums.iter().map(of).collect();
        WordTable { link: self.bags.link, unit: WordUnit::Covariances, numbers }
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
    bias: Vec<f64>,
    /// E\[f(y − p)\] and E\[(f(y − p))²\] of every word and score.
    sums: Vec<[f64; 2]>,
    /// The scores of a text, then y − p.
    residual: Vec<f64>,
    /// By score: the sum of y − p over all texts, and the sum that it is divided by for a step of the bias.
    balance: Vec<[f64; 2]>,
}

impl<'a> Slopes<'a> {
    fn new(bags: &'a Bags, bias: &[f64]) -> Self {
        let width = bias.len();
        Self {
            bags,
            bias: bias.to_vec(),
            sums: vec![[0.0; 2]; bags.vocabulary * width],
            residual: vec![0.0; width],
            balance: vec![[0.0; 2]; width],
        }
    }

    /// Finds the bias for `beta` and measures the gradient there.
    fn settle(&mut self, beta: &[f32]) {
        for _ in 0..BIAS_STEPS {
            self.measure(beta);
            let step = |&[residual, scale]: &[f64; 2]| residual / scale.max(1e-9);
            if self.balance.iter().all(|balance| step(balance).abs() < BIAS_ERROR) {
                return;
            }
            self.bias.iter_mut().zip(&self.balance).for_each(|(bias, balance)| *bias += step(balance));
        }
        self.measure(beta);
    }

    /// Measures the slopes at `beta` with the present bias.
    ///
    /// A step of the bias is Newton's for two labels. For more, it divides by Σ p instead of the matrix of second
    /// derivatives, which is as good where all texts have the same probabilities, and never overshoots.
    fn measure(&mut self, beta: &[f32]) {
        self.sums.iter_mut().for_each(|slope| *slope = [0.0; 2]);
        self.balance.iter_mut().for_each(|balance| *balance = [0.0; 2]);
        let (width, link) = (self.bias.len(), self.bags.link);
        let count = self.bags.len().max(1) as f64;
        for (text, &label) in self.bags.labels.iter().enumerate() {
            self.bags.scores(text, beta, &mut self.residual);
            self.residual.iter_mut().zip(&self.bias).for_each(|(score, bias)| *score += bias);
            link.probabilities(&mut self.residual);
            for (score, (balance, number)) in self.balance.iter_mut().zip(&mut self.residual).enumerate() {
                let p = *number;
                *number = link.truth(score, label) - p;
                balance[0] += *number;
                balance[1] += if link == Link::Logistic { p * (1.0 - p) } else { p };
            }
            let add = |sum: &mut [f64; 2], slope: f64| {
                sum[0] += slope / count;
                sum[1] += slope * slope / count;
            };
            if let [surprise] = self.residual[..] {
                for (id, share) in self.bags.bag(text) {
                    add(&mut self.sums[id], f64::from(share) * surprise);
                }
                continue;
            }
            for (id, share) in self.bags.bag(text) {
                let sums = self.sums[id * width..][..width].iter_mut();
                sums.zip(&self.residual).for_each(|(sum, surprise)| add(sum, f64::from(share) * surprise));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::theory::first_order;

    fn bags() -> Bags {
        let mut bags = Bags::new(5, 2);
        for text in 0..60u32 {
            let positive = text % 3 == 0;
            let word = if positive { 1 } else { 2 };
            bags.push(&[0, word, 3 + u32::from(text % 30 == 0), 0], u32::from(positive));
        }
        bags
    }

    #[test]
    fn gradient_flow_starts_with_the_covariance_and_lowers_the_loss() {
        let bags = bags();
        let mut flow = BagFlow::new(&bags, BagPace::Gradient);
        let start = flow.slopes();
        for (slope, first) in start.iter().zip(first_order(&bags).numbers) {
            assert!((slope - f64::from(first)).abs() < 5e-3, "{slope} {first}");
        }
        let loss = |flow: &BagFlow| {
            bags.loss_and_accuracy(&flow.beta.iter().map(|b| b + flow.bias[0] as f32).collect::<Vec<_>>())[0]
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
        let (beta, bias) = (flow.beta.clone(), flow.bias[0]);
        for id in 0..5 {
            let moved = |by: f32| {
                let mut table: Vec<f32> = beta.clone();
                table[id] += by;
                let loss = |text: usize| {
                    let mut score = [0.0];
                    bags.scores(text, &table, &mut score);
                    bags.link.loss(&[score[0] + bias], bags.labels[text])
                };
                (0..bags.len()).map(loss).sum::<f64>() / bags.len() as f64
            };
            let gradient = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            assert!((slopes[id] + gradient).abs() < 1e-4, "{id}: {} {gradient}", slopes[id]);
        }
    }

    #[test]
    fn adam_does_not_favour_frequent_words() {
        let mut bags = Bags::new(4, 2);
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
            bags.push(&words, u32::from(positive));
        }
        let first = |pace| BagFlow::new(&bags, pace).slopes();
        let (gradient, adam) = (first(BagPace::Gradient), first(BagPace::Adam { batch: 32.0 }));
        assert!(gradient[1] > gradient[2] * 2.0 && adam[1] < adam[2] * 2.5, "{gradient:?} {adam:?}");
        let signal = BagFlow::new(&bags, BagPace::Gradient).signal().numbers;
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
        assert_eq!((flow.predicts(&[0, 1, 3, 0]), flow.predicts(&[0, 2, 3, 0])), (1, 0));
    }

    #[test]
    fn of_three_labels_each_has_its_word_and_the_residuals_balance() {
        let mut bags = Bags::new(6, 3);
        (0..90u32).for_each(|text| bags.push(&[0, 1 + text % 3, 4 + text % 2], text % 3));
        let mut flow = BagFlow::new(&bags, BagPace::Adam { batch: 32.0 });
        flow.advance_to(8.0);
        let table = flow.table();
        for label in 0..3 {
            assert_eq!(flow.predicts(&[0, 1 + label, 4]), label);
            assert!(
                table.support(1 + label, label) > 1.0 && table.support(1 + label, (label + 1) % 3) < -1.0
            );
        }
        let mut slopes = Slopes::new(&bags, &flow.bias);
        slopes.measure(&flow.beta);
        assert!(slopes.balance.iter().all(|balance| balance[0].abs() < 1e-2), "{:?}", slopes.balance);
    }

    #[test]
    fn slopes_of_three_labels_are_minus_the_gradient_of_the_loss() {
        let mut bags = Bags::new(4, 3);
        (0..40u32).for_each(|text| bags.push(&[text % 4, (text / 3) % 4], (text * 7 / 4) % 3));
        let mut flow = BagFlow::new(&bags, BagPace::Gradient);
        flow.advance_to(5.0);
        let (slopes, bias) = (flow.slopes(), flow.bias.clone());
        let loss = |table: &[f32]| {
            let mut scores = [0.0; 3];
            let of = |text: usize| {
                bags.scores(text, table, &mut scores);
                scores.iter_mut().zip(&bias).for_each(|(score, bias)| *score += bias);
                bags.link.loss(&scores, bags.labels[text])
            };
            (0..bags.len()).map(of).sum::<f64>() / bags.len() as f64
        };
        for index in 0..12 {
            let moved = |by: f32| {
                let mut table = flow.beta.clone();
                table[index] += by;
                loss(&table)
            };
            let gradient = (moved(1e-2) - moved(-1e-2)) / 2e-2;
            assert!((slopes[index] + gradient).abs() < 1e-4, "{index}: {} {gradient}", slopes[index]);
        }
    }
}
