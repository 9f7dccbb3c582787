//! One example at all checkpoints, as plain data.

use serde::{Serialize, Serializer};

use super::Unreadable;
use super::thin::significant;
use crate::model::Place;

/// α, β or Δ of one example at each checkpoint.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Course {
    /// `alpha`, `beta` or `delta`.
    pub key: &'static str,
    /// Its name in figures.
    pub name: &'static str,
    /// Its description in a few words.
    pub title: &'static str,
    /// The values at each checkpoint, flattened with source positions fastest; empty where they were not recorded.
    #[serde(serialize_with = "lists")]
    pub values: Vec<Vec<f32>>,
}

/// An example whose attribution records are matrices (target positions × source positions).
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct MatrixCourse {
    /// The checkpoints.
    pub steps: Vec<u64>,
    /// The source tokens.
    pub source: Vec<String>,
    /// The target tokens.
    pub target: Vec<String>,
    /// The most probable token at each checkpoint and target position.
    pub predicted: Vec<Vec<String>>,
    /// The right source position of each target position; −1 where it is unknown.
    pub relevant: Vec<i64>,
    /// The places at which the example was recorded.
    pub places: Vec<Place>,
    /// The layer of the place that is shown.
    pub layer: i64,
    /// The head of the place that is shown.
    pub head: i64,
    /// The attribution records of the example.
    pub probes: Vec<Course>,
    /// The checkpoints that are left out because they cannot be read.
    pub unreadable: Vec<Unreadable>,
}

/// A text, whose attribution records have one number for each word.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct TextCourse {
    /// The checkpoints.
    pub steps: Vec<u64>,
    /// Its words.
    pub words: Vec<String>,
    /// The names of the labels.
    pub label_names: Vec<String>,
    /// The name of its label.
    pub label: String,
    /// The name of the label that is predicted at each checkpoint.
    pub predicted: Vec<String>,
    /// At each checkpoint, with two labels the score, which is positive for the second; with more the log-odds of its own.
    pub logit: Vec<f32>,
    /// The attribution records of the text.
    pub probes: Vec<Course>,
    /// The checkpoints that are left out because they cannot be read.
    pub unreadable: Vec<Unreadable>,
}

/// One example at all checkpoints.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum ExampleCourse {
    /// Copying or translation.
    Matrix(MatrixCourse),
    /// Classification.
    Text(TextCourse),
}

impl Course {
    /// α, β or Δ (`key`), without values yet. `beta` is the name and the title of β.
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
