//! Where a model's initial weights begin: w and a of the reduced dynamics, measured before anything is trained.
//!
//! a is the mean, over the words to be said, of ln α at the right position less its mean over the positions of other
//! words; w the same difference of the right word's score (above all words' mean) were the context the state of one
//! position alone, the decoder's state kept (β of paper.md, up to its normaliser). Both are small and of either sign.
//! Where co-occurrence says nothing, which way they point together is all that can tell how copying will be learned.

use onset_engine::{Random, Stream, Tape, Value, dot, tanh_all};
use serde::{Deserialize, Serialize};

use crate::model::{Copied, Copier};
use crate::spec::{CopyingSpec, CopyingTask, Order};
use crate::task::SequencePairs;

/// Where w and a begin.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Beginning {
    /// w: mean score gap of the right position.
    pub knowledge: f64,
    /// a: mean attention logit gap of the right position.
    pub preference: f64,
    /// How far w is from 0 in models of other seeds: the standard error of its mean over words.
    pub knowledge_spread: f64,
    /// The same for a.
    pub preference_spread: f64,
}

/// Sequences that are looked at before training.
const SEQUENCES: usize = 24;

/// Measures each head of the initial model of `spec`, which its seed draws.
pub fn beginning(spec: &CopyingSpec) -> Vec<Beginning> {
    let mut tape = Tape::new(1);
    let copier = Copier::new(&mut tape, &spec.model, spec.data.vocabulary, spec.seed);
    gaps(&mut tape, &copier, spec, SEQUENCES)
}

/// Measures each head of a model as it stands on `tape`, by so many sequences; leaves the tape cleared.
pub fn gaps(tape: &mut Tape, copier: &Copier, spec: &CopyingSpec, sequences: usize) -> Vec<Beginning> {
    let task = spec.data.without_noise();
    let (mut pairs, mut words) = (SequencePairs::default(), Vec::new());
    task.draw(&mut Random::at(spec.seed, Stream::Probe, 1), sequences, &mut pairs, &mut words);
    let copied = copier.forward(tape, &pairs);
    let (of_states, of_contexts) = copier.readout_parts(tape, copied);
    let model = Read { tape, copied, of_states, task: &task, hidden: spec.model.hidden };
    let output = centred(tape.data(copier.output_weight()), task.vocabulary, spec.model.hidden);
    // A head's context is one of several that are averaged; what it knows is told as if it stood alone.
    let heads = of_contexts.len();
    let each = of_contexts.iter().enumerate();
    let measured =
        each.map(|(head, &contexts)| model.measure(&pairs, &output, (head, heads), contexts)).collect();
    tape.clear();
    measured
}

/// A model that has read some sequences.
struct Read<'a> {
    tape: &'a Tape,
    copied: Copied,
    of_states: Value,
    task: &'a CopyingTask,
    hidden: usize,
}

impl Read<'_> {
    /// One head, whose readout of each encoder state is `contexts`.
    fn measure(
        &self,
        pairs: &SequencePairs,
        output: &[f32],
        (head, heads): (usize, usize),
        contexts: Value,
    ) -> Beginning {
        let Self { tape, copied, task, hidden, .. } = *self;
        let (mut knowledge, mut preference) = (Gaps::new(task), Gaps::new(task));
        let mut read_out = vec![0.0; hidden];
        let row_of = |value, row: usize| &tape.data(value)[row * hidden..][..hidden];
        for example in 0..pairs.source.len() {
            let words = &pairs.source.row(example)[..task.length];
            let alpha = tape.alpha_of(copied.attended, example);
            for t in 0..task.length {
                let right = if task.order == Order::Reversed { task.length - 1 - t } else { t };
                let score = &output[words[right] as usize * hidden..][..hidden];
                let state = row_of(self.of_states, tape.layout(copied.target).row(t, example));
                let known = |l: usize| {
                    let context = row_of(contexts, tape.layout(copied.source).row(l, example));
                    read_out.iter_mut().zip(state.iter().zip(context)).for_each(|(o, (s, c))| *o = s + c);
                    tanh_all(&mut read_out);
                    f64::from(dot(score, &read_out)) * heads as f64
                };
                let row = &alpha[(t * heads + head) * (task.length + 1)..];
                knowledge.add(words, right, known);
                // A weight that is nothing counts as the least that is something.
                preference.add(words, right, |l| f64::from(row[l].max(f32::MIN_POSITIVE)).ln());
            }
        }
        let ([knowledge, knowledge_spread], [preference, preference_spread]) =
            (knowledge.finish(), preference.finish());
        Beginning { knowledge, preference, knowledge_spread, preference_spread }
    }
}

/// The rows of the words, less their mean.
fn centred(weights: &[f32], words: usize, width: usize) -> Vec<f32> {
    let mut rows = weights[..words * width].to_vec();
    for column in 0..width {
        let mean = (0..words).map(|word| rows[word * width + column]).sum::<f32>() / words as f32;
        (0..words).for_each(|word| rows[word * width + column] -= mean);
    }
    rows
}

/// Gaps between the right position and others, by word.
struct Gaps {
    sums: Vec<f64>,
    counts: Vec<f64>,
}

impl Gaps {
    fn new(task: &CopyingTask) -> Self {
        Self { sums: vec![0.0; task.vocabulary], counts: vec![0.0; task.vocabulary] }
    }

    /// Adds the gap of `value` between the position `right` and those of other words.
    fn add(&mut self, words: &[u32], right: usize, mut value: impl FnMut(usize) -> f64) {
        let others: Vec<usize> = (0..words.len()).filter(|&l| words[l] != words[right]).collect();
        if !others.is_empty() {
            let sum: f64 = others.iter().map(|&l| value(l)).sum();
            self.sums[words[right] as usize] += value(right) - sum / others.len() as f64;
            self.counts[words[right] as usize] += 1.0;
        }
    }

    /// The mean over words that were seen, and its standard error.
    fn finish(self) -> [f64; 2] {
        let seen = self.sums.iter().zip(&self.counts).filter(|(_, count)| **count > 0.0);
        let means: Vec<f64> = seen.map(|(sum, count)| sum / count).collect();
        let count = means.len().max(1) as f64;
        let mean = means.iter().sum::<f64>() / count;
        let variance = means.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / (count - 1.0).max(1.0);
        [mean, (variance / count).sqrt()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Spec;

    fn begin(overrides: &[&str]) -> Beginning {
        let sizes = ["data.vocabulary=8", "data.length=6", "model.hidden=16", "model.embedding=16"];
        let overrides: Vec<String> = sizes.iter().chain(overrides).map(|s| s.to_string()).collect();
        let Spec::Copying(spec) = Spec::parse("task = 'copying'", "", &overrides).unwrap() else {
            panic!("a copying spec")
        };
        beginning(&spec)[0]
    }

    #[test]
    fn uniform_attention_prefers_nothing_and_seeds_differ() {
        let uniform = begin(&["model.attention='uniform'"]);
        assert!(uniform.preference.abs() < 1e-6 && uniform.knowledge != 0.0);
        let [first, second] = [begin(&["seed=1"]), begin(&["seed=2"])];
        assert!(first.preference != second.preference && first.knowledge != second.knowledge);
        assert_eq!(first, begin(&["seed=1"]));
        assert!(first.knowledge_spread > 0.0 && first.preference_spread > 0.0);
    }

    #[test]
    fn a_head_begins_alike_whatever_stands_beside_it() {
        let of = |heads: &str| {
            let settings = ["data.vocabulary=8", "data.length=6", "model.hidden=16", "model.body_seed=3"];
            let all = [&settings[..], &[heads], &["model.cell='gru'"]].concat();
            let mut all: Vec<String> = all.into_iter().map(String::from).collect();
            all.push(format!("model.heads={}", heads.matches(',').count() + 1));
            let Spec::Copying(spec) = Spec::parse("task = 'copying'", "", &all).unwrap() else { panic!() };
            beginning(&spec)
        };
        let (alone, beside) = (of("model.head_seeds=[5]"), of("model.head_seeds=[9, 5]"));
        assert_eq!((alone.len(), beside.len()), (1, 2));
        assert!((alone[0].preference - beside[1].preference).abs() < 1e-6);
        assert!(beside[0].preference != beside[1].preference);
    }

    #[test]
    fn gaps_leave_out_positions_with_the_same_word() {
        let task = CopyingTask { vocabulary: 3, length: 4, ..CopyingTask::default() };
        let mut gaps = Gaps::new(&task);
        gaps.add(&[1, 0, 1, 2], 0, |l| [5.0, 1.0, 100.0, 3.0][l]);
        gaps.add(&[2, 2, 2, 2], 0, |_| 1.0);
        assert_eq!(gaps.finish(), [3.0, 0.0]);
    }
}
