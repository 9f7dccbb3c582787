//! The bytes of a file, unpacked if its ending says that it is packed.

#[cfg(feature = "formats")]
use std::borrow::Cow;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use bytes::Bytes;
use flate2::read::MultiGzDecoder;

use super::FileError;
#[cfg(feature = "formats")]
use super::form::Form;
use super::form::{Packing, name_of};

/// A file in memory.
pub(super) struct Unpacked {
    /// Its name, without the ending of a packing; of a zip archive, that of the file in it.
    pub name: String,
    /// Its bytes.
    pub bytes: Bytes,
}

impl Unpacked {
    /// Reads the file at `path`.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let (name, packing) = Packing::split(name_of(path));
        if packing == Some(Packing::Zip) {
            return zipped(path, name);
        }
        Ok(Self { name: name.into(), bytes: read_bytes(path)?.into() })
    }
}

/// The bytes of a file, unpacked if its name ends in `.gz`, `.xz` or `.zst`. Errors if it cannot be read or unpacked.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, FileError> {
    let (mut reader, packing) = reader(path)?;
    let mut bytes = Vec::new();
    match (reader.read_to_end(&mut bytes), packing) {
        (Ok(_), _) => Ok(bytes),
        (Err(source), Some(packing)) => {
            Err(FileError::Unpackable { path: path.into(), packing: packing.name(), source })
        }
        (Err(source), None) => Err(FileError::Unreadable { path: path.into(), source }),
    }
}

/// The content of a file that is no zip archive, and what it is packed with.
pub(super) fn reader(path: &Path) -> Result<(Box<dyn Read>, Option<Packing>), FileError> {
    let file = File::open(path).map_err(|source| FileError::Unreadable { path: path.into(), source })?;
    let packing = Packing::split(name_of(path)).1;
    let reader: Box<dyn Read> = match packing {
        None | Some(Packing::Zip) => Box::new(file),
        Some(Packing::Gzip) => Box::new(MultiGzDecoder::new(file)),
        #[cfg(feature = "formats")]
        Some(Packing::Xz) => Box::new(lzma_rust2::XzReader::new(std::io::BufReader::new(file), true)),
        #[cfg(feature = "formats")]
        Some(packing @ Packing::Zstd) => Box::new(zstd::Decoder::new(file).map_err(|source| {
            FileError::Unpackable { path: path.into(), packing: packing.name(), source }
        })?),
        #[cfg(not(feature = "formats"))]
        Some(Packing::Xz | Packing::Zstd) => return Err(FileError::NotBuilt { path: path.into() }),
    };
    Ok((reader, packing.filter(|packing| *packing != Packing::Zip)))
}

/// The one file of rows in a zip archive; `name` is the archive's, without its ending.
#[cfg(feature = "formats")]
fn zipped(path: &Path, name: &str) -> Result<Unpacked, FileError> {
    let packed = |source: std::io::Error| FileError::Unpackable {
        path: path.into(),
        packing: Packing::Zip.name(),
        source,
    };
    let file = File::open(path).map_err(|source| FileError::Unreadable { path: path.into(), source })?;
    let mut archive = zip::ZipArchive::new(file).map_err(|error| packed(error.into()))?;
    let names: Result<Vec<String>, _> = archive.file_names().map(|name| name.map(Cow::into_owned)).collect();
    let all = names.map_err(|error| packed(error.into()))?;
    // macOS adds a folder of resource forks.
    let is_own = |inner: &&String| !inner.ends_with('/') && !inner.starts_with("__MACOSX/");
    let own: Vec<&String> = all.iter().filter(is_own).collect();
    let mut found: Vec<String> =
        own.iter().filter(|inner| Form::of(inner).is_some()).map(|&inner| inner.clone()).collect();
    // `reviews.csv.zip` says what its only file is, whatever that is called.
    let mut form = None;
    if let ([], [only]) = (&found[..], &own[..]) {
        form = Form::of(name).map(|_| name.to_owned());
        found.extend(form.is_some().then(|| (*only).clone()));
    }
    let [inner] = &found[..] else { return Err(FileError::Archive { path: path.into(), found }) };
    let mut bytes = Vec::new();
    let mut entry = archive.by_name(inner).map_err(|error| packed(error.into()))?;
    entry.read_to_end(&mut bytes).map_err(packed)?;
    let name = form.unwrap_or_else(|| name_of(Path::new(inner)).into());
    Ok(Unpacked { name, bytes: bytes.into() })
}

#[cfg(not(feature = "formats"))]
fn zipped(path: &Path, _name: &str) -> Result<Unpacked, FileError> {
    Err(FileError::NotBuilt { path: path.into() })
}
