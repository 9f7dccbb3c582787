//! Attribution records as earlier versions wrote them: a form for each task, without layer, head and kind.

use crate::store::{Column, RunDirectory, StoreError, Table};
use crate::task::Split;

/// A form of earlier versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// A row for each position of a copied sequence; tokens as numbers, α alone, the mean over heads.
    Copying,
    /// A row for each text.
    Texts,
    /// A row for each target position of a sentence pair.
    Pairs,
}

impl Form {
    /// The form of a file with these columns; none if it is today's.
    pub(super) fn of(columns: &[String]) -> Option<Self> {
        let has = |name: &str| columns.iter().any(|column| column == name);
        match () {
            () if has("split") => None,
            () if has("words") => Some(Self::Texts),
            () if has("source") => Some(Self::Pairs),
            () => Some(Self::Copying),
        }
    }

    /// The columns of this form from which today's `wanted` are made.
    pub(super) fn columns(self, wanted: &[&str]) -> Vec<&'static str> {
        let mut columns = vec!["step", "example"];
        for &name in wanted {
            columns.extend(self.sources(name));
        }
        columns.sort_unstable();
        columns.dedup();
        columns
    }

    fn sources(self, wanted: &str) -> &'static [&'static str] {
        match (self, wanted) {
            (_, "alpha") => &["alpha"],
            (Self::Texts | Self::Pairs, "split") => &["part"],
            (Self::Texts | Self::Pairs, "beta") => &["beta"],
            (Self::Texts | Self::Pairs, "delta") => &["delta"],
            (Self::Copying | Self::Pairs, "position") => &["position"],
            (Self::Copying | Self::Pairs, "target") => &["target"],
            (Self::Copying | Self::Pairs, "predicted") => &["target", "predicted"],
            (Self::Copying, "tokens") => &["target"],
            (Self::Copying, "relevant") => &["position", "target"],
            (Self::Texts, "tokens") => &["words"],
            (Self::Texts, "label" | "target") => &["label"],
            (Self::Texts, "logit" | "predicted") => &["logit"],
            (Self::Texts, "log_probability") => &["label", "logit"],
            (Self::Pairs, "tokens") => &["source"],
            (Self::Pairs, "log_probability") => &["log_probability"],
            _ => &[],
        }
    }

    /// Today's columns from a table of this form.
    pub(super) fn modernise(
        self,
        table: &Table,
        wanted: &[&str],
        directory: &RunDirectory,
    ) -> Result<Table, StoreError> {
        let mut modern = Table::new();
        for &name in wanted {
            if let Some(column) = self.column(table, name, directory)? {
                modern = modern.with(name, column);
            }
        }
        Ok(modern)
    }

    fn column(
        self,
        table: &Table,
        name: &str,
        directory: &RunDirectory,
    ) -> Result<Option<Column>, StoreError> {
        let rows = table.rows();
        let all = |number: i64| Column::Int(vec![number; rows]);
        let same = |name: &str| table.column(name).cloned();
        Ok(match (self, name) {
            (_, "step" | "example" | "alpha") => same(name),
            (_, "layer" | "head") => Some(all(0)),
            (Self::Texts, "kind") => Some(Column::Text(vec!["pooling".into(); rows])),
            (_, "kind") => Some(Column::Text(vec!["cross".into(); rows])),
            (Self::Copying, "split") => Some(Column::Text(vec![Split::Validation.name().into(); rows])),
            (_, "split") => same("part"),
            (Self::Texts, "position") => Some(all(0)),
            (_, "position") => same("position"),
            (Self::Copying, "beta" | "delta") => Some(Column::Floats(vec![Vec::new(); rows])),
            (_, "beta" | "delta") => same(name),
            (Self::Copying, "tokens" | "target" | "predicted" | "relevant") => {
                Some(Copied::of(table, directory)?.column(name))
            }
            (Self::Copying, "log_probability") => Some(Column::Float(vec![f64::NAN; rows])),
            (_, "relevant") => Some(all(-1)),
            (Self::Texts, "tokens") => same("words"),
            (Self::Texts, "label" | "logit") => same(name),
            (Self::Texts, "target" | "predicted" | "log_probability") => {
                Some(labelled(table, name, directory)?)
            }
            (Self::Pairs, "tokens") => same("source"),
            (Self::Pairs, "target" | "predicted" | "log_probability") => same(name),
            _ => None,
        })
    }
}

/// Copied sequences, whose tokens were recorded as numbers, and of the source none.
struct Copied {
    tokens: Vec<Vec<String>>,
    target: Vec<String>,
    predicted: Vec<String>,
    relevant: Vec<i64>,
}

impl Copied {
    fn of(table: &Table, directory: &RunDirectory) -> Result<Self, StoreError> {
        let examples = table.ints("example")?;
        let targets = table.ints("target")?;
        let predicted = table.ints("predicted").unwrap_or(&[]);
        let spec: toml::Table = directory.spec_text().parse().unwrap_or_default();
        let order = spec.get("data").and_then(|data| data.get("order")).and_then(toml::Value::as_str);
        let reversed = order == Some("reversed");
        let mut copied =
            Self { tokens: Vec::new(), target: Vec::new(), predicted: Vec::new(), relevant: Vec::new() };
        let mut first = 0;
        while first < targets.len() {
            let rows = examples[first..].iter().take_while(|&&example| example == examples[first]).count();
            let words = &targets[first..first + rows];
            // The last token of a target is the end, wherever the others stand; the number after it is the beginning.
            let end = words[rows - 1];
            let name = |&token: &i64| match token - end {
                0 => "end".into(),
                1 => "begin".into(),
                _ => token.to_string(),
            };
            let mut source: Vec<String> = words.iter().map(name).collect();
            copied.target.extend(source.iter().cloned());
            if reversed {
                source[..rows - 1].reverse();
            }
            copied.tokens.extend(std::iter::repeat_n(source, rows));
            let own = predicted.get(first..first + rows).unwrap_or(&[]);
            copied.predicted.extend(own.iter().map(name));
            let right = |t: usize| if reversed && t + 1 < rows { rows - 2 - t } else { t };
            copied.relevant.extend((0..rows).map(|t| right(t) as i64));
            first += rows;
        }
        Ok(copied)
    }

    fn column(self, name: &str) -> Column {
        match name {
            "tokens" => Column::Texts(self.tokens),
            "target" => Column::Text(self.target),
            "predicted" => Column::Text(self.predicted),
            _ => Column::Int(self.relevant),
        }
    }
}

/// Target, prediction and log-probability of texts, of which labels and scores were recorded.
fn labelled(table: &Table, name: &str, directory: &RunDirectory) -> Result<Column, StoreError> {
    let facts: serde_json::Value = directory.read_json("data.json").unwrap_or_default();
    let label = |positive: bool| {
        let known = facts["label_names"][usize::from(positive)].as_str();
        known.map_or_else(|| u8::from(positive).to_string(), String::from)
    };
    Ok(match name {
        "target" => Column::Text(table.ints("label")?.iter().map(|&l| label(l == 1)).collect()),
        "predicted" => Column::Text(table.floats("logit")?.iter().map(|&logit| label(logit > 0.0)).collect()),
        _ => {
            let rows = table.ints("label")?.iter().zip(table.floats("logit")?);
            let log = |(&label, &logit): (&i64, &f64)| {
                let margin = if label == 1 { logit } else { -logit };
                margin.min(0.0) - (-margin.abs()).exp().ln_1p()
            };
            Column::Float(rows.map(log).collect())
        }
    })
}
