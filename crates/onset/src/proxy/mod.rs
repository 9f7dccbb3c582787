//! Proxies: models of word counts alone, without word order and without attention (paper, "Notation": β^px and β^lr).
//!
//! Their input is [`Bags`](crate::task::text::Bags). A proxy assigns a number to each word. [`Proxies`] has all proxies
//! and the closed-form table of [`theory`](crate::theory).

mod embeddings;
mod pair_embeddings;
mod pair_tables;
mod regression;
mod tables;

pub use embeddings::{BagOfEmbeddings, EmbeddingFacts, EmbeddingSettings, train_embeddings};
pub use pair_embeddings::{PairEmbeddingFacts, PairEmbeddings};
pub use pair_tables::{PairProxies, PairProxyFacts};
pub use regression::{Fit, RegressionFacts, STRENGTHS, fit, select_regression};
pub use tables::{Proxies, ProxyError, ProxyFacts};
