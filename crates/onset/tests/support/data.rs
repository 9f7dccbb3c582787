//! Public data sets on disk, for tests and measurements: in the folder `ONSET_DATA`, else in `shared/data` beside
//! the repository. Included by path, so that there is one rule for all crates.

use std::path::{Path, PathBuf};

/// Set where the data must be there: then its absence is a failure, and not a reason to skip.
const REQUIRED: &str = "ONSET_REQUIRE_DATA";

/// The folder of data sets, which may not exist.
pub fn data_folder() -> PathBuf {
    std::env::var_os("ONSET_DATA").map_or_else(beside_the_repository, PathBuf::from)
}

fn beside_the_repository() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let repository = package.ancestors().find(|folder| folder.join("Cargo.lock").is_file());
    repository.unwrap_or(package).join("../shared/data")
}

/// The paths of `names` in the data folder; none, with a message, if one is missing.
///
/// # Panics
/// If one is missing although `ONSET_REQUIRE_DATA` is set.
#[allow(dead_code, reason = "one of those who include this needs only the folder")]
pub fn data_files<const N: usize>(names: [&str; N]) -> Option<[PathBuf; N]> {
    let folder = data_folder();
    let paths = names.map(|name| folder.join(name));
    let Some(missing) = paths.iter().find(|path| !path.exists()) else { return Some(paths) };
    let message = format!("{} is missing (set ONSET_DATA to the data folder)", missing.display());
    assert!(std::env::var_os(REQUIRED).is_none(), "{message}, and {REQUIRED} is set");
    eprintln!("skipped: {message}");
    None
}
