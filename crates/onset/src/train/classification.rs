//! Text classification as an experiment: shuffled epochs, and a look at every held-out text.

use std::sync::Arc;

use onset_engine::{Random, Stream, Tape, Value};

use super::{AttentionRoute, Experiment, InterventionError, Recorded};
use crate::model::{Classifier, ClassifierRoute, Parameter, Parameters, Redrawn};
use crate::probe::{Part, TextProbes, TextReader};
use crate::spec::ClassificationSpec;
use crate::store::{Column, Table};
use crate::task::Ragged;
use crate::task::text::{KEYWORD, TextData, TextExample};

/// A classification run's model and data.
#[derive(Clone)]
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

/// How well a model does on some texts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TextScores {
    /// Mean logistic loss, in nats.
    pub(crate) loss: f64,
    /// Share of texts that are right.
    pub(crate) accuracy: f64,
    /// The same among negative and among positive texts.
    pub(crate) by_label: [f64; 2],
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

    /// How well the model does on texts that it has read.
    pub(crate) fn score(&self, texts: &TextProbes) -> TextScores {
        let (mut right, mut count, mut loss) = ([0usize; 2], [0usize; 2], 0.0);
        for (probe, &positive) in texts.probes.iter().zip(&texts.positive) {
            let class = usize::from(positive);
            count[class] += 1;
            right[class] += usize::from((probe.logit > 0.0) == positive);
            let margin = f64::from(if positive { probe.logit } else { -probe.logit });
            loss += (-margin).max(0.0) + (-margin.abs()).exp().ln_1p();
        }
        let share = |right: usize, count: usize| right as f64 / count as f64;
        TextScores {
            loss: loss / texts.len() as f64,
            accuracy: share(right[0] + right[1], count[0] + count[1]),
            by_label: [0, 1].map(|class| share(right[class], count[class])),
        }
    }

    /// What the model says of the held-out texts. Leaves the tape cleared.
    pub(crate) fn read_held_out(&mut self, tape: &mut Tape) -> TextProbes {
        self.probe(tape, Part::Validation)
    }

    fn scores(&self, texts: &TextProbes, step: u64) -> Table {
        let TextScores { loss, accuracy, by_label } = self.score(texts);
        let float = |x: f64| Column::Float(vec![x]);
        Table::new()
            .with("step", Column::Int(vec![step as i64]))
            .with("loss", float(loss))
            .with("accuracy", float(accuracy))
            .with("accuracy_negative", float(by_label[0]))
            .with("accuracy_positive", float(by_label[1]))
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

    fn another(&self) -> Box<dyn Experiment> {
        Box::new(self.clone())
    }

    fn route(&self) -> AttentionRoute {
        match self.classifier.route() {
            ClassifierRoute::Learned => AttentionRoute::Learned,
            ClassifierRoute::Uniform => AttentionRoute::Uniform,
            ClassifierRoute::Word(_) => AttentionRoute::Clamped,
        }
    }

    fn set_route(&mut self, route: AttentionRoute) -> Result<(), InterventionError> {
        let keyword = self.spec.data.file.is_none().then(|| self.data.vocabulary.id(KEYWORD));
        self.classifier.set_route(match route {
            AttentionRoute::Learned => ClassifierRoute::Learned,
            AttentionRoute::Uniform => ClassifierRoute::Uniform,
            AttentionRoute::Clamped => ClassifierRoute::Word(
                keyword.ok_or(InterventionError::NoRightPosition { task: "a file of texts" })?,
            ),
        });
        Ok(())
    }

    fn makes_scores(&self, parameter: &Parameter) -> bool {
        parameter.name.starts_with("attention.")
    }

    fn redrawn_head(&self, _: usize, _: u64) -> Result<Vec<Redrawn>, InterventionError> {
        Err(InterventionError::NoHeads { task: "classification" })
    }
}
