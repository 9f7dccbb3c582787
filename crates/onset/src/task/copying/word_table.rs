//! What a copying model knows of words alone (KTIW), as one table: what it would say, were the context the state of one
//! word and nothing else.

use onset_engine::{Random, Stream, Tape, softmax, tanh_all};

use super::CopyingTask;
use crate::batch::{Examples, Form, Ragged};
use crate::model::{AttentionModes, Pass, Rnn};

/// Decoder steps of a sequence, at most, over which the table is averaged.
const STEPS: usize = 6;

/// Row i: the probability of each word (columns; what is left to 1 is on the end token and the start token), were the
/// context of every head the encoder state of word i alone, in the mean over two places of each word and up to six
/// steps of the decoder (V × V). The sequences are permutations of all words, cut to length, decided by `seed`. Leaves
/// the tape cleared.
pub fn word_table(
    tape: &mut Tape,
    (rnn, modes): (&Rnn, &AttentionModes),
    task: &CopyingTask,
    seed: u64,
) -> Vec<f32> {
    let (vocabulary, length) = (task.vocabulary, task.length);
    let examples = all_words(task, seed);
    let mut batch = Form::SequenceToSequence.batch();
    batch.fill(&examples);
    let mut relevant = Ragged::default();
    task.relevant_of(&examples, &mut relevant);
    let read = rnn.forward(tape, batch.pairs(), &Pass { relevant: Some(&relevant), ..Pass::new(modes) });
    let (of_states, of_contexts) = rnn.readout_parts(tape, read);
    let hidden = tape.shape(of_states).1;
    let stride = length.div_ceil(STEPS);
    let (mut words, mut rows) = (Vec::new(), Vec::new());
    for example in 0..examples.source.len() {
        for (place, &word) in examples.source.row(example)[..length].iter().enumerate() {
            let place = tape.layout(read.source).row(place, example);
            for step in (0..length).step_by(stride) {
                let step = tape.layout(read.target).row(step, example);
                rows.extend_from_slice(&tape.data(of_states)[step * hidden..][..hidden]);
                let sum = rows.len() - hidden;
                for &context in &of_contexts {
                    let part = &tape.data(context)[place * hidden..][..hidden];
                    rows[sum..].iter_mut().zip(part).for_each(|(sum, x)| *sum += x);
                }
                words.push(word as usize);
            }
        }
    }
    tanh_all(&mut rows);
    let read_out = tape.constant(words.len(), hidden, &rows);
    let scores = rnn.score(tape, read_out);
    let (mut table, mut counts) = (vec![0.0; vocabulary * vocabulary], vec![0.0f32; vocabulary]);
    let across = tape.shape(scores).1;
    for (&word, scores) in words.iter().zip(tape.data(scores).chunks_exact(across)) {
        let mut predicted = scores.to_vec();
        softmax(&mut predicted);
        let row = &mut table[word * vocabulary..][..vocabulary];
        row.iter_mut().zip(&predicted).for_each(|(sum, p)| *sum += p);
        counts[word] += 1.0;
    }
    tape.clear();
    for (row, count) in table.chunks_exact_mut(vocabulary).zip(counts) {
        row.iter_mut().for_each(|sum| *sum /= count.max(1.0));
    }
    table
}

/// Sequences of the task's length in which every word comes at least twice.
fn all_words(task: &CopyingTask, seed: u64) -> Examples {
    let mut random = Random::at(seed, Stream::Probe, 2);
    let mut examples = Examples::default();
    let count = (2 * task.vocabulary).div_ceil(task.length);
    let mut words: Vec<u32> = Vec::new();
    while words.len() < count * task.length {
        let mut all: Vec<u32> = (0..task.vocabulary as u32).collect();
        random.shuffle(&mut all);
        words.extend(all);
    }
    for sequence in words.chunks_exact(task.length).take(count) {
        let words = || sequence.iter().copied();
        examples.push_pair(
            words().chain([task.end()]),
            [task.begin()].into_iter().chain(words()).chain([task.end()]),
        );
    }
    examples
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Spec;
    use crate::train::{Prepared, Trainer};

    #[test]
    fn rows_are_of_all_words_and_the_diagonal_is_what_training_brings() {
        let sizes = [
            "data.vocabulary=8",
            "data.length=4",
            "model.hidden=24",
            "model.embedding=24",
            "train.learning_rate=0.01",
        ];
        let spec = Spec::parse("task = 'copying'", "", &sizes.map(String::from)).unwrap();
        let mut trainer = Trainer::new(&spec, &Prepared::synthetic(&spec), 1);
        let task: &CopyingTask = spec.task().get().unwrap();
        let table = |trainer: &mut Trainer| {
            trainer.look(|experiment, tape| {
                let rnn = experiment.model().as_any().downcast_ref().unwrap();
                word_table(tape, (rnn, experiment.modes()), task, 0)
            })
        };
        let before = table(&mut trainer);
        let diagonal = |table: &[f32]| (0..8).map(|i| table[i * 9]).sum::<f32>() / 8.0;
        for row in before.chunks_exact(8) {
            let sum: f32 = row.iter().sum();
            assert!((0.5..=1.0).contains(&sum), "{row:?}");
        }
        assert!(diagonal(&before) < 0.2);
        trainer.replay(&[], 150).unwrap();
        let after = table(&mut trainer);
        assert!(diagonal(&after) > 0.5, "{after:?}");
    }

    #[test]
    fn every_word_comes_twice_whatever_the_sizes() {
        for (vocabulary, length, repetition) in [(5, 3, false), (7, 7, false), (3, 8, true), (60, 2, false)] {
            let task = CopyingTask { vocabulary, length, repetition, ..CopyingTask::default() };
            let examples = all_words(&task, 1);
            let mut counts = vec![0; vocabulary + 1];
            for example in 0..examples.source.len() {
                examples.source.row(example).iter().for_each(|&word| counts[word as usize] += 1);
            }
            assert!(counts[..vocabulary].iter().all(|&count| count >= 2), "{counts:?}");
        }
    }
}
