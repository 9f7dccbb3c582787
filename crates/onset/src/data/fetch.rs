//! Fetches a data set by its name.
//!
//! Downloads go to `OUT/NAME/download/` and stay there until the set is complete, so that a failed attempt can be
//! resumed. Files are moved into place only when all of them have been written.

use std::fs;
use std::path::{Path, PathBuf};

use super::archive;
use super::checksum::sha256;
use super::download::{Download, agent};
use super::locate::{file_names, is_whole};
use super::rows::lines;
use super::target::{PARTIAL, Written, with_ending};
use super::unpack::{count_lines, unpack};
use super::{DataError, DataSet, DataTask, Source, SourceRecord, UpstreamRecord};

/// Options of fetching.
#[derive(Debug, Clone, Default)]
pub struct FetchOptions {
    /// The folder of all sets; a set goes to the subfolder with its name.
    pub out: PathBuf,
    /// A folder that already has the upstream files, or ours; then nothing is downloaded.
    pub from: Option<PathBuf>,
    /// Fetch even if the files exist.
    pub force: bool,
    /// The URL to download from instead of the publisher: `MIRROR/NAME/FILE`.
    pub mirror: Option<String>,
}

/// Progress of fetching.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress<'a> {
    /// An upstream file is being downloaded.
    Downloading {
        /// Its name.
        file: &'a str,
        /// Bytes received.
        bytes: u64,
        /// Its size in bytes, if the server gives it.
        total: Option<u64>,
    },
    /// A checksum is being computed.
    Verifying {
        /// The upstream file's name.
        file: &'a str,
    },
    /// One of our files is being written.
    Writing {
        /// Its name.
        file: &'a str,
        /// The number of rows so far.
        rows: u64,
    },
}

/// The result of fetching.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// The files were already in this folder.
    AlreadyThere(PathBuf),
    /// The files were written into this folder.
    New(PathBuf, SourceRecord),
}

/// Fetches a set: downloads it or reads it from a folder, verifies it, unpacks it, and records its source. Calls
/// `progress` meanwhile.
pub fn fetch(
    set: &DataSet,
    options: &FetchOptions,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<Fetched, DataError> {
    let folder = options.out.join(set.name);
    if !options.force && is_whole(set, &folder) {
        return Ok(Fetched::AlreadyThere(folder));
    }
    fs::create_dir_all(&folder).map_err(DataError::io("create", &folder))?;
    let fetching = Fetching { set, options, folder: &folder, before: SourceRecord::read(&folder) };
    let record = fetching.run(progress).inspect_err(|_| {
        for file in set.files {
            // Best effort: leftovers would only take space.
            let _ = fs::remove_file(with_ending(&folder.join(file.name), PARTIAL));
        }
    })?;
    Ok(Fetched::New(folder, record))
}

struct Fetching<'a> {
    set: &'a DataSet,
    options: &'a FetchOptions,
    folder: &'a Path,
    before: Option<SourceRecord>,
}

impl Fetching<'_> {
    fn run(&self, progress: &mut dyn FnMut(Progress<'_>)) -> Result<SourceRecord, DataError> {
        let downloads = self.folder.join("download");
        let (upstream, written) = match &self.options.from {
            Some(from) => match self.find_in(from, |place| self.lacking_source(place)) {
                Some(place) => self.write_from(&place, progress)?,
                None => (Vec::new(), self.take_ours(from)?),
            },
            None => {
                fs::create_dir_all(&downloads).map_err(DataError::io("create", &downloads))?;
                self.download(&downloads, progress)?;
                self.write_from(&downloads, progress)?
            }
        };
        self.check_aligned(&written)?;
        let files = written.into_iter().map(Written::keep).collect::<Result<_, _>>()?;
        let record = SourceRecord::new(self.set, self.options.from.as_deref(), upstream, files);
        record.write(self.folder)?;
        if self.options.from.is_none() {
            // Best effort: the set is complete without it.
            let _ = fs::remove_dir_all(&downloads);
        }
        Ok(record)
    }

    fn download(&self, downloads: &Path, progress: &mut dyn FnMut(Progress<'_>)) -> Result<(), DataError> {
        let agent = agent();
        for source in self.set.sources {
            let path = downloads.join(source.file);
            if path.is_file() {
                continue;
            }
            let mirrored =
                self.options.mirror.as_ref().map(|mirror| {
                    format!("{}/{}/{}", mirror.trim_end_matches('/'), self.set.name, source.file)
                });
            let url = mirrored.as_deref().unwrap_or(source.url);
            let verifiable = source.sha256.is_some();
            let download = Download { url, page: self.set.page, path: &path, verifiable };
            download.run(&agent, &mut |bytes, total| {
                progress(Progress::Downloading { file: source.file, bytes, total: total.or(source.bytes) });
            })?;
        }
        Ok(())
    }

    /// Verifies the upstream files in `place` and writes our files.
    fn write_from(
        &self,
        place: &Path,
        progress: &mut dyn FnMut(Progress<'_>),
    ) -> Result<(Vec<UpstreamRecord>, Vec<Written>), DataError> {
        let mut upstream = Vec::new();
        for source in self.set.sources {
            progress(Progress::Verifying { file: source.file });
            upstream.push(self.verify(source, &place.join(source.file))?);
        }
        let mut written = Vec::new();
        for file in self.set.files {
            let source = place.join(self.set.sources[file.source].file);
            let done = unpack(file, &source, self.folder, &mut |rows| {
                progress(Progress::Writing { file: file.name, rows });
            })?;
            progress(Progress::Writing { file: file.name, rows: done.rows() });
            written.push(done);
        }
        Ok((upstream, written))
    }

    /// Compares a file with its published checksum, or with the checksum of the first download.
    fn verify(&self, source: &Source, path: &Path) -> Result<UpstreamRecord, DataError> {
        let (found, bytes) = sha256(path)?;
        let before = self.before.as_ref().and_then(|record| record.seen(source.file));
        let (expected, source_of_sum) = match (source.sha256, before) {
            (Some(published), _) => (Some(published), self.set.checksums),
            (None, before) => {
                (before, "recorded in source.json at the first fetch; no checksum is published")
            }
        };
        if let Some(expected) = expected.filter(|expected| *expected != found) {
            let (path, remedy) = self.reject(source, path)?;
            return Err(DataError::WrongChecksum {
                path,
                found,
                expected: expected.into(),
                source_of_sum: source_of_sum.into(),
                remedy,
            });
        }
        Ok(UpstreamRecord {
            file: source.file.into(),
            url: source.url.into(),
            bytes,
            sha256: found,
            verified: source.sha256.is_some(),
        })
    }

    /// Renames a downloaded file with a wrong checksum; a user's own file is left in place.
    fn reject(&self, source: &Source, path: &Path) -> Result<(PathBuf, String), DataError> {
        let page = self.set.page;
        if self.options.from.is_some() {
            return Ok((path.into(), format!("download it again from {}, or see {page}", source.url)));
        }
        let rejected = with_ending(path, ".rejected");
        fs::rename(path, &rejected).map_err(DataError::io("rename", path))?;
        let unpublished = "; if the publisher has changed it, remove source.json to accept the new one";
        let more = if source.sha256.is_none() { unpublished } else { "" };
        Ok((rejected, format!("fetch it again, or see {page}{more}")))
    }

    /// Copies files that are already in our format.
    fn take_ours(&self, from: &Path) -> Result<Vec<Written>, DataError> {
        let place = self.find_in(from, |place| self.lacking_file(place)).ok_or_else(|| {
            let archives: Vec<&str> = self.set.sources.iter().map(|source| source.file).collect();
            DataError::FromLacks {
                folder: from.into(),
                name: self.set.name,
                archives: archives.join(", "),
                files: file_names(self.set),
                missing: self.lacking_file(from).unwrap_or_default().into(),
            }
        })?;
        let copy = |file: &super::DataFile| {
            let source = place.join(file.name);
            let mut rows = count_lines(&source)?;
            if self.set.task == DataTask::Classification {
                check_header(&source)?;
                rows = rows.saturating_sub(1);
            }
            Written::copy(&source, &self.folder.join(file.name), rows)
        };
        self.set.files.iter().map(copy).collect()
    }

    /// The first of `from/NAME` and `from` that lacks no file.
    fn find_in(&self, from: &Path, lacking: impl Fn(&Path) -> Option<&'static str>) -> Option<PathBuf> {
        let places = [from.join(self.set.name), from.to_path_buf()];
        places.into_iter().find(|place| lacking(place).is_none())
    }

    fn lacking_source(&self, place: &Path) -> Option<&'static str> {
        self.set.sources.iter().map(|source| source.file).find(|file| !place.join(file).is_file())
    }

    fn lacking_file(&self, place: &Path) -> Option<&'static str> {
        self.set.files.iter().map(|file| file.name).find(|file| !place.join(file).is_file())
    }

    /// Checks that the files of a translation set have as many lines as their translations.
    fn check_aligned(&self, written: &[Written]) -> Result<(), DataError> {
        if self.set.task != DataTask::Translation {
            return Ok(());
        }
        for pair in written.chunks_exact(2) {
            if pair[0].rows() != pair[1].rows() {
                return Err(DataError::NotAligned {
                    first: pair[0].name(),
                    first_rows: pair[0].rows(),
                    second: pair[1].name(),
                    second_rows: pair[1].rows(),
                    remedy: "fetch them again, or check whether the publisher has changed them",
                });
            }
        }
        Ok(())
    }
}

/// Checks that a file of labelled texts has our columns.
fn check_header(path: &Path) -> Result<(), DataError> {
    let mut header = None;
    let mut content = archive::open_gzip(path)?;
    lines(
        &mut content,
        |e| DataError::unreadable(path)(e),
        |line| {
            header.get_or_insert_with(|| line.unwrap_or_default().to_owned());
            Ok(())
        },
    )?;
    let header = header.unwrap_or_default();
    if header == "text\tlabel" {
        return Ok(());
    }
    let found =
        format!("its first line is {header:?}, expected the columns text and label, separated by a tab");
    Err(DataError::unreadable(path)(found))
}

#[cfg(test)]
mod tests;
