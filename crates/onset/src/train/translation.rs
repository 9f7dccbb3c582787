//! Translation as an experiment: batches of similar length, and a look at every held-out pair.

use std::sync::Arc;

use onset_engine::{Random, Stream, Tape, Value};

use super::{AttentionRoute, Experiment, InterventionError, Recorded};
use crate::decode::{BeamSettings, Decoder, translate};
use crate::model::{Parameter, Parameters, Redrawn, Translator};
use crate::probe::{PairProbe, PairProbes, PairReader, Part};
use crate::score::bleu;
use crate::spec::{Attention, TranslationSpec};
use crate::store::{Column, Table};
use crate::task::SequencePairs;
use crate::task::pairs::{Batches, PairData, PairExample};

/// A translation run's model and data.
#[derive(Clone)]
pub struct TranslationExperiment {
    spec: TranslationSpec,
    data: Arc<PairData>,
    translator: Translator,
    pairs: SequencePairs,
    batches: Batches,
    /// The pairs to train on that are probed.
    sample: Vec<usize>,
    reader: PairReader,
}

impl TranslationExperiment {
    /// Draws the initial model.
    pub fn new(spec: TranslationSpec, data: Arc<PairData>, tape: &mut Tape) -> Self {
        let translator = Translator::new(tape, &spec.model, data.subwords.len(), spec.seed);
        let sample = data.training_sample(spec.record.probes, spec.data.split_seed);
        Self {
            spec,
            data,
            translator,
            pairs: SequencePairs::default(),
            batches: Batches::default(),
            sample,
            reader: PairReader::default(),
        }
    }

    /// Token accuracy, perplexity and loss over all held-out pairs, the words before each given.
    fn scores(&mut self, tape: &mut Tape, step: u64) -> Table {
        let examples: Vec<&PairExample> = self.data.validation.iter().collect();
        let read = self.reader.read(&self.translator, tape, &examples);
        let (mut right, mut tokens, mut loss) = (0, 0, 0.0);
        for (probe, example) in read.iter().zip(&examples) {
            let target = &example.target[1..];
            right += probe.predicted.iter().zip(target).filter(|(guess, word)| guess == word).count();
            tokens += target.len();
            loss -= probe.log_probability.iter().map(|&log| f64::from(log)).sum::<f64>();
        }
        let float = |x: f64| Column::Float(vec![x]);
        let loss = loss / tokens as f64;
        let scores = Table::new()
            .with("step", Column::Int(vec![step as i64]))
            .with("loss", float(loss))
            .with("perplexity", float(loss.exp()))
            .with("accuracy", float(right as f64 / tokens as f64));
        if self.spec.record.bleu { scores.with("bleu", float(self.bleu(tape))) } else { scores }
    }

    /// BLEU of greedy translations of the held-out sentences.
    fn bleu(&self, tape: &mut Tape) -> f64 {
        let pairs = &self.data.validation;
        let decoder = Decoder::new(&self.translator, tape);
        let sources: Vec<&[u32]> = pairs.iter().map(|pair| &pair.source[..]).collect();
        let memories = decoder.read(&self.translator, tape, &sources, 1);
        let greedy = BeamSettings { beam: 1, ..BeamSettings::default() };
        let said = translate(&decoder, &memories, greedy, 1, &|_| ());
        let hypotheses: Vec<String> =
            said.iter().map(|said| self.data.subwords.decode(&said.tokens)).collect();
        let references: Vec<&str> = pairs.iter().map(|pair| pair.text[1].as_str()).collect();
        bleu(&hypotheses, &references).score
    }

    /// α, β and Δ of some pairs of `part`.
    fn probe(&mut self, tape: &mut Tape, step: u64, part: Part) -> Table {
        let count = self.spec.record.probes;
        let (pairs, numbers) = match part {
            Part::Validation => (&self.data.validation, (0..self.data.validation.len().min(count)).collect()),
            Part::Training => (&self.data.train, self.sample.clone()),
        };
        let examples: Vec<&PairExample> = numbers.iter().map(|&number| &pairs[number]).collect();
        let mut probes = self.reader.read_with_knowledge(&self.translator, tape, &examples);
        let influential = &examples[..examples.len().min(self.spec.record.influence)];
        let deltas = self.reader.influence(&self.translator, tape, influential);
        for (probe, delta) in probes.iter_mut().zip(deltas) {
            *probe = PairProbe { delta, ..std::mem::take(probe) };
        }
        let subwords = &self.data.subwords;
        PairProbes::new(numbers, &examples, probes, subwords).into_table(step, part, subwords)
    }
}

impl Experiment for TranslationExperiment {
    fn parameters(&self) -> &Parameters {
        self.translator.parameters()
    }

    fn loss(&mut self, tape: &mut Tape, step: u64) -> Value {
        let TranslationSpec { seed, train, .. } = &self.spec;
        self.pairs.clear();
        for &number in self.batches.at(step, *seed, train.batch, &self.data.train) {
            let pair = &self.data.train[number as usize];
            self.pairs.push(&pair.source, &pair.target);
        }
        let mut random = Random::at(*seed, Stream::Dropout, step);
        self.translator.forward(tape, &self.pairs, Some(&mut random)).loss
    }

    fn records(&self, step: u64) -> bool {
        self.spec.records(step)
    }

    fn keeps_parameters(&self, step: u64) -> bool {
        self.spec.record.parameters && self.spec.records(step)
    }

    fn evaluate(&mut self, tape: &mut Tape, step: u64) -> Recorded {
        let scores = self.scores(tape, step);
        let mut probes = Table::new();
        if self.spec.record.probes > 0 {
            probes = self.probe(tape, step, Part::Validation);
            probes.append(self.probe(tape, step, Part::Training));
        }
        Recorded { scores, probes }
    }

    fn another(&self) -> Box<dyn Experiment> {
        Box::new(self.clone())
    }

    fn route(&self) -> AttentionRoute {
        match self.translator.attention() {
            Attention::Learned => AttentionRoute::Learned,
            Attention::Uniform => AttentionRoute::Uniform,
        }
    }

    fn set_route(&mut self, route: AttentionRoute) -> Result<(), InterventionError> {
        self.translator.set_attention(match route {
            AttentionRoute::Learned => Attention::Learned,
            AttentionRoute::Uniform => Attention::Uniform,
            AttentionRoute::Clamped => {
                return Err(InterventionError::NoRightPosition { task: "translation" });
            }
        });
        Ok(())
    }

    fn makes_scores(&self, parameter: &Parameter) -> bool {
        parameter.name.starts_with("query.")
    }

    fn redrawn_head(&self, _: usize, _: u64) -> Result<Vec<Redrawn>, InterventionError> {
        Err(InterventionError::NoHeads { task: "translation" })
    }
}
