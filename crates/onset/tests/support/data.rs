//! Public data sets on disk, for tests and measurements: in the folder `ONSET_DATA`, else in `shared/data` beside
//! the repository. Where that folder is there, or is named, every file must be: its absence is a failure, and not a reason
//! to skip. Included by path, so that there is one rule for all crates.

use std::path::{Path, PathBuf};

/// The folder of data sets, which may not exist.
pub fn data_folder() -> PathBuf {
    std::env::var_os("ONSET_DATA").map_or_else(beside_the_repository, PathBuf::from)
}

fn beside_the_repository() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let repository = package.ancestors().find(|folder| folder.join("Cargo.lock").is_file());
    repository.unwrap_or(package).join("../shared/data")
}

/// The paths of `names` in the data folder; none, with a message, if there is no such folder and none is named.
///
/// # Panics
/// If one is missing although `ONSET_DATA` is set or the folder is there.
#[allow(dead_code, reason = "one of those who include this needs only the folder")]
pub fn data_files<const N: usize>(names: [&str; N]) -> Option<[PathBuf; N]> {
    let folder = data_folder();
    if std::env::var_os("ONSET_DATA").is_none() && !folder.exists() {
        eprintln!("skipped: there are no data sets here (set ONSET_DATA to their folder)");
        return None;
    }
    let paths = names.map(|name| folder.join(name));
    let missing = paths.iter().find(|path| !path.exists());
    assert!(missing.is_none(), "{} is missing in the folder of data sets", missing.unwrap().display());
    Some(paths)
}
