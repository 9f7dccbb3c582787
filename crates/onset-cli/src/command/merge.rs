//! `onset merge`: folders of runs, joined.

use anyhow::Result;
use onset::runs::{Merged, merge as merge_runs};
use serde_json::json;

use super::plan::in_options;
use crate::Ending;
use crate::args::MergeArguments;

/// Joins the folders and prints what was copied.
pub fn merge(arguments: &MergeArguments) -> Result<Ending> {
    let Merged { copied, replaced, kept } =
        merge_runs(&arguments.folders, &arguments.into).map_err(in_options)?;
    if arguments.json {
        say!("{}", json!({ "copied": copied, "replaced": replaced, "kept": kept }));
    } else {
        say!(
            "{}: {} runs copied, {} replaced by ones that came further, {} there already",
            arguments.into.display(),
            copied.len(),
            replaced.len(),
            kept.len()
        );
    }
    Ok(Ending::Done)
}
