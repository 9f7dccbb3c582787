//! The model of a translation run, ready to translate.

use std::path::{Path, PathBuf};

use onset_engine::Tape;

use super::{BeamSettings, Decoder, Translation, translate};
use crate::model::Translator;
use crate::spec::{Spec, SpecError};
use crate::store::{Checkpoint, RunDirectory, StoreError};
use crate::task::pairs::{PairError, Subwords};

/// The file of a run that holds its subwords, as the `tokenizers` library reads it.
pub const SUBWORDS: &str = "tokenizer.json";

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
    #[error("{path} is a run of {task}; expected one of translation")]
    OtherTask {
        /// The run directory.
        path: PathBuf,
        /// Its task.
        task: String,
    },
    /// There are no parameters to translate with.
    #[error(
        "{path} has no parameters after step {step}; there are some after {found}; choose one with --step"
    )]
    NoCheckpoint {
        /// The run directory.
        path: PathBuf,
        /// The step that was asked for.
        step: String,
        /// The steps with parameters, or "no step".
        found: String,
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
        let spec = match Spec::parse(directory.spec_text(), &origin, &[])? {
            Spec::Translation(spec) => spec,
            other => {
                let task = other.task().to_owned();
                return Err(InterpreterError::OtherTask { path: path.into(), task });
            }
        };
        let subwords = Subwords::read(&path.join(SUBWORDS))?;
        let steps = directory.checkpoint_steps();
        let Some(step) = step.or(steps.last().copied()).filter(|step| steps.contains(step)) else {
            let list = steps.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
            return Err(InterpreterError::NoCheckpoint {
                path: path.into(),
                step: step.map_or("any".into(), |step| step.to_string()),
                found: if list.is_empty() { "no step".into() } else { list },
            });
        };
        let mut tape = Tape::new(1);
        let translator = Translator::new(&mut tape, &spec.model, subwords.len(), spec.seed);
        let checkpoint = Checkpoint::read(&directory.checkpoint_path(step))?;
        let parameters = translator.parameters();
        let wanted: Vec<_> = parameters.iter().map(|p| (p.name.as_str(), p.shape.as_slice())).collect();
        for (parameter, values) in parameters.iter().zip(checkpoint.into_values(&wanted)?) {
            tape.data_mut(parameter.value).copy_from_slice(&values);
        }
        let decoder = Decoder::new(&translator, &mut tape);
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
        let found = translate(&self.decoder, &memories, settings, threads, &|_| ());
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
