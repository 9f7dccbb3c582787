//! The lines of a run's examples in their files.

use std::path::Path;

use super::{Artifact, Split};
use crate::store::{Column, Table};

/// The name of the file in the run directory.
const EXAMPLES: &str = "examples.parquet";

/// The names of the files of the two splits.
pub(crate) struct SplitFiles {
    training: String,
    validation: String,
}

impl SplitFiles {
    /// Without a `validation` file, both splits come from `training`.
    pub fn new(training: &Path, validation: Option<&Path>) -> Self {
        let name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        Self { training: name(training), validation: name(validation.unwrap_or(training)) }
    }

    /// The table of all examples: `split` and `example` as in attribution records, `file`, and `line` (from 1).
    pub fn artifact<'a>(&self, lines: impl IntoIterator<Item = (Split, &'a [u32])>) -> Artifact {
        let (mut splits, mut files) = (Vec::new(), Vec::new());
        let (mut examples, mut numbers) = (Vec::new(), Vec::new());
        for (split, lines) in lines {
            let file = if split == Split::Training { &self.training } else { &self.validation };
            splits.resize(splits.len() + lines.len(), split.name().to_owned());
            files.resize(files.len() + lines.len(), file.clone());
            examples.extend(0..lines.len() as i64);
            numbers.extend(lines.iter().map(|&line| i64::from(line)));
        }
        let table = Table::new()
            .with("split", Column::Text(splits))
            .with("example", Column::Int(examples))
            .with("file", Column::Text(files))
            .with("line", Column::Int(numbers));
        Artifact { name: EXAMPLES, contents: table.to_bytes(), vocabulary: None }
    }
}
