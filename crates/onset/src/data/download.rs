//! Downloads one file over HTTP, and resumes an interrupted download.
//!
//! The bytes received so far are kept in `FILE.partial`, and the server's identifier of this version (its `ETag`) in
//! `FILE.partial.etag`. A partial download is resumed only if a change of the upstream file would be detected, by the
//! identifier or by a published checksum.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ureq::http::{HeaderMap, Response};
use ureq::{Agent, Body};

use super::DataError;
use super::target::{PARTIAL, with_ending};

/// A file to download.
pub(crate) struct Download<'a> {
    /// Its URL.
    pub url: &'a str,
    /// The publisher's page.
    pub page: &'a str,
    /// The path to write it to.
    pub path: &'a Path,
    /// Whether its checksum is published.
    pub verifiable: bool,
}

/// How one request ended.
enum Outcome {
    Whole,
    /// The server cannot resume from the current position.
    StartOver,
}

/// The client for all downloads of a process; it takes proxies from the environment.
pub(crate) fn agent() -> Agent {
    let patience = Some(Duration::from_secs(30));
    let config = Agent::config_builder()
        .timeout_resolve(patience)
        .timeout_connect(patience)
        .timeout_recv_response(patience)
        .http_status_as_error(false)
        .user_agent(concat!("onset/", env!("CARGO_PKG_VERSION")));
    config.build().into()
}

impl Download<'_> {
    /// Downloads the file. Calls `progress` with the bytes received so far and the size, if the server sends it.
    pub fn run(&self, agent: &Agent, progress: &mut dyn FnMut(u64, Option<u64>)) -> Result<(), DataError> {
        let partial = with_ending(self.path, PARTIAL);
        let mark = with_ending(&partial, ".etag");
        if let Outcome::StartOver = self.request(agent, &partial, &mark, progress)? {
            for path in [&partial, &mark] {
                remove(path)?;
            }
            if let Outcome::StartOver = self.request(agent, &partial, &mark, progress)? {
                return Err(self.refused("416 Range Not Satisfiable, for the whole file"));
            }
        }
        fs::rename(&partial, self.path).map_err(DataError::io("write", self.path))?;
        remove(&mark)
    }

    fn request(
        &self,
        agent: &Agent,
        partial: &PathBuf,
        mark: &PathBuf,
        progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> Result<Outcome, DataError> {
        let etag = fs::read_to_string(mark).ok();
        let there = fs::metadata(partial).map_or(0, |file| file.len());
        let there = if self.verifiable || etag.is_some() { there } else { 0 };
        let mut request = agent.get(self.url);
        if there > 0 {
            request = request.header("Range", format!("bytes={there}-"));
            if let Some(etag) = &etag {
                request = request.header("If-Range", etag);
            }
        }
        let response = request.call().map_err(|error| self.unreachable(&error))?;
        let range = content_range(response.headers());
        let (file, start, total) = match (response.status().as_u16(), range) {
            (200, _) => {
                self.keep_mark(&response, mark)?;
                let file = File::create(partial).map_err(DataError::io("write", partial))?;
                (file, 0, response.body().content_length())
            }
            (206, Some((Some(start), total))) if start == there => {
                let file = OpenOptions::new().append(true).open(partial);
                (file.map_err(DataError::io("write", partial))?, there, total)
            }
            // The file was already complete.
            (416, Some((None, Some(total)))) if total == there => return Ok(Outcome::Whole),
            (206 | 416, _) => return Ok(Outcome::StartOver),
            _ => return Err(self.refused(&response.status().to_string())),
        };
        self.receive(response, file, start, total, progress)?;
        Ok(Outcome::Whole)
    }

    fn receive(
        &self,
        mut response: Response<Body>,
        mut file: File,
        start: u64,
        total: Option<u64>,
        progress: &mut dyn FnMut(u64, Option<u64>),
    ) -> Result<(), DataError> {
        let mut reader = response.body_mut().as_reader();
        let mut buffer = vec![0; 1 << 16];
        let mut bytes = start;
        let cut_off = |bytes: u64, reason: String| DataError::CutOff {
            url: self.url.into(),
            bytes,
            expected: total.map_or(String::new(), |total| format!(" of {total}")),
            reason,
        };
        progress(bytes, total);
        loop {
            let read = reader.read(&mut buffer).map_err(|error| cut_off(bytes, error.to_string()))?;
            if read == 0 {
                break;
            }
            file.write_all(&buffer[..read]).map_err(DataError::io("write", self.path))?;
            bytes += read as u64;
            progress(bytes, total);
        }
        file.sync_all().map_err(DataError::io("write", self.path))?;
        match total {
            Some(total) if bytes != total => Err(cut_off(bytes, "the server closed the connection".into())),
            _ => Ok(()),
        }
    }

    /// Stores the server's `ETag`, if it can be used with range requests.
    fn keep_mark(&self, response: &Response<Body>, mark: &Path) -> Result<(), DataError> {
        let etag = response.headers().get("etag").and_then(|etag| etag.to_str().ok());
        match etag.filter(|etag| etag.starts_with('"')) {
            Some(etag) => fs::write(mark, etag).map_err(DataError::io("write", mark)),
            None => remove(mark),
        }
    }

    fn refused(&self, status: &str) -> DataError {
        DataError::Refused { url: self.url.into(), status: status.into(), page: self.page.into() }
    }

    fn unreachable(&self, error: &ureq::Error) -> DataError {
        let host = self.url.split_once("://").map_or(self.url, |(_, rest)| rest);
        let host = host.split('/').next().unwrap_or(host);
        DataError::NoConnection { host: host.into(), url: self.url.into(), reason: error.to_string() }
    }
}

/// The first byte and the total size in `Content-Range: bytes 5-9/10`, `bytes 5-9/*` or `bytes */10`.
fn content_range(headers: &HeaderMap) -> Option<(Option<u64>, Option<u64>)> {
    let (range, total) =
        headers.get("content-range")?.to_str().ok()?.strip_prefix("bytes ")?.split_once('/')?;
    Some((range.split('-').next()?.trim().parse().ok(), total.trim().parse().ok()))
}

fn remove(path: &Path) -> Result<(), DataError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(DataError::io("remove", path)(error))
        }
        _ => Ok(()),
    }
}
