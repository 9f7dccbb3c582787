//! w and a of the reduced dynamics, measured in a model.
//!
//! a is the mean, over target tokens, of ln α at the right position less its mean over the positions of other words; w
//! the same difference of the right word's score (above all words' mean) were the context the state of one position
//! alone, the decoder's state kept (β of the paper, up to its normaliser). In initial weights both are small and of
//! either sign. Where co-occurrence carries no signal, the reduced dynamics grows from them alone.

use onset_engine::{Tape, Value, dot, tanh_all};
use serde::{Deserialize, Serialize};

use super::CopyingTask;
use crate::batch::{Examples, Form, Ragged};
use crate::model::{AttentionModes, Pass, Rnn, RnnRead};
use crate::task::streams::INITIAL_SEQUENCES;

/// w and a of one head. Files of earlier versions have other names for the fields, which are still read.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct InitialCondition {
    /// w: mean score gap of the right position.
    #[serde(alias = "knowledge")]
    pub score_gap: f64,
    /// a: mean attention logit gap of the right position.
    #[serde(alias = "preference")]
    pub logit_gap: f64,
    /// The standard error of w, a mean over words.
    #[serde(alias = "knowledge_spread")]
    pub score_gap_error: f64,
    /// The standard error of a, a mean over words.
    #[serde(alias = "preference_spread")]
    pub logit_gap_error: f64,
    /// What a rehearsal of the first steps made of w and a, where one was held
    /// ([`initial_conditions`](crate::theory::initial_conditions)).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rehearsed: Option<f64>,
}

/// Measures each head of a model as it stands on `tape`, by so many sequences of `task` (which has no noise); leaves the
/// tape cleared.
pub fn gaps(
    tape: &mut Tape,
    (rnn, modes): (&Rnn, &AttentionModes),
    task: &CopyingTask,
    seed: u64,
    sequences: usize,
) -> Vec<InitialCondition> {
    let mut examples = Examples::default();
    task.draw(&mut INITIAL_SEQUENCES.random(seed), sequences, &mut examples);
    let mut batch = Form::SequenceToSequence.batch();
    batch.fill(&examples);
    let mut relevant = Ragged::default();
    task.relevant_of(&examples, &mut relevant);
    let pass = Pass { relevant: Some(&relevant), ..Pass::new(modes) };
    let read = rnn.forward(tape, batch.pairs(), &pass);
    let (of_states, of_contexts) = rnn.readout_parts(tape, read);
    let hidden = tape.shape(of_states).1;
    let output = centred(tape.data(rnn.output_weight()), task.vocabulary, hidden);
    let model = Model { tape, read, of_states, task, hidden };
    // A head's context is one of several that are averaged; its score is scaled as if it stood alone.
    let heads = of_contexts.len();
    let each = of_contexts.iter().enumerate();
    let measured =
        each.map(|(head, &contexts)| model.measure(&examples, &output, (head, heads), contexts)).collect();
    tape.clear();
    measured
}

/// A model that has read some sequences.
struct Model<'a> {
    tape: &'a Tape,
    read: RnnRead,
    of_states: Value,
    task: &'a CopyingTask,
    hidden: usize,
}

impl Model<'_> {
    /// One head, whose readout of each encoder state is `contexts`.
    fn measure(
        &self,
        examples: &Examples,
        output: &[f32],
        (head, heads): (usize, usize),
        contexts: Value,
    ) -> InitialCondition {
        let Self { tape, read, task, hidden, .. } = *self;
        let (mut scores, mut logits) = (Gaps::new(task), Gaps::new(task));
        let mut read_out = vec![0.0; hidden];
        let row_of = |value, row: usize| &tape.data(value)[row * hidden..][..hidden];
        for example in 0..examples.source.len() {
            let words = &examples.source.row(example)[..task.length];
            let alpha = tape.alpha_of(read.attended, example);
            for t in 0..task.length {
                let right = task.right_position(t, task.length);
                let score = &output[words[right] as usize * hidden..][..hidden];
                let state = row_of(self.of_states, tape.layout(read.target).row(t, example));
                let alone = |l: usize| {
                    let context = row_of(contexts, tape.layout(read.source).row(l, example));
                    read_out.iter_mut().zip(state.iter().zip(context)).for_each(|(o, (s, c))| *o = s + c);
                    tanh_all(&mut read_out);
                    f64::from(dot(score, &read_out)) * heads as f64
                };
                let row = &alpha[(t * heads + head) * (task.length + 1)..];
                scores.add(words, right, alone);
                // A weight that is nothing counts as the least that is something.
                logits.add(words, right, |l| f64::from(row[l].max(f32::MIN_POSITIVE)).ln());
            }
        }
        let ([score_gap, score_gap_error], [logit_gap, logit_gap_error]) = (scores.finish(), logits.finish());
        InitialCondition { score_gap, logit_gap, score_gap_error, logit_gap_error, rehearsed: None }
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

    #[test]
    fn gaps_leave_out_positions_with_the_same_word() {
        let task = CopyingTask { vocabulary: 3, length: 4, ..CopyingTask::default() };
        let mut gaps = Gaps::new(&task);
        gaps.add(&[1, 0, 1, 2], 0, |l| [5.0, 1.0, 100.0, 3.0][l]);
        gaps.add(&[2, 2, 2, 2], 0, |_| 1.0);
        assert_eq!(gaps.finish(), [3.0, 0.0]);
    }
}
