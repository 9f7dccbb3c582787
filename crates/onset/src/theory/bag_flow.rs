//! Stage 1, carried on: the uniform-attention model of texts as training moves it, with β(τ) of every word.
//!
//! Score = Σ_i f_i·w_i + c for the shares f of a text's words. Gradient flow moves w_i by g_i = E\[f_i·(y − p)\]; its first
//! movement is [`first_order`](super::first_order). Adam moves it by g_i/√(g_i² + σ_i²/B), with the variance σ_i² of a
//! single text's slope and B texts a batch: in what it first does, words are as far ahead as they stand out of their
//! noise, not as they are frequent. c follows the labels at once.

use crate::proxy::Bags;

/// How fast words follow their slope.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum BagPace {
    /// Gradient flow.
    Gradient,
    /// Adam, with so many texts a batch.
    Adam {
        /// B.
        batch: f64,
    },
}

/// The state: β of every word after some time.
#[derive(Debug, Clone)]
pub struct BagFlow<'a> {
    bags: &'a Bags,
    pace: BagPace,
    /// w, by id.
    pub beta: Vec<f32>,
    bias: f64,
    /// Newton's step of c, at the state that was measured last.
    bias_step: f64,
    time: f64,
    slopes: Vec<[f64; 2]>,
}

impl<'a> BagFlow<'a> {
    /// Nothing known of any word, and c at the log-odds of the labels.
    pub fn new(bags: &'a Bags, pace: BagPace) -> Self {
        let positive = bags.positive.iter().filter(|&&positive| positive).count() as f64;
        let odds = (positive + 0.5) / (bags.len() as f64 - positive + 0.5);
        let (beta, slopes) = (vec![0.0; bags.vocabulary], vec![[0.0; 2]; bags.vocabulary]);
        Self { bags, pace, beta, bias: odds.ln(), bias_step: 0.0, time: 0.0, slopes }
    }

    /// τ.
    pub fn time(&self) -> f64 {
        self.time
    }

    /// dw/dτ of every word, by id.
    pub fn slopes(&mut self) -> Vec<f64> {
        self.measure();
        self.slopes.iter().map(|&slope| self.paced(slope)).collect()
    }

    /// Sums E\[f(y − p)\] and E\[(f(y − p))²\] of every word, and finds how far c is from following the labels.
    fn measure(&mut self) {
        self.slopes.iter_mut().for_each(|slope| *slope = [0.0; 2]);
        let count = self.bags.len().max(1) as f64;
        let (mut lacking, mut unsure) = (0.0, 0.0);
        for (text, &positive) in self.bags.positive.iter().enumerate() {
            let p = 1.0 / (1.0 + (-self.bags.score(text, &self.beta) - self.bias).exp());
            let surprise = f64::from(u8::from(positive)) - p;
            lacking += surprise;
            unsure += p * (1.0 - p);
            for (id, share) in self.bags.bag(text) {
                let slope = f64::from(share) * surprise;
                self.slopes[id][0] += slope / count;
                self.slopes[id][1] += slope * slope / count;
            }
        }
        self.bias_step = lacking / unsure.max(1e-9);
    }

    fn paced(&self, [slope, square]: [f64; 2]) -> f64 {
        match self.pace {
            BagPace::Gradient => slope,
            BagPace::Adam { batch } => {
                let variance = (square - slope * slope).max(0.0);
                if slope == 0.0 { 0.0 } else { slope / (slope * slope + variance / batch).sqrt() }
            }
        }
    }

    /// Goes on by `step` of τ.
    pub fn advance(&mut self, step: f64) {
        self.measure();
        self.bias += self.bias_step;
        for id in 0..self.beta.len() {
            self.beta[id] += (step * self.paced(self.slopes[id])) as f32;
        }
        self.time += step;
    }

    /// How far each word's first slope stands out of its sampling noise: E\[f(y − p)\] over its standard error, at the
    /// present state.
    pub fn signal(&mut self) -> Vec<f32> {
        self.measure();
        let count = self.bags.len() as f64;
        let of = |&[slope, square]: &[f64; 2]| {
            let error = ((square - slope * slope).max(0.0) / count).sqrt();
            if error > 0.0 { (slope / error) as f32 } else { 0.0 }
        };
        self.slopes.iter().map(of).collect()
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
            let said = if positive { 1 } else { 2 };
            bags.push(&[0, said, 3 + u32::from(text % 30 == 0), 0], positive);
        }
        bags
    }

    #[test]
    fn gradient_flow_begins_with_the_covariance_and_follows_the_loss_down() {
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
        for _ in 0..50 {
            flow.advance(2.0);
            assert!(loss(&flow) < last);
            last = loss(&flow);
        }
        assert!(flow.beta[1] > 1.0 && flow.beta[2] < -1.0);
    }

    #[test]
    fn slopes_are_minus_the_gradient_of_the_loss() {
        let bags = bags();
        let mut flow = BagFlow::new(&bags, BagPace::Gradient);
        (0..20).for_each(|_| flow.advance(1.0));
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
    fn adam_is_not_led_by_how_often_a_word_comes() {
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
}
