//! The runs in a folder, kept up to date: only what has changed is read again.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use serde::Serialize;

use super::describe::{describe, difference_labels};
use super::links::links_out;
use crate::spec::Spec;
use crate::store::{Manifest, RunDirectory, Status, StoreError, Table, digest, run_folders};

/// A run as it stands, or why that cannot be told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Overview {
    /// Its folder below the folder of runs, with `/` between names.
    pub id: String,
    /// Changes whenever anything that is on record of the run does.
    pub stamp: u64,
    /// What it is and how it stands.
    #[serde(flatten)]
    pub known: Known,
}

/// What can be told of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Known {
    /// It can be read.
    Run {
        /// The manifest.
        manifest: Manifest,
        /// What it is about, in words.
        title: String,
        /// In what it differs from others of that title; empty if in nothing.
        difference: String,
        /// The same for runs that differ by nothing but the seed.
        group: String,
        /// Seconds spent on it so far, up to when it last stopped.
        seconds: f64,
        /// When it began, in seconds since 1970; none if that is not on record.
        began: Option<u64>,
    },
    /// It cannot.
    Unreadable {
        /// Why, and what to do.
        error: String,
    },
}

/// What came of looking again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Change {
    /// The runs that are new or have changed.
    pub changed: Vec<String>,
    /// Those that are gone.
    pub gone: Vec<String>,
}

impl Change {
    /// Whether nothing has changed.
    pub fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.gone.is_empty()
    }
}

/// The runs in a folder.
#[derive(Debug)]
pub struct Catalogue {
    root: PathBuf,
    entries: BTreeMap<String, Entry>,
}

#[derive(Debug)]
struct Entry {
    overview: Overview,
    spec: Option<Spec>,
}

impl Entry {
    fn is_running(&self) -> bool {
        matches!(&self.overview.known, Known::Run { manifest, .. } if manifest.status == Status::Running)
    }
}

impl Catalogue {
    /// Of the runs in `root` and below; none is known before the first [`Catalogue::refresh`]. `root` must be without
    /// links: what a run links to outside of it is not read.
    pub fn new(root: PathBuf) -> Self {
        Self { root, entries: BTreeMap::new() }
    }

    /// Looks again. Errors if the folder cannot be listed; a run that cannot be read is known with its error.
    pub fn refresh(&mut self) -> Result<Change, StoreError> {
        fs::read_dir(&self.root).map_err(|e| StoreError::io("list", &self.root, e))?;
        let mut change = Change::default();
        let mut entries = BTreeMap::new();
        for path in run_folders(&self.root) {
            let Some(id) = id_of(&path, &self.root) else { continue };
            let stamp = stamp(&path);
            let known = self.entries.remove(&id);
            let entry = match known {
                Some(entry) if entry.overview.stamp == stamp && !entry.is_running() => entry,
                known => {
                    let mut entry = read(&path, &self.root, &id);
                    entry.overview.stamp = stamp;
                    // A run that was running may have been killed, which no file tells.
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

    /// A run by its id; none if there is none. An id is looked up and never made into a path.
    pub fn get(&self, id: &str) -> Option<&Overview> {
        self.entries.get(id).map(|entry| &entry.overview)
    }

    /// Where a known run is.
    pub fn path(&self, id: &str) -> Option<PathBuf> {
        self.entries.get(id).map(|entry| self.root.join(&entry.overview.id))
    }

    /// The resolved spec of a known run that can be read.
    pub fn spec(&self, id: &str) -> Option<&Spec> {
        self.entries.get(id)?.spec.as_ref()
    }

    /// Tells groups of the same title apart.
    fn label_differences(&mut self) {
        let mut titles: BTreeMap<&str, BTreeMap<&str, &Spec>> = BTreeMap::new();
        for entry in self.entries.values() {
            if let (Known::Run { title, group, .. }, Some(spec)) = (&entry.overview.known, &entry.spec) {
                titles.entry(title).or_default().insert(group, spec);
            }
        }
        let mut labels: BTreeMap<String, String> = BTreeMap::new();
        for groups in titles.values() {
            let specs: Vec<&Spec> = groups.values().copied().collect();
            labels.extend(groups.keys().map(ToString::to_string).zip(difference_labels(&specs)));
        }
        for entry in self.entries.values_mut() {
            if let Known::Run { group, difference, .. } = &mut entry.overview.known {
                *difference = labels.get(group.as_str()).cloned().unwrap_or_default();
            }
        }
    }
}

/// The path below the root, with `/`; none if a name is not UTF-8, for it could not be asked for.
fn id_of(path: &Path, root: &Path) -> Option<String> {
    let names = path.strip_prefix(root).ok()?.iter().map(|name| name.to_str());
    let id = names.collect::<Option<Vec<_>>>()?.join("/");
    Some(if id.is_empty() { ".".into() } else { id })
}

fn read(path: &Path, root: &Path, id: &str) -> Entry {
    let unreadable = |error: String| {
        let overview = Overview { id: id.into(), stamp: 0, known: Known::Unreadable { error } };
        Entry { overview, spec: None }
    };
    if let Some(link) = links_out(path, root) {
        return unreadable(format!(
            "{} leads out of the folder of runs and is not followed; put the file itself there",
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
    let mut manifest = directory.manifest().clone();
    if manifest.status == Status::Running {
        // The manifest is written now and then, the scores at every evaluation.
        latest_scores(&directory, &mut manifest);
    }
    let journal = directory.journal();
    let group = digest(spec.clone().with_seed(0).to_toml().as_bytes());
    let known = Known::Run {
        manifest,
        title: describe(&spec),
        difference: String::new(),
        group: group.chars().take(12).collect(),
        seconds: journal.iter().map(|entry| entry.seconds).sum(),
        began: journal.first().map(|entry| entry.time),
    };
    Entry { overview: Overview { id: id.into(), stamp: 0, known }, spec: Some(spec) }
}

/// Puts the last evaluation into the manifest; one that cannot be read now will be read later.
fn latest_scores(directory: &RunDirectory, manifest: &mut Manifest) {
    let Ok(table) = Table::read_numbers(&directory.evaluation_path()) else { return };
    let Some(&step) = table.ints("step").ok().and_then(<[i64]>::last) else { return };
    manifest.steps_done = manifest.steps_done.max(u64::try_from(step).unwrap_or(0));
    let last = |name: &str| table.floats(name).ok()?.last().copied().filter(|score| score.is_finite());
    manifest.scores = table.names().filter_map(|name| Some((name.to_owned(), last(name)?))).collect();
}

/// A number that changes with the length and time of every file by which a run is told.
fn stamp(path: &Path) -> u64 {
    let files =
        ["manifest.json", "spec.toml", "journal.jsonl", "evaluation.parquet", "training.parquet", "probes"];
    let mut stamp = 0xcbf2_9ce4_8422_2325u64;
    for name in files {
        let found = fs::metadata(path.join(name));
        let time =
            found.as_ref().ok().and_then(|found| found.modified().ok()?.duration_since(UNIX_EPOCH).ok());
        let (length, time) =
            (found.map_or(0, |found| found.len()), time.map_or(0, |time| time.as_nanos() as u64));
        for number in [length, time] {
            // FNV-1a, number by number. Scripts read it as a double, so 52 bits must do.
            stamp = (stamp ^ number).wrapping_mul(0x0100_0000_01b3);
            stamp ^= stamp >> 29;
        }
    }
    stamp >> 12
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
    fn it_tells_what_is_new_what_has_changed_and_what_is_gone() {
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
    fn a_killed_run_is_seen_to_have_stopped() {
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
    fn seeds_are_one_group_and_groups_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        make(folder.path(), "a", 0, "");
        make(folder.path(), "b", 1, "");
        make(folder.path(), "c", 0, "[model]\nhidden = 64");
        let mut catalogue = Catalogue::new(folder.path().into());
        catalogue.refresh().unwrap();
        let told = |id: &str| match &catalogue.get(id).unwrap().known {
            Known::Run { group, difference, .. } => (group.clone(), difference.clone()),
            known => panic!("{known:?}"),
        };
        assert_eq!(told("a"), told("b"));
        assert_ne!(told("a").0, told("c").0);
        assert_eq!(told("c").1, "hidden = 64");
    }

    #[test]
    fn what_cannot_be_read_says_why_and_the_others_are_there() {
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
    fn what_links_out_of_the_folder_is_not_read() {
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
