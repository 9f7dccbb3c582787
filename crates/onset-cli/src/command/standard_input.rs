//! `-` as a target: standard input becomes a file, because what is trained on must be there when a run is continued.

use std::fs;
use std::io::{IsTerminal, Read, stdin};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use onset::store::{digest, write_atomically};
use onset::task::rows::ending_of;

use crate::args::UsageError;

/// What stands for standard input.
const NAME: &str = "-";

/// `target`; for `-`, a file in `folder` that holds standard input, named by its digest.
pub fn kept(target: &str, folder: &Path) -> Result<String> {
    if target != NAME {
        return Ok(target.into());
    }
    let bytes = read()?;
    let digest = digest(&bytes);
    let path = folder.join(format!("stdin-{}.{}", &digest[..8], ending_of(&bytes)));
    write_atomically(&path, &bytes)?;
    note!("standard input is saved as {}", path.display());
    Ok(path.display().to_string())
}

/// A target that may be a file of the moment, which goes when this is dropped.
pub struct Passing {
    /// The target, or the file that holds standard input.
    pub target: String,
    folder: Option<PathBuf>,
}

impl Passing {
    /// `target`; for `-`, a file of the moment that holds standard input.
    pub fn new(target: &str) -> Result<Self> {
        if target != NAME {
            return Ok(Self { target: target.into(), folder: None });
        }
        let bytes = read()?;
        let folder = std::env::temp_dir().join(format!("onset-{}", std::process::id()));
        let path = folder.join(format!("stdin.{}", ending_of(&bytes)));
        let write = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, &bytes));
        write.with_context(|| format!("cannot write {}", path.display()))?;
        Ok(Self { target: path.display().to_string(), folder: Some(folder) })
    }
}

impl Drop for Passing {
    fn drop(&mut self) {
        if let Some(folder) = &self.folder {
            // A file that stays behind in the system's folder of such files does no harm.
            let _ = fs::remove_dir_all(folder);
        }
    }
}

fn read() -> Result<Vec<u8>> {
    if stdin().is_terminal() {
        note!("reading standard input; end it with Ctrl-D");
    }
    let mut bytes = Vec::new();
    stdin().lock().read_to_end(&mut bytes).context("cannot read standard input")?;
    if bytes.is_empty() {
        return Err(UsageError(
            "standard input is empty; expected a table, such as `onset train - < texts.tsv`".into(),
        )
        .into());
    }
    Ok(bytes)
}
