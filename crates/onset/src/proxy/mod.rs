//! Probes that see only which words occur in which texts: no order, no attention (paper, "Notation": β^px and
//! β^lr).
//!
//! A [`Bags`] is what they see. Each proxy is one number a word; [`Proxies`] holds them all, beside the
//! closed-form table of [`theory`](crate::theory).

mod bags;
mod embeddings;
mod pair_embeddings;
mod pair_tables;
mod regression;
mod tables;

pub use bags::Bags;
pub use embeddings::{BagOfEmbeddings, EmbeddingFacts, EmbeddingSettings, train_embeddings};
pub use pair_embeddings::{PairEmbeddingFacts, PairEmbeddings};
pub use pair_tables::{PairProxies, PairProxyFacts};
pub use regression::{Fit, RegressionFacts, STRENGTHS, fit, select_regression};
pub use tables::{Proxies, ProxyError, ProxyFacts};
