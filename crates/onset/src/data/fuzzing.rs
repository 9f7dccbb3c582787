//! A door for fuzzing, behind the feature `fuzzing`; no part of the interface.

use std::path::Path;

use super::set::Take;
use super::unpack;
use super::{DataError, DataSet};

/// Makes the `file`th file of `set` in `folder` from the upstream file at `source`, whatever its checksum; its rows.
pub fn unpack_file(set: &DataSet, file: usize, source: &Path, folder: &Path) -> Result<u64, DataError> {
    let written = unpack::unpack(&set.files[file], source, folder, &mut |_| {})?;
    Ok(written.rows())
}

/// The members of the upstream archive that the `file`th file of `set` is made from; none if it is no archive.
pub fn members(set: &DataSet, file: usize) -> Vec<String> {
    match set.files[file].take {
        Take::Lines { member, .. } | Take::Classes { member: Some(member), .. } => vec![member.into()],
        Take::Folders { classes, .. } => {
            classes.iter().map(|(folder, _)| format!("{folder}/1.txt")).collect()
        }
        Take::Talks { members } => members.iter().map(|member| (*member).into()).collect(),
        Take::Classes { member: None, .. } | Take::Whole | Take::Column(_) => Vec::new(),
    }
}
