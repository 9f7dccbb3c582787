//! What a file's name tells: its format, and what it is packed with.

use std::path::Path;

/// How rows are written in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Lines of fields with something between them.
    Separated(Defaults),
    /// JSON: an object a line, or an array of objects.
    Json,
    /// Apache Parquet.
    Parquet,
    /// Arrow IPC, as a file or as a stream.
    Arrow,
    /// A spreadsheet.
    Sheet,
}

/// How lines of fields are read unless the settings say otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Defaults {
    /// What separates fields.
    pub separator: u8,
    /// Whether quotation marks quote, as in RFC 4180.
    pub quotes: bool,
}

/// What a file is packed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Packing {
    Gzip,
    Xz,
    Zstd,
    Zip,
}

impl Form {
    /// The format of a file of this name, which has no ending of a packing.
    pub fn of(name: &str) -> Option<Self> {
        let (_, ending) = name.rsplit_once('.')?;
        Some(match ending.to_ascii_lowercase().as_str() {
            "tsv" | "tab" | "txt" => Self::Separated(Defaults { separator: b'\t', quotes: false }),
            "csv" => Self::Separated(Defaults { separator: b',', quotes: true }),
            "jsonl" | "ndjson" | "json" => Self::Json,
            "parquet" => Self::Parquet,
            "arrow" | "feather" | "ipc" => Self::Arrow,
            "xlsx" | "ods" => Self::Sheet,
            _ => return None,
        })
    }

    /// As messages call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Separated(_) => "lines of fields",
            Self::Json => "JSON",
            Self::Parquet => "Parquet",
            Self::Arrow => "Arrow",
            Self::Sheet => "a spreadsheet",
        }
    }
}

impl Packing {
    /// The name without the ending of a packing, and the packing.
    pub fn split(name: &str) -> (&str, Option<Self>) {
        let Some((before, ending)) = name.rsplit_once('.') else { return (name, None) };
        let packing = match ending.to_ascii_lowercase().as_str() {
            "gz" => Self::Gzip,
            "xz" => Self::Xz,
            "zst" | "zstd" => Self::Zstd,
            "zip" => Self::Zip,
            _ => return (name, None),
        };
        (before, Some(packing))
    }

    /// As messages call it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Xz => "xz",
            Self::Zstd => "Zstandard",
            Self::Zip => "zip",
        }
    }
}

/// A path's file name; empty if it has none, or none that is Unicode.
pub(super) fn name_of(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

/// The format that a path's name tells. Of a zip archive only what is in it tells.
pub(super) fn form_of(path: &Path) -> Option<Form> {
    Form::of(Packing::split(name_of(path)).0)
}

/// Whether a path's name tells that there are rows in it: a file, or a pattern (`part-*.parquet`).
pub fn is_row_file(path: &Path) -> bool {
    form_of(path).is_some() || Packing::split(name_of(path)).1 == Some(Packing::Zip)
}
