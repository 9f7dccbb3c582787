//! Copying in two numbers (docs/theory.md, "Copying, reduced"): L distinct words out of V, to be said in their order.
//!
//! By symmetry all that training can do is to raise the score of a word that the context holds by w (KTIW: the gap
//! between the right word's score and another's), and the attention logit of the right position by a. With α the
//! weight on the right position, p the probability of the right word and q that of another word of the source,
//!
//! dw/dτ = α(1 − p) − (1 − α)q,   da/dτ = κ·α(1 − α)·w·(1 − p + q).
//!
//! At uniform attention and w = 0 the first is 1/L − 1/V: nothing where V = L. There the origin is a saddle, left only
//! through whatever bias ε the attention starts with, at the rate λ = √κ·(L − 1)/L². A bias below 0 leads along the
//! other branch: attention leaves the right position, w turns negative, and what is attended to is *not* said.

use serde::Serialize;

/// A copying task without repetition, and where attention starts.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CopyingFlow {
    /// V: words that can be drawn; at least `length`.
    pub vocabulary: usize,
    /// L: words of a sequence; at least 2.
    pub length: usize,
    /// ε: the attention logit of the right position at the start, above the others.
    pub bias: f64,
    /// κ: how fast attention logits move beside scores; 1 for plain gradient flow in these units.
    pub attention_rate: f64,
}

/// The state at one time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct CopyingPoint {
    /// τ.
    pub time: f64,
    /// w: the score gap between the right word and another, were the context the right word alone.
    pub knowledge: f64,
    /// a: the logit gap between the right position and another.
    pub preference: f64,
    /// α: attention on the right position.
    pub attention: f64,
    /// p: the probability of the right word.
    pub probability: f64,
}

impl CopyingPoint {
    /// −ln p, in nats.
    pub fn loss(&self) -> f64 {
        -self.probability.ln()
    }
}

/// Time of a step of the integration. The fastest that anything moves is λ < 1/4, so this is fine enough.
const STEP: f64 = 0.05;

/// The probability of the right word at which the task counts as learned.
pub const COPIED: f64 = 0.9;

impl CopyingFlow {
    /// The flow of `length` words out of `vocabulary` from uniform attention.
    pub fn new(vocabulary: usize, length: usize) -> Self {
        Self { vocabulary, length, bias: 0.0, attention_rate: 1.0 }
    }

    /// The same with attention that starts with a logit gap of `bias`.
    pub fn with_bias(self, bias: f64) -> Self {
        Self { bias, ..self }
    }

    /// The rate at which the saddle at V = L is left.
    pub fn escape_rate(&self) -> f64 {
        let length = self.length as f64;
        self.attention_rate.sqrt() * (length - 1.0) / (length * length)
    }

    /// dw/dτ where training begins with uniform attention: 1/L − 1/V.
    pub fn first_slope(&self) -> f64 {
        1.0 / self.length as f64 - 1.0 / self.vocabulary as f64
    }

    /// What w and a amount to.
    pub fn at(&self, time: f64, [knowledge, preference]: [f64; 2]) -> CopyingPoint {
        let [attention, probability, _] = self.shares([knowledge, preference]);
        CopyingPoint { time, knowledge, preference, attention, probability }
    }

    /// α, p and q.
    fn shares(&self, [w, a]: [f64; 2]) -> [f64; 3] {
        let others = self.length as f64 - 1.0;
        // exp(−a) cannot overflow to NaN here: a weight of 0 or 1 is what it then means.
        let attention = 1.0 / (1.0 + others * (-a).exp());
        let (right, other) = (w * attention, w * (1.0 - attention) / others);
        let outside = (self.vocabulary - self.length) as f64;
        let largest = right.max(other).max(0.0);
        let [right, other, none] = [right, other, 0.0].map(|score| (score - largest).exp());
        let sum = right + others * other + outside * none;
        [attention, right / sum, other / sum]
    }

    /// dw/dτ and da/dτ.
    pub fn slope(&self, state: [f64; 2]) -> [f64; 2] {
        let [attention, p, q] = self.shares(state);
        let advantage = state[0] * (1.0 - p + q);
        [
            attention * (1.0 - p) - (1.0 - attention) * q,
            self.attention_rate * attention * (1.0 - attention) * advantage,
        ]
    }

    /// The flow up to time `end` by the classical Runge-Kutta method, `points` points and the first, evenly spaced.
    pub fn integrate(&self, end: f64, points: usize) -> Vec<CopyingPoint> {
        let between = ((end / points.max(1) as f64 / STEP).ceil() as usize).max(1);
        let step = end / (points.max(1) * between) as f64;
        let mut state = [0.0, self.bias];
        let mut flow = vec![self.at(0.0, state)];
        for point in 1..=points {
            (0..between).for_each(|_| state = self.advance(state, step));
            flow.push(self.at(end * point as f64 / points as f64, state));
        }
        flow
    }

    fn advance(&self, state: [f64; 2], step: f64) -> [f64; 2] {
        let moved = |slope: [f64; 2], by: f64| [state[0] + by * slope[0], state[1] + by * slope[1]];
        let k1 = self.slope(state);
        let k2 = self.slope(moved(k1, step / 2.0));
        let k3 = self.slope(moved(k2, step / 2.0));
        let k4 = self.slope(moved(k3, step));
        let mean = [0, 1].map(|i| (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]) / 6.0);
        moved(mean, step)
    }

    /// The first time, up to `end`, at which the right word has a probability of [`COPIED`]; none if it never has.
    pub fn learned_at(&self, end: f64) -> Option<f64> {
        let mut state = [0.0, self.bias];
        for step in 0..=(end / STEP).ceil() as usize {
            if self.shares(state)[1] >= COPIED {
                return Some(step as f64 * STEP);
            }
            state = self.advance(state, STEP);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every sequence of `length` distinct words out of `vocabulary`.
    fn sequences(vocabulary: usize, length: usize) -> Vec<Vec<usize>> {
        let mut all = vec![Vec::new()];
        for _ in 0..length {
            let longer = |words: &Vec<usize>| {
                let (words, fresh) = (words.clone(), words.clone());
                let unused = (0..vocabulary).filter(move |word| !fresh.contains(word));
                unused.map(move |word| [&words[..], &[word]].concat()).collect::<Vec<_>>()
            };
            all = all.iter().flat_map(longer).collect();
        }
        all
    }

    /// Mean −ln p of the word at position 0 over all sequences, with scores Σ_l α_l·W[x_l] and attention logits that
    /// are the same for every sequence.
    fn loss(sequences: &[Vec<usize>], weights: &[Vec<f64>], logits: &[f64]) -> f64 {
        let sum: f64 = logits.iter().map(|a| a.exp()).sum();
        let mut total = 0.0;
        for words in sequences {
            let score = |o: usize| {
                words.iter().zip(logits).map(|(&word, a)| a.exp() / sum * weights[word][o]).sum::<f64>()
            };
            let normaliser = (0..weights.len()).map(|o| score(o).exp()).sum::<f64>().ln();
            total += normaliser - score(words[0]);
        }
        total / sequences.len() as f64
    }

    #[test]
    fn the_slopes_are_those_of_the_whole_model() {
        for (vocabulary, length) in [(5, 3), (4, 4), (6, 2)] {
            let all = sequences(vocabulary, length);
            for state in [[0.0, 0.0], [0.7, 0.3], [2.0, -0.4], [4.0, 3.0]] {
                let moved = |(i, o, by): (usize, usize, f64), (place, more): (usize, f64)| {
                    let mut weights = vec![vec![0.0; vocabulary]; vocabulary];
                    (0..vocabulary).for_each(|word| weights[word][word] = state[0]);
                    weights[i][o] += by;
                    let mut logits = vec![0.0; length];
                    logits[0] = state[1];
                    logits[place] += more;
                    loss(&all, &weights, &logits)
                };
                let h = 1e-5;
                let by_weight = |i, o| (moved((i, o, h), (0, 0.0)) - moved((i, o, -h), (0, 0.0))) / (2.0 * h);
                let by_logit = |l| (moved((0, 0, 0.0), (l, h)) - moved((0, 0, 0.0), (l, -h))) / (2.0 * h);
                // Each word is the right one in one of V sequences, and each W has V − 1 others: that is the unit of τ.
                let knowledge = (vocabulary as f64 - 1.0) * (by_weight(0, 1) - by_weight(0, 0));
                let others = length as f64 - 1.0;
                let preference = others / length as f64 * (by_logit(1) - by_logit(0));
                let slope = CopyingFlow::new(vocabulary, length).slope(state);
                assert!((slope[0] - knowledge).abs() < 1e-8, "{vocabulary} {length} {state:?}: {knowledge}");
                assert!(
                    (slope[1] - preference).abs() < 1e-8,
                    "{vocabulary} {length} {state:?}: {preference}"
                );
            }
        }
    }

    #[test]
    fn more_words_are_learned_sooner_and_permutations_never() {
        // The figures that a first numerical run gave, by vocabulary, for 40 words.
        for (vocabulary, expected) in
            [(41, 185.0), (42, 160.0), (44, 137.0), (48, 117.0), (60, 96.0), (80, 85.0)]
        {
            let time = CopyingFlow::new(vocabulary, 40).learned_at(400.0).unwrap();
            assert!((time - expected).abs() < 1.6, "{vocabulary}: {time}");
        }
        assert_eq!(CopyingFlow::new(40, 40).learned_at(4000.0), None);
    }

    #[test]
    fn permutations_are_learned_after_a_time_that_grows_with_the_logarithm_of_the_bias() {
        let flow = CopyingFlow::new(40, 40);
        let at = |bias: f64| flow.with_bias(bias).learned_at(2000.0).unwrap();
        let expected = 100.0f64.ln() / flow.escape_rate();
        assert!((at(1e-4) - at(1e-2) - expected).abs() < 0.5, "{} {}", at(1e-4) - at(1e-2), expected);
    }

    #[test]
    fn a_bias_away_from_the_right_position_leads_to_copying_by_elimination() {
        let flow = CopyingFlow::new(40, 40).with_bias(-0.1);
        assert_eq!(flow.learned_at(2000.0), None);
        let points = flow.integrate(10_000.0, 100);
        assert!(points.iter().all(|point| point.knowledge <= 0.0 && point.attention <= 1.0 / 40.0));
        let last = points.last().unwrap();
        assert!(last.attention < 1e-3 && last.probability > 0.6, "{last:?}");
        // Where there are other words to be told apart, the right branch takes it back.
        assert!(CopyingFlow::new(60, 40).with_bias(-0.1).learned_at(200.0).is_some());
    }

    #[test]
    fn knowledge_comes_before_attention() {
        let flow = CopyingFlow::new(60, 40).integrate(240.0, 240);
        assert_eq!((flow.len(), flow[0].attention, flow[0].probability), (241, 1.0 / 40.0, 1.0 / 60.0));
        let first =
            |holds: &dyn Fn(&CopyingPoint) -> bool| flow.iter().find(|point| holds(point)).unwrap().time;
        assert!(first(&|point| point.knowledge > 0.25) < first(&|point| point.attention > 0.05));
        let last = flow.last().unwrap();
        assert!(last.attention > 0.95 && last.loss() < 0.05 && (last.time - 240.0).abs() < 1e-9);
    }
}
