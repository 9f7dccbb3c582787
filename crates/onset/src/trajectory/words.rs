//! Every word over all checkpoints: when the model learned it, and when attention found it.

use serde::{Serialize, Serializer};

use super::Unreadable;
use super::thin::significant;
use super::unreadable::Reader;
use super::{paired_words, relevant_words, text_words};
use crate::agreement::{Measure, is_at_top, score_rows};
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
    /// What `known` of a word is judged by.
    pub known_by: KnownBy,
    /// The words, the most frequent first.
    pub words: Vec<WordCourse>,
    /// Agreement of α and of β at each checkpoint with α at the last (paper, "Agreement"); empty without β.
    pub agreement: Vec<WordLine>,
    /// The checkpoints that are left out because they cannot be read.
    pub unreadable: Vec<Unreadable>,
}

/// What it is judged by whether a word is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum KnownBy {
    /// β: the word's state alone is enough.
    #[default]
    Beta,
    /// The model's predictions, to which attention contributes. The word is predicted, rather than known.
    Prediction,
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
    /// The checkpoint from which on the word counts as learned.
    pub known: Option<u64>,
    /// The checkpoint from which on attention finds it.
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
    /// Places where the word is predicted, rightly or not.
    pub predicted: usize,
}

impl Sums {
    pub fn mean(&self, sum: f64) -> f32 {
        if self.count == 0 { f32::NAN } else { (sum / self.count as f64) as f32 }
    }

    pub fn share(&self, count: usize) -> f32 {
        self.mean(count as f64)
    }
}

/// The step from which on more than half of the occurrences are counted, at this checkpoint and at each later one.
pub(super) fn over_half_from(steps: &[u64], sums: &[Sums], counted: impl Fn(&Sums) -> usize) -> Option<u64> {
    let holds = |at: &&Sums| at.count > 0 && 2 * counted(at) > at.count;
    let count = sums.iter().rev().take_while(holds).count();
    (count > 0).then(|| steps.get(sums.len() - count).copied()).flatten()
}

/// Whether a row ranks a position among its top 5 %. A row whose entries are all equal ranks none.
pub(super) fn ranks(row: &[f32], place: usize) -> bool {
    is_at_top(row, place) && row.iter().any(|&x| x < row[place])
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_known_from_the_checkpoint_on_from_which_it_stays_known() {
        let of = |shares: &[usize]| {
            let sums: Vec<Sums> =
                shares.iter().map(|&beta_top| Sums { count: 10, beta_top, ..Sums::default() }).collect();
            let steps: Vec<u64> = (0..shares.len() as u64).map(|place| 10 * place).collect();
            over_half_from(&steps, &sums, |at| at.beta_top)
        };
        // An untrained model that happens to rank it, and then does not.
        assert_eq!(of(&[10, 0, 0, 6, 7]), Some(30));
        assert_eq!(of(&[10, 0, 0, 0, 5]), None);
        assert_eq!(of(&[6, 7]), Some(0));
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn uniform_weights_rank_nothing() {
        assert!(!ranks(&[0.25; 4], 2) && ranks(&[0.2, 0.2, 0.4, 0.2], 2) && !ranks(&[0.2, 0.2, 0.4, 0.2], 1));
    }
}
