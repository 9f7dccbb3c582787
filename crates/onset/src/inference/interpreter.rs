//! The model of a translation run, ready to translate.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use onset_engine::Tape;

use super::run_model::{RunModel, RunModelError};
use crate::decode::{BeamSettings, Translates, Translation, decoder_of};
use crate::measures::{WordAttention, Words};
use crate::task::pairs::PairSource;
use crate::task::subwords::{SUBWORDS, Subwords, SubwordsError};
use crate::watch::{Watch, uncancelled, unwatched};

/// Why a run cannot translate.
#[derive(Debug, thiserror::Error)]
pub enum InterpreterError {
    /// The run's model cannot be used.
    #[error(transparent)]
    Run(#[from] RunModelError),
    /// Its vocabulary cannot be read.
    #[error(transparent)]
    Subwords(#[from] SubwordsError),
    /// It is a run of another task.
    #[error(
        "{path} is a run of {task}; expected a translation run whose model has an encoder and a decoder (rnn-translator, or transformer with \
         model.encoder_layers above 0)"
    )]
    OtherTask {
        /// The run directory.
        path: PathBuf,
        /// Its task.
        task: String,
    },
}

/// A translation model with its vocabulary.
pub struct Interpreter {
    tape: Tape,
    decoder: Box<dyn Translates>,
    subwords: Subwords,
    step: u64,
}

/// A sentence and what was said.
#[derive(Debug, Clone, PartialEq)]
pub struct Interpreted {
    /// The translation as text.
    pub text: String,
    /// The subwords of the sentence, with `<s>` and `</s>`.
    pub source: Vec<String>,
    /// The subwords of the translation, with `</s>` if it has ended.
    pub target: Vec<String>,
    /// The words of the sentence, as they stand between white space.
    pub source_words: Words,
    /// The words of the translation.
    pub target_words: Words,
    /// What was found.
    pub translation: Translation,
}

impl Interpreted {
    /// Attention between words.
    pub fn attention(&self) -> WordAttention {
        WordAttention::of(&self.translation.alpha, &self.source_words, &self.target_words)
    }
}

impl Interpreter {
    /// Reads the model of the run in `path` after `step` steps, or its last.
    pub fn open(path: &Path, step: Option<u64>) -> Result<Self, InterpreterError> {
        let RunModel { spec, step, model, modes, mut tape, .. } = RunModel::open(path, step)?;
        let decoder = match spec.task().get::<PairSource>() {
            Some(_) => decoder_of(&*model, &modes, &mut tape),
            None => None,
        };
        let Some(decoder) = decoder else {
            let task = format!("{} with the model {}", spec.task().kind(), spec.model().kind());
            return Err(InterpreterError::OtherTask { path: path.into(), task });
        };
        let subwords = Subwords::read(&path.join(SUBWORDS))?;
        Ok(Self { tape, decoder, subwords, step })
    }

    /// The steps that the model was trained for.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The vocabulary.
    pub fn subwords(&self) -> &Subwords {
        &self.subwords
    }

    /// Translates `lines`, in their order; a line without words stays empty.
    pub fn translate(
        &mut self,
        lines: &[impl AsRef<str>],
        settings: BeamSettings,
        threads: usize,
    ) -> Vec<Interpreted> {
        uncancelled(self.translate_watched(lines, settings, threads, &mut unwatched))
    }

    /// As [`Interpreter::translate`], unless `watch` cancels.
    pub fn translate_watched(
        &mut self,
        lines: &[impl AsRef<str>],
        settings: BeamSettings,
        threads: usize,
        watch: &mut Watch<'_>,
    ) -> ControlFlow<(), Vec<Interpreted>> {
        let encoded: Vec<(Vec<u32>, Words)> =
            lines.iter().map(|line| self.subwords.encode_words(line.as_ref())).collect();
        let is_filled = |line: &usize| !encoded[*line].1.is_empty();
        let filled: Vec<usize> = (0..lines.len()).filter(is_filled).collect();
        let sources: Vec<&[u32]> = filled.iter().map(|&line| &encoded[line].0[..]).collect();
        let found = self.decoder.translate(&mut self.tape, &sources, settings, threads, watch)?;
        let mut translations = vec![Translation { ended: true, ..Translation::default() }; lines.len()];
        for (line, translation) in filled.into_iter().zip(found) {
            translations[line] = translation;
        }
        let interpret = |((source, source_words), translation): ((Vec<u32>, Words), Translation)| {
            let end = translation.ended.then_some(Subwords::END);
            let target = translation.tokens.iter().copied().chain(end);
            let target: Vec<String> = target.map(|token| self.subwords.piece(token)).collect();
            Interpreted {
                text: self.subwords.decode(&translation.tokens),
                source: source.iter().map(|&token| self.subwords.piece(token)).collect(),
                source_words,
                target_words: Words::of_translation(&target),
                target,
                translation,
            }
        };
        ControlFlow::Continue(encoded.into_iter().zip(translations).map(interpret).collect())
    }
}
