//! Text classification as an experiment: shuffled epochs, and a look at every held-out text.

use std::sync::Arc;

use onset_engine::{Random, Stream, Tape, Value};

use super::{Experiment, Recorded};
use crate::model::{Classifier, Parameters};
use crate::spec::ClassificationSpec;
use crate::store::{Column, Table};
use crate::task::Ragged;
use crate::task::text::TextData;

/// Held-out texts that are read at once.
const EVALUATION_BATCH: usize = 64;

/// A classification run's model and data.
pub struct ClassificationExperiment {
    spec: ClassificationSpec,
    data: Arc<TextData>,
    classifier: Classifier,
    texts: Ragged,
    labels: Vec<u32>,
    /// The order of training examples in one epoch.
    order: Vec<u32>,
    epoch: Option<u64>,
    /// Held-out texts by length, so that a batch holds alike ones.
    by_length: Vec<usize>,
}

/// What the model says of one held-out text.
#[derive(Debug, Clone, Default)]
struct Reading {
    logit: f32,
    alpha: Vec<f32>,
    beta: Vec<f32>,
}

impl ClassificationExperiment {
    /// Draws the initial model.
    pub fn new(spec: ClassificationSpec, data: Arc<TextData>, tape: &mut Tape) -> Self {
        let classifier = Classifier::new(tape, &spec.model, data.vocabulary.len(), spec.seed);
        let mut by_length: Vec<usize> = (0..data.validation.len()).collect();
        by_length.sort_by_key(|&example| data.validation[example].tokens.len());
        let order = (0..data.train.len() as u32).collect();
        Self {
            spec,
            data,
            classifier,
            texts: Ragged::default(),
            labels: Vec::new(),
            order,
            epoch: None,
            by_length,
        }
    }

    /// Puts the examples of `step` into `texts` and `labels`. Each epoch has an order of its own, and a
    /// last batch that may be smaller.
    fn fill_batch(&mut self, step: u64) {
        let batch = self.spec.train.batch;
        let per_epoch = self.order.len().div_ceil(batch) as u64;
        let epoch = step / per_epoch;
        if self.epoch != Some(epoch) {
            self.order.sort_unstable();
            Random::at(self.spec.seed, Stream::Data, epoch).shuffle(&mut self.order);
            self.epoch = Some(epoch);
        }
        self.texts.clear();
        self.labels.clear();
        let first = (step % per_epoch) as usize * batch;
        for &example in self.order[first..].iter().take(batch) {
            let example = &self.data.train[example as usize];
            self.texts.push(example.tokens.iter().copied());
            self.labels.push(u32::from(example.positive));
        }
    }

    /// What the model says of every held-out text, in their order.
    fn read_validation(&mut self, tape: &mut Tape) -> Vec<Reading> {
        let mut readings = vec![Reading::default(); self.data.validation.len()];
        for examples in self.by_length.chunks(EVALUATION_BATCH) {
            self.texts.clear();
            for &example in examples {
                self.texts.push(self.data.validation[example].tokens.iter().copied());
            }
            let read = self.classifier.forward(tape, &self.texts);
            let layout = tape.layout(read.packing);
            for (place, &example) in examples.iter().enumerate() {
                let pick = |value| layout.rows_of(place).map(|row| tape.data(value)[row]).collect();
                readings[example] = Reading {
                    logit: tape.data(read.logits)[place],
                    alpha: pick(read.alpha),
                    beta: pick(read.beta),
                };
            }
            tape.clear();
        }
        readings
    }

    fn scores(&self, readings: &[Reading], step: u64) -> Table {
        let (mut right, mut count, mut loss) = ([0usize; 2], [0usize; 2], 0.0);
        for (reading, example) in readings.iter().zip(&self.data.validation) {
            let class = usize::from(example.positive);
            count[class] += 1;
            right[class] += usize::from((reading.logit > 0.0) == example.positive);
            let margin = f64::from(if example.positive { reading.logit } else { -reading.logit });
            loss += (-margin).max(0.0) + (-margin.abs()).exp().ln_1p();
        }
        let share = |right: usize, count: usize| Column::Float(vec![right as f64 / count as f64]);
        Table::new()
            .with("step", Column::Int(vec![step as i64]))
            .with("loss", Column::Float(vec![loss / readings.len() as f64]))
            .with("accuracy", share(right[0] + right[1], count[0] + count[1]))
            .with("accuracy_negative", share(right[0], count[0]))
            .with("accuracy_positive", share(right[1], count[1]))
    }

    /// One row a text. β carries the label's sign: positive supports the true label.
    fn probes(&self, readings: Vec<Reading>, step: u64) -> Table {
        let rows = readings.len();
        let examples = || self.data.validation.iter();
        let logits = readings.iter().map(|reading| f64::from(reading.logit)).collect();
        let (mut alphas, mut betas) = (Vec::with_capacity(rows), Vec::with_capacity(rows));
        for (mut reading, example) in readings.into_iter().zip(examples()) {
            if !example.positive {
                reading.beta.iter_mut().for_each(|beta| *beta = -*beta);
            }
            alphas.push(reading.alpha);
            betas.push(reading.beta);
        }
        Table::new()
            .with("step", Column::Int(vec![step as i64; rows]))
            .with("example", Column::Int((0..rows as i64).collect()))
            .with("label", Column::Int(examples().map(|example| i64::from(example.positive)).collect()))
            .with("logit", Column::Float(logits))
            .with("words", Column::Texts(examples().map(|example| example.words.clone()).collect()))
            .with("alpha", Column::Floats(alphas))
            .with("beta", Column::Floats(betas))
    }
}

impl Experiment for ClassificationExperiment {
    fn parameters(&self) -> &Parameters {
        self.classifier.parameters()
    }

    fn loss(&mut self, tape: &mut Tape, step: u64) -> Value {
        self.fill_batch(step);
        let read = self.classifier.forward(tape, &self.texts);
        let labels = tape.indices(self.labels.iter().copied());
        tape.logistic(read.logits, labels)
    }

    fn records(&self, step: u64) -> bool {
        self.spec.records(step)
    }

    fn keeps_parameters(&self, step: u64) -> bool {
        self.spec.records(step)
    }

    fn evaluate(&mut self, tape: &mut Tape, step: u64) -> Recorded {
        let readings = self.read_validation(tape);
        Recorded { scores: self.scores(&readings, step), probes: self.probes(readings, step) }
    }
}
