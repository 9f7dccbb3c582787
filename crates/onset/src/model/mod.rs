//! Model families on the engine, with PyTorch's parameter names, layouts and initial distributions. A family is a file
//! here and a line in [`registry`](ModelSpec).
//!
//! A family knows no task: it takes [`Batch`]es of its [`Form`], and is seen by everything else as
//! a [`Model`] with attention at some [`Place`]s.

mod attention_only;
mod classifier;
mod encoder_decoder;
mod labels;
mod modes;
mod parameters;
mod place;
mod place_mode;
mod reading;
mod recorded;
mod registry;
mod rnn;
mod transformer;
mod translator;
mod twin;

use std::any::Any;
use std::fmt::Debug;
use std::path::{Path, PathBuf};

use onset_engine::{AttentionMode, Tape, Value};

pub use attention_only::{AttentionOnly, AttentionOnlySettings};
pub use classifier::{Classified, Classifier, ClassifierSettings};
pub use encoder_decoder::{Cell, EncoderDecoder, Input};
pub use modes::{AttentionModes, GivenWeights, Pass};
pub use parameters::{
    GruWeights, Linear, LinearMaps, LstmWeights, Parameter, ParameterGroup, Parameters, Redrawn,
};
pub use place::{Place, PlaceKind};
pub use place_mode::PlaceMode;
pub use reading::{PlaceReading, Read, Reading, Want};
pub use recorded::RecordedModel;
pub use registry::ModelSpec;
pub use rnn::{Rnn, RnnRead, RnnSettings};
pub use transformer::{
    Cache, Init, MlpActivation, NormChoice, NormPlace, PairEncoder, Pooling, Positions, SourceMemory,
    StepDecoder, Transformer, TransformerSettings,
};
pub use translator::{DecoderWeights, Encoded, Translated, Translator, TranslatorSettings};
pub use twin::Twin;

use crate::batch::{Batch, Form, Signature};
use crate::decode::Translates;
use crate::onnx::{Graph, Weights};
use crate::settings::SpecError;

/// The settings of a model family, as everything that does not know the family sees them.
pub trait ModelSettings: Debug {
    /// Checks every value; errors name the key.
    fn check(&self) -> Result<(), SpecError>;

    /// The forms of batch that the family takes, the one that it prefers first.
    fn forms(&self) -> &'static [Form];

    /// The form in which the family takes examples of `signature`; otherwise why it takes none.
    fn form(&self, signature: &Signature) -> Result<Form, String> {
        first_form(self.forms(), signature)
    }

    /// The folder of the checkpoint that training starts from; none if parameters are drawn.
    fn pretrained(&self) -> Option<&Path> {
        None
    }

    /// The largest number of examples whose attribution is recorded unless a spec says more; none where β costs no passes of its own.
    fn most_recorded(&self) -> Option<usize> {
        None
    }

    /// The attention mode from the first step on.
    fn attention(&self) -> AttentionMode;

    /// The modes of single layers or heads that differ from [`ModelSettings::attention`]; later ones hold.
    fn place_modes(&self) -> &[PlaceMode] {
        &[]
    }

    /// The mode of each of the model's places from the first step on.
    fn modes(&self, places: &[Place]) -> AttentionModes {
        let mut modes = AttentionModes::all(self.attention(), places.len());
        for own in self.place_modes() {
            modes.set(own.mode, places, |place| own.covers(place));
        }
        modes
    }

    /// Files and folders that training starts from, to find them where they were moved to.
    fn files_mut(&mut self) -> Vec<&mut PathBuf> {
        Vec::new()
    }

    /// How these settings differ from the family's defaults, a few words each; widths apart.
    fn differences(&self) -> Vec<String>;

    /// Tokens of a part of a training batch, about: the parts are read and differentiated one by one. None means that batches stay
    /// whole. It decides the order of sums, and with it bytes.
    fn tokens_of_part(&self) -> Option<usize> {
        None
    }

    /// Into how many parts a batch with so many tokens and examples is cut.
    fn parts(&self, tokens: usize, examples: usize) -> usize {
        let Some(each) = self.tokens_of_part() else { return 1 };
        // The nearest power of two, by ratio.
        let parts = (tokens as f64 / each as f64).max(1.0).log2().round().exp2() as usize;
        parts.clamp(1, examples.clamp(1, MOST_PARTS))
    }

    /// Draws the initial model for examples of `signature`, whose form fits, on an empty `tape`.
    fn build(&self, tape: &mut Tape, signature: &Signature, seed: u64) -> Box<dyn Model>;

    /// The same model in PyTorch, for parameters such as `weights`; none if the family has none.
    fn twin(&self, _weights: &Weights<'_>) -> Option<Twin> {
        None
    }

    /// What a model with the parameters `weights` reads and predicts; none if they do not tell.
    fn signature(&self, weights: &Weights<'_>) -> Option<Signature> {
        self.twin(weights).map(|twin| twin.signature)
    }

    /// The model with the parameters `weights` as ONNX, with the inputs and outputs of [`ModelSettings::twin`]; none if
    /// the family has none.
    ///
    /// # Panics
    /// If `weights` are not those of a model with these settings.
    fn graph(&self, _weights: &Weights<'_>) -> Option<Graph> {
        None
    }
}

/// The first of `forms` in which examples of `signature` can be taken; otherwise why there is none.
fn first_form(forms: &[Form], signature: &Signature) -> Result<Form, String> {
    let mut reason = String::new();
    for &form in forms {
        match form.fits(signature) {
            Ok(()) => return Ok(form),
            Err(why) => reason = why,
        }
    }
    Err(reason)
}

/// Parts of a batch at most.
const MOST_PARTS: usize = 16;

/// In words, an attention mode that is not the usual one.
fn attention_difference(mode: AttentionMode) -> Option<String> {
    (mode != AttentionMode::Learned).then(|| format!("{mode} attention"))
}

/// A model whose parameters lie on a tape. Every method takes that tape.
pub trait Model: Send {
    /// A copy for a tape with the same parameters in the same places.
    fn clone_boxed(&self) -> Box<dyn Model>;

    /// The family's own type, for what only that family can do.
    fn as_any(&self) -> &dyn Any;

    /// The parameters under their names.
    fn parameters(&self) -> &Parameters;

    /// Where it attends: layer by layer, head by head.
    fn places(&self) -> &[Place];

    /// Refuses attention modes that the family cannot combine; the error says which and why.
    fn check_modes(&self, _modes: &AttentionModes) -> Result<(), String> {
        Ok(())
    }

    /// Runs forward on `batch` and returns the mean loss (1 × 1), ready for the way back.
    fn loss(&self, tape: &mut Tape, batch: &Batch, pass: Pass<'_>) -> Value;

    /// Runs forward on `batch` and returns the loss and a [`Reading`] of each example. Leaves the tape cleared.
    fn read(&self, tape: &mut Tape, batch: &Batch, pass: Pass<'_>, want: Want) -> Read;

    /// Δ of each example's last prediction: minus the derivative of its loss with respect to a scalar of 1 that
    /// multiplies the embedding of each source token; none if the family has no Δ, or has it from [`Model::read`].
    /// Leaves the tape cleared.
    fn influence_on_last(&self, _tape: &mut Tape, _batch: &Batch, _pass: Pass<'_>) -> Option<Vec<Vec<f32>>> {
        None
    }

    /// Predictions and α of [`Model::read`] with the output of each `removed` place replaced by its mean over all positions of the
    /// batch; none if the family has no such heads. Leaves the tape cleared.
    fn read_without(
        &self,
        _tape: &mut Tape,
        _batch: &Batch,
        _pass: Pass<'_>,
        _removed: &[bool],
    ) -> Option<Read> {
        None
    }

    /// For each place, how its direct path changes the scores of all outputs (tokens × outputs) where it attends to each of
    /// `tokens`: embedding, value and projection of the head, output layer; biases and the last norm are left out. None if the family
    /// has no such path. Leaves the tape cleared.
    fn direct_paths(&self, _tape: &mut Tape, _tokens: &[u32]) -> Option<Vec<Vec<f32>>> {
        None
    }

    /// What translates with the present parameters, with uniform attention if `uniform` and learned attention if not; none if the
    /// family does not translate. Leaves the tape cleared.
    fn decoder(&self, _tape: &mut Tape, _uniform: bool) -> Option<Box<dyn Translates>> {
        None
    }

    /// What the maps of `head` would be if `seed` drew them; none if there is no such head, or none that can be drawn
    /// alone.
    fn redrawn_head(&self, _head: usize, _seed: u64) -> Option<Vec<Redrawn>> {
        None
    }
}
