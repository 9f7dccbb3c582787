//! `onset runs`: the runs in a folder.

use std::path::Path;

use anyhow::{Context, Result, bail};
use onset::report::write_tidy;
use onset::spec::{Identity, RunName, Spec, differing_keys, run_names};
use onset::store::{ListedRun, Manifest, find_runs};
use onset::study::Collected;
use onset::target::data_files;
use serde_json::{Map, Value, json};

use super::collected::warn;
use crate::Ending;
use crate::args::RunsArguments;
use crate::table::table;

/// A run of the list, with its name.
struct Listed<'a> {
    run: &'a ListedRun,
    /// `None` if the spec cannot be read.
    told: Option<Told>,
}

struct Told {
    spec: Spec,
    name: RunName,
    identity: Identity,
    /// The keys in which runs with its title differ.
    keys: Vec<String>,
}

/// Lists the runs with their status, scores and differences.
pub fn runs(arguments: &RunsArguments) -> Result<Ending> {
    let runs = find_runs(&arguments.folder)
        .with_context(|| format!("no runs in {}; `onset train` makes some", arguments.folder.display()))?;
    if let Some(file) = &arguments.tidy {
        return tidy(&arguments.folder, file);
    }
    let listed = tell_apart(&runs);
    if arguments.json {
        say!("{}", serde_json::to_string_pretty(&listed.iter().map(as_json).collect::<Vec<_>>())?);
    } else if runs.is_empty() {
        say!("no runs in {}; `onset train` makes some", arguments.folder.display());
    } else {
        let rows: Vec<Vec<String>> = listed.iter().map(row).collect();
        let differ = rows.iter().any(|row| row.last().is_some_and(|difference| !difference.is_empty()));
        let header = ["run", "task", "seed", "status", "steps", "accuracy", "time", "difference"];
        let shown = if differ { header.len() } else { header.len() - 1 };
        say!("{}", table(&header[..shown], rows.into_iter().map(|row| row[..shown].to_vec())));
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

/// Writes all scores to `file`.
fn tidy(folder: &Path, file: &Path) -> Result<Ending> {
    let collected = Collected::find(&[folder.to_owned()]);
    warn(&collected);
    if collected.runs.is_empty() {
        bail!(
            "{} contains no run that can be read; expected a run directory or a folder of runs",
            folder.display()
        );
    }
    write_tidy(&collected.runs, file)?;
    note!("scores of {} runs: {}", collected.runs.len(), file.display());
    Ok(Ending::Done)
}

/// The runs with their names, the same as in reports and in the lab.
fn tell_apart(runs: &[ListedRun]) -> Vec<Listed<'_>> {
    let read = |run: &ListedRun| {
        let manifest = run.manifest.as_ref().ok()?;
        // A spec that cannot be read is reported by the commands that need it; this one only lists the run.
        let spec = Spec::read(&run.path.join("spec.toml"), &[]).ok()?.with_files_near(&run.path);
        let identity = Identity::of(&spec, manifest);
        Some((spec, identity))
    };
    let read: Vec<Option<(Spec, Identity)>> = runs.iter().map(read).collect();
    let known: Vec<(&Spec, &Identity)> =
        read.iter().flatten().map(|(spec, identity)| (spec, identity)).collect();
    let names = run_names(&known);
    let keys: Vec<Vec<String>> = names.iter().map(|name| keys_of(&known, &names, name)).collect();
    let mut told = names.into_iter().zip(keys);
    let mut listed = Vec::new();
    for (run, read) in runs.iter().zip(&read) {
        let told = read.as_ref().and_then(|(spec, identity)| {
            let (name, keys) = told.next()?;
            Some(Told { spec: spec.clone(), name, identity: identity.clone(), keys })
        });
        listed.push(Listed { run, told });
    }
    listed
}

/// The keys in which the runs with this title differ.
fn keys_of(known: &[(&Spec, &Identity)], names: &[RunName], name: &RunName) -> Vec<String> {
    let alike = known.iter().zip(names).filter(|(_, other)| other.title == name.title);
    differing_keys(&alike.map(|((_, identity), _)| *identity).collect::<Vec<_>>())
}

fn row(listed: &Listed<'_>) -> Vec<String> {
    let run = listed.run;
    let path = run.path.display().to_string();
    let Ok(manifest) = &run.manifest else {
        return [path.as_str(), "", "", "unreadable", "", "", "", ""].map(String::from).to_vec();
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
        listed.told.as_ref().map_or_else(String::new, |told| told.name.difference.clone()),
    ]
}

fn as_json(listed: &Listed<'_>) -> Value {
    let run = listed.run;
    let manifest = match &run.manifest {
        Ok(manifest) => manifest,
        Err(error) => return json!({ "path": run.path, "error": error.to_string() }),
    };
    let (path, seconds) = (run.path.join("spec.toml"), run.seconds);
    let Some(Told { spec, name, identity, keys }) = &listed.told else {
        return json!({ "path": run.path, "spec": path, "data": [], "seconds": seconds, "manifest": manifest });
    };
    let differences: Map<String, Value> =
        keys.iter().map(|key| (key.clone(), json!(identity.value(key)))).collect();
    json!({
        "path": run.path, "spec": path, "data": data_files(spec), "seconds": seconds, "manifest": manifest,
        "title": name.title, "difference": name.difference, "differences": differences,
    })
}
