//! What every comparison of a study stands on: the gold run's probes and the proxies, text by text.

use super::{ClassificationPlan, RunRecord, StudyError};
use crate::probe::Part;
use crate::proxy::Proxies;
use crate::store::Table;
use crate::task::text::TextExample;

/// One row of numbers a text.
pub(super) type Rows = Vec<Vec<f32>>;

/// The texts of one part with all that does not change from checkpoint to checkpoint.
pub(super) struct Reference {
    pub part: Part,
    /// Each text's number in its part of the data.
    numbers: Vec<i64>,
    /// Whether each text's label is the positive one.
    pub positive: Vec<bool>,
    /// Gold α.
    pub alpha: Rows,
    /// Gold Δ.
    pub delta: Rows,
    /// β^px by position, with the label's sign.
    pub embeddings: Rows,
    /// β^lr by position, with the label's sign.
    pub regression: Rows,
    /// First-order co-occurrence by position, with the label's sign.
    pub first_order: Rows,
}

impl Reference {
    /// The reference of `part` from the gold run's probes after `step` steps. Errors if they are of other
    /// texts than the plan's.
    pub fn new(
        plan: &ClassificationPlan,
        gold: &RunRecord,
        step: u64,
        part: Part,
        proxies: &Proxies,
    ) -> Result<Self, StudyError> {
        let columns = ["part", "example", "words", "alpha", "delta"];
        let table = gold.probe_columns(step, &columns)?;
        let rows = rows_of(&table, part)?;
        let numbers: Vec<i64> =
            rows.iter().map(|&row| table.ints("example").map(|e| e[row])).collect::<Result<_, _>>()?;
        let texts = match part {
            Part::Validation => &plan.data.validation,
            Part::Training => &plan.data.train,
        };
        let words = table.text_lists("words")?;
        let mut examples: Vec<&TextExample> = Vec::with_capacity(numbers.len());
        for (&number, &row) in numbers.iter().zip(&rows) {
            let example = texts.get(number as usize).filter(|example| example.words == words[row]);
            examples.push(example.ok_or_else(|| StudyError::OtherTexts {
                path: gold.directory.path().into(),
                other: "the data now".into(),
                difference: format!("{} text {number} differs", part.name()),
            })?);
        }
        let proxy = |table: &[f32]| examples.iter().map(|example| along(example, table)).collect();
        Ok(Self {
            part,
            positive: examples.iter().map(|example| example.positive).collect(),
            alpha: pick(table.float_lists("alpha")?, &rows),
            delta: pick(table.float_lists("delta")?, &rows),
            embeddings: proxy(&proxies.embeddings),
            regression: proxy(&proxies.regression),
            first_order: proxy(&proxies.first_order),
            numbers,
        })
    }

    /// How many texts there are.
    pub fn texts(&self) -> usize {
        self.numbers.len()
    }

    /// `column` of the same texts in another run's probes. Errors if these are of other texts.
    pub fn column(&self, run: &RunRecord, table: &Table, column: &str) -> Result<Rows, StudyError> {
        let rows = rows_of(table, self.part)?;
        let (numbers, lists) = (table.ints("example")?, table.float_lists(column)?);
        let same = rows.len() == self.numbers.len()
            && rows.iter().zip(&self.numbers).all(|(&row, &number)| numbers[row] == number)
            && rows.iter().zip(&self.alpha).all(|(&row, alpha)| lists[row].len() == alpha.len());
        if !same {
            return Err(StudyError::OtherTexts {
                path: run.directory.path().into(),
                other: "the gold run".into(),
                difference: format!(
                    "its {} probes are of other texts, or of other lengths",
                    self.part.name()
                ),
            });
        }
        Ok(pick(lists, &rows))
    }
}

/// The rows of `table` that belong to `part`.
fn rows_of(table: &Table, part: Part) -> Result<Vec<usize>, StudyError> {
    let parts = table.texts("part")?;
    Ok((0..parts.len()).filter(|&row| parts[row] == part.name()).collect())
}

fn pick(lists: &[Vec<f32>], rows: &[usize]) -> Rows {
    rows.iter().map(|&row| lists[row].clone()).collect()
}

/// The numbers of a text's words in `table`, with the label's sign.
fn along(example: &TextExample, table: &[f32]) -> Vec<f32> {
    let sign = if example.positive { 1.0 } else { -1.0 };
    example.tokens.iter().map(|&token| sign * table[token as usize]).collect()
}
