//! The fixed side of every comparison of a study: the gold run's attribution records and the proxies, row by row.
//!
//! A row is one text (classification), or one target position of a sentence pair.

use super::{Pair, RunRecord, StudyError};
use crate::proxy::{PairProxies, Proxies};
use crate::store::Table;
use crate::task::Split;
use crate::task::pairs::{PairData, PairExample};
use crate::task::text::{TextData, TextExample, WordTable};

/// Rows of numbers, with one number for each source position.
pub(crate) type Rows = Vec<Vec<f32>>;

/// The rows of one split, with all values that are the same at every checkpoint.
pub(crate) struct Reference {
    pub part: Split,
    /// The names of the columns that identify a row; `keys` has their values, column by column.
    key_names: &'static [&'static str],
    pub keys: Vec<Vec<i64>>,
    /// The number of each row's text or pair among those that are compared.
    pub examples: Vec<usize>,
    /// Each row's label, and how many labels there are, where there are any.
    pub labels: Option<(Vec<u32>, usize)>,
    /// Gold α.
    pub alpha: Rows,
    /// Gold Δ; NaN in rows without a record of it.
    pub delta: Rows,
    /// The number of rows without a record of Δ.
    pub without_delta: usize,
    /// β^px.
    pub embeddings: Rows,
    /// β^lr; `None` without labels.
    pub regression: Option<Rows>,
    /// First-order co-occurrence.
    pub first_order: Rows,
}

/// The gold run's attribution records on one split.
struct Gold<'a> {
    run: &'a RunRecord,
    table: Table,
    rows: Vec<usize>,
    keys: Vec<Vec<i64>>,
}

impl<'a> Gold<'a> {
    /// Reads `columns`, the key columns, α and Δ after `step` steps.
    fn read(
        run: &'a RunRecord,
        step: u64,
        part: Split,
        key_names: &[&str],
        columns: &[&str],
    ) -> Result<Self, StudyError> {
        let table = run.probe_columns(step, &[&["split", "alpha", "delta"], key_names, columns].concat())?;
        let rows = rows_of(&table, part)?;
        let keys = keys_of(&table, key_names, &rows)?;
        Ok(Self { run, table, rows, keys })
    }

    fn other_data(&self, part: Split, number: i64) -> StudyError {
        StudyError::OtherTexts {
            path: self.run.directory.path().into(),
            other: "the data now".into(),
            difference: format!("{} example {number} differs", part.name()),
        }
    }

    /// Gold α and Δ, and the number of rows without a record of Δ.
    fn attention(&self) -> Result<(Rows, Rows, usize), StudyError> {
        let alpha = pick(self.table.float_lists("alpha")?, &self.rows);
        let mut delta = pick(self.table.float_lists("delta")?, &self.rows);
        let mut without = 0;
        for (delta, alpha) in delta.iter_mut().zip(&alpha) {
            if delta.is_empty() && !alpha.is_empty() {
                delta.resize(alpha.len(), f32::NAN);
                without += 1;
            }
        }
        Ok((alpha, delta, without))
    }
}

impl Reference {
    /// The reference for the texts of `part`, from the gold run's records after `step` steps. Errors if the records are
    /// of other texts than those of `data`.
    pub fn of_texts(
        data: &TextData,
        gold: &RunRecord,
        step: u64,
        part: Split,
        proxies: &Proxies,
    ) -> Result<Self, StudyError> {
        let key_names = &["example"];
        let probes = Gold::read(gold, step, part, key_names, &["tokens"])?;
        let texts = match part {
            Split::Validation => &data.validation,
            Split::Training => &data.train,
        };
        let words = probes.table.text_lists("tokens")?;
        let mut examples: Vec<TextExample> = Vec::with_capacity(probes.rows.len());
        for (&number, &row) in probes.keys[0].iter().zip(&probes.rows) {
            let there = (number as usize) < texts.len();
            let example =
                there.then(|| texts.example(number as usize)).filter(|text| text.words == words[row]);
            examples.push(example.ok_or_else(|| probes.other_data(part, number))?);
        }
        let proxy = |table: &WordTable| {
            examples.iter().map(|example| table.along(&example.tokens, example.label)).collect()
        };
        let (alpha, delta, without_delta) = probes.attention()?;
        Ok(Self {
            part,
            key_names,
            examples: (0..examples.len()).collect(),
            labels: Some((examples.iter().map(|example| example.label).collect(), data.label_names.len())),
            alpha,
            delta,
            without_delta,
            embeddings: proxy(&proxies.embeddings),
            regression: Some(proxy(&proxies.regression)),
            first_order: proxy(&proxies.first_order),
            keys: probes.keys,
        })
    }

    /// The reference for the sentence pairs of `part`, one row a target position. Errors if the gold run's records are
    /// of other pairs than those of `data`.
    pub fn of_pairs(
        data: &PairData,
        gold: &RunRecord,
        step: u64,
        part: Split,
        proxies: &mut PairProxies,
    ) -> Result<Self, StudyError> {
        let key_names = &["example", "position"];
        let probes = Gold::read(gold, step, part, key_names, &["tokens", "target"])?;
        let pairs = match part {
            Split::Validation => &data.validation,
            Split::Training => &data.train,
        };
        let (sources, targets) = (probes.table.text_lists("tokens")?, probes.table.texts("target")?);
        let (mut examples, mut embeddings, mut first_order) = (Vec::new(), Rows::new(), Rows::new());
        let mut last = None;
        for (place, &row) in probes.rows.iter().enumerate() {
            let (number, position) = (probes.keys[0][place], probes.keys[1][place] as usize);
            let pieces = |tokens: &[u32]| tokens.iter().map(|&t| data.subwords.piece(t)).collect::<Vec<_>>();
            let is_same = |pair: &&PairExample| {
                let target = pair.target.get(position + 1).map(|&token| data.subwords.piece(token));
                target.as_ref() == Some(&targets[row]) && pieces(&pair.source) == sources[row]
            };
            let pair = pairs.get(number as usize).filter(is_same);
            let pair = pair.ok_or_else(|| probes.other_data(part, number))?;
            let word = pair.target[position + 1];
            if last.replace(number) != Some(number) {
                examples.push(examples.last().map_or(0, |last| last + 1));
            } else {
                examples.extend(examples.last().copied());
            }
            embeddings.push(pair.source.iter().map(|&source| proxies.row(source)[word as usize]).collect());
            first_order
                .push(pair.source.iter().map(|&source| proxies.first_order.slope(source, word)).collect());
        }
        let (alpha, delta, without_delta) = probes.attention()?;
        Ok(Self {
            part,
            key_names,
            examples,
            labels: None,
            alpha,
            delta,
            without_delta,
            embeddings,
            regression: None,
            first_order,
            keys: probes.keys,
        })
    }

    /// The number of texts or pairs.
    pub fn texts(&self) -> usize {
        self.examples.last().map_or(0, |last| last + 1)
    }

    /// The comparisons that involve `beta` of the uniform run, each with its two records in the order of [`Pair`].
    pub fn against_uniform<'a>(&'a self, beta: &'a Rows) -> Vec<(Pair, &'a Rows, &'a Rows)> {
        let mut pairs = vec![
            (Pair::AlphaUniform, &self.alpha, beta),
            (Pair::UniformEmbeddings, beta, &self.embeddings),
            (Pair::UniformFirstOrder, beta, &self.first_order),
            (Pair::DeltaUniform, &self.delta, beta),
        ];
        pairs.extend(self.regression.as_ref().map(|rows| (Pair::UniformRegression, beta, rows)));
        pairs
    }

    /// The comparisons of gold α with the proxies, which do not change over training.
    pub fn proxies(&self) -> Vec<(Pair, &Rows)> {
        let mut pairs =
            vec![(Pair::AlphaEmbeddings, &self.embeddings), (Pair::AlphaFirstOrder, &self.first_order)];
        pairs.extend(self.regression.as_ref().map(|rows| (Pair::AlphaRegression, rows)));
        pairs
    }

    /// The columns that [`Reference::rows`] needs besides the requested ones.
    pub fn key_columns(&self) -> Vec<&'static str> {
        [&["split"], self.key_names].concat()
    }

    /// `column` of the same rows in another run's records. Errors if those are of other texts.
    pub fn rows(&self, run: &RunRecord, table: &Table, column: &str) -> Result<Rows, StudyError> {
        let rows = rows_of(table, self.part)?;
        let lists = table.float_lists(column)?;
        let same = keys_of(table, self.key_names, &rows)? == self.keys
            && rows.iter().zip(&self.alpha).all(|(&row, alpha)| lists[row].len() == alpha.len());
        if !same {
            return Err(StudyError::OtherTexts {
                path: run.directory.path().into(),
                other: "the gold run".into(),
                difference: format!(
                    "its {} attribution records are of other texts or lengths",
                    self.part.name()
                ),
            });
        }
        Ok(pick(lists, &rows))
    }
}

/// The rows of `table` that belong to `part`.
fn rows_of(table: &Table, part: Split) -> Result<Vec<usize>, StudyError> {
    let parts = table.texts("split")?;
    Ok((0..parts.len()).filter(|&row| parts[row] == part.name()).collect())
}

fn keys_of(table: &Table, names: &[&str], rows: &[usize]) -> Result<Vec<Vec<i64>>, StudyError> {
    let column = |name: &&str| {
        table.ints(name).map(|numbers| rows.iter().map(|&row| numbers[row]).collect()).map_err(Into::into)
    };
    names.iter().map(column).collect()
}

fn pick(lists: &[Vec<f32>], rows: &[usize]) -> Rows {
    rows.iter().map(|&row| lists[row].clone()).collect()
}
