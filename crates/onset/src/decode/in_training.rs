//! Translation with a model in training.

use std::ops::ControlFlow;

use onset_engine::{AttentionMode, Tape};

use super::{BeamSettings, Decoder, translate_watched};
use crate::model::{AttentionModes, Model, Translator};
use crate::watch::Watch;

/// The subwords of the translation of each of `sources`, unless `watch` cancels; none if the model is not one that
/// translates, or its attention is neither learned nor uniform. Leaves the tape cleared.
pub fn decode(
    (model, modes): (&dyn Model, &AttentionModes),
    tape: &mut Tape,
    sources: &[&[u32]],
    settings: BeamSettings,
    watch: &mut Watch<'_>,
) -> ControlFlow<(), Option<Vec<Vec<u32>>>> {
    let Some(translator) = model.as_any().downcast_ref::<Translator>() else {
        return ControlFlow::Continue(None);
    };
    let uniform = match modes.of(0) {
        AttentionMode::Learned => false,
        AttentionMode::Uniform => true,
        AttentionMode::Clamped | AttentionMode::Previous | AttentionMode::Given => {
            return ControlFlow::Continue(None);
        }
    };
    let decoder = Decoder::new(translator, tape, uniform);
    let memories = decoder.read(translator, tape, sources, 1);
    let translations = translate_watched(&decoder, &memories, settings, 1, watch)?;
    ControlFlow::Continue(Some(translations.into_iter().map(|translation| translation.tokens).collect()))
}
