//! What a run is and how it stands.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::StoreError;
use super::file::{read_text, write_atomically};

/// How a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// A process is training it.
    Running,
    /// It was stopped and can be resumed.
    Interrupted,
    /// It could not go on; the manifest has the reason.
    Failed,
    /// It took all steps, or stopped early because it was good enough.
    Finished,
}

impl std::fmt::Display for Status {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Running => "running",
            Self::Interrupted => "interrupted",
            Self::Failed => "failed",
            Self::Finished => "finished",
        })
    }
}

/// `manifest.json`: no times and no paths, so that equal runs have equal manifests.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Format of the run directory.
    pub format: u32,
    /// Version of Onset that began the run.
    pub onset: String,
    /// The task's name.
    pub task: String,
    /// The spec's seed.
    pub seed: u64,
    /// How the run stands.
    pub status: Status,
    /// Steps taken when the manifest was written.
    pub steps_done: u64,
    /// Steps in all.
    pub steps: u64,
    /// SHA-256 of `spec.toml`.
    pub spec_digest: String,
    /// SHA-256 of the data, where it comes from a file.
    pub data_digest: Option<String>,
    /// SHA-256 of the sealed forecast, if there was one when training began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub forecast: Option<String>,
    /// The number of parameters.
    pub parameters: u64,
    /// The evaluation with the lowest held-out loss, where the spec asks for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub best: Option<Best>,
    /// The last recorded scores, without those that are not finite.
    pub scores: BTreeMap<String, f64>,
    /// Why the run failed.
    pub failure: Option<String>,
}

/// The evaluation with the lowest held-out loss.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Its step.
    pub step: u64,
    /// The loss, in nats.
    pub loss: f64,
}

impl Manifest {
    /// The format of run directories that this version writes, and the latest that it reads.
    pub const FORMAT: u32 = 1;

    pub(super) fn read(path: &Path) -> Result<Self, StoreError> {
        let text = read_text(path)?;
        let damaged = |found: String| StoreError::Damaged {
            path: path.into(),
            expected: "manifest",
            found,
            remedy: "the run cannot be continued; delete it and train again",
        };
        let value: serde_json::Value = serde_json::from_str(&text).map_err(|e| damaged(e.to_string()))?;
        let format = value.get("format").and_then(serde_json::Value::as_u64).unwrap_or(0) as u32;
        if format > Self::FORMAT {
            return Err(StoreError::LaterFormat { path: path.into(), found: format, known: Self::FORMAT });
        }
        serde_json::from_value(value).map_err(|e| damaged(e.to_string()))
    }

    pub(super) fn write(&self, path: &Path) -> Result<(), StoreError> {
        let mut finite = self.clone();
        // JSON has no NaN.
        finite.scores.retain(|_, score| score.is_finite());
        let json = serde_json::to_string_pretty(&finite).expect("a manifest is plain data");
        write_atomically(path, (json + "\n").as_bytes())
    }
}
