//! Public data sets: a catalogue, fetching, and inspection of text files.
//!
//! [`CATALOGUE`] lists the sets of the paper with their sources, checksums and licences. [`fetch`] downloads a set
//! (`download`), verifies it (`checksum`), reads the upstream archive (`archive`) and writes its rows in the format
//! that training reads (`unpack`, `rows`, `target`), with their origin in `source.json`. [`locate`] finds the fetched
//! files. [`inspect`] reports what training would read from a file of texts.

#![cfg_attr(not(feature = "fetch"), allow(dead_code, reason = "what only fetching reads"))]

#[cfg(feature = "fetch")]
mod archive;
mod catalogue;
mod checksum;
#[cfg(feature = "fetch")]
mod download;
mod error;
#[cfg(feature = "fetch")]
mod fetch;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod inspect;
mod inspect_pairs;
mod locate;
mod overlap;
mod recognise;
mod record;
mod rows;
mod set;
mod sets;
mod target;
#[cfg(all(test, feature = "fetch"))]
pub(crate) mod test_server;
#[cfg(feature = "fetch")]
mod unpack;

pub use catalogue::{CATALOGUE, find};
#[cfg(feature = "fetch")]
pub(crate) use checksum::sha256;
#[cfg(feature = "fetch")]
pub(crate) use download::{Download, agent};
pub use error::DataError;
#[cfg(feature = "fetch")]
pub use fetch::{FetchOptions, Fetched, Progress, fetch};
pub(crate) use inspect::inspect_and_keep;
pub use inspect::{Inspection, LabelCount, Part, Refusals, Refused, Words, inspect};
pub use inspect_pairs::{PairInspection, inspect_pairs};
pub(crate) use locate::folders_named;
pub use locate::{PairFiles, TextFiles, locate, locate_pairs};
pub use overlap::{Overlap, Pair};
pub(crate) use recognise::set_of;
pub use record::{FileRecord, SourceRecord, UpstreamRecord};
pub use set::{DataFile, DataSet, DataTask, Source};
