//! The model of a translation run, ready to translate.

use std::path::{Path, PathBuf};

use onset_engine::Tape;

use super::restore::restore;
use crate::decode::{BeamSettings, Decoder, Translation, translate};
use crate::model::Translator;
use crate::spec::{Spec, SpecError, TranslationSpec};
use crate::store::{RunDirectory, StoreError};
use crate::task::pairs::{PairError, SUBWORDS, Subwords};
use onset_engine::AttentionMode;

/// Why a run cannot translate.
#[derive(Debug, thiserror::Error)]
pub enum InterpreterError {
    /// The run or its checkpoint cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Its spec cannot be read.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// Its vocabulary cannot be read.
    #[error(transparent)]
    Subwords(#[from] PairError),
    /// It is a run of another task.
    #[error("{path} is a run of {task}; expected one of translation with the model rnn-translator")]
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
    translator: Translator,
    decoder: Decoder,
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
    /// What was found.
    pub translation: Translation,
}

impl Interpreter {
    /// Reads the model of the run in `path` after `step` steps, or its last.
    pub fn open(path: &Path, step: Option<u64>) -> Result<Self, InterpreterError> {
        let directory = RunDirectory::view(path)?;
        let origin = path.join("spec.toml").display().to_string();
        let spec = Spec::parse(directory.spec_text(), &origin, &[])?;
        let Some(spec) = TranslationSpec::of(&spec) else {
            let task = format!("{} with the model {}", spec.task().kind(), spec.model().kind());
            return Err(InterpreterError::OtherTask { path: path.into(), task });
        };
        let subwords = Subwords::read(&path.join(SUBWORDS))?;
        let step = StoreError::checkpoint(&directory, step)?;
        let mut tape = Tape::new(1);
        let translator = Translator::new(&mut tape, &spec.model, subwords.len(), spec.seed);
        restore(&mut tape, translator.parameters(), &directory, step)?;
        let uniform = spec.model.attention == AttentionMode::Uniform;
        let decoder = Decoder::new(&translator, &mut tape, uniform);
        Ok(Self { tape, translator, decoder, subwords, step })
    }

    /// The steps that the model was trained for.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Translates `lines`, in their order; a line without words stays empty.
    pub fn translate(
        &mut self,
        lines: &[impl AsRef<str>],
        settings: BeamSettings,
        threads: usize,
    ) -> Vec<Interpreted> {
        let encoded: Vec<Vec<u32>> = lines.iter().map(|line| self.subwords.encode(line.as_ref())).collect();
        let filled: Vec<usize> = (0..lines.len()).filter(|&line| encoded[line].len() > 2).collect();
        let sources: Vec<&[u32]> = filled.iter().map(|&line| &encoded[line][..]).collect();
        let memories = self.decoder.read(&self.translator, &mut self.tape, &sources, threads);
        let found = translate(&self.decoder, &memories, settings, threads);
        let mut translations = vec![Translation { ended: true, ..Translation::default() }; lines.len()];
        for (line, translation) in filled.into_iter().zip(found) {
            translations[line] = translation;
        }
        let interpret = |(source, translation): (Vec<u32>, Translation)| {
            let end = translation.ended.then_some(Subwords::END);
            let target = translation.tokens.iter().copied().chain(end);
            Interpreted {
                text: self.subwords.decode(&translation.tokens),
                source: source.iter().map(|&token| self.subwords.piece(token)).collect(),
                target: target.map(|token| self.subwords.piece(token)).collect(),
                translation,
            }
        };
        encoded.into_iter().zip(translations).map(interpret).collect()
    }
}
