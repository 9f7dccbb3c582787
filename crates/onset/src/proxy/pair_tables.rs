//! The proxies of one set of sentence pairs, computed once and stored with its runs.

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::pair_embeddings::{PairEmbeddingFacts, PairEmbeddings};
use super::{EmbeddingSettings, ProxyError};
use crate::store::{StoreError, read_text, write_atomically};
use crate::task::pairs::PairData;
use crate::theory::CoOccurrence;
use crate::watch::Watch;

/// The effect of each source word on each target word, from co-occurrence alone.
pub struct PairProxies {
    embeddings: PairEmbeddings,
    /// Rows of β^px computed so far, by source word.
    rows: HashMap<u32, Vec<f32>>,
    /// The first-order co-occurrence table.
    pub first_order: CoOccurrence,
    /// Their provenance.
    pub facts: PairProxyFacts,
}

/// The provenance of the proxies of sentence pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PairProxyFacts {
    /// SHA-256 of the data.
    pub data_digest: String,
    /// Size of the subword vocabulary.
    pub vocabulary: usize,
    /// Training pairs.
    pub train: usize,
    /// Held-out pairs.
    pub validation: usize,
    /// Settings of the bag of embeddings.
    pub embedding_settings: EmbeddingSettings,
    /// The result of its training.
    pub embeddings: PairEmbeddingFacts,
}

impl PairProxies {
    /// Reads the bag of embeddings in `folder` if it belongs to this data and these settings; otherwise trains and
    /// writes it, unless `watch` cancels. The co-occurrence table is counted every time, which takes a second.
    pub fn ensure(
        folder: &Path,
        data: &PairData,
        settings: &EmbeddingSettings,
        watch: &mut Watch<'_>,
    ) -> Result<Self, ProxyError> {
        let vocabulary = data.subwords.len();
        let first_order =
            CoOccurrence::of(data.train.iter().map(|pair| (&pair.source[..], &pair.target[1..])), vocabulary);
        let mut embeddings = PairEmbeddings::new(settings.width, vocabulary, settings.seed);
        let [parameters, json] = ["proxies.safetensors", "proxies.json"].map(|name| folder.join(name));
        let known = read_text(&json).ok().and_then(|text| serde_json::from_str::<PairProxyFacts>(&text).ok());
        let facts = match known {
            Some(facts) if facts.is_of(data, settings) && embeddings.load(&parameters).is_ok() => facts,
            _ => {
                // First, so that minutes are not spent on what cannot be kept.
                std::fs::create_dir_all(folder)
                    .map_err(|e| StoreError::io("create the folder", folder, e))?;
                let ControlFlow::Continue(trained) =
                    embeddings.train(&data.train, &data.validation, settings, watch)
                else {
                    return Err(ProxyError::Interrupted);
                };
                let facts = PairProxyFacts {
                    data_digest: data.digest.clone(),
                    vocabulary,
                    train: data.train.len(),
                    validation: data.validation.len(),
                    embedding_settings: settings.clone(),
                    embeddings: trained,
                };
                embeddings.write(&parameters)?;
                let text = serde_json::to_string_pretty(&facts).expect("facts are plain data");
                write_atomically(&json, (text + "\n").as_bytes())?;
                facts
            }
        };
        Ok(Self { embeddings, rows: HashMap::new(), first_order, facts })
    }

    /// β^px(`source`, o) for every target word o, in nats.
    pub fn row(&mut self, source: u32) -> &[f32] {
        self.rows.entry(source).or_insert_with(|| self.embeddings.row(source))
    }

    /// The `count` most probable target words by β^px for a source that consists of the word `source` alone, with their
    /// probabilities; ties by id.
    pub fn top(&mut self, source: u32, count: usize) -> Vec<(u32, f64)> {
        let row = self.embeddings.row(source);
        let mut words: Vec<u32> = (0..row.len() as u32).collect();
        let order = |&a: &u32, &b: &u32| row[b as usize].total_cmp(&row[a as usize]).then(a.cmp(&b));
        if count < words.len() {
            words.select_nth_unstable_by(count, order);
            words.truncate(count);
        }
        words.sort_by(order);
        words.into_iter().map(|word| (word, f64::from(row[word as usize]).exp())).collect()
    }
}

impl PairProxyFacts {
    fn is_of(&self, data: &PairData, settings: &EmbeddingSettings) -> bool {
        self.data_digest == data.digest
            && self.vocabulary == data.subwords.len()
            && self.train == data.train.len()
            && self.validation == data.validation.len()
            && self.embedding_settings == *settings
    }
}
