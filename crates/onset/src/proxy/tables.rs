//! All proxies of one text set, computed once and stored with its runs.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::embeddings::{EmbeddingFacts, EmbeddingSettings, train_embeddings};
use super::regression::{RegressionFacts, select_regression};
use crate::batch::Link;
use crate::store::{Column, StoreError, Table, read_text, write_atomically};
use crate::task::text::{Bags, TextData, WordTable, WordUnit};
use crate::theory::first_order;

/// A table of each proxy: its numbers for each word.
#[derive(Debug, Clone, PartialEq)]
pub struct Proxies {
    /// β^px, of the bag of embeddings.
    pub embeddings: WordTable,
    /// β^lr, of the logistic regression.
    pub regression: WordTable,
    /// The first-order co-occurrence table.
    pub first_order: WordTable,
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
    /// Labels.
    #[serde(default = "two")]
    pub labels: usize,
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

/// The labels of files that do not say so.
fn two() -> usize {
    2
}

/// Why there are no proxies.
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
        let (vocabulary, labels) = (data.vocabulary.len(), data.label_names.len());
        let [train, validation] =
            [&data.train, &data.validation].map(|texts| Bags::of(texts, vocabulary, labels));
        let first_order = first_order(&train);
        let (regression, regression_facts) = select_regression(&train, &validation, cancel)?;
        let texts: Vec<&[u32]> = (0..data.train.len()).map(|text| data.train.tokens(text)).collect();
        let (embeddings, embedding_facts) =
            train_embeddings(&texts, &train.labels, &validation, settings, cancel)?;
        let facts = ProxyFacts {
            data_digest: data.digest.clone(),
            vocabulary,
            labels,
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
            && proxies.facts.labels == data.label_names.len()
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

    /// Writes `proxies.parquet`, one row for each word (of more than two labels, a list with a number for each), and `proxies.json`, their provenance.
    fn write(&self, folder: &Path, data: &TextData) -> Result<(), StoreError> {
        let ids = || 0..data.vocabulary.len() as u32;
        let table = Table::new()
            .with("word", Column::Text(ids().map(|id| data.vocabulary.word(id).into()).collect()))
            .with("count", Column::Int(ids().map(|id| data.vocabulary.count(id) as i64).collect()))
            .with("beta_px", column_of(&self.embeddings))
            .with("beta_lr", column_of(&self.regression))
            .with("first_order", column_of(&self.first_order));
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
        let link = Link::of(facts.labels);
        let column = |name: &str, unit: WordUnit| -> Option<WordTable> {
            let numbers: Vec<f32> = match link {
                Link::Logistic => table.floats(name).ok()?.iter().map(|&x| x as f32).collect(),
                Link::Softmax(_) => table.float_lists(name).ok()?.concat(),
            };
            (numbers.len() == facts.vocabulary * link.width()).then_some(WordTable { link, unit, numbers })
        };
        Some(Self {
            embeddings: column("beta_px", WordUnit::Scores)?,
            regression: column("beta_lr", WordUnit::Scores)?,
            first_order: column("first_order", WordUnit::Covariances)?,
            facts,
        })
    }
}

/// The numbers of a table as a column.
fn column_of(table: &WordTable) -> Column {
    match table.link {
        Link::Logistic => Column::Float(table.numbers.iter().map(|&x| f64::from(x)).collect()),
        Link::Softmax(_) => {
            Column::Floats((0..table.len() as u32).map(|word| table.row(word).to_vec()).collect())
        }
    }
}

fn paths(folder: &Path) -> [PathBuf; 2] {
    [folder.join("proxies.parquet"), folder.join("proxies.json")]
}
