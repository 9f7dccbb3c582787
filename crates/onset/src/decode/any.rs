//! Models that translate, ready to do so.

use std::ops::ControlFlow;

use onset_engine::{AttentionMode, Tape};

use super::beam::{Step, Steps};
use super::top::Top;
use super::{BeamSettings, Decoder, Translation, translate_watched};
use crate::model::{AttentionModes, Cache, Model, SourceMemory, StepDecoder, Translator};
use crate::watch::Watch;

/// The decoder of a model that translates, with the model's parameters.
pub trait Translates: Send {
    /// The translation of each of `sources`, in their order, unless `watch` cancels. `tape` has the model's parameters and is left
    /// cleared.
    fn translate(
        &self,
        tape: &mut Tape,
        sources: &[&[u32]],
        settings: BeamSettings,
        threads: usize,
        watch: &mut Watch<'_>,
    ) -> ControlFlow<(), Vec<Translation>>;
}

impl Translates for (Translator, Decoder) {
    fn translate(
        &self,
        tape: &mut Tape,
        sources: &[&[u32]],
        settings: BeamSettings,
        threads: usize,
        watch: &mut Watch<'_>,
    ) -> ControlFlow<(), Vec<Translation>> {
        let (translator, decoder) = self;
        let memories = decoder.read(translator, tape, sources, threads);
        translate_watched(decoder, &memories, settings, threads, watch)
    }
}

/// Sources of a Transformer that are read at once.
const BATCH: usize = 64;

impl Translates for StepDecoder {
    fn translate(
        &self,
        _tape: &mut Tape,
        sources: &[&[u32]],
        settings: BeamSettings,
        threads: usize,
        watch: &mut Watch<'_>,
    ) -> ControlFlow<(), Vec<Translation>> {
        let memories: Vec<SourceMemory> =
            sources.chunks(BATCH).flat_map(|sources| self.read(sources)).collect();
        translate_watched(self, &memories, settings, threads, watch)
    }
}

/// The decoder of `model`, whose parameters are on `tape`; none if it is not one that translates, or its attention is neither learned nor
/// uniform everywhere. Leaves the tape cleared.
pub fn decoder_of(model: &dyn Model, modes: &AttentionModes, tape: &mut Tape) -> Option<Box<dyn Translates>> {
    match modes.common()? {
        AttentionMode::Learned => model.decoder(tape, false),
        AttentionMode::Uniform => model.decoder(tape, true),
        AttentionMode::Clamped | AttentionMode::Previous | AttentionMode::Given => None,
    }
}

/// The subwords of the translation of each of `sources`, unless `watch` cancels; none if the model is not one that
/// translates, or its attention is neither learned nor uniform. Leaves the tape cleared.
pub fn decode(
    (model, modes): (&dyn Model, &AttentionModes),
    tape: &mut Tape,
    sources: &[&[u32]],
    settings: BeamSettings,
    watch: &mut Watch<'_>,
) -> ControlFlow<(), Option<Vec<Vec<u32>>>> {
    let Some(decoder) = decoder_of(model, modes, tape) else { return ControlFlow::Continue(None) };
    let translations = decoder.translate(tape, sources, settings, 1, watch)?;
    ControlFlow::Continue(Some(translations.into_iter().map(|translation| translation.tokens).collect()))
}

impl Steps for StepDecoder {
    type Memory = SourceMemory;
    type States = Vec<Cache>;

    fn positions(memory: &SourceMemory) -> usize {
        memory.positions
    }

    fn begin(&self, memories: &[&SourceMemory]) -> Vec<Cache> {
        memories.iter().map(|_| StepDecoder::begin(self)).collect()
    }

    fn append(&self, states: &mut Vec<Cache>, more: Vec<Cache>) {
        states.extend(more);
    }

    fn choose(&self, states: &mut Vec<Cache>, parents: &[usize]) {
        *states = parents.iter().map(|&row| states[row].clone()).collect();
    }

    fn step(
        &self,
        states: &mut Vec<Cache>,
        (tokens, memories): (&[u32], &[&SourceMemory]),
        count: usize,
        step: &mut Step,
    ) {
        let Step { top, alpha, .. } = step;
        top.resize_with(tokens.len(), Top::default);
        top.iter_mut().for_each(Top::clear);
        *alpha = StepDecoder::step(self, states, tokens, memories, |scores| {
            let outputs = scores.len() / tokens.len();
            top.iter_mut()
                .zip(scores.chunks_exact(outputs))
                .for_each(|(top, scores)| top.see(0, scores, count));
        });
    }
}
