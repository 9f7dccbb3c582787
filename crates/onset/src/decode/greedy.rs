//! Greedy decoding with a model in training.

use onset_engine::{AttentionMode, Tape};

use super::{BeamSettings, Decoder, translate};
use crate::model::{AttentionModes, Model, Translator};

/// Translates each of `sources` by taking the most probable token at each step. Returns `None` if the model is not a
/// translation model, or if its attention is neither learned nor uniform. Clears the tape.
pub fn greedy(
    model: &dyn Model,
    modes: &AttentionModes,
    tape: &mut Tape,
    sources: &[&[u32]],
) -> Option<Vec<Vec<u32>>> {
    let translator = model.as_any().downcast_ref::<Translator>()?;
    let uniform = match modes.of(0) {
        AttentionMode::Learned => false,
        AttentionMode::Uniform => true,
        AttentionMode::Clamped | AttentionMode::Given => return None,
    };
    let decoder = Decoder::new(translator, tape, uniform);
    let memories = decoder.read(translator, tape, sources, 1);
    let settings = BeamSettings { beam: 1, ..BeamSettings::default() };
    let translations = translate(&decoder, &memories, settings, 1);
    Some(translations.into_iter().map(|translation| translation.tokens).collect())
}
