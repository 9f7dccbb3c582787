//! Attention without a query: a weighted mean of each example's rows. The weights are the softmax of one logit per row
//! (the paper's classifier).
//!
//! y = Σ_l α_l·v_l; dv_l = α_l·dy, dα_l = ⟨dy, v_l⟩, dlogit = α ∘ (dα − Σ α dα). In every mode except learned, only dv
//! is computed.

use super::attention::softmax_backward;
use crate::AttentionMode;
use crate::packing::Packing;
use crate::pool::Pool;
use crate::softmax::softmax;
use crate::tape::{Indices, Tape, Value};

/// The outputs of attention pooling.
#[derive(Debug, Clone, Copy)]
pub struct Pooled {
    /// Σ_l α_l·v_l (batch × width, by example).
    pub mean: Value,
    /// α (packed rows × 1). No gradient flows through it.
    pub alpha: Value,
}

#[derive(Debug)]
pub(crate) struct AttentionPoolNode {
    /// The logits in learned mode, otherwise `None`.
    logits: Option<Value>,
    values: Value,
    packing: Packing,
    output: Pooled,
}

impl Tape {
    /// The mean of each example's `values` (packed rows × width), weighted by α.
    ///
    /// Learned weights are the softmax of `logits` (packed rows × 1) over each example's visible rows; other modes do
    /// not use logits. `visible` has a number for each row, 0 if it is hidden; `None` means that all are visible. Every
    /// example needs a visible row. `weights` (packed rows × 1) are for modes that take them. They sum to 1 over each
    /// example and are 0 on hidden rows, so `visible` must then be `None`.
    pub fn attention_pool(
        &mut self,
        logits: Option<Value>,
        values: Value,
        packing: Packing,
        visible: Option<Indices>,
        mode: AttentionMode,
        weights: Option<Value>,
    ) -> Pooled {
        let (batch, width) = (packing.lengths.len(), self.shape(values).1);
        let given = mode.check_weights(self, weights, packing.rows);
        assert!(given.is_none() || visible.is_none(), "{mode} weights are themselves 0 on hidden rows");
        let logits = logits.filter(|_| mode == AttentionMode::Learned);
        assert!(logits.is_some() || mode != AttentionMode::Learned, "learned attention needs logits");
        let numbers = logits.or(given);
        let mut alpha = self.pool.take(packing.rows);
        let mut mean = self.pool.zeros(batch * width);
        let mut weights = self.pool.take(packing.counts.len());
        let layout = self.layout(packing);
        for example in 0..batch {
            let weights = &mut weights[..layout.lengths[example] as usize];
            for (weight, row) in weights.iter_mut().zip(layout.rows_of(example)) {
                let hidden = visible.is_some_and(|visible| self.list(visible)[row] == 0);
                let number = numbers.map_or(0.0, |numbers| self.data(numbers)[row]);
                *weight = if hidden { f32::NEG_INFINITY } else { number };
            }
            assert!(weights.iter().any(|&w| w != f32::NEG_INFINITY), "example {example} has no visible row");
            if given.is_none() {
                softmax(weights);
            }
            let mean = &mut mean[example * width..][..width];
            for (&weight, row) in weights.iter().zip(layout.rows_of(example)) {
                alpha[row] = weight;
                let value = &self.data(values)[row * width..][..width];
                mean.iter_mut().zip(value).for_each(|(sum, v)| *sum += weight * v);
            }
        }
        self.pool.give(weights);
        let output = Pooled { mean: self.push(batch, width, mean), alpha: self.push(packing.rows, 1, alpha) };
        self.record(AttentionPoolNode { logits, values, packing, output });
        output
    }
}

impl AttentionPoolNode {
    pub(crate) fn backward(self, tape: &mut Tape) {
        let Some(dmean) = tape.take_grad(self.output.mean) else { return };
        let width = tape.shape(self.values).1;
        let mut dvalues = tape.open_zeroed_grad(self.values);
        let mut dlogits = self.logits.map(|logits| tape.open_zeroed_grad(logits));
        let mut weights = tape.pool.take(self.packing.counts.len());
        let mut dweights = tape.pool.take(self.packing.counts.len());
        let layout = tape.layout(self.packing);
        let (alpha, values) = (tape.data(self.output.alpha), tape.data(self.values));
        for example in 0..layout.batch() {
            let length = layout.lengths[example] as usize;
            let (weights, dweights) = (&mut weights[..length], &mut dweights[..length]);
            let dmean = &dmean[example * width..][..width];
            for (position, row) in layout.rows_of(example).enumerate() {
                weights[position] = alpha[row];
                let value = &values[row * width..][..width];
                dweights[position] = dmean.iter().zip(value).map(|(d, v)| d * v).sum();
                let dvalue = &mut dvalues[row * width..][..width];
                dvalue.iter_mut().zip(dmean).for_each(|(sum, d)| *sum += alpha[row] * d);
            }
            if let Some(dlogits) = &mut dlogits {
                softmax_backward(dweights, weights, length);
                let rows = layout.rows_of(example);
                dweights.iter().zip(rows).for_each(|(d, row)| dlogits[row] += d);
            }
        }
        tape.put_grad(self.values, dvalues);
        if let (Some(logits), Some(dlogits)) = (self.logits, dlogits) {
            tape.put_grad(logits, dlogits);
        }
        [weights, dweights, dmean].into_iter().for_each(|buffer| tape.pool.give(buffer));
    }

    pub(crate) fn release(self, _pool: &mut Pool) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layer::check::{gradients, random_parameter};

    #[test]
    fn gradients_agree_with_finite_differences() {
        for (lengths, width) in [(vec![1], 1), (vec![2, 5, 1], 1), (vec![3, 3], 4)] {
            for (mode, masked) in [
                (AttentionMode::Learned, false),
                (AttentionMode::Uniform, false),
                (AttentionMode::Learned, true),
            ] {
                gradients(|tape| {
                    let rows = lengths.iter().sum();
                    let logits = random_parameter(tape, rows, 1);
                    let values = random_parameter(tape, rows, width);
                    let lengths = lengths.clone();
                    move |tape: &mut Tape| {
                        let packing = tape.pack(lengths.iter().copied());
                        let visible = masked
                            .then(|| tape.pack_numbers(packing, |_, position| u32::from(position != 1)));
                        vec![tape.attention_pool(Some(logits), values, packing, visible, mode, None).mean]
                    }
                });
            }
        }
    }

    #[test]
    fn given_weights_are_used_as_they_are_and_only_values_learn() {
        for (lengths, width) in [(vec![1], 1), (vec![2, 5, 1], 2)] {
            let rows: usize = lengths.iter().sum();
            gradients(|tape| {
                let values = random_parameter(tape, rows, width);
                let lengths = lengths.clone();
                move |tape: &mut Tape| {
                    let packing = tape.pack(lengths.iter().copied());
                    let weights: Vec<f32> = (0..rows).map(|row| (row % 3) as f32 * 0.25).collect();
                    let weights = tape.constant(rows, 1, &weights);
                    vec![
                        tape.attention_pool(None, values, packing, None, AttentionMode::Given, Some(weights))
                            .mean,
                    ]
                }
            });
        }
        let mut tape = Tape::new(1);
        let packing = tape.pack([2]);
        let (weights, values) = (tape.constant(2, 1, &[0.25, 0.75]), tape.constant(2, 1, &[4.0, 8.0]));
        let pooled = tape.attention_pool(None, values, packing, None, AttentionMode::Given, Some(weights));
        assert_eq!((tape.data(pooled.mean), tape.data(pooled.alpha)), (&[7.0][..], &[0.25, 0.75][..]));
    }
}
