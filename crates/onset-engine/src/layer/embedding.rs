//! Rows of a table: y_r = E[token_r]; dE[token_r] += dy_r.
//!
//! It is meant for the distinct tokens of a batch: values that depend on the token alone are computed once for each
//! token and gathered later, so that repeated tokens cost nothing. The table may be any value, so this layer also
//! gathers.

use crate::pool::Pool;
use crate::tape::{Indices, Tape, Value};

#[derive(Debug)]
pub(crate) struct EmbeddingNode {
    table: Value,
    tokens: Indices,
    output: Value,
}

impl Tape {
    /// The rows `tokens` of `table` (vocabulary × width), as tokens × width. `table` is a parameter, or any other value
    /// to gather rows from.
    pub fn embedding(&mut self, table: Value, tokens: Indices) -> Value {
        let (vocabulary, width) = self.shape(table);
        let mut y = self.pool.take(tokens.len() * width);
        let rows = self.data(table);
        for (row, &token) in y.chunks_exact_mut(width).zip(self.list(tokens)) {
            let token = token as usize;
            assert!(token < vocabulary, "token {token} of a vocabulary of {vocabulary}");
            row.copy_from_slice(&rows[token * width..(token + 1) * width]);
        }
        let output = self.push(tokens.len(), width, y);
        self.record(EmbeddingNode { table, tokens, output });
        output
    }
}

impl EmbeddingNode {
    pub(crate) fn backward(self, tape: &mut Tape) {
        let Some(dy) = tape.take_grad(self.output) else { return };
        let width = tape.shape(self.output).1;
        let (mut dtable, rows) = tape.open_rows(self.table, self.tokens);
        for (row, &token) in dy.chunks_exact(width).zip(tape.list(self.tokens)) {
            let target = &mut dtable[token as usize * width..(token as usize + 1) * width];
            target.iter_mut().zip(row).for_each(|(target, x)| *target += x);
        }
        tape.put_rows(self.table, (dtable, rows));
        tape.pool.give(dy);
    }

    pub(crate) fn release(self, _pool: &mut Pool) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::check::{gradients, random_parameter};

    #[test]
    fn gradients_agree_with_finite_differences_also_for_repeated_tokens() {
        for tokens in [vec![0], vec![2, 0, 2, 3]] {
            gradients(|tape| {
                let table = random_parameter(tape, 4, 3);
                move |tape: &mut Tape| {
                    let tokens = tape.indices(tokens.clone());
                    vec![tape.embedding(table, tokens)]
                }
            });
        }
    }

    #[test]
    fn few_rows_of_a_large_table_have_the_gradients_that_they_would_have_in_a_small_one() {
        let numbers: Vec<f32> = (0..40).map(|i| i as f32 * 0.1).collect();
        let mut tape = Tape::new(1);
        let table = tape.parameter(20, 2, &numbers);
        for round in 0..3 {
            for tokens in [vec![7, 3, 7], vec![19]] {
                let tokens = tape.indices(tokens);
                let rows = tape.embedding(table, tokens);
                let count = tape.shape(rows).0;
                let mut slopes = tape.pool.take(2 * count);
                slopes.chunks_exact_mut(2).for_each(|row| row.copy_from_slice(&[1.0, -2.0]));
                tape.put_grad(rows, slopes);
                tape.backward_from_outputs();
                tape.clear();
            }
            let mut want = [0.0; 40];
            for (row, times) in [(3, 1.0), (7, 2.0), (19, 1.0)] {
                want[2 * row..2 * row + 2].copy_from_slice(&[times, -2.0 * times]);
            }
            assert_eq!(tape.grad(table), Some(&want[..]), "round {round}");
            tape.clear_gradients();
        }
    }

    #[test]
    fn gradients_agree_with_finite_differences_through_a_gather_of_distinct_rows() {
        gradients(|tape| {
            let positions = random_parameter(tape, 5, 3);
            move |tape: &mut Tape| {
                let packing = tape.pack([2, 4, 1]);
                let steps = tape.pack_numbers(packing, |_, step| step as u32);
                let (distinct, [rows]) = tape.distinct([steps]);
                let embedded = tape.embedding(positions, distinct);
                vec![tape.embedding(embedded, rows)]
            }
        });
    }
}
