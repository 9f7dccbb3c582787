//! One example through all checkpoints, as plain data.

use serde::{Serialize, Serializer};

use super::thin::significant;
use crate::model::Place;

/// A probe of one example at each checkpoint.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Course {
    /// `alpha`, `beta` or `delta`.
    pub key: &'static str,
    /// What figures call it.
    pub name: &'static str,
    /// What it is, in a few words.
    pub title: &'static str,
    /// At each checkpoint its numbers, the source positions fastest; empty where it was not recorded.
    #[serde(serialize_with = "lists")]
    pub values: Vec<Vec<f32>>,
}

/// An example whose probes are matrices of target by source positions.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct MatrixCourse {
    /// The checkpoints.
    pub steps: Vec<u64>,
    /// Words of the source.
    pub source: Vec<String>,
    /// Words of the target.
    pub target: Vec<String>,
    /// At each checkpoint, the most likely token at each target position.
    pub predicted: Vec<Vec<String>>,
    /// The right source position of each target position; −1 where it is not known.
    pub relevant: Vec<i64>,
    /// The places at which the example is on record.
    pub places: Vec<Place>,
    /// The place that is shown: its layer and head.
    pub layer: i64,
    /// See `layer`.
    pub head: i64,
    /// The probes that are on record.
    pub probes: Vec<Course>,
}

/// A text, which has one number for each word.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TextCourse {
    /// The checkpoints.
    pub steps: Vec<u64>,
    /// Its words.
    pub words: Vec<String>,
    /// Negative, positive.
    pub label_names: [String; 2],
    /// Whether its label is the positive one.
    pub positive: bool,
    /// The model's score at each checkpoint; above 0 it takes the text for positive.
    pub logit: Vec<f32>,
    /// The probes that are on record.
    pub probes: Vec<Course>,
}

/// One example through all checkpoints.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum ExampleCourse {
    /// Copying or translation.
    Matrix(MatrixCourse),
    /// Classification.
    Text(TextCourse),
}

impl Course {
    /// α, β or Δ, without values yet. Where `key` is `beta`, its values are those that `beta_name` says.
    pub(super) fn named(key: &'static str, beta: (&'static str, &'static str)) -> Self {
        let (name, title) = match key {
            "alpha" => ("α", "attention"),
            "beta" => beta,
            _ => ("Δ", "influence on the right answer"),
        };
        Self { key, name, title, values: Vec::new() }
    }
}

fn lists<S: Serializer>(values: &[Vec<f32>], serializer: S) -> Result<S::Ok, S::Error> {
    let short = |list: &Vec<f32>| list.iter().map(|&x| significant(f64::from(x))).collect::<Vec<_>>();
    serializer.collect_seq(values.iter().map(short))
}
