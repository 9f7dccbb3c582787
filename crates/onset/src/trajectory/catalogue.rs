//! An up-to-date list of the runs in a folder. Only runs that have changed are read again.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::links::{below, links_out};
use crate::spec::{Identity, Spec, describe, run_names};
use crate::store::{Manifest, RunDirectory, Status, StoreError, Table, run_folders};

/// A run with its status, or the reason why it cannot be read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Overview {
    /// Its path below the folder of runs, with `/` between names.
    pub id: String,
    /// Changes whenever a record of the run changes. It is opaque: stamps can only be compared, within one process.
    pub stamp: String,
    /// Its contents.
    #[serde(flatten)]
    pub known: Known,
}

/// A run's manifest and derived data, or the error from reading it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Known {
    /// It can be read.
    Run {
        /// The manifest.
        manifest: Manifest,
        /// The title: its task and model in words.
        title: String,
        /// How it differs from other groups with this title; empty if it does not.
        difference: String,
        /// A key shared by runs that differ only in their seed.
        group: String,
        /// Seconds of training up to its last stop.
        seconds: f64,
        /// Examples in a batch; `None` if another program trained it.
        batch: Option<usize>,
        /// When it started, in seconds since 1970; `None` if that was not recorded.
        began: Option<u64>,
    },
    /// It cannot be read.
    Unreadable {
        /// The reason, and what to do.
        error: String,
    },
}

/// The changes since the last refresh.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// Runs that are new or have changed.
    pub changed: Vec<String>,
    /// Runs that were removed.
    pub gone: Vec<String>,
}

impl Change {
    /// Whether nothing has changed.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.gone.is_empty()
    }
}

/// Largest table of scores that is read for the list of runs, in bytes of its values.
const SCORES_LIMIT: u64 = 64 << 20;

/// The runs in a folder.
#[derive(Debug)]
pub struct Catalogue {
    root: PathBuf,
    entries: BTreeMap<String, Entry>,
}

#[derive(Debug)]
struct Entry {
    overview: Overview,
    path: PathBuf,
    spec: Option<(Spec, Identity)>,
}

impl Entry {
    fn is_running(&self) -> bool {
        matches!(&self.overview.known, Known::Run { manifest, .. } if manifest.status == Status::Running)
    }
}

impl Catalogue {
    /// A catalogue of the runs in and below `root`, empty until the first [`Catalogue::refresh`]. `root` must be a path
    /// without links. Files outside it that a run links to are not read.
    pub fn new(root: PathBuf) -> Self {
        Self { root, entries: BTreeMap::new() }
    }

    /// Reads what has changed. Errors if the folder cannot be listed. A run that cannot be read is listed with its
    /// error.
    pub fn refresh(&mut self) -> Result<Change, StoreError> {
        fs::read_dir(&self.root).map_err(|e| StoreError::io("list", &self.root, e))?;
        let mut change = Change::default();
        let mut entries = BTreeMap::new();
        for path in run_folders(&self.root) {
            let (id, is_named) = id_of(&path, &self.root);
            let stamp = stamp(&path);
            let known = self.entries.remove(&id);
            let entry = match known {
                Some(entry) if entry.overview.stamp == stamp && !entry.is_running() => entry,
                known => {
                    let mut entry = if is_named { read(&path, &self.root, &id) } else { unnamed(&path, &id) };
                    entry.overview.stamp.clone_from(&stamp);
                    // The process of a running run may have been killed, which changes no file.
                    let differs = |known: Entry| {
                        known.overview.stamp != stamp || known.is_running() != entry.is_running()
                    };
                    if known.is_none_or(differs) {
                        change.changed.push(id.clone());
                    }
                    entry
                }
            };
            entries.insert(id, entry);
        }
        change.gone = std::mem::replace(&mut self.entries, entries).into_keys().collect();
        if !change.is_empty() {
            self.label_differences();
        }
        Ok(change)
    }

    /// The runs, by path.
    pub fn overviews(&self) -> impl Iterator<Item = &Overview> {
        self.entries.values().map(|entry| &entry.overview)
    }

    /// The run with this id, or `None`. Ids are looked up, never turned into paths.
    pub fn get(&self, id: &str) -> Option<&Overview> {
        self.entries.get(id).map(|entry| &entry.overview)
    }

    /// The path of a listed run.
    pub fn path(&self, id: &str) -> Option<PathBuf> {
        self.entries.get(id).map(|entry| entry.path.clone())
    }

    /// The resolved spec of a listed run that can be read.
    pub fn spec(&self, id: &str) -> Option<&Spec> {
        self.entries.get(id)?.spec.as_ref().map(|(spec, _)| spec)
    }

    /// Labels groups with the same title by their differences, as reports do.
    fn label_differences(&mut self) {
        let mut groups: BTreeMap<&str, (&Spec, &Identity)> = BTreeMap::new();
        for entry in self.entries.values() {
            if let (Known::Run { group, .. }, Some((spec, identity))) = (&entry.overview.known, &entry.spec) {
                groups.insert(group, (spec, identity));
            }
        }
        let names = run_names(&groups.values().copied().collect::<Vec<_>>());
        let names = names.into_iter().map(|name| name.difference);
        let labels: BTreeMap<String, String> = groups.keys().map(ToString::to_string).zip(names).collect();
        for entry in self.entries.values_mut() {
            if let Known::Run { group, difference, .. } = &mut entry.overview.known {
                *difference = labels.get(group.as_str()).cloned().unwrap_or_default();
            }
        }
    }
}

/// The path below the root, with `/`, and whether it names the run: a name that is not UTF-8 is shown with marks for what
/// is not, and a digest, and no address leads to it.
fn id_of(path: &Path, root: &Path) -> (String, bool) {
    let relative = path.strip_prefix(root).unwrap_or(path);
    let names: Option<Vec<&str>> = relative.iter().map(|name| name.to_str()).collect();
    match names {
        Some(names) if names.is_empty() => (".".into(), true),
        Some(names) => (names.join("/"), true),
        None => {
            let mut hasher = DefaultHasher::new();
            relative.hash(&mut hasher);
            let shown: Vec<_> = relative.iter().map(|name| name.to_string_lossy()).collect();
            (format!("{} ({:08x})", shown.join("/"), hasher.finish() as u32), false)
        }
    }
}

/// A run whose name is not UTF-8.
fn unnamed(path: &Path, id: &str) -> Entry {
    let error = "the name of this folder is not UTF-8, so that no address can lead to it; rename it".into();
    let overview = Overview { id: id.into(), stamp: String::new(), known: Known::Unreadable { error } };
    Entry { overview, path: path.into(), spec: None }
}

fn read(path: &Path, root: &Path, id: &str) -> Entry {
    let unreadable = |error: String| {
        let error = below(&error, root);
        let overview = Overview { id: id.into(), stamp: String::new(), known: Known::Unreadable { error } };
        Entry { overview, path: path.into(), spec: None }
    };
    if let Some(link) = links_out(path, root) {
        return unreadable(format!(
            "{} leads out of the folder of runs and is not followed; copy the file there",
            link.strip_prefix(root).unwrap_or(&link).display()
        ));
    }
    let directory = match RunDirectory::view(path) {
        Ok(directory) => directory,
        Err(error) => return unreadable(error.to_string()),
    };
    let spec = match Spec::parse(directory.spec_text(), "spec.toml", &[]) {
        Ok(spec) => spec,
        Err(error) => return unreadable(error.to_string()),
    };
    let directory = directory.with_read_limit(SCORES_LIMIT);
    let mut manifest = directory.manifest().clone();
    if let Some(failure) = &mut manifest.failure {
        *failure = below(failure, root);
    }
    if manifest.status == Status::Running {
        // The manifest is written from time to time, the scores at every evaluation.
        latest_scores(&directory, &mut manifest);
    }
    let journal = directory.journal();
    let identity = Identity::of(&spec, &manifest);
    let known = Known::Run {
        batch: (manifest.task != "recorded").then(|| spec.training().batch),
        manifest,
        title: describe(&spec),
        difference: String::new(),
        group: identity.digest().chars().take(12).collect(),
        seconds: journal.iter().map(|entry| entry.seconds).sum(),
        began: journal.first().map(|entry| entry.time),
    };
    let overview = Overview { id: id.into(), stamp: String::new(), known };
    Entry { overview, path: path.into(), spec: Some((spec, identity)) }
}

/// Puts the scores of the last evaluation into the manifest. Scores that cannot be read now are read at a later
/// refresh.
fn latest_scores(directory: &RunDirectory, manifest: &mut Manifest) {
    let table = Table::read_numbers_within(&directory.evaluation_path(), directory.read_limit());
    let Ok(table) = table else { return };
    let Some(&step) = table.ints("step").ok().and_then(<[i64]>::last) else { return };
    manifest.steps_done = manifest.steps_done.max(u64::try_from(step).unwrap_or(0));
    let last = |name: &str| table.floats(name).ok()?.last().copied().filter(|score| score.is_finite());
    manifest.scores = table.names().filter_map(|name| Some((name.to_owned(), last(name)?))).collect();
}

/// A digest of the length and modification time of every file that is read from a run.
fn stamp(path: &Path) -> String {
    let files =
        ["manifest.json", "spec.toml", "journal.jsonl", "evaluation.parquet", "training.parquet", "probes"];
    let mut hasher = DefaultHasher::new();
    for name in files {
        let found = fs::metadata(path.join(name)).ok();
        found.map(|found| (found.len(), found.modified().ok())).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Column;

    fn manifest(seed: u64, status: Status) -> Manifest {
        let text = format!(
            r#"{{"format": 1, "onset": "0", "task": "copying", "seed": {seed}, "status": "{status}", "steps_done": 5,
            "steps": 30, "spec_digest": "", "data_digest": null, "parameters": 7, "scores": {{"accuracy": 0.5}},
            "failure": null}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    fn make(root: &Path, id: &str, seed: u64, more: &str) -> RunDirectory {
        let spec = format!("task = 'copying'\nseed = {seed}\n{more}");
        RunDirectory::create(&root.join(id), &spec, manifest(seed, Status::Finished)).unwrap()
    }

    fn error(catalogue: &Catalogue, id: &str) -> String {
        match &catalogue.get(id).unwrap().known {
            Known::Unreadable { error } => error.clone(),
            known => panic!("{known:?}"),
        }
    }

    #[test]
    fn new_changed_and_deleted_runs_are_reported() {
        let folder = tempfile::tempdir().unwrap();
        let mut catalogue = Catalogue::new(folder.path().into());
        assert!(catalogue.refresh().unwrap().is_empty());
        make(folder.path(), "a/seed-0", 0, "");
        let one = make(folder.path(), "a/seed-1", 1, "");
        assert_eq!(catalogue.refresh().unwrap().changed, ["a/seed-0", "a/seed-1"]);
        assert!(catalogue.refresh().unwrap().is_empty());
        Table::new().with("step", Column::Int(vec![1])).write(&one.evaluation_path()).unwrap();
        assert_eq!(catalogue.refresh().unwrap().changed, ["a/seed-1"]);
        fs::remove_dir_all(folder.path().join("a/seed-0")).unwrap();
        assert_eq!(catalogue.refresh().unwrap().gone, ["a/seed-0"]);
        assert_eq!(catalogue.overviews().count(), 1);
        fs::remove_dir_all(folder.path()).unwrap();
        assert!(catalogue.refresh().unwrap_err().to_string().contains("cannot list"));
    }

    #[test]
    fn a_killed_run_is_reported_as_interrupted() {
        let folder = tempfile::tempdir().unwrap();
        let mut catalogue = Catalogue::new(folder.path().into());
        let running = manifest(0, Status::Running);
        let run = RunDirectory::create(&folder.path().join("run"), "task = 'copying'", running).unwrap();
        catalogue.refresh().unwrap();
        assert!(catalogue.refresh().unwrap().is_empty());
        drop(run);
        assert_eq!(catalogue.refresh().unwrap().changed, ["run"]);
        let Known::Run { manifest, .. } = &catalogue.get("run").unwrap().known else { panic!() };
        assert_eq!(manifest.status, Status::Interrupted);
        assert!(catalogue.refresh().unwrap().is_empty());
    }

    #[test]
    fn seeds_form_a_group_and_groups_are_labelled_by_their_difference() {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path(), "a", 0, "");
        make(folder.path(), "b", 1, "");
        make(folder.path(), "c", 0, "[model]\nhidden = 64");
        let mut catalogue = Catalogue::new(folder.path().into());
        catalogue.refresh().unwrap();
        let labels = |id: &str| match &catalogue.get(id).unwrap().known {
            Known::Run { group, difference, .. } => (group.clone(), difference.clone()),
            known => panic!("{known:?}"),
        };
        assert_eq!(labels("a"), labels("b"));
        assert_ne!(labels("a").0, labels("c").0);
        assert_eq!(labels("c").1, "hidden = 64");
    }

    #[test]
    fn an_unreadable_run_is_listed_with_the_reason_beside_the_others() {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path(), "good", 0, "");
        for (id, manifest, spec) in [("half", "{\"format\": 1", "task"), ("foreign", "{\"format\": 99}", "")]
        {
            fs::create_dir(folder.path().join(id)).unwrap();
            fs::write(folder.path().join(id).join("manifest.json"), manifest).unwrap();
            fs::write(folder.path().join(id).join("spec.toml"), spec).unwrap();
        }
        make(folder.path(), "spec", 0, "");
        fs::write(folder.path().join("spec/spec.toml"), "task = 'juggling'").unwrap();
        let mut catalogue = Catalogue::new(folder.path().into());
        catalogue.refresh().unwrap();
        assert_eq!(catalogue.overviews().count(), 4);
        assert!(error(&catalogue, "half").contains("not a readable manifest"));
        assert!(error(&catalogue, "foreign").contains("later version"));
        assert!(error(&catalogue, "spec").contains("juggling"));
        assert_eq!(catalogue.path("../etc"), None);
        assert!(catalogue.get("good/../good").is_none() && catalogue.get("/good").is_none());
    }

    #[cfg(unix)]
    #[test]
    fn a_run_whose_name_is_not_utf_8_is_listed_and_errors_name_no_path_above_the_folder() {
        use std::os::unix::ffi::OsStrExt;
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("runs");
        for name in [&b"caf\xe9"[..], b"caf\xe8"] {
            make(&root, "good", 0, "");
            fs::rename(root.join("good"), root.join(std::ffi::OsStr::from_bytes(name))).unwrap();
        }
        make(&root, "good", 0, "");
        fs::create_dir(root.join("half")).unwrap();
        fs::write(root.join("half/manifest.json"), "{").unwrap();
        let mut catalogue = Catalogue::new(root.clone());
        assert_eq!(catalogue.refresh().unwrap().changed.len(), 4);
        assert!(catalogue.refresh().unwrap().is_empty());
        let unnamed: Vec<&Overview> = catalogue.overviews().filter(|run| run.id.starts_with("caf")).collect();
        assert_eq!(unnamed.len(), 2);
        assert_ne!(unnamed[0].id, unnamed[1].id);
        assert!(error(&catalogue, &unnamed[0].id).contains("not UTF-8"));
        let error = error(&catalogue, "half");
        assert!(error.starts_with("half/manifest.json is not a readable manifest"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn links_out_of_the_folder_are_not_read() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("runs");
        make(&root, "run", 0, "");
        fs::write(folder.path().join("secret"), "the secret = [").unwrap();
        fs::remove_file(root.join("run/spec.toml")).unwrap();
        std::os::unix::fs::symlink("../../secret", root.join("run/spec.toml")).unwrap();
        let mut catalogue = Catalogue::new(root);
        catalogue.refresh().unwrap();
        let error = error(&catalogue, "run");
        assert!(error.contains("run/spec.toml leads out") && !error.contains("the secret"), "{error}");
    }
}
