//! What is trained, and how it is changed.

use std::path::Path;

use serde::Serialize;

use super::Arm;
use crate::data::DataTask;
use crate::spec::Spec;
use crate::study::StudyError;
use crate::target::{TargetOptions, resolve};
use crate::theory::MARKOV_MODEL;

/// What is trained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// Copying 20 words of 30, of which the theory predicts each effect.
    Copying,
    /// Markov chains in context: a Transformer of two layers.
    Markov,
    /// Messages that are spam or not.
    SmsSpam,
    /// Translation from German.
    Multi30k,
}

/// The steps of the plain run of copying whose parameters are put into others.
const DONOR: [u64; 3] = [60, 120, 500];

const COPYING: [Arm; 15] = [
    Arm::Plain,
    Arm::UniformUntil(25),
    Arm::UniformUntil(50),
    Arm::UniformUntil(100),
    Arm::UniformUntil(200),
    Arm::KnowledgeFrozen,
    Arm::AttentionFrozen,
    Arm::KnowledgeFrom(DONOR[0]),
    Arm::KnowledgeFrom(DONOR[1]),
    Arm::KnowledgeFrom(DONOR[2]),
    Arm::AttentionFrom(DONOR[1]),
    Arm::AttentionFrom(DONOR[2]),
    Arm::ClampedUntil(25),
    Arm::ClampedUntil(50),
    Arm::ClampedUntil(100),
];

const MARKOV: [Arm; 6] = [
    Arm::Plain,
    Arm::UniformUntil(200),
    Arm::UniformUntil(500),
    Arm::ClampedUntil(100),
    Arm::KnowledgeFrozen,
    Arm::AttentionFrozen,
];

// No position of a text or a sentence is known to be the right one, so nothing is clamped.
const TEXTS: [Arm; 7] = [
    Arm::Plain,
    Arm::UniformUntil(60),
    Arm::UniformUntil(120),
    Arm::KnowledgeFrozen,
    Arm::AttentionFrozen,
    Arm::KnowledgeFrom(300),
    Arm::AttentionFrom(300),
];

const PAIRS: [Arm; 7] = [
    Arm::Plain,
    Arm::UniformUntil(200),
    Arm::UniformUntil(400),
    Arm::KnowledgeFrozen,
    Arm::AttentionFrozen,
    Arm::KnowledgeFrom(600),
    Arm::AttentionFrom(600),
];

impl Subject {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Copying, Self::Markov, Self::SmsSpam, Self::Multi30k];

    /// The folder of its runs, and the name of its data set where it has one.
    pub fn name(self) -> &'static str {
        match self {
            Self::Copying => "copying",
            Self::Markov => "markov",
            Self::SmsSpam => "sms_spam",
            Self::Multi30k => "multi30k",
        }
    }

    /// In words.
    pub fn title(self) -> &'static str {
        match self {
            Self::Copying => "Copying 20 words of 30",
            Self::Markov => "Markov chains of 3 symbols in context",
            Self::SmsSpam => "Spam among messages",
            Self::Multi30k => "Translation (Multi30k)",
        }
    }

    /// What emerges, in words.
    pub fn emerges(self) -> &'static str {
        match self {
            Self::Copying => "accuracy of 0.95",
            Self::Markov => "half of the way from the loss of unigram counts to that of pairs",
            Self::SmsSpam | Self::Multi30k => {
                "half of the way to the weight that the unchanged run ends with on the words that it knows best"
            }
        }
    }

    /// What is followed until it emerges, in words.
    pub fn score(self) -> &'static str {
        match self {
            Self::Copying => "the mean accuracy",
            Self::Markov => "how far the loss has come, from that of unigram counts (0) to that of pairs (1)",
            Self::SmsSpam | Self::Multi30k => {
                "how far attention has come, from where the unchanged run began (0) to where it ended (1)"
            }
        }
    }

    /// The kind of its data set, if it has one.
    pub fn data(self) -> Option<DataTask> {
        match self {
            Self::Copying | Self::Markov => None,
            Self::SmsSpam => Some(DataTask::Classification),
            Self::Multi30k => Some(DataTask::Translation),
        }
    }

    /// What is changed.
    pub fn arms(self) -> &'static [Arm] {
        match self {
            Self::Copying => &COPYING,
            Self::Markov => &MARKOV,
            Self::SmsSpam => &TEXTS,
            Self::Multi30k => &PAIRS,
        }
    }

    /// The layer that a clamp is about: the one that matches.
    pub(super) fn clamped_layer(self) -> Option<usize> {
        (self == Self::Markov).then_some(1)
    }

    /// What is trained, with these `overrides`; a data set is taken from the folder `from`, else from where data sets are fetched to.
    pub(super) fn spec(self, overrides: &[String], from: Option<&Path>) -> Result<Spec, StudyError> {
        let keys = self.keys().map(String::from);
        let keys: Vec<String> = keys.chain(overrides.iter().cloned()).collect();
        let made = |text: &str| {
            Ok(Spec::parse(text, "reproduce causes", &keys).map_err(crate::target::TargetError::from)?)
        };
        match self {
            Self::Copying => made("task = 'copying'"),
            Self::Markov => made("task = 'markov'\n[model]\nkind = 'transformer'"),
            Self::SmsSpam | Self::Multi30k => {
                let options = TargetOptions {
                    needed: self.data(),
                    from: from.map(Path::to_owned),
                    overrides: keys.clone(),
                    ..TargetOptions::default()
                };
                Ok(resolve(self.name(), &options)?.spec)
            }
        }
    }

    fn keys(self) -> impl Iterator<Item = &'static str> {
        let own: &[&str] = match self {
            Self::Copying => &[
                "task.vocabulary=30",
                "task.length=20",
                "model.hidden=64",
                "model.embedding=64",
                "train.batch=64",
                "train.steps=501",
                "record.every=5",
                "record.probes=0",
                "record.checkpoints=[60,120,500]",
            ],
            Self::Markov => &[
                "model.width=16",
                "task.symbols=3",
                "task.sequences=256",
                "train.steps=1100",
                "record.every=20",
                "record.heads=false",
                "record.probes=0",
            ],
            Self::SmsSpam => &[
                "model.embedding=64",
                "model.hidden=64",
                "model.attention_hidden=64",
                "task.max_words=60",
                "train.steps=400",
                "record.every=10",
                "record.probes=300",
                "record.influence=false",
                "record.checkpoints=[300]",
            ],
            Self::Multi30k => &[
                "model.embedding=64",
                "model.hidden=64",
                "model.layers=1",
                "model.dropout=0.1",
                "task.vocabulary=1000",
                "task.bleu='off'",
                "task.max_validation=200",
                "train.steps=800",
                "train.batch=32",
                "train.learning_rate=0.003",
                "record.every=50",
                "record.probes=100",
                "record.influence=false",
                "record.checkpoints=[600]",
            ],
        };
        let form = if self == Self::Markov { &MARKOV_MODEL[..] } else { &[] };
        form.iter().chain(own).copied()
    }
}
