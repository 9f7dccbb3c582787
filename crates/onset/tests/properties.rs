//! What must hold of attention for any batch.

use onset::batch::{Ragged, SequencePairs};
use onset::model::{AttentionModes, Classifier, ClassifierSettings, Pass, Rnn, RnnSettings};
use onset_engine::{AttentionMode, Random, Stream, Tape};
use proptest::prelude::*;

const VOCABULARY: usize = 9;

/// Batches of one to five sequences of one to seven tokens.
fn sequences() -> impl Strategy<Value = Vec<Vec<u32>>> {
    prop::collection::vec(prop::collection::vec(0..VOCABULARY as u32, 1..8), 1..6)
}

fn ragged(sequences: &[Vec<u32>]) -> Ragged {
    let mut ragged = Ragged::default();
    sequences.iter().for_each(|sequence| ragged.push(sequence.iter().copied()));
    ragged
}

/// The classifier's logit, α and β of each text.
fn classify(sequences: &[Vec<u32>]) -> Vec<Vec<f32>> {
    let model = ClassifierSettings {
        embedding: 5,
        hidden: 4,
        attention_hidden: 3,
        attention: AttentionMode::Learned,
    };
    let modes = AttentionModes::all(AttentionMode::Learned, 1);
    let mut tape = Tape::new(1);
    let classifier = Classifier::new(&mut tape, &model, VOCABULARY, 2, 7);
    let read = classifier.forward(&mut tape, &ragged(sequences), &Pass::new(&modes));
    let layout = tape.layout(read.packing);
    let of = |example: usize| {
        let rows = || layout.rows_of(example);
        let logit = tape.data(read.logits)[example];
        let alpha = rows().map(|row| tape.data(read.alpha)[row]);
        std::iter::once(logit).chain(alpha).chain(rows().map(|row| tape.data(read.beta)[row])).collect()
    };
    (0..sequences.len()).map(of).collect()
}

/// The copying model's α and logits of each sequence.
fn copy(sequences: &[Vec<u32>]) -> Vec<(Vec<f32>, Vec<f32>)> {
    let model = RnnSettings {
        embedding: 5,
        hidden: 4,
        bidirectional: true,
        attention: AttentionMode::Learned,
        context: true,
        ..RnnSettings::default()
    };
    let modes = AttentionModes::all(AttentionMode::Learned, 1);
    let mut tape = Tape::new(1);
    let copier = Rnn::new(&mut tape, &model, VOCABULARY + 2, 7);
    let batch = SequencePairs {
        source: ragged(sequences),
        decoder_input: ragged(sequences),
        target: ragged(sequences),
    };
    let copied = copier.forward(&mut tape, &batch, &Pass::new(&modes));
    let words = VOCABULARY + 2;
    let layout = tape.layout(copied.target);
    let of = |example: usize| {
        let rows =
            layout.rows_of(example).flat_map(|row| tape.data(copied.logits)[row * words..][..words].to_vec());
        (tape.alpha_of(copied.attended, example).to_vec(), rows.collect())
    };
    (0..sequences.len()).map(of).collect()
}

fn close(one: &[f32], two: &[f32]) -> bool {
    one.len() == two.len() && one.iter().zip(two).all(|(a, b)| (a - b).abs() < 1e-5)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn a_batch_gives_what_its_sequences_give_alone(sequences in sequences()) {
        for (together, sequence) in classify(&sequences).iter().zip(&sequences) {
            prop_assert!(close(together, &classify(std::slice::from_ref(sequence))[0]));
        }
        for (together, sequence) in copy(&sequences).iter().zip(&sequences) {
            let alone = &copy(std::slice::from_ref(sequence))[0];
            prop_assert!(close(&together.0, &alone.0) && close(&together.1, &alone.1));
        }
    }

    #[test]
    fn permuting_a_batch_permutes_its_outputs(sequences in sequences(), seed: u64) {
        let mut order: Vec<usize> = (0..sequences.len()).collect();
        Random::at(seed, Stream::Data, 0).shuffle(&mut order);
        let permuted: Vec<Vec<u32>> = order.iter().map(|&i| sequences[i].clone()).collect();
        let (plain, shuffled) = (classify(&sequences), classify(&permuted));
        for (place, &original) in order.iter().enumerate() {
            prop_assert!(close(&shuffled[place], &plain[original]));
        }
        let (plain, shuffled) = (copy(&sequences), copy(&permuted));
        for (place, &original) in order.iter().enumerate() {
            prop_assert!(close(&shuffled[place].0, &plain[original].0));
            prop_assert!(close(&shuffled[place].1, &plain[original].1));
        }
    }

    #[test]
    fn attention_sums_to_one_and_is_zero_where_hidden(sequences in sequences(), seed: u64, zero: bool) {
        let mut tape = Tape::new(1);
        let packing = tape.pack(sequences.iter().map(Vec::len));
        let mut random = Random::at(seed, Stream::Data, 0);
        let numbers: Vec<f32> = (0..packing.rows * 3).map(|_| random.within(4.0)).collect();
        let rows = tape.constant(packing.rows, 3, &numbers);
        let logits = tape.constant(packing.rows, 1, &numbers[..packing.rows]);
        // The first position is always visible.
        let hidden = |example: usize, step: usize| step > 0 && (example + step + seed as usize % 3).is_multiple_of(3);
        let visible = tape.pack_numbers(packing, |example, step| u32::from(!hidden(example, step)));
        let mode = if zero { AttentionMode::Uniform } else { AttentionMode::Learned };
        let (regrouped, together) = tape.regroup(rows, packing);
        let seen = tape.pack_numbers(together, |example, step| u32::from(!hidden(example, step)));
        let attended = tape.attend((regrouped, together), (regrouped, together), Some(seen), mode, None);
        let pooled = tape.attention_pool(Some(logits), rows, packing, Some(visible), AttentionMode::Learned, None);
        let layout = tape.layout(packing);
        for (example, sequence) in sequences.iter().enumerate() {
            let check = |alpha: &[f32]| {
                let right = (0..alpha.len()).all(|l| (alpha[l] == 0.0) == hidden(example, l));
                right && (alpha.iter().sum::<f32>() - 1.0).abs() < 1e-5
            };
            prop_assert!(tape.alpha_of(attended, example).chunks_exact(sequence.len()).all(check));
            let alpha: Vec<f32> = layout.rows_of(example).map(|row| tape.data(pooled.alpha)[row]).collect();
            prop_assert!(check(&alpha));
        }
    }
}
