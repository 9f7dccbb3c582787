//! A model that translates, ready to do so.

use std::ops::ControlFlow;

use onset_engine::{AttentionMode, Tape};

use super::beam::{Step, Steps};
use super::top::Top;
use super::{BeamSettings, Decoder, Translation, translate_watched};
use crate::model::{AttentionModes, Cache, Model, SourceMemory, StepDecoder, Transformer, Translator};
use crate::watch::Watch;

/// The decoder of any model that translates.
pub enum AnyDecoder {
    /// Of LSTMs.
    Recurrent(Box<(Translator, Decoder)>),
    /// Of Transformers.
    Transformer(StepDecoder),
}

/// Sources of a Transformer that are read at once.
const BATCH: usize = 64;

impl AnyDecoder {
    /// That of `model`, whose parameters are on `tape`; none if it is not one that translates, or its attention is neither learned nor
    /// uniform everywhere. Leaves the tape cleared.
    pub fn new(model: &dyn Model, modes: &AttentionModes, tape: &mut Tape) -> Option<Self> {
        let uniform = match modes.common()? {
            AttentionMode::Learned => false,
            AttentionMode::Uniform => true,
            AttentionMode::Clamped | AttentionMode::Previous | AttentionMode::Given => return None,
        };
        if let Some(translator) = model.as_any().downcast_ref::<Translator>() {
            let decoder = Decoder::new(translator, tape, uniform);
            return Some(Self::Recurrent(Box::new((translator.clone(), decoder))));
        }
        let transformer = model.as_any().downcast_ref::<Transformer>()?;
        StepDecoder::new(transformer, tape, uniform).map(Self::Transformer)
    }

    /// The translation of each of `sources`, in their order, unless `watch` cancels. `tape` has the model's parameters and is left
    /// cleared.
    pub fn translate(
        &self,
        tape: &mut Tape,
        sources: &[&[u32]],
        settings: BeamSettings,
        threads: usize,
        watch: &mut Watch<'_>,
    ) -> ControlFlow<(), Vec<Translation>> {
        match self {
            Self::Recurrent(both) => {
                let (translator, decoder) = &**both;
                let memories = decoder.read(translator, tape, sources, threads);
                translate_watched(decoder, &memories, settings, threads, watch)
            }
            Self::Transformer(decoder) => {
                let memories: Vec<SourceMemory> =
                    sources.chunks(BATCH).flat_map(|sources| decoder.read(sources)).collect();
                translate_watched(decoder, &memories, settings, threads, watch)
            }
        }
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
    let Some(decoder) = AnyDecoder::new(model, modes, tape) else { return ControlFlow::Continue(None) };
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
