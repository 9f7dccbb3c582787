//! Every word over all checkpoints: when the model learned it, and when attention found it.

use serde::{Serialize, Serializer};

use super::Unreadable;
use super::thin::significant;
use super::unreadable::Reader;
use super::{paired_words, relevant_words, text_words};
use crate::agreement::{Measure, score_rows};
use crate::model::PlaceKind;
use crate::record::Records;
use crate::store::{RunDirectory, StoreError};

/// Words with fewer occurrences are omitted.
pub(super) const AT_LEAST: usize = 5;

/// Tokens that are not words.
pub(super) const MARKS: [&str; 6] = ["<pad>", "<s>", "</s>", "<unk>", "begin", "end"];

/// Largest number of words; the most frequent are kept.
pub(super) const MOST: usize = 3000;

/// The words of a run's recorded examples.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct WordCourses {
    /// The checkpoints.
    pub steps: Vec<u64>,
    /// The criteria by which a word counts as learned, and as found by attention.
    pub rule: &'static str,
    /// The words, the most frequent first.
    pub words: Vec<WordCourse>,
    /// Agreement of α and of β at each checkpoint with α at the last (paper, "Agreement"); empty without β.
    pub agreement: Vec<WordLine>,
    /// The checkpoints that are left out because they cannot be read.
    pub unreadable: Vec<Unreadable>,
}

/// One word over all checkpoints.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WordCourse {
    /// The word.
    pub word: String,
    /// Its translation, for sentence pairs.
    pub translation: Option<String>,
    /// The number of its occurrences (with its translation) in the recorded examples.
    pub occurrences: usize,
    /// The first checkpoint at which the word counts as learned.
    pub known: Option<u64>,
    /// The first checkpoint at which attention finds it.
    pub found: Option<u64>,
    /// Its curves.
    #[serde(skip)]
    pub lines: Vec<WordLine>,
}

/// One number for a word at each checkpoint.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WordLine {
    /// A short name for programs.
    pub key: &'static str,
    /// Its name in figures.
    pub name: &'static str,
    /// The value at each checkpoint.
    #[serde(serialize_with = "numbers")]
    pub values: Vec<f32>,
}

/// The words of a run, from all of its attribution records. Checkpoints that cannot be read are left out and named;
/// errors if none can.
pub fn word_courses(directory: &RunDirectory) -> Result<WordCourses, StoreError> {
    let records = Records::of(directory);
    let mut reader = Reader::of(directory);
    let table = reader.last(&mut records.steps(), |step| records.columns(step, &["kind", "relevant"]));
    reader.finish()?;
    let Some(table) = table else { return Ok(WordCourses::default()) };
    let pooling = table.texts("kind")?.iter().all(|kind| kind == PlaceKind::Pooling.name());
    match table.ints("relevant")?.iter().any(|&place| place >= 0) {
        _ if pooling => text_words::courses(directory),
        true => relevant_words::courses(directory),
        false => paired_words::courses(directory),
    }
}

/// Sums over the occurrences of a word at one checkpoint.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    pub count: usize,
    pub alpha: f64,
    pub beta: f64,
    /// Occurrences that α ranks first (or among the top 5 %); `beta_top` is the same for β.
    pub alpha_top: usize,
    pub beta_top: usize,
}

impl Sums {
    pub fn mean(&self, sum: f64) -> f32 {
        if self.count == 0 { f32::NAN } else { (sum / self.count as f64) as f32 }
    }

    pub fn share(&self, count: usize) -> f32 {
        self.mean(count as f64)
    }
}

/// The first step at which more than half of the occurrences are counted.
pub(super) fn first_over_half(steps: &[u64], sums: &[Sums], counted: impl Fn(&Sums) -> usize) -> Option<u64> {
    let place = sums.iter().position(|at| at.count > 0 && 2 * counted(at) > at.count)?;
    steps.get(place).copied()
}

/// The agreement A of `first` with `second`, row by row; NaN if they are not of the same examples.
pub(super) fn agreement_of(first: &[Vec<f32>], second: &[Vec<f32>]) -> f32 {
    let same = first.len() == second.len() && first.iter().zip(second).all(|(a, b)| a.len() == b.len());
    let mean = same.then(|| score_rows(Measure::Top, first, second).mean()).flatten();
    mean.map_or(f32::NAN, |mean| mean as f32)
}

fn numbers<S: Serializer>(values: &[f32], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().map(|&value| significant(f64::from(value))))
}
