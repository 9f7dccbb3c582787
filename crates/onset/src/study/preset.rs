//! How large a study is: as the paper's, or so small that it takes minutes.

use super::{MultiheadSettings, StudySeeds};
use crate::proxy::EmbeddingSettings;

/// How large a study is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StudySize {
    /// As in the paper.
    Paper,
    /// Fewer and shorter runs, and smaller models where the paper's are large.
    Quick,
}

/// What a study of texts or sentence pairs is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct StudyPreset {
    /// Keys of the spec, `table.key=value`.
    pub overrides: Vec<String>,
    /// Seeds of the runs.
    pub seeds: StudySeeds,
    /// How the bag of embeddings is trained.
    pub embeddings: EmbeddingSettings,
}

/// What the multi-head experiment is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct MultiheadPreset {
    /// Keys of the spec, `table.key=value`.
    pub overrides: Vec<String>,
    /// How many heads, trials and runs.
    pub settings: MultiheadSettings,
    /// Seeds of the bodies.
    pub bodies: Vec<u64>,
}

impl StudySize {
    /// [`Quick`](Self::Quick) if `quick` holds.
    pub fn quick(quick: bool) -> Self {
        if quick { Self::Quick } else { Self::Paper }
    }

    /// A study of text classification.
    pub fn classification(self) -> StudyPreset {
        // The tables need no parameters, and those of one set are some gigabytes.
        let mut overrides = vec!["record.parameters=false".to_owned()];
        let mut embeddings = EmbeddingSettings::default();
        let mut comparisons = 13..18;
        if self == Self::Quick {
            overrides.push("train.steps=1000".into());
            embeddings.epochs = 20;
            comparisons = 13..15;
        }
        let seeds = StudySeeds { gold: 20, comparisons: comparisons.collect(), uniform: 12 };
        StudyPreset { overrides, seeds, embeddings }
    }

    /// A study of translation.
    pub fn translation(self) -> StudyPreset {
        let (mut overrides, mut embeddings) = (Vec::new(), EmbeddingSettings::default());
        if self == Self::Quick {
            let smaller =
                ["train.steps=4000", "data.max_validation=400", "record.probes=200", "record.influence=50"];
            overrides.extend(smaller.map(String::from));
            embeddings.epochs = 12;
        }
        let seeds = StudySeeds { gold: 20, comparisons: vec![13], uniform: 12 };
        StudyPreset { overrides, seeds, embeddings }
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

    /// Seeds of each pair of vocabulary and length in the phase diagram.
    pub fn phase_seeds(self) -> Vec<u64> {
        (0..if self == Self::Quick { 2 } else { 5 }).collect()
    }
}
