//! The size of a study: the paper's, or one that takes minutes.

use super::{MultiheadSettings, StudySeeds, Subject};
use crate::proxy::EmbeddingSettings;

/// The size of a study.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StudySize {
    /// As in the paper.
    Paper,
    /// Fewer and shorter runs, and smaller models where the paper's are large.
    Quick,
}

/// The configuration of a study of texts or sentence pairs.
#[derive(Debug, Clone, PartialEq)]
pub struct StudyPreset {
    /// Keys of the spec, `table.key=value`, for what a spec file leaves open.
    pub defaults: Vec<String>,
    /// Keys of the spec that win over a spec file.
    pub overrides: Vec<String>,
    /// Seeds of the runs.
    pub seeds: StudySeeds,
    /// Settings of the bag of embeddings.
    pub embeddings: EmbeddingSettings,
}

/// The configuration of the multi-head experiment.
#[derive(Debug, Clone, PartialEq)]
pub struct MultiheadPreset {
    /// Keys of the spec, `table.key=value`.
    pub overrides: Vec<String>,
    /// The numbers of heads, trials and runs.
    pub settings: MultiheadSettings,
    /// Seeds of the bodies.
    pub bodies: Vec<u64>,
}

impl StudySize {
    /// [`Quick`](Self::Quick) if `quick`, else [`Paper`](Self::Paper).
    pub fn quick(quick: bool) -> Self {
        if quick { Self::Quick } else { Self::Paper }
    }

    /// A study of text classification.
    pub fn classification(self) -> StudyPreset {
        // The tables do not use recorded parameters, which take gigabytes for one data set.
        let mut overrides = vec!["record.parameters=false".to_owned()];
        let mut embeddings = EmbeddingSettings::default();
        let mut comparisons = 13..18;
        if self == Self::Quick {
            overrides.push("train.steps=1000".into());
            embeddings.epochs = 20;
            comparisons = 13..15;
        }
        let seeds = StudySeeds { gold: 20, comparisons: comparisons.collect(), uniform: 12 };
        StudyPreset { defaults: Vec::new(), overrides, seeds, embeddings }
    }

    /// A study of translation.
    pub fn translation(self) -> StudyPreset {
        // More than a run records by default: agreement and ξ are means over the recorded pairs.
        let defaults =
            ["task.bleu=full", "task.max_validation=4000", "record.probes=400", "record.influence=100"];
        let (mut overrides, mut embeddings) = (Vec::new(), EmbeddingSettings::default());
        if self == Self::Quick {
            let smaller =
                ["train.steps=4000", "data.max_validation=400", "record.probes=200", "record.influence=50"];
            overrides.extend(smaller.map(String::from));
            embeddings.epochs = 12;
        }
        let defaults = defaults.map(String::from).to_vec();
        let seeds = StudySeeds { gold: 20, comparisons: vec![13], uniform: 12 };
        StudyPreset { defaults, overrides, seeds, embeddings }
    }

    /// The seeds of each setting of the induction study.
    pub fn induction_seeds(self) -> Vec<u64> {
        match self {
            Self::Paper => (0..5).collect(),
            Self::Quick => vec![0, 1],
        }
    }

    /// Seeds of each change of the study of causes.
    pub fn causes_seeds(self, subject: Subject) -> Vec<u64> {
        let quick = match subject {
            Subject::Copying | Subject::SmsSpam => 10,
            Subject::Markov | Subject::Multi30k => 5,
        };
        (0..if self == Self::Quick { quick } else { 20 }).collect()
    }

    /// Seeds of each distribution of a round of theories.
    pub fn round_seeds(self) -> Vec<u64> {
        (0..if self == Self::Quick { 2 } else { 5 }).collect()
    }

    /// Seeds of each setting of two symbols of the study of drops that is fitted, and of each that is held out.
    pub fn drop_seeds(self) -> (Vec<u64>, Vec<u64>) {
        match self {
            Self::Paper => ((0..4).collect(), (100..103).collect()),
            Self::Quick => (Vec::new(), vec![100]),
        }
    }

    /// The multi-head experiment.
    pub fn multihead(self) -> MultiheadPreset {
        match self {
            Self::Paper => MultiheadPreset {
                overrides: Vec::new(),
                settings: MultiheadSettings {
                    heads: 8,
                    repeats: 50,
                    pool: 20,
                    selection_seeds: 3,
                    draws: 400,
                },
                bodies: vec![0],
            },
            Self::Quick => MultiheadPreset {
                overrides: ["data.vocabulary=20", "data.length=20", "model.hidden=64", "model.embedding=64"]
                    .map(String::from)
                    .to_vec(),
                settings: MultiheadSettings {
                    heads: 8,
                    repeats: 20,
                    pool: 10,
                    selection_seeds: 2,
                    draws: 100,
                },
                bodies: vec![0, 1],
            },
        }
    }

    /// Seeds for each pair of vocabulary and length in the phase diagram.
    pub fn phase_seeds(self) -> Vec<u64> {
        (0..if self == Self::Quick { 2 } else { 5 }).collect()
    }
}
