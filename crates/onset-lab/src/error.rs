//! Errors of starting and running a lab.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Why a lab cannot start, or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum LabError {
    /// The folder cannot be read.
    #[error("cannot read the folder {path}: {source}; name a folder of runs, or train first (`onset train`)")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The lab cannot listen at the address.
    #[error(
        "cannot listen on {address}: {source}; choose another port with --port, or leave it out to use a free one"
    )]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's error.
        source: io::Error,
    },
    /// The token is too short, or has invalid characters.
    #[error("the token must have at least {least} characters, all of them letters, digits, `-` or `_`")]
    Token {
        /// The minimum length.
        least: usize,
    },
    /// The system provides no random numbers for a token.
    #[error("cannot generate a token: {0}; give one with --token")]
    Random(getrandom::Error),
    /// The system provides no threads, or no signals.
    #[error("cannot start the server: {0}")]
    Runtime(io::Error),
}
