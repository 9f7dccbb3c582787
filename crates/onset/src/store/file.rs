//! Whole files, read or written at once.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::StoreError;

/// Ends the name of a file that is being written.
pub(super) const PARTIAL: &str = ".partial";

/// Writes `bytes` beside `path`, then renames: if the process is killed, `path` has its old contents or all the new
/// ones. It does not wait for the disk; a power cut may lose both (see the [module](super)).
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    let (partial, mut file) = PartialFile::create(path)?;
    file.write_all(bytes).map_err(|e| StoreError::io("write", path, e))?;
    drop(file);
    partial.finish()
}

/// A file that is being written beside its place; dropped before [`PartialFile::finish`], it is removed.
#[derive(Debug)]
pub(super) struct PartialFile {
    path: PathBuf,
    partial: PathBuf,
    is_finished: bool,
}

impl PartialFile {
    /// Begins the file for `path`, in a folder that is made if it is not there.
    pub fn create(path: &Path) -> Result<(Self, File), StoreError> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|e| StoreError::io("create the folder", folder, e))?;
        }
        let mut name = path.as_os_str().to_owned();
        name.push(PARTIAL);
        let new = Self { path: path.into(), partial: name.into(), is_finished: false };
        let file = File::create(&new.partial).map_err(|e| StoreError::io("write", path, e))?;
        Ok((new, file))
    }

    /// Where the file will be.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Puts the file, which is closed by now, in its place.
    pub fn finish(mut self) -> Result<(), StoreError> {
        fs::rename(&self.partial, &self.path).map_err(|e| StoreError::io("write", &self.path, e))?;
        self.is_finished = true;
        Ok(())
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if !self.is_finished {
            // Best effort: what is left of it would only take space.
            let _ = fs::remove_file(&self.partial);
        }
    }
}

/// Opens a file to read it. Errors if something else is there: a pipe would be waited for, and a device may never end.
pub fn open_file(path: &Path) -> Result<File, StoreError> {
    let failed = |e| StoreError::io("read", path, e);
    // Looked at before it is opened, because opening a pipe waits for its other end.
    let kind = fs::metadata(path).map_err(failed)?.file_type();
    if kind.is_file() {
        return File::open(path).map_err(failed);
    }
    Err(StoreError::Damaged {
        path: path.into(),
        expected: "file",
        found: format!("it is {}", kind_in_words(kind)),
        remedy: "put the file in its place, or delete it",
    })
}

#[cfg(unix)]
fn kind_in_words(kind: fs::FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    match () {
        () if kind.is_dir() => "a folder",
        () if kind.is_fifo() => "a named pipe",
        () if kind.is_socket() => "a socket",
        () => "a device",
    }
}

#[cfg(not(unix))]
fn kind_in_words(kind: fs::FileType) -> &'static str {
    if kind.is_dir() { "a folder" } else { "no regular file" }
}

/// Reads a file of any bytes.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, StoreError> {
    let mut bytes = Vec::new();
    open_file(path)?.read_to_end(&mut bytes).map_err(|e| StoreError::io("read", path, e))?;
    Ok(bytes)
}

/// Reads a file of UTF-8 text.
pub fn read_text(path: &Path) -> Result<String, StoreError> {
    let mut text = String::new();
    open_file(path)?.read_to_string(&mut text).map_err(|e| StoreError::io("read", path, e))?;
    Ok(text)
}

/// The SHA-256 of `bytes`, in hexadecimal.
pub fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// The SHA-256 of all that `reader` gives, in hexadecimal, and the number of bytes.
pub fn digest_of(mut reader: impl Read) -> std::io::Result<(String, u64)> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => return Ok((hex(&hash.finalize()), bytes)),
            Ok(count) => {
                hash.update(&buffer[..count]);
                bytes += count as u64;
            }
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// `bytes` in hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Needs a device that is always full.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_leaves_the_old_file_and_says_so() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.parquet");
        write_atomically(&path, b"old").unwrap();
        std::os::unix::fs::symlink("/dev/full", folder.path().join("table.parquet.partial")).unwrap();
        let error = write_atomically(&path, b"new").unwrap_err();
        assert!(matches!(error, StoreError::NoSpace { .. }), "{error}");
        assert!(
            error.to_string().contains("no space left while writing")
                && error.to_string().contains("are kept")
        );
        assert_eq!(read_text(&path).unwrap(), "old");
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_refused_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("evaluation.parquet");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        for (path, kind) in
            [(&*pipe, "a named pipe"), (folder.path(), "a folder"), (Path::new("/dev/zero"), "a device")]
        {
            for error in [read_bytes(path).unwrap_err(), read_text(path).map(drop).unwrap_err()] {
                assert!(error.to_string().contains(kind), "{error}");
            }
        }
    }

    #[test]
    fn the_digest_is_sha256() {
        assert!(digest(b"abc").starts_with("ba7816bf8f01cfea414140de5dae2223b00361a3"));
        let long = vec![7; 200_000];
        assert_eq!(digest_of(&long[..]).unwrap(), (digest(&long), 200_000));
    }
}
