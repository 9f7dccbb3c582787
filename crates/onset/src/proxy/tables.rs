//! All proxies of one text set, computed once and stored with its runs.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::embeddings::{EmbeddingFacts, EmbeddingSettings, train_embeddings};
use super::regression::{RegressionFacts, select_regression};
use crate::store::{Column, StoreError, Table, read_text, write_atomically};
use crate::task::text::{Bags, TextData};
use crate::theory::first_order;

/// One number for each word and proxy, by id; positive for words of the positive label.
#[derive(Debug, Clone, PartialEq)]
pub struct Proxies {
    /// β^px, of the bag of embeddings.
    pub embeddings: Vec<f32>,
    /// β^lr, of the logistic regression.
    pub regression: Vec<f32>,
    /// The first-order co-occurrence table.
    pub first_order: Vec<f32>,
    /// Their provenance.
    pub facts: ProxyFacts,
}

/// The provenance of proxies.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProxyFacts {
    /// SHA-256 of the data.
    pub data_digest: String,
    /// Size of the vocabulary.
    pub vocabulary: usize,
    /// Training texts.
    pub train: usize,
    /// Held-out texts.
    pub validation: usize,
    /// Settings of the bag of embeddings.
    pub embedding_settings: EmbeddingSettings,
    /// The result of its training.
    pub embeddings: EmbeddingFacts,
    /// The result of the logistic regression.
    pub regression: RegressionFacts,
}

/// Why the proxies could not be computed or read.
#[derive(Debug, thiserror::Error)]
pub enum ProxyError {
    /// Reading or writing failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The computation was cancelled.
    #[error("stopped before the proxies were ready")]
    Interrupted,
}

impl Proxies {
    /// Computes all proxies from the training texts; `None` if `cancel` returns true.
    pub fn compute(data: &TextData, settings: &EmbeddingSettings, cancel: &dyn Fn() -> bool) -> Option<Self> {
        let vocabulary = data.vocabulary.len();
        let [train, validation] = [&data.train, &data.validation].map(|texts| Bags::of(texts, vocabulary));
        let first_order = first_order(&train);
        let (regression, regression_facts) = select_regression(&train, &validation, cancel)?;
        let texts: Vec<&[u32]> = (0..data.train.len()).map(|text| data.train.tokens(text)).collect();
        let (embeddings, embedding_facts) =
            train_embeddings(&texts, &train.positive, &validation, settings, cancel)?;
        let facts = ProxyFacts {
            data_digest: data.digest.clone(),
            vocabulary,
            train: train.len(),
            validation: validation.len(),
            embedding_settings: settings.clone(),
            embeddings: embedding_facts,
            regression: regression_facts,
        };
        Some(Self { embeddings, regression, first_order, facts })
    }

    /// Reads the proxies in `folder` if they belong to this data and these settings; otherwise computes and writes
    /// them.
    pub fn ensure(
        folder: &Path,
        data: &TextData,
        settings: &EmbeddingSettings,
        cancel: &dyn Fn() -> bool,
    ) -> Result<Self, ProxyError> {
        if let Some(proxies) = Self::read(folder)
            && proxies.facts.data_digest == data.digest
            && proxies.facts.vocabulary == data.vocabulary.len()
            && proxies.facts.train == data.train.len()
            && proxies.facts.validation == data.validation.len()
            && proxies.facts.embedding_settings == *settings
        {
            return Ok(proxies);
        }
        let proxies = Self::compute(data, settings, cancel).ok_or(ProxyError::Interrupted)?;
        proxies.write(folder, data)?;
        Ok(proxies)
    }

    /// Writes `proxies.parquet`, one row for each word, and their provenance as `proxies.json`.
    fn write(&self, folder: &Path, data: &TextData) -> Result<(), StoreError> {
        let ids = || 0..data.vocabulary.len() as u32;
        let floats = |table: &[f32]| Column::Float(table.iter().map(|&x| f64::from(x)).collect());
        let table = Table::new()
            .with("word", Column::Text(ids().map(|id| data.vocabulary.word(id).into()).collect()))
            .with("count", Column::Int(ids().map(|id| data.vocabulary.count(id) as i64).collect()))
            .with("beta_px", floats(&self.embeddings))
            .with("beta_lr", floats(&self.regression))
            .with("first_order", floats(&self.first_order));
        let [tables, facts] = paths(folder);
        table.write(&tables)?;
        let json = serde_json::to_string_pretty(&self.facts).expect("facts are plain data");
        write_atomically(&facts, (json + "\n").as_bytes())
    }

    /// Reads the files of [`Proxies::write`]. `None` if they are missing or damaged; the caller then computes them
    /// again.
    fn read(folder: &Path) -> Option<Self> {
        let [tables, facts] = paths(folder);
        let facts: ProxyFacts = serde_json::from_str(&read_text(&facts).ok()?).ok()?;
        let table = Table::read(&tables).ok()?;
        let column = |name: &str| -> Option<Vec<f32>> {
            let numbers = table.floats(name).ok()?;
            (numbers.len() == facts.vocabulary).then(|| numbers.iter().map(|&x| x as f32).collect())
        };
        Some(Self {
            embeddings: column("beta_px")?,
            regression: column("beta_lr")?,
            first_order: column("first_order")?,
            facts,
        })
    }
}

fn paths(folder: &Path) -> [PathBuf; 2] {
    [folder.join("proxies.parquet"), folder.join("proxies.json")]
}
