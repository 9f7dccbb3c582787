//! Text classification as an experiment: shuffled epochs, and a look at every held-out text.

use std::sync::Arc;

use onset_engine::{Random, Stream, Tape, Value};

use super::{Experiment, Recorded};
use crate::model::{Classifier, Parameters};
use crate::probe::{Part, TextProbes, TextReader};
use crate::spec::ClassificationSpec;
use crate::store::{Column, Table};
use crate::task::Ragged;
use crate::task::text::{TextData, TextExample};

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
    /// The training texts that are probed.
    sample: Vec<usize>,
    reader: TextReader,
}

impl ClassificationExperiment {
    /// Draws the initial model.
    pub fn new(spec: ClassificationSpec, data: Arc<TextData>, tape: &mut Tape) -> Self {
        let classifier = Classifier::new(tape, &spec.model, data.vocabulary.len(), spec.seed);
        let sample = data.training_sample(spec.data.split_seed);
        let order = (0..data.train.len() as u32).collect();
        Self {
            spec,
            data,
            classifier,
            texts: Ragged::default(),
            labels: Vec::new(),
            order,
            epoch: None,
            sample,
            reader: TextReader::default(),
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

    fn scores(&self, texts: &TextProbes, step: u64) -> Table {
        let (mut right, mut count, mut loss) = ([0usize; 2], [0usize; 2], 0.0);
        for (probe, &positive) in texts.probes.iter().zip(&texts.positive) {
            let class = usize::from(positive);
            count[class] += 1;
            right[class] += usize::from((probe.logit > 0.0) == positive);
            let margin = f64::from(if positive { probe.logit } else { -probe.logit });
            loss += (-margin).max(0.0) + (-margin.abs()).exp().ln_1p();
        }
        let share = |right: usize, count: usize| Column::Float(vec![right as f64 / count as f64]);
        Table::new()
            .with("step", Column::Int(vec![step as i64]))
            .with("loss", Column::Float(vec![loss / texts.len() as f64]))
            .with("accuracy", share(right[0] + right[1], count[0] + count[1]))
            .with("accuracy_negative", share(right[0], count[0]))
            .with("accuracy_positive", share(right[1], count[1]))
    }

    /// What the model says of the texts of `part`; of the held-out ones also where no probes are kept.
    fn probe(&mut self, tape: &mut Tape, part: Part) -> TextProbes {
        let (texts, numbers) = match part {
            Part::Validation => (&self.data.validation, (0..self.data.validation.len()).collect()),
            Part::Training => (&self.data.train, self.sample.clone()),
        };
        let examples: Vec<&TextExample> = numbers.iter().map(|&number| &texts[number]).collect();
        let probes = if self.spec.record.probes {
            self.reader.read_with_influence(&self.classifier, tape, &examples)
        } else {
            self.reader.read(&self.classifier, tape, &examples)
        };
        TextProbes {
            positive: examples.iter().map(|example| example.positive).collect(),
            words: examples.iter().map(|example| example.words.clone()).collect(),
            example: numbers,
            probes,
        }
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
        self.spec.record.parameters && self.spec.records(step)
    }

    fn evaluate(&mut self, tape: &mut Tape, step: u64) -> Recorded {
        let validation = self.probe(tape, Part::Validation);
        let scores = self.scores(&validation, step);
        let mut probes = Table::new();
        if self.spec.record.probes {
            probes = validation.into_table(step, Part::Validation);
            probes.append(self.probe(tape, Part::Training).into_table(step, Part::Training));
        }
        Recorded { scores, probes }
    }
}
