//! `onset runs`: the runs in a folder.

use anyhow::{Context, Result};
use onset::spec::Spec;
use onset::store::{ListedRun, Manifest, find_runs};
use onset::target::data_files;
use serde_json::{Value, json};

use crate::Ending;
use crate::args::RunsArguments;
use crate::table::table;

/// Lists the runs with their status and scores.
pub fn runs(arguments: &RunsArguments) -> Result<Ending> {
    let runs = find_runs(&arguments.folder)
        .with_context(|| format!("no runs in {}; `onset train` makes some", arguments.folder.display()))?;
    if arguments.json {
        say!("{}", serde_json::to_string_pretty(&runs.iter().map(as_json).collect::<Vec<_>>())?);
    } else if runs.is_empty() {
        say!("no runs in {}; `onset train` makes some", arguments.folder.display());
    } else {
        let header = ["run", "task", "seed", "status", "steps", "accuracy", "time"];
        say!("{}", table(&header, runs.iter().map(row)));
        for run in &runs {
            match &run.manifest {
                Err(error) => note!("warning: {error}"),
                Ok(Manifest { failure: Some(why), .. }) => note!("{}: {why}", run.path.display()),
                Ok(_) => {}
            }
        }
    }
    Ok(Ending::Done)
}

fn row(run: &ListedRun) -> Vec<String> {
    let path = run.path.display().to_string();
    let Ok(manifest) = &run.manifest else {
        return [path.as_str(), "", "", "unreadable", "", "", ""].map(String::from).to_vec();
    };
    let accuracy = manifest.scores.get("accuracy").map_or("–".into(), |accuracy| format!("{accuracy:.3}"));
    vec![
        path,
        manifest.task.clone(),
        manifest.seed.to_string(),
        manifest.status.to_string(),
        format!("{}/{}", manifest.steps_done, manifest.steps),
        accuracy,
        format!("{:.0} s", run.seconds),
    ]
}

fn as_json(run: &ListedRun) -> Value {
    match &run.manifest {
        Ok(manifest) => {
            let path = run.path.join("spec.toml");
            // A spec that cannot be read is reported by the commands that need it; this one only lists the run.
            let data = Spec::read(&path, &[]).map_or_else(|_| Vec::new(), |spec| data_files(&spec));
            let seconds = run.seconds;
            json!({ "path": run.path, "spec": path, "data": data, "seconds": seconds, "manifest": manifest })
        }
        Err(error) => json!({ "path": run.path, "error": error.to_string() }),
    }
}
