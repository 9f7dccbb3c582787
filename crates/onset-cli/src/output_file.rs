//! Files that a command writes line by line.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A file that is written beside its place and takes it when it is finished. Until then, and if the command fails, what stood
/// there stays. A place that is no file, such as a pipe, is written to directly.
pub struct OutputFile {
    path: PathBuf,
    /// What is written, if that is not `path` itself.
    beside: Option<PathBuf>,
    file: BufWriter<File>,
}

impl OutputFile {
    /// Errors if `path` cannot be written to; what is there is not touched.
    pub fn create(path: &Path) -> Result<Self> {
        let cannot = || format!("cannot write {}", path.display());
        // A link stays a link to the new contents.
        let path = fs::canonicalize(path).unwrap_or_else(|_| path.into());
        if let Ok(there) = fs::metadata(&path)
            && !there.is_file()
        {
            let file = File::options().write(true).open(&path).with_context(cannot)?;
            return Ok(Self { path, beside: None, file: BufWriter::new(file) });
        }
        let mut beside = path.clone().into_os_string();
        beside.push(format!(".{}.partial", std::process::id()));
        let beside = PathBuf::from(beside);
        let file = BufWriter::new(File::create(&beside).with_context(cannot)?);
        Ok(Self { path, beside: Some(beside), file })
    }

    /// Writes a line.
    pub fn line(&mut self, line: &str) -> Result<()> {
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.write_all(b"\n"));
        let written = written.and_then(|()| if self.beside.is_none() { self.file.flush() } else { Ok(()) });
        written.with_context(|| format!("cannot write {}", self.path.display()))
    }

    /// Puts the file in its place.
    pub fn finish(mut self) -> Result<()> {
        let finished = self.file.flush().and_then(|()| match self.beside.take() {
            Some(beside) => fs::rename(&beside, &self.path).inspect_err(|_| {
                let _ = fs::remove_file(&beside);
            }),
            None => Ok(()),
        });
        finished.with_context(|| format!("cannot write {}", self.path.display()))
    }
}

/// What was not finished is not kept.
impl Drop for OutputFile {
    fn drop(&mut self) {
        if let Some(beside) = &self.beside {
            let _ = fs::remove_file(beside);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::OutputFile;

    #[test]
    fn what_stands_there_stays_until_the_file_is_finished() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        std::fs::write(&path, "precious").unwrap();
        let mut file = OutputFile::create(&path).unwrap();
        file.line("new").unwrap();
        drop(file);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "precious");
        let mut file = OutputFile::create(&path).unwrap();
        file.line("new").unwrap();
        file.finish().unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "new\n");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(OutputFile::create(&folder.path().join("none/a.txt")).is_err());
        assert!(OutputFile::create(folder.path()).is_err());
    }
}
