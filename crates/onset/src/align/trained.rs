//! Alignments by what a trained model makes of pairs: its attention (α), what each source word says for the target word (β), and its
//! influence on the prediction (Δ).

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use onset_engine::{Tape, softmax};
use serde::Serialize;

use super::Links;
use crate::batch::{Examples, Rows};
use crate::experiment::Experiment;
use crate::inference::{InterpreterError, RunModel};
use crate::measures::{WordAttention, Words};
use crate::model::{PlaceKind, Reading, Want};
use crate::store::{RunDirectory, StoreError};
use crate::task::pairs::{PairData, PairSource, PairTask};
use crate::task::subwords::{SUBWORDS, Subwords};
use crate::watch::Watch;

/// What of a model is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Attributed {
    /// Attention.
    Alpha,
    /// The probability of the target word if the context were one source word's state.
    Beta,
    /// How much a source word's embedding speaks for the target word.
    Delta,
}

impl Attributed {
    /// All, in the order of [`TrainedAligner::align`].
    pub const ALL: [Self; 3] = [Self::Alpha, Self::Beta, Self::Delta];

    /// Its name in options and tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Alpha => "alpha",
            Self::Beta => "beta",
            Self::Delta => "delta",
        }
    }
}

/// A translation model that aligns pairs.
pub struct TrainedAligner {
    experiment: Experiment,
    tape: Tape,
    subwords: Subwords,
    step: u64,
    /// The places whose attention is averaged: those of the last layer that looks at the source.
    places: Vec<usize>,
}

impl TrainedAligner {
    /// The steps of which the run in `path` has kept parameters.
    pub fn steps(path: &Path) -> Result<Vec<u64>, StoreError> {
        Ok(RunDirectory::view(path)?.checkpoint_steps())
    }

    /// The model of the run in `path` after `step` steps, or its last.
    ///
    /// # Errors
    /// If it is not a run of translation, and if its model or vocabulary cannot be read.
    pub fn open(path: &Path, step: Option<u64>) -> Result<Self, InterpreterError> {
        let RunModel { spec, step, model, modes, tape, .. } = RunModel::open(path, step)?;
        let cross = |place: &&crate::model::Place| place.kind == PlaceKind::Cross;
        let last = model.places().iter().filter(cross).map(|place| place.layer).max();
        let (Some(source), Some(last)) = (spec.task().get::<PairSource>(), last) else {
            let task = format!("{} with the model {}", spec.task().kind(), spec.model().kind());
            return Err(InterpreterError::OtherTask { path: path.into(), task });
        };
        let of_last = |(number, place): (usize, &crate::model::Place)| {
            (place.kind == PlaceKind::Cross && place.layer == last).then_some(number)
        };
        let places = model.places().iter().enumerate().filter_map(of_last).collect();
        let subwords = Subwords::read(&path.join(SUBWORDS))?;
        let task = PairTask::new(source, Arc::new(PairData::without_pairs(subwords.clone())));
        let experiment = Experiment::with_model(&spec, Arc::new(task), model, modes);
        Ok(Self { experiment, tape, subwords, step, places })
    }

    /// The steps that the model was trained for.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The links of `pairs` (sentence, translation) by each of [`Attributed::ALL`], words being what stands between spaces; by Δ only
    /// if `influence`, which takes a pass for each target word. Unless `watch` cancels.
    pub fn align(
        &mut self,
        pairs: &[[String; 2]],
        influence: bool,
        watch: &mut Watch<'_>,
    ) -> ControlFlow<(), [Vec<Links>; 3]> {
        let mut examples = Examples::default();
        let mut words: Vec<[Words; 2]> = Vec::with_capacity(pairs.len());
        for [source, target] in pairs {
            let [source, target] = [source, target].map(|side| self.subwords.encode_words(side));
            examples.push_pair(source.0, target.0);
            words.push([source.1, target.1]);
        }
        let want = Want { beta: true, delta: influence, ..Want::default() };
        let count = if influence { pairs.len() } else { 0 };
        let measured = self.experiment.read_with_influence(&mut self.tape, examples, want, count, watch)?;
        let mut links: [Vec<Links>; 3] = Default::default();
        for (reading, [source, target]) in measured.readings.iter().zip(&words) {
            for (what, links) in Attributed::ALL.into_iter().zip(&mut links) {
                let weights = self.weights(reading, what);
                // Predictions begin behind `<s>`.
                let target =
                    Words { words: target.words.clone(), of_subword: target.of_subword[1..].to_vec() };
                let found = WordAttention::of(&weights, source, &target).links();
                links.push(found.into_iter().map(|[i, j]| (i as u32, j as u32)).collect());
            }
        }
        ControlFlow::Continue(links)
    }

    /// A row over the source's subwords for each prediction; empty where it was not computed.
    fn weights(&self, reading: &Reading, what: Attributed) -> Vec<Vec<f32>> {
        let mean = |of: &dyn Fn(usize) -> Vec<Vec<f32>>| {
            let mut sum = of(self.places[0]);
            for &place in &self.places[1..] {
                let rows = sum.iter_mut().zip(of(place));
                rows.for_each(|(sum, row)| sum.iter_mut().zip(row).for_each(|(sum, weight)| *sum += weight));
            }
            sum
        };
        match what {
            Attributed::Alpha => mean(&|place| rows(&reading.places[place].alpha, <[f32]>::to_vec)),
            Attributed::Beta => mean(&|place| rows(&reading.places[place].beta, shares)),
            Attributed::Delta => {
                rows(&reading.delta, |row| row.iter().map(|&influence| influence.max(0.0)).collect())
            }
        }
    }
}

/// e^β, as shares.
fn shares(beta: &[f32]) -> Vec<f32> {
    let mut shares = beta.to_vec();
    softmax(&mut shares);
    shares
}

fn rows(all: &Rows, weights: impl Fn(&[f32]) -> Vec<f32>) -> Vec<Vec<f32>> {
    (0..all.len()).map(|row| weights(all.row(row))).collect()
}
