//! Copying as an experiment: fresh sequences every step, attention measured against the diagonal.

use onset_engine::{Random, Stream, Tape, Value};

use super::{AttentionRoute, Experiment, InterventionError, Recorded};
use crate::model::{Copied, Copier, CopierRoute, Parameter, Parameters, Redrawn};
use crate::probe::{Diagonal, DiagonalAttention};
use crate::spec::{CopyingSpec, CopyingTask, Order};
use crate::store::{Column, Table};
use crate::task::SequencePairs;
use crate::theory;

/// Sequences by which the gaps of the reduced dynamics are measured.
const GAP_SEQUENCES: usize = 6;

/// A copying run's model and where its data comes from.
#[derive(Clone)]
pub struct CopyingExperiment {
    spec: CopyingSpec,
    /// The task that is evaluated.
    clean: CopyingTask,
    copier: Copier,
    pairs: SequencePairs,
    words: Vec<u32>,
}

impl CopyingExperiment {
    /// Draws the initial model.
    pub fn new(spec: CopyingSpec, tape: &mut Tape) -> Self {
        let copier = Copier::new(tape, &spec.model, spec.data.vocabulary, spec.seed);
        let clean = spec.data.without_noise();
        Self { spec, clean, copier, pairs: SequencePairs::default(), words: Vec::new() }
    }

    /// The model.
    pub fn copier(&self) -> &Copier {
        &self.copier
    }

    /// What it is trained on, and how.
    pub fn spec(&self) -> &CopyingSpec {
        &self.spec
    }

    fn forward(&mut self, tape: &mut Tape, stream: Stream, place: u64, count: usize) -> Copied {
        let mut random = Random::at(self.spec.seed, stream, place);
        let task = if stream == Stream::Data { &self.spec.data } else { &self.clean };
        task.draw(&mut random, count, &mut self.pairs, &mut self.words);
        self.copier.forward(tape, &self.pairs)
    }

    /// Fresh sequences at every evaluation, as in the paper's experiments.
    fn scores(&mut self, tape: &mut Tape, step: u64) -> Table {
        let count = self.spec.record.sequences;
        let copied = self.forward(tape, Stream::Evaluation, step, count);
        let (mut right, mut tokens) = (0, 0);
        let (positions, heads) = (self.spec.data.length + 1, self.spec.model.heads);
        let mut diagonals =
            vec![DiagonalAttention::new(positions, self.spec.data.order == Order::Reversed); heads];
        for example in 0..count {
            let target = self.pairs.target.row(example);
            let predicted = predictions(tape, copied, example);
            right += predicted.iter().zip(target).filter(|(p, t)| p == t).count();
            tokens += target.len();
            let alpha = tape.alpha_of(copied.attended, example);
            for (head, diagonal) in diagonals.iter_mut().enumerate() {
                diagonal.add(alpha.chunks_exact(positions).skip(head).step_by(heads));
            }
        }
        let loss = f64::from(tape.data(copied.loss)[0]);
        tape.clear();
        let float = |x: f64| Column::Float(vec![x]);
        let all: Vec<Diagonal> = diagonals.into_iter().map(DiagonalAttention::finish).collect();
        // Of several heads, the one that finds the words best stands for attention; the first of equals.
        let better = |a: &&Diagonal, b: &&Diagonal| b.accuracy.total_cmp(&a.accuracy);
        let attention = all.iter().min_by(better).expect("a model has heads").clone();
        let table = Table::new()
            .with("step", Column::Int(vec![step as i64]))
            .with("loss", float(loss))
            .with("accuracy", float(right as f64 / tokens as f64))
            .with("attention_accuracy", float(attention.accuracy))
            .with("attention_accuracy_before", float(attention.accuracy_before))
            .with("attention_accuracy_after", float(attention.accuracy_after))
            .with("attention_entropy", float(attention.entropy))
            .with("attention_peak", float(attention.peak))
            .with("offset_mass", Column::Floats(vec![attention.offset_mass.clone()]));
        // The two numbers of the reduced dynamics, as they are in the model, of the head that stands for attention.
        let stands = all.iter().position(|each| *each == attention).unwrap_or(0);
        let gap = theory::gaps(tape, &self.copier, &self.spec, GAP_SEQUENCES)[stands];
        let table = table.with("score_gap", float(gap.knowledge)).with("logit_gap", float(gap.preference));
        if heads == 1 {
            return table;
        }
        let each = all.iter().map(|diagonal| diagonal.accuracy as f32).collect();
        table.with("head_attention_accuracy", Column::Floats(vec![each]))
    }

    /// The same sequences at every evaluation, so that their attention, the mean over heads, can be followed.
    fn probes(&mut self, tape: &mut Tape, step: u64) -> Table {
        let count = self.spec.record.probes;
        if count == 0 {
            return Table::new();
        }
        let copied = self.forward(tape, Stream::Probe, 0, count);
        let (mut examples, mut positions) = (Vec::new(), Vec::new());
        let (mut targets, mut guesses, mut alphas) = (Vec::new(), Vec::new(), Vec::new());
        for example in 0..count {
            let target = self.pairs.target.row(example);
            let heads = self.spec.model.heads;
            let alpha = tape.alpha_of(copied.attended, example).chunks_exact(heads * target.len());
            let rows = target.iter().zip(predictions(tape, copied, example)).zip(alpha);
            for (position, ((&word, guess), alpha)) in rows.enumerate() {
                examples.push(example as i64);
                positions.push(position as i64);
                targets.push(i64::from(word));
                guesses.push(i64::from(guess));
                alphas.push(mean_over_heads(alpha, target.len()));
            }
        }
        tape.clear();
        Table::new()
            .with("step", Column::Int(vec![step as i64; examples.len()]))
            .with("example", Column::Int(examples))
            .with("position", Column::Int(positions))
            .with("target", Column::Int(targets))
            .with("predicted", Column::Int(guesses))
            .with("alpha", Column::Floats(alphas))
    }
}

impl Experiment for CopyingExperiment {
    fn parameters(&self) -> &Parameters {
        self.copier.parameters()
    }

    fn loss(&mut self, tape: &mut Tape, step: u64) -> Value {
        self.forward(tape, Stream::Data, step, self.spec.train.batch).loss
    }

    fn records(&self, step: u64) -> bool {
        self.spec.records(step)
    }

    fn keeps_parameters(&self, step: u64) -> bool {
        self.spec.record.checkpoints.contains(&step)
    }

    fn evaluate(&mut self, tape: &mut Tape, step: u64) -> Recorded {
        Recorded { scores: self.scores(tape, step), probes: self.probes(tape, step) }
    }

    fn another(&self) -> Box<dyn Experiment> {
        Box::new(self.clone())
    }

    fn route(&self) -> AttentionRoute {
        match self.copier.route() {
            CopierRoute::Learned => AttentionRoute::Learned,
            CopierRoute::Uniform => AttentionRoute::Uniform,
            CopierRoute::Right(_) => AttentionRoute::Clamped,
        }
    }

    fn set_route(&mut self, route: AttentionRoute) -> Result<(), InterventionError> {
        self.copier.set_route(match route {
            AttentionRoute::Learned => CopierRoute::Learned,
            AttentionRoute::Uniform => CopierRoute::Uniform,
            AttentionRoute::Clamped => CopierRoute::Right(self.spec.data.order),
        });
        Ok(())
    }

    fn makes_scores(&self, parameter: &Parameter) -> bool {
        parameter.name.starts_with("query.")
    }

    fn redrawn_head(&self, head: usize, seed: u64) -> Result<Vec<Redrawn>, InterventionError> {
        let heads = self.copier.heads();
        self.copier.redrawn_head(head, seed).ok_or(InterventionError::NoSuchHead { head, heads })
    }
}

/// The mean of the rows of one target position, each of `positions` weights.
fn mean_over_heads(alpha: &[f32], positions: usize) -> Vec<f32> {
    let mut mean = alpha[..positions].to_vec();
    for row in alpha[positions..].chunks_exact(positions) {
        mean.iter_mut().zip(row).for_each(|(sum, weight)| *sum += weight);
    }
    let heads = (alpha.len() / positions) as f32;
    mean.iter_mut().for_each(|sum| *sum /= heads);
    mean
}

/// The word with the highest score at each target position of `example`.
fn predictions(tape: &Tape, copied: Copied, example: usize) -> Vec<u32> {
    let words = tape.shape(copied.logits).1;
    let logits = tape.data(copied.logits);
    let best = |row: usize| {
        let scores = logits[row * words..][..words].iter().enumerate();
        scores.max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(word, _)| word as u32)
    };
    tape.layout(copied.target).rows_of(example).map(best).collect()
}
