//! The attention mode of each place, and what a forward pass needs beside its batch.

use std::ops::Range;

use onset_engine::{AttentionMode, Random, Tape, Value};

use super::Place;
use crate::batch::{Ragged, SequencePairs};

/// The attention mode of each place of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttentionModes {
    modes: Vec<AttentionMode>,
}

/// Fills the weights of one query: place (its number), example, query, and the row to fill, which must sum to 1.
pub type GivenWeights<'a> = dyn Fn(usize, usize, usize, &mut [f32]) + 'a;

/// Puts all weight of a query that sees itself and all before it on the token before; the first has only itself.
pub(super) fn attend_to_previous(visible: &mut [f32]) {
    visible.fill(0.0);
    visible[visible.len().saturating_sub(2)] = 1.0;
}

/// What a forward pass needs beside its batch.
pub struct Pass<'a> {
    /// The attention mode of each place.
    pub modes: &'a AttentionModes,
    /// For each prediction of the batch, example by example, the right positions; needed where a place is clamped.
    pub relevant: Option<&'a Ragged>,
    /// Weights for places whose mode is [`AttentionMode::Given`].
    pub given: Option<&'a GivenWeights<'a>>,
    /// Draws the masks of dropout; none outside training.
    pub dropout: Option<&'a mut Random>,
    /// The weight of each label in the loss; `None` means that all are equal.
    pub label_weights: Option<&'a [f32]>,
}

impl AttentionModes {
    /// The same mode at each of `places`.
    pub fn all(mode: AttentionMode, places: usize) -> Self {
        Self { modes: vec![mode; places] }
    }

    /// The mode of the place with this number.
    pub fn of(&self, place: usize) -> AttentionMode {
        self.modes[place]
    }

    /// The mode of all places, if they have one in common.
    pub fn common(&self) -> Option<AttentionMode> {
        let first = *self.modes.first()?;
        self.modes.iter().all(|&mode| mode == first).then_some(first)
    }

    /// Whether some place has this mode.
    pub fn any(&self, mode: AttentionMode) -> bool {
        self.modes.contains(&mode)
    }

    /// Whether some place takes weights.
    pub fn any_takes_weights(&self) -> bool {
        self.modes.iter().any(|mode| mode.takes_weights())
    }

    /// Whether attention is learned at no place.
    pub fn nowhere_learned(&self) -> bool {
        !self.any(AttentionMode::Learned)
    }

    /// Changes the mode of the places for which `chosen` holds; false if there are none.
    pub fn set(&mut self, mode: AttentionMode, places: &[Place], chosen: impl Fn(&Place) -> bool) -> bool {
        let mut any = false;
        for (own, _) in self.modes.iter_mut().zip(places).filter(|(_, place)| chosen(place)) {
            *own = mode;
            any = true;
        }
        any
    }
}

impl<'a> Pass<'a> {
    /// A pass outside training.
    pub fn new(modes: &'a AttentionModes) -> Self {
        Self { modes, relevant: None, given: None, dropout: None, label_weights: None }
    }

    /// The weights of the clamped or given attention of pairs: by example, by each of the target steps that `steps_of`
    /// picks of so many, and by head; none in other modes. All heads have the mode of the first.
    pub(super) fn cross_weights(
        &self,
        tape: &mut Tape,
        batch: &SequencePairs,
        heads: usize,
        steps_of: impl Fn(usize) -> Range<usize>,
    ) -> Option<Value> {
        if !matches!(self.modes.of(0), AttentionMode::Clamped | AttentionMode::Given) {
            return None;
        }
        let (mut weights, mut row) = (Vec::new(), 0);
        for (example, (steps, positions)) in batch.target.lengths().zip(batch.source.lengths()).enumerate() {
            for step in steps_of(steps) {
                for head in 0..heads {
                    let first = weights.len();
                    weights.resize(first + positions, 0.0);
                    self.fill(head, (example, step), row + step, &mut weights[first..]);
                }
            }
            row += steps;
        }
        Some(tape.constant(1, weights.len(), &weights))
    }

    /// Fills the weights of a query whose place is clamped or given: all on the right positions in equal parts, or on
    /// every position where no position is right.
    ///
    /// # Panics
    /// If the right positions, or the given weights, are not part of the pass.
    pub(super) fn fill(
        &self,
        place: usize,
        (example, query): (usize, usize),
        row: usize,
        weights: &mut [f32],
    ) {
        if self.modes.of(place) == AttentionMode::Given {
            let given = self.given.expect("a pass with given attention has the weights");
            return given(place, example, query, weights);
        }
        let relevant = self.relevant.expect("a pass with clamped attention has the right positions");
        let right = relevant.row(row);
        weights.fill(if right.is_empty() { 1.0 / weights.len() as f32 } else { 0.0 });
        right.iter().for_each(|&position| weights[position as usize] = 1.0 / right.len() as f32);
    }
}
