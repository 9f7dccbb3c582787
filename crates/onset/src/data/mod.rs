//! Stub until merged.
#![allow(missing_docs)]
use std::path::{Path, PathBuf};
pub struct TextFiles {
    pub train: PathBuf,
    pub validation: Option<PathBuf>,
}
pub fn locate(name: &str, from: Option<&Path>, data: &Path) -> Result<TextFiles, std::io::Error> {
    let base = from.unwrap_or(data).join(name);
    Ok(if name == "sst2" {
        TextFiles { train: base.join("train.tsv.gz"), validation: Some(base.join("dev.tsv.gz")) }
    } else {
        TextFiles { train: base.join("sms.tsv.gz"), validation: None }
    })
}
