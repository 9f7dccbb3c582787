//! Beam search against exhaustive search, and what must not depend on a batch.

use onset::batch::{Batch, SequencePairs};
use std::ops::ControlFlow;

use onset::decode::{BeamSettings, Decoder, Memory, Translation, translate, translate_watched};
use onset::model::{AttentionModes, Model, Pass, Reading, Translator, TranslatorSettings, Want};
use onset::task::subwords::Subwords;
use onset_engine::{AttentionMode, Tape};

/// A model of `vocabulary` subwords whose weights are large enough that it prefers some.
fn model(vocabulary: usize, attention: AttentionMode) -> (Tape, Translator) {
    let mut tape = Tape::new(1);
    let sizes = TranslatorSettings { embedding: 5, hidden: 6, layers: 2, dropout: 0.0, attention };
    let translator = Translator::new(&mut tape, &sizes, vocabulary, 7);
    for parameter in translator.parameters().iter() {
        tape.data_mut(parameter.value).iter_mut().for_each(|weight| *weight *= 2.0);
    }
    (tape, translator)
}

fn read(
    translator: &Translator,
    mode: AttentionMode,
    tape: &mut Tape,
    sources: &[Vec<u32>],
) -> (Decoder, Vec<Memory>) {
    let decoder = Decoder::new(translator, tape, mode == AttentionMode::Uniform);
    let sources: Vec<&[u32]> = sources.iter().map(Vec::as_slice).collect();
    // Two threads, as the answer must not depend on them.
    let memories = decoder.read(translator, tape, &sources, 2);
    (decoder, memories)
}

/// What the model makes of one pair as training reads it.
fn reading(
    translator: &Translator,
    mode: AttentionMode,
    tape: &mut Tape,
    source: &[u32],
    target: &[u32],
) -> Reading {
    let mut pairs = SequencePairs::default();
    pairs.push(source, target);
    let modes = AttentionModes::all(mode, 1);
    translator.read(tape, &Batch::Pairs(pairs), Pass::new(&modes), Want::default()).readings.remove(0)
}

/// log p of `tokens`, as training computes it, and α.
fn log_probability(
    translator: &Translator,
    mode: AttentionMode,
    tape: &mut Tape,
    source: &[u32],
    tokens: &[u32],
) -> (f64, Vec<f32>) {
    let reading = reading(translator, mode, tape, source, &[&[Subwords::BEGIN], tokens].concat());
    let log = reading.log_probability.iter().map(|&log| f64::from(log)).sum();
    (log, reading.places[0].alpha.numbers().to_vec())
}

/// Every translation of up to `longest` subwords of `vocabulary`.
fn all_sequences(vocabulary: u32, longest: usize) -> Vec<Vec<u32>> {
    let mut all = vec![Vec::new()];
    let mut last = all.clone();
    for _ in 0..longest {
        let longer = |tokens: &Vec<u32>| {
            let tokens = tokens.clone();
            let words = (0..vocabulary).filter(|&token| token != Subwords::END);
            words.map(move |token| [&tokens[..], &[token]].concat())
        };
        last = last.iter().flat_map(longer).collect();
        all.extend(last.clone());
    }
    all
}

#[test]
fn a_beam_that_drops_nothing_finds_what_exhaustive_search_finds() {
    let (vocabulary, longest) = (5, 3);
    for attention in [AttentionMode::Learned, AttentionMode::Uniform] {
        let (mut tape, translator) = model(vocabulary as usize, attention);
        let source = vec![1, 3, 4, 0, 2];
        let (decoder, memories) = read(&translator, attention, &mut tape, std::slice::from_ref(&source));
        for length_penalty in [0.0, 1.0] {
            let settings =
                BeamSettings { beam: 1000, max_tokens: longest, length_penalty, source_factor: None };
            let found = translate(&decoder, &memories, settings, 1).remove(0);
            let mut best = (f64::NEG_INFINITY, Vec::new());
            for tokens in all_sequences(vocabulary, longest) {
                // The longest ones are cut off before `</s>`.
                let cut = tokens.len() == longest;
                let said = if cut { tokens.clone() } else { [&tokens[..], &[Subwords::END]].concat() };
                let log = log_probability(&translator, attention, &mut tape, &source, &said).0;
                let value = log / (said.len() as f64).powf(length_penalty);
                if value > best.0 {
                    best = (value, tokens);
                }
            }
            assert_eq!(found.tokens, best.1);
            let said = if found.ended { [&best.1[..], &[Subwords::END]].concat() } else { best.1 };
            let (log, alpha) = log_probability(&translator, attention, &mut tape, &source, &said);
            assert!((found.log_probability - log).abs() < 1e-4, "{} {log}", found.log_probability);
            let found_alpha = found.alpha.concat();
            assert_eq!(found_alpha.len(), alpha.len());
            assert!(found_alpha.iter().zip(&alpha).all(|(a, b)| (a - b).abs() < 1e-5));
        }
    }
}

#[test]
fn a_translation_does_not_depend_on_its_batch_or_on_threads() {
    let (mut tape, translator) = model(40, AttentionMode::Learned);
    let source = |i: u32| -> Vec<u32> {
        let inner = (0..1 + i % 7).map(|j| 4 + (i * 13 + j * 5) % 36);
        [1].into_iter().chain(inner).chain([2]).collect()
    };
    let sources: Vec<Vec<u32>> = (0..100).map(source).collect();
    let (decoder, memories) = read(&translator, AttentionMode::Learned, &mut tape, &sources);
    let settings = BeamSettings { max_tokens: 12, ..BeamSettings::default() };
    let all = translate(&decoder, &memories, settings, 1);
    assert!(all == translate(&decoder, &memories, settings, 2));
    for (number, expected) in all.iter().enumerate().step_by(9) {
        let (_, alone) = read(&translator, AttentionMode::Learned, &mut tape, &sources[number..=number]);
        assert!(translate(&decoder, &alone, settings, 1)[0] == *expected, "sentence {number}");
    }
}

#[test]
fn a_beam_of_one_says_the_likeliest_subword_each_time() {
    let (mut tape, translator) = model(12, AttentionMode::Learned);
    let sources = vec![vec![1, 5, 6, 7, 2], vec![1, 2], vec![1, 9, 9, 9, 9, 9, 2]];
    let (decoder, memories) = read(&translator, AttentionMode::Learned, &mut tape, &sources);
    let settings = BeamSettings { beam: 1, max_tokens: 8, ..BeamSettings::default() };
    for (source, found) in sources.iter().zip(translate(&decoder, &memories, settings, 1)) {
        let Translation { tokens, ended, .. } = found;
        let end: &[u32] = if ended { &[Subwords::END] } else { &[] };
        let target = [&[Subwords::BEGIN], &tokens[..], end].concat();
        let read = reading(&translator, AttentionMode::Learned, &mut tape, source, &target);
        assert_eq!(read.predicted, target[1..]);
        assert!(ended || tokens.len() == 8);
    }
}

#[test]
fn a_translation_is_as_long_as_its_source_allows() {
    let (mut tape, translator) = model(40, AttentionMode::Learned);
    let sources = vec![vec![1, 5, 2], vec![1, 5, 6, 7, 8, 9, 10, 2]];
    let (decoder, memories) = read(&translator, AttentionMode::Learned, &mut tape, &sources);
    let settings = BeamSettings { beam: 1, source_factor: Some(2), ..BeamSettings::default() };
    for (source, found) in sources.iter().zip(translate(&decoder, &memories, settings, 1)) {
        let longest = 10 + 2 * source.len();
        assert!(found.tokens.len() <= longest && (found.ended || found.tokens.len() == longest));
    }
    // Without the bound, this untrained model goes on to the largest number of subwords.
    let unbound = BeamSettings { source_factor: None, ..settings };
    assert!(translate(&decoder, &memories, unbound, 1).iter().any(|found| found.tokens.len() == 100));
}

#[test]
fn a_search_can_be_cancelled_after_any_subword() {
    let (mut tape, translator) = model(40, AttentionMode::Learned);
    let sources = vec![vec![1, 5, 2]; 70];
    let (decoder, memories) = read(&translator, AttentionMode::Learned, &mut tape, &sources);
    let mut asked = 0;
    let mut watch = |_| {
        asked += 1;
        if asked == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let found = translate_watched(&decoder, &memories, BeamSettings::default(), 1, &mut watch);
    assert!(found.is_break() && asked == 3);
}
