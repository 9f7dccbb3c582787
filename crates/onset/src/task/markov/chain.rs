//! A Markov chain that is drawn at random, and sequences of it.

use onset_engine::Random;
use serde::{Deserialize, Serialize};

/// How the transition matrix of a sequence is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prior {
    /// Each row from Dirichlet(1, …, 1).
    #[default]
    Dirichlet,
    /// As `dirichlet`, then scaled so that columns add up to 1 too. All symbols are then equally frequent, and there is nothing to
    /// learn from their counts.
    DoublyStochastic,
}

/// A chain of some symbols.
#[derive(Debug, Clone)]
pub struct Chain {
    symbols: usize,
    /// The probability of each next symbol, by present symbol (symbols × symbols).
    rows: Vec<f64>,
    /// Room to compute in.
    scratch: Vec<f64>,
    /// The stationary distribution.
    stationary: Vec<f64>,
}

/// Rounds of scaling rows and columns (Sinkhorn and Knopp 1967).
const SCALINGS: usize = 50;

impl Chain {
    /// A chain of so many symbols, not drawn yet.
    pub fn new(symbols: usize) -> Self {
        let square = vec![0.0; symbols * symbols];
        Self { symbols, rows: square.clone(), scratch: square, stationary: vec![0.0; symbols] }
    }

    /// Draws the transition matrix.
    pub fn draw(&mut self, prior: Prior, random: &mut Random) {
        // Exponential variables, divided by their sum, are from Dirichlet(1, …, 1). Their smallest value keeps logarithms finite.
        self.rows.iter_mut().for_each(|entry| *entry = -f64::from(1.0 - random.unit()).ln() + 1e-9);
        let scalings = if prior == Prior::Dirichlet { 0 } else { SCALINGS };
        for _ in 0..scalings {
            self.scale_columns();
            self.scale_rows();
        }
        self.scale_rows();
        self.find_stationary();
    }

    fn scale_rows(&mut self) {
        for row in self.rows.chunks_exact_mut(self.symbols) {
            let sum: f64 = row.iter().sum();
            row.iter_mut().for_each(|entry| *entry /= sum);
        }
    }

    fn scale_columns(&mut self) {
        for column in 0..self.symbols {
            let sum: f64 = self.rows.iter().skip(column).step_by(self.symbols).sum();
            self.rows.iter_mut().skip(column).step_by(self.symbols).for_each(|entry| *entry /= sum);
        }
    }

    /// By the elimination of Grassmann, Taksar and Heyman (1985), which subtracts nothing.
    fn find_stationary(&mut self) {
        let k = self.symbols;
        let p = &mut self.scratch;
        p.copy_from_slice(&self.rows);
        for last in (1..k).rev() {
            let sum: f64 = p[last * k..last * k + last].iter().sum();
            for i in 0..last {
                p[i * k + last] /= sum;
                for j in 0..last {
                    p[i * k + j] += p[i * k + last] * p[last * k + j];
                }
            }
        }
        self.stationary[0] = 1.0;
        for j in 1..k {
            self.stationary[j] = (0..j).map(|i| self.stationary[i] * p[i * k + j]).sum();
        }
        let sum: f64 = self.stationary.iter().sum();
        self.stationary.iter_mut().for_each(|entry| *entry /= sum);
    }

    /// The probabilities of what follows `symbol`.
    pub fn row(&self, symbol: usize) -> &[f64] {
        &self.rows[symbol * self.symbols..][..self.symbols]
    }

    /// The stationary distribution.
    pub fn stationary(&self) -> &[f64] {
        &self.stationary
    }

    /// Replaces `sequence` by `length` symbols of the chain.
    pub fn sequence(&self, length: usize, random: &mut Random, sequence: &mut Vec<u32>) {
        sequence.clear();
        let mut probabilities = self.stationary();
        for _ in 0..length {
            let symbol = pick(probabilities, f64::from(random.unit()));
            sequence.push(symbol as u32);
            probabilities = self.row(symbol);
        }
    }

    /// The entropy of the next symbol, given the present one, in nats.
    pub fn entropy(&self) -> f64 {
        let of = |row: &[f64]| -row.iter().filter(|&&p| p > 0.0).map(|p| p * p.ln()).sum::<f64>();
        (0..self.symbols).map(|symbol| self.stationary[symbol] * of(self.row(symbol))).sum()
    }
}

/// The place at which the sum of `probabilities` passes `unit`.
fn pick(probabilities: &[f64], unit: f64) -> usize {
    let mut sum = 0.0;
    let place = probabilities.iter().position(|p| {
        sum += p;
        unit < sum
    });
    place.unwrap_or(probabilities.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use onset_engine::Stream;

    #[test]
    fn rows_are_distributions_and_the_stationary_one_stays() {
        let mut random = Random::at(3, Stream::Data, 0);
        for symbols in [2, 3, 10] {
            let mut chain = Chain::new(symbols);
            for prior in [Prior::Dirichlet, Prior::DoublyStochastic] {
                chain.draw(prior, &mut random);
                for symbol in 0..symbols {
                    assert!((chain.row(symbol).iter().sum::<f64>() - 1.0).abs() < 1e-12);
                    let next: f64 = (0..symbols).map(|i| chain.stationary()[i] * chain.row(i)[symbol]).sum();
                    assert!((next - chain.stationary()[symbol]).abs() < 1e-12);
                    let even = (chain.stationary()[symbol] - 1.0 / symbols as f64).abs();
                    assert!(prior == Prior::Dirichlet || even < 1e-3, "{even}");
                }
            }
        }
    }

    #[test]
    fn frequencies_in_long_sequences_are_those_of_the_chain() {
        let mut random = Random::at(4, Stream::Data, 0);
        let mut chain = Chain::new(3);
        chain.draw(Prior::Dirichlet, &mut random);
        let mut sequence = Vec::new();
        chain.sequence(200_000, &mut random, &mut sequence);
        for symbol in 0..3 {
            let next: Vec<u32> =
                sequence.windows(2).filter(|pair| pair[0] == symbol).map(|pair| pair[1]).collect();
            let share = next.len() as f64 / sequence.len() as f64;
            assert!((share - chain.stationary()[symbol as usize]).abs() < 0.02);
            for follower in 0..3 {
                let share = next.iter().filter(|&&s| s == follower).count() as f64 / next.len() as f64;
                assert!((share - chain.row(symbol as usize)[follower as usize]).abs() < 0.02);
            }
        }
    }
}
