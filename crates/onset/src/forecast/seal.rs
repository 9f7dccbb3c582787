//! A forecast in a run directory: written before training begins, and unchanged since.
//!
//! When training begins, the run's manifest takes the digest of the forecast that is there. A forecast counts only if
//! it still has that digest, and was made for the run's spec and data by the version that trained.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::{ForecastError, PredictedAttention, Prediction};
use crate::spec::Spec;
use crate::store::{
    Column, FORECAST, FORECAST_ATTENTION, Manifest, RunDirectory, StoreError, Table, digest, read_text,
    write_atomically,
};
use crate::train::Prepared;

/// A prediction, and what it is of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Forecast {
    /// Format of this file.
    pub format: u32,
    /// Version of Onset that made it.
    pub onset: String,
    /// SHA-256 of the resolved spec.
    pub spec_digest: String,
    /// SHA-256 of the data, where there is a file behind it.
    pub data_digest: Option<String>,
    /// When it was written, in seconds since 1970.
    pub written: u64,
    /// SHA-256 of the table of foretold attention, where there is one.
    pub attention_digest: Option<String>,
    /// What is said.
    pub prediction: Prediction,
}

/// Whether a forecast counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Standing {
    /// It was there before training began, and is as it was.
    Sealed,
    /// Training has not begun.
    Waiting,
    /// It does not count, for this reason.
    Void(String),
}

impl Forecast {
    /// Writes what is said of `spec` into the folder `path`, in which there is no run yet. Returns the digest that
    /// seals it.
    pub fn write(
        path: &Path,
        spec: &Spec,
        data: &Prepared,
        said: &(Prediction, PredictedAttention),
    ) -> Result<String, ForecastError> {
        if RunDirectory::exists(path) {
            return Err(ForecastError::Begun { path: path.into() });
        }
        std::fs::create_dir_all(path).map_err(|source| StoreError::Io {
            action: "create the folder",
            path: path.into(),
            source,
        })?;
        let (prediction, attention) = said;
        let attention_digest = match attention.alpha.is_empty() {
            true => None,
            false => Some(write_attention(&path.join(FORECAST_ATTENTION), attention)?),
        };
        let forecast = Self {
            format: 1,
            onset: env!("CARGO_PKG_VERSION").into(),
            spec_digest: digest(spec.to_toml().as_bytes()),
            data_digest: data.digest().map(String::from),
            written: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()),
            attention_digest,
            prediction: prediction.clone(),
        };
        let json = serde_json::to_string_pretty(&forecast).expect("plain data");
        write_atomically(&path.join(FORECAST), json.as_bytes())?;
        Ok(digest(json.as_bytes()))
    }

    /// Reads the forecast of the folder `path`, if there is one.
    pub fn read(path: &Path) -> Result<Option<Self>, StoreError> {
        let path = path.join(FORECAST);
        if !path.exists() {
            return Ok(None);
        }
        let text = read_text(&path)?;
        let damaged = |found: String| StoreError::Damaged {
            path: path.clone(),
            expected: "forecast",
            found,
            remedy: "it cannot be scored; delete it, and write the next one before training",
        };
        serde_json::from_str(&text).map(Some).map_err(|error| damaged(error.to_string()))
    }

    /// The attention that it foretells.
    pub fn attention(path: &Path) -> Result<PredictedAttention, StoreError> {
        let table = Table::read(&path.join(FORECAST_ATTENTION))?;
        Ok(PredictedAttention {
            example: table.ints("example")?.to_vec(),
            position: table.ints("position")?.to_vec(),
            alpha: table.float_lists("alpha")?.to_vec(),
        })
    }

    /// Whether it counts for the run in the folder `path`, of which `manifest` tells (none if it has not begun).
    pub fn standing(&self, path: &Path, manifest: Option<&Manifest>) -> Standing {
        let Some(manifest) = manifest else { return Standing::Waiting };
        let digest_of = |name: &str| std::fs::read(path.join(name)).ok().map(|bytes| digest(&bytes));
        let Some(sealed) = &manifest.forecast else {
            return Standing::Void("it was written after training had begun".into());
        };
        let reasons = [
            (digest_of(FORECAST).as_ref() != Some(sealed), "it was changed after training had begun"),
            (
                self.attention_digest.is_some() && digest_of(FORECAST_ATTENTION) != self.attention_digest,
                "its table of attention was changed",
            ),
            (self.spec_digest != manifest.spec_digest, "it is of another spec"),
            (self.data_digest != manifest.data_digest, "it is of other data"),
            (self.onset != manifest.onset, "it was made by another version of Onset than trained the run"),
        ];
        match reasons.into_iter().find(|(holds, _)| *holds) {
            Some((_, reason)) => Standing::Void(reason.into()),
            None => Standing::Sealed,
        }
    }
}

fn write_attention(path: &PathBuf, attention: &PredictedAttention) -> Result<String, StoreError> {
    Table::new()
        .with("example", Column::Int(attention.example.clone()))
        .with("position", Column::Int(attention.position.clone()))
        .with("alpha", Column::Floats(attention.alpha.clone()))
        .write(path)?;
    let bytes = std::fs::read(path).map_err(|source| StoreError::Io {
        action: "read",
        path: path.clone(),
        source,
    })?;
    Ok(digest(&bytes))
}
