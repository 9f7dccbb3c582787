//! Where a model attends.

use serde::{Deserialize, Serialize};

/// A place in a model at which attention weights arise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Counted from 0.
    pub layer: usize,
    /// Counted from 0.
    pub head: usize,
    /// What attends to what.
    pub kind: PlaceKind,
}

/// What attends to what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PlaceKind {
    /// Positions of a sequence to positions of the same sequence.
    #[serde(rename = "self")]
    SelfAttention,
    /// Positions of the target to positions of the source.
    Cross,
    /// The whole sequence, once, to its positions.
    Pooling,
}

impl PlaceKind {
    /// Its name in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::SelfAttention => "self",
            Self::Cross => "cross",
            Self::Pooling => "pooling",
        }
    }
}

impl Place {
    /// Whether it is in this layer and head; where one is not given, any will do.
    pub fn is_in(&self, layer: Option<usize>, head: Option<usize>) -> bool {
        layer.is_none_or(|layer| layer == self.layer) && head.is_none_or(|head| head == self.head)
    }
}

impl PlaceKind {
    /// The kind that a record names; cross attention if the name is unknown.
    pub fn from_name(name: &str) -> Self {
        [Self::SelfAttention, Self::Pooling]
            .into_iter()
            .find(|kind| kind.name() == name)
            .unwrap_or(Self::Cross)
    }
}

impl Place {
    /// The heads of one layer.
    pub fn heads(layer: usize, heads: usize, kind: PlaceKind) -> Vec<Self> {
        (0..heads).map(|head| Self { layer, head, kind }).collect()
    }
}
