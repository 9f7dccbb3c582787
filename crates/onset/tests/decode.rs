//! Beam search against exhaustive search, and what must not depend on a batch.

use onset::decode::{BeamSettings, Decoder, Memory, Translation, translate};
use onset::model::Translator;
use onset::probe::PairReader;
use onset::spec::{Attention, TranslationModel};
use onset::task::pairs::{PairExample, Subwords};
use onset_engine::Tape;

/// A model of `vocabulary` subwords whose weights are large enough that it prefers some.
fn model(vocabulary: usize, attention: Attention) -> (Tape, Translator) {
    let mut tape = Tape::new(1);
    let sizes = TranslationModel { embedding: 5, hidden: 6, layers: 2, dropout: 0.0, attention };
    let translator = Translator::new(&mut tape, &sizes, vocabulary, 7);
    for parameter in translator.parameters().iter() {
        tape.data_mut(parameter.value).iter_mut().for_each(|weight| *weight *= 2.0);
    }
    (tape, translator)
}

fn read(translator: &Translator, tape: &mut Tape, sources: &[Vec<u32>]) -> (Decoder, Vec<Memory>) {
    let decoder = Decoder::new(translator, tape);
    let sources: Vec<&[u32]> = sources.iter().map(Vec::as_slice).collect();
    // Two threads, as the answer must not depend on them.
    let memories = decoder.read(translator, tape, &sources, 2);
    (decoder, memories)
}

/// log p of `tokens` and `</s>` behind them, as training computes it.
fn log_probability(
    translator: &Translator,
    tape: &mut Tape,
    source: &[u32],
    said: &[u32],
) -> (f64, Vec<f32>) {
    let example = PairExample {
        source: source.to_vec(),
        target: [&[Subwords::BEGIN], said].concat(),
        text: Default::default(),
    };
    let probe = PairReader::default().read(translator, tape, &[&example]).remove(0);
    (probe.log_probability.iter().map(|&log| f64::from(log)).sum(), probe.alpha)
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
    for attention in [Attention::Learned, Attention::Uniform] {
        let (mut tape, translator) = model(vocabulary as usize, attention);
        let source = vec![1, 3, 4, 0, 2];
        let (decoder, memories) = read(&translator, &mut tape, std::slice::from_ref(&source));
        for length_penalty in [0.0, 1.0] {
            let settings = BeamSettings { beam: 1000, max_tokens: longest, length_penalty };
            let found = translate(&decoder, &memories, settings, 1, &|_| ()).remove(0);
            let mut best = (f64::NEG_INFINITY, Vec::new());
            for tokens in all_sequences(vocabulary, longest) {
                // The longest ones are cut off before `</s>`.
                let cut = tokens.len() == longest;
                let said = if cut { tokens.clone() } else { [&tokens[..], &[Subwords::END]].concat() };
                let log = log_probability(&translator, &mut tape, &source, &said).0;
                let value = log / (said.len() as f64).powf(length_penalty);
                if value > best.0 {
                    best = (value, tokens);
                }
            }
            assert_eq!(found.tokens, best.1);
            let said = if found.ended { [&best.1[..], &[Subwords::END]].concat() } else { best.1 };
            let (log, alpha) = log_probability(&translator, &mut tape, &source, &said);
            assert!((found.log_probability - log).abs() < 1e-4, "{} {log}", found.log_probability);
            let found_alpha = found.alpha.concat();
            assert_eq!(found_alpha.len(), alpha.len());
            assert!(found_alpha.iter().zip(&alpha).all(|(a, b)| (a - b).abs() < 1e-5));
        }
    }
}

#[test]
fn a_translation_does_not_depend_on_its_batch_or_on_threads() {
    let (mut tape, translator) = model(40, Attention::Learned);
    let source = |i: u32| -> Vec<u32> {
        let inner = (0..1 + i % 7).map(|j| 4 + (i * 13 + j * 5) % 36);
        [1].into_iter().chain(inner).chain([2]).collect()
    };
    let sources: Vec<Vec<u32>> = (0..100).map(source).collect();
    let (decoder, memories) = read(&translator, &mut tape, &sources);
    let settings = BeamSettings { max_tokens: 12, ..BeamSettings::default() };
    let all = translate(&decoder, &memories, settings, 1, &|_| ());
    assert!(all == translate(&decoder, &memories, settings, 2, &|_| ()));
    for (number, expected) in all.iter().enumerate().step_by(9) {
        let (_, alone) = read(&translator, &mut tape, &sources[number..=number]);
        assert!(translate(&decoder, &alone, settings, 1, &|_| ())[0] == *expected, "sentence {number}");
    }
}

#[test]
fn a_beam_of_one_says_the_likeliest_subword_each_time() {
    let (mut tape, translator) = model(12, Attention::Learned);
    let sources = vec![vec![1, 5, 6, 7, 2], vec![1, 2], vec![1, 9, 9, 9, 9, 9, 2]];
    let (decoder, memories) = read(&translator, &mut tape, &sources);
    let settings = BeamSettings { beam: 1, max_tokens: 8, length_penalty: 1.0 };
    for (source, found) in sources.iter().zip(translate(&decoder, &memories, settings, 1, &|_| ())) {
        let Translation { tokens, ended, .. } = found;
        let end: &[u32] = if ended { &[Subwords::END] } else { &[] };
        let target = [&[Subwords::BEGIN], &tokens[..], end].concat();
        let example =
            PairExample { source: source.clone(), target: target.clone(), text: Default::default() };
        let probe = PairReader::default().read(&translator, &mut tape, &[&example]).remove(0);
        assert_eq!(probe.predicted, target[1..]);
        assert!(ended || tokens.len() == 8);
    }
}
