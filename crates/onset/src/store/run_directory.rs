//! One run's directory: written by one process at a time, read by any number.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::file::{PARTIAL, read_text, write_atomically};
use super::lock::{self, WriterLock};
use super::{JournalEntry, Manifest, Status, StoreError, Table, journal};

const MANIFEST: &str = "manifest.json";
const SPEC: &str = "spec.toml";
const JOURNAL: &str = "journal.jsonl";
const PROBES: &str = "probes";

/// The sealed forecast of the run, written before it began.
pub const FORECAST: &str = "forecast.json";

/// The attention of the sealed forecast.
pub const FORECAST_ATTENTION: &str = "forecast.parquet";

const CHECKPOINTS: &str = "checkpoints";
const STATES: &str = "states";

/// A run directory, open for writing (locked) or for reading.
#[derive(Debug)]
pub struct RunDirectory {
    path: PathBuf,
    manifest: Manifest,
    spec: String,
    /// Held for as long as the run is open for writing.
    _lock: Option<WriterLock>,
    /// Largest table that is read as records or scores, in bytes of its values.
    read_limit: u64,
}

impl RunDirectory {
    /// Whether there is a run in `path`.
    pub fn exists(path: &Path) -> bool {
        path.join(MANIFEST).exists()
    }

    /// Begins a run. Errors if there is a run already, or anything else.
    pub fn create(path: &Path, spec: &str, manifest: Manifest) -> Result<Self, StoreError> {
        if Self::exists(path) {
            return Err(StoreError::RunExists { path: path.into() });
        }
        // A run that was killed before its manifest was written leaves files that may be overwritten.
        let ours = |name: &str| {
            [lock::FILE, SPEC, FORECAST, FORECAST_ATTENTION].contains(&name) || name.ends_with(PARTIAL)
        };
        let entries = fs::read_dir(path).into_iter().flatten().flatten();
        if entries.into_iter().any(|entry| !entry.file_name().to_str().is_some_and(ours)) {
            return Err(StoreError::NotARun { path: path.into() });
        }
        fs::create_dir_all(path).map_err(|e| StoreError::io("create the folder", path, e))?;
        let lock = WriterLock::acquire(path)?;
        write_atomically(&path.join(SPEC), spec.as_bytes())?;
        manifest.write(&path.join(MANIFEST))?;
        Ok(Self { path: path.into(), manifest, spec: spec.into(), _lock: Some(lock), read_limit: u64::MAX })
    }

    /// Opens a run to continue it. Errors if there is none, or if another process writes it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        if !Self::exists(path) {
            return Err(StoreError::NoRun { path: path.into() });
        }
        let lock = WriterLock::acquire(path)?;
        // Read under the lock: what another process wrote last is complete.
        let mut manifest = Manifest::read(&path.join(MANIFEST))?;
        if manifest.status == Status::Running {
            manifest.status = Status::Interrupted;
        }
        Ok(Self {
            path: path.into(),
            manifest,
            spec: read_text(&path.join(SPEC))?,
            _lock: Some(lock),
            read_limit: u64::MAX,
        })
    }

    /// Opens a run to read it. Nothing is created or changed and no lock is kept, so a folder that cannot be written to
    /// can be read. A run whose manifest has it running while no process writes it was killed, and counts as
    /// interrupted.
    pub fn view(path: &Path) -> Result<Self, StoreError> {
        if !Self::exists(path) {
            return Err(StoreError::NoRun { path: path.into() });
        }
        let mut manifest = Manifest::read(&path.join(MANIFEST))?;
        if manifest.status == Status::Running && !lock::is_held(path) {
            // The run may have ended after its manifest was read; then it has another one now.
            manifest = Manifest::read(&path.join(MANIFEST))?;
            if manifest.status == Status::Running {
                manifest.status = Status::Interrupted;
            }
        }
        Ok(Self {
            path: path.into(),
            manifest,
            spec: read_text(&path.join(SPEC))?,
            _lock: None,
            read_limit: u64::MAX,
        })
    }

    /// The same, but tables of more than `bytes` of values are refused where curves and attribution records are read: by
    /// a server, whose memory belongs to all that it shows.
    pub fn with_read_limit(self, bytes: u64) -> Self {
        Self { read_limit: bytes, ..self }
    }

    /// Largest table that is read as curves or attribution records, in bytes of its values.
    pub fn read_limit(&self) -> u64 {
        self.read_limit
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the run is and how it stands.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The resolved spec.
    pub fn spec_text(&self) -> &str {
        &self.spec
    }

    /// Changes the manifest and writes it.
    pub fn update_manifest(&mut self, change: impl FnOnce(&mut Manifest)) -> Result<(), StoreError> {
        change(&mut self.manifest);
        self.manifest.write(&self.path.join(MANIFEST))
    }

    /// Adds an event to the journal, with the present time.
    pub fn append_journal(
        &self,
        event: &str,
        seconds: f64,
        message: Option<String>,
    ) -> Result<(), StoreError> {
        journal::append(&self.path.join(JOURNAL), event, seconds, message)
    }

    /// The events of the journal.
    pub fn journal(&self) -> Vec<JournalEntry> {
        journal::read(&self.path.join(JOURNAL))
    }

    /// Writes `value` as JSON to the file `name`.
    pub fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), StoreError> {
        let json = serde_json::to_string(value).expect("plain data");
        write_atomically(&self.path.join(name), json.as_bytes())
    }

    /// Reads what [`RunDirectory::write_json`] wrote to the file `name`.
    pub fn read_json<T: DeserializeOwned>(&self, name: &str) -> Result<T, StoreError> {
        let path = self.path.join(name);
        serde_json::from_str(&read_text(&path)?).map_err(|e| StoreError::Damaged {
            path,
            expected: "part of a run",
            found: e.to_string(),
            remedy: "train again",
        })
    }

    /// The file of the loss at each step.
    pub fn training_path(&self) -> PathBuf {
        self.path.join("training.parquet")
    }

    /// The file of the scores at each evaluation.
    pub fn evaluation_path(&self) -> PathBuf {
        self.path.join("evaluation.parquet")
    }

    /// The file of what each head does at each evaluation.
    pub fn heads_path(&self) -> PathBuf {
        self.path.join("heads.parquet")
    }

    /// The snapshot from which the run continues.
    pub fn resume_path(&self) -> PathBuf {
        self.path.join("resume.safetensors")
    }

    /// The attribution records after `step` steps.
    pub fn probe_path(&self, step: u64) -> PathBuf {
        self.path.join(PROBES).join(format!("step-{step:06}.parquet"))
    }

    /// The parameters after `step` steps.
    pub fn checkpoint_path(&self, step: u64) -> PathBuf {
        self.path.join(CHECKPOINTS).join(format!("step-{step:06}.safetensors"))
    }

    /// The whole state of training after `step` steps.
    pub fn state_path(&self, step: u64) -> PathBuf {
        self.path.join(STATES).join(format!("step-{step:06}.safetensors"))
    }

    /// The steps whose whole state was kept, in order.
    pub fn state_steps(&self) -> Vec<u64> {
        steps_in(&self.path.join(STATES), ".safetensors")
    }

    /// The steps that have attribution records, in order.
    pub fn probe_steps(&self) -> Vec<u64> {
        steps_in(&self.path.join(PROBES), ".parquet")
    }

    /// The steps that have checkpoints, in order.
    pub fn checkpoint_steps(&self) -> Vec<u64> {
        steps_in(&self.path.join(CHECKPOINTS), ".safetensors")
    }

    /// Reads a table; one that has not been written yet is empty.
    pub fn read_table(&self, path: &Path) -> Result<Table, StoreError> {
        if path.exists() { Table::read(path) } else { Ok(Table::new()) }
    }

    /// Deletes all records after `step`, and files that were being written when the process ended.
    pub fn truncate_after(&self, step: u64) -> Result<(), StoreError> {
        for path in [self.training_path(), self.evaluation_path(), self.heads_path()] {
            let mut table = self.read_table(&path)?;
            if table.rows() > 0 {
                let steps = table.ints("step")?.to_vec();
                if steps.iter().any(|&s| s > step as i64) {
                    table.retain(|row| steps[row] <= step as i64);
                    table.write(&path)?;
                }
            }
        }
        self.probe_steps().into_iter().filter(|&s| s > step).try_for_each(|s| remove(&self.probe_path(s)))?;
        let late = self.checkpoint_steps().into_iter().filter(|&s| s > step);
        late.into_iter().try_for_each(|s| remove(&self.checkpoint_path(s)))?;
        let late = self.state_steps().into_iter().filter(|&s| s > step);
        late.into_iter().try_for_each(|s| remove(&self.state_path(s)))?;
        self.remove_partial_files()
    }

    /// Drops the scores and attribution records of steps that are not `recorded`, and the parameters of steps that are not
    /// `kept`.
    pub fn retain(
        &self,
        recorded: impl Fn(u64) -> bool,
        kept: impl Fn(u64) -> bool,
    ) -> Result<(), StoreError> {
        for path in [self.evaluation_path(), self.heads_path()] {
            let mut table = self.read_table(&path)?;
            if table.rows() > 0 {
                let steps = table.ints("step")?.to_vec();
                let holds = |row: usize| u64::try_from(steps[row]).is_ok_and(&recorded);
                if !(0..steps.len()).all(holds) {
                    table.retain(holds);
                    table.write(&path)?;
                }
            }
        }
        let probes = self.probe_steps().into_iter().filter(|&step| !recorded(step));
        probes.into_iter().try_for_each(|step| remove(&self.probe_path(step)))?;
        let checkpoints = self.checkpoint_steps().into_iter().filter(|&step| !kept(step));
        checkpoints.into_iter().try_for_each(|step| remove(&self.checkpoint_path(step)))
    }

    /// Replaces the spec.
    pub fn write_spec(&mut self, spec: &str) -> Result<(), StoreError> {
        write_atomically(&self.path.join(SPEC), spec.as_bytes())?;
        self.spec = spec.into();
        Ok(())
    }

    /// Deletes the snapshot, if there is one.
    pub fn remove_snapshot(&self) -> Result<(), StoreError> {
        if self.resume_path().exists() { remove(&self.resume_path()) } else { Ok(()) }
    }

    /// Checks the metadata of each file of attribution records. Returns the error of the first damaged one.
    pub fn check_records(&self) -> Result<(), StoreError> {
        self.probe_steps()
            .into_iter()
            .try_for_each(|step| Table::column_names(&self.probe_path(step)).map(drop))
    }

    /// Deletes the checkpoint of `step`, if there is one.
    pub fn remove_checkpoint(&self, step: u64) -> Result<(), StoreError> {
        let path = self.checkpoint_path(step);
        if path.exists() { remove(&path) } else { Ok(()) }
    }

    /// Deletes all records, to start over.
    pub fn clear_records(&self) -> Result<(), StoreError> {
        for path in [self.training_path(), self.evaluation_path(), self.heads_path()] {
            if path.exists() {
                remove(&path)?;
            }
        }
        self.probe_steps().into_iter().try_for_each(|s| remove(&self.probe_path(s)))?;
        self.checkpoint_steps().into_iter().try_for_each(|s| remove(&self.checkpoint_path(s)))?;
        self.state_steps().into_iter().try_for_each(|s| remove(&self.state_path(s)))?;
        self.remove_partial_files()
    }

    fn remove_partial_files(&self) -> Result<(), StoreError> {
        for folder in ["", PROBES, CHECKPOINTS, STATES].map(|name| self.path.join(name)) {
            for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
                let plain = entry.file_type().is_ok_and(|kind| kind.is_file());
                if plain && entry.file_name().to_string_lossy().ends_with(PARTIAL) {
                    remove(&entry.path())?;
                }
            }
        }
        Ok(())
    }
}

fn remove(path: &Path) -> Result<(), StoreError> {
    fs::remove_file(path).map_err(|e| StoreError::io("remove", path, e))
}

/// The steps that the names of a folder's files hold, in order.
fn steps_in(folder: &Path, suffix: &str) -> Vec<u64> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let step = |entry: fs::DirEntry| {
        let name = entry.file_name();
        name.to_str()?.strip_prefix("step-")?.strip_suffix(suffix)?.parse().ok()
    };
    let mut steps: Vec<u64> = entries.filter_map(step).collect();
    steps.sort_unstable();
    steps
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::store::Column;
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicBool, Ordering};

    pub(crate) fn manifest() -> Manifest {
        Manifest {
            format: Manifest::FORMAT,
            onset: "0".into(),
            task: "copying".into(),
            seed: 1,
            status: Status::Running,
            steps_done: 0,
            steps: 30,
            spec_digest: String::new(),
            data_digest: None,
            forecast: None,
            parameters: 0,
            best: None,
            scores: BTreeMap::from([("loss".into(), f64::NAN), ("accuracy".into(), 0.5)]),
            failure: None,
        }
    }

    #[test]
    fn a_run_is_written_by_one_process_at_a_time_and_a_killed_one_counts_as_interrupted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run");
        let run = RunDirectory::create(&path, "task = 'copying'", manifest()).unwrap();
        assert!(matches!(RunDirectory::open(&path), Err(StoreError::InUse { .. })));
        assert_eq!(RunDirectory::view(&path).unwrap().manifest().status, Status::Running);
        let again = RunDirectory::create(&path, "", manifest());
        assert!(matches!(again.unwrap_err(), StoreError::RunExists { .. }));
        drop(run);
        let view = RunDirectory::view(&path).unwrap();
        assert_eq!((view.manifest().status, view.spec_text()), (Status::Interrupted, "task = 'copying'"));
        assert_eq!(view.manifest().scores, BTreeMap::from([("accuracy".to_string(), 0.5)]));
        assert!(RunDirectory::open(&path).is_ok());
    }

    #[test]
    fn reading_creates_no_file_and_a_running_run_without_a_lock_was_interrupted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run");
        drop(RunDirectory::create(&path, "task = 'copying'", manifest()).unwrap());
        // As in a copy of the run's files, or on a medium that cannot be written to.
        fs::remove_file(path.join(lock::FILE)).unwrap();
        let names = || {
            let mut names: Vec<_> =
                fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        let before = names();
        assert_eq!(RunDirectory::view(&path).unwrap().manifest().status, Status::Interrupted);
        assert_eq!(names(), before);
        assert_eq!(before, [MANIFEST, SPEC]);
    }

    #[test]
    fn readers_keep_no_writer_out_and_never_see_an_open_run_as_interrupted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("run");
        drop(RunDirectory::create(&path, "task = 'copying'", manifest()).unwrap());
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            for _ in 0..6 {
                scope.spawn(|| {
                    while !done.load(Ordering::Relaxed) {
                        RunDirectory::view(&path).unwrap();
                    }
                });
            }
            for _ in 0..200 {
                let run = RunDirectory::open(&path).unwrap_or_else(|error| {
                    done.store(true, Ordering::Relaxed);
                    panic!("{error}")
                });
                let status = RunDirectory::view(&path).unwrap().manifest().status;
                if status != Status::Running {
                    done.store(true, Ordering::Relaxed);
                    panic!("a run that is being written reads as {status}");
                }
                drop(run);
            }
            done.store(true, Ordering::Relaxed);
        });
    }

    #[test]
    fn a_run_killed_before_its_manifest_can_be_begun_again() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(SPEC), "task").unwrap();
        fs::write(folder.path().join("manifest.json.partial"), "{").unwrap();
        assert!(RunDirectory::create(folder.path(), "task = 'copying'", manifest()).is_ok());
    }

    #[test]
    fn foreign_folders_and_later_formats_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("thesis.tex"), "").unwrap();
        let refused = RunDirectory::create(folder.path(), "", manifest()).unwrap_err();
        assert!(matches!(refused, StoreError::NotARun { .. }));
        assert!(matches!(RunDirectory::open(folder.path()), Err(StoreError::NoRun { .. })));
        for (text, part) in
            [("{\"format\": 9}", "later version"), ("{\"format\": 1}", "not a readable manifest")]
        {
            fs::write(folder.path().join(MANIFEST), text).unwrap();
            let error = RunDirectory::view(folder.path()).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn truncation_drops_what_came_later_everywhere() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunDirectory::create(&folder.path().join("run"), "", manifest()).unwrap();
        let table = |steps: Vec<i64>| Table::new().with("step", Column::Int(steps));
        table((1..=30).collect()).write(&run.training_path()).unwrap();
        table(vec![0, 10, 20, 30]).write(&run.evaluation_path()).unwrap();
        for step in [0, 10, 20] {
            table(vec![1]).write(&run.probe_path(step)).unwrap();
            write_atomically(&run.checkpoint_path(step), b"x").unwrap();
        }
        fs::write(run.path().join("evaluation.parquet.partial"), "half").unwrap();
        run.truncate_after(15).unwrap();
        assert_eq!(Table::read(&run.training_path()).unwrap().rows(), 15);
        assert_eq!(Table::read(&run.evaluation_path()).unwrap().ints("step").unwrap(), [0, 10]);
        assert_eq!((run.probe_steps(), run.checkpoint_steps()), (vec![0, 10], vec![0, 10]));
        assert!(!run.path().join("evaluation.parquet.partial").exists());
        run.clear_records().unwrap();
        assert!(run.probe_steps().is_empty() && !run.training_path().exists());
    }
}
