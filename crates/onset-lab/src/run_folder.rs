//! The folder of runs that the lab shows, with caches of the data read from it.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use onset::store::{RunDirectory, StoreError, digest};
use onset::study::{Branches, RunRecord, branches_called};
use onset::train::{BRANCH, BranchOrigin};
use onset::trajectory::{
    Catalogue, ExampleAt, ExampleCourse, Known, Overview, RunCurves, WordCourses, example_course, links_out,
    word_courses,
};

use quick_cache::sync::Cache;

use crate::failure::Failure;

/// The maximum age of the list of runs in an answer.
const MAX_AGE: Duration = Duration::from_millis(400);

/// Number of runs with cached curves; some kilobytes each.
const CACHED_CURVES: usize = 512;

/// Number of cached examples; up to some megabytes each.
const CACHED_EXAMPLES: usize = 24;

/// Number of runs with cached words; up to some megabytes each.
const CACHED_WORDS: usize = 8;

/// Largest table that is read from a run, in bytes of its values. Longer curves would be thinned to some hundred points
/// anyway, and a page cannot show more words.
const READ_LIMIT: u64 = 256 << 20;

/// The source of a cached value: a run's id and its stamp.
type Source = (String, String);

/// The runs of a folder. If several requests ask for a value at the same time, it is computed once and the others wait.
#[derive(Debug)]
pub struct RunFolder {
    root: PathBuf,
    catalogue: Mutex<(Catalogue, Option<Instant>)>,
    curves: Cache<Source, Arc<RunCurves>>,
    examples: Cache<(Source, ExampleAt), Arc<ExampleCourse>>,
    words: Cache<Source, Arc<WordCourses>>,
}

/// A run, opened by its id.
#[derive(Debug)]
pub struct Opened {
    /// Its manifest and status.
    pub overview: Overview,
    /// Its directory.
    pub directory: RunDirectory,
}

impl Opened {
    fn source(&self) -> Source {
        (self.overview.id.clone(), self.overview.stamp.clone())
    }
}

impl RunFolder {
    /// Opens the folder `root`, a path without links.
    pub fn new(root: PathBuf) -> Self {
        Self {
            catalogue: Mutex::new((Catalogue::new(root.clone()), None)),
            root,
            curves: Cache::new(CACHED_CURVES),
            examples: Cache::new(CACHED_EXAMPLES),
            words: Cache::new(CACHED_WORDS),
        }
    }

    /// The last component of the folder's path.
    pub fn name(&self) -> String {
        self.root.file_name().unwrap_or_default().to_string_lossy().into()
    }

    /// The failure, with files named by their place below the folder.
    pub fn without_root(&self, failure: Failure) -> Failure {
        failure.reworded(|message| onset::trajectory::below(message, &self.root))
    }

    /// Calls `look` with the runs as they are now, or were at most [`MAX_AGE`] ago.
    fn with_catalogue<T>(&self, look: impl FnOnce(&Catalogue) -> T) -> Result<T, StoreError> {
        let mut held = self.catalogue.lock().unwrap_or_else(PoisonError::into_inner);
        let (catalogue, refreshed) = &mut *held;
        if refreshed.is_none_or(|at| at.elapsed() > MAX_AGE) {
            catalogue.refresh()?;
            *refreshed = Some(Instant::now());
        }
        Ok(look(catalogue))
    }

    /// All runs, by path.
    pub fn overviews(&self) -> Result<Vec<Overview>, StoreError> {
        self.with_catalogue(|catalogue| catalogue.overviews().cloned().collect())
    }

    /// Opens a run for reading.
    pub fn open(&self, id: &str) -> Result<Opened, Failure> {
        let known =
            self.with_catalogue(|catalogue| Some((catalogue.get(id)?.clone(), catalogue.path(id)?)))?;
        let Some((overview, path)) = known.filter(|(_, path)| RunDirectory::exists(path)) else {
            let shown: String = id.chars().take(80).collect();
            return Err(Failure::not_found(format!(
                "there is no run `{shown}` in the folder; it may have been moved or deleted"
            )));
        };
        if let Some(link) = links_out(&path, &self.root) {
            let link = link.strip_prefix(&self.root).unwrap_or(&link).display().to_string();
            return Err(Failure::unreadable(format!(
                "{link} leads out of the folder of runs and is not followed; copy the file there"
            )));
        }
        match &overview.known {
            Known::Unreadable { error } => Err(Failure::unreadable(error.clone())),
            Known::Run { .. } => {
                let directory = RunDirectory::view(&path)?.with_read_limit(READ_LIMIT);
                Ok(Opened { directory, overview })
            }
        }
    }

    /// The scores of a run over steps.
    pub fn curves(&self, run: &Opened) -> Result<Arc<RunCurves>, Failure> {
        Ok(self.curves.get_or_insert_with(&run.source(), || RunCurves::read(&run.directory).map(Arc::new))?)
    }

    /// One example of a run at all checkpoints.
    pub fn example(&self, run: &Opened, at: ExampleAt) -> Result<Arc<ExampleCourse>, Failure> {
        self.examples.get_or_insert_with(&(run.source(), at), || {
            let course = example_course(&run.directory, at)?;
            course.map(Arc::new).ok_or_else(|| {
                Failure::not_found(format!(
                    "example {} ({}) is not recorded at layer {}, head {} in this run; record.probes sets \
                     the number of recorded examples",
                    at.example,
                    at.split.name(),
                    at.layer,
                    at.head
                ))
            })
        })
    }

    /// Which runs left which, and what each change did. Runs that cannot be read take no part.
    pub fn branches(&self) -> Result<Branches, Failure> {
        let runs = self.with_catalogue(|catalogue| {
            let each = |run: &Overview| Some((run.id.clone(), catalogue.path(&run.id)?));
            catalogue.overviews().filter_map(each).collect::<Vec<_>>()
        })?;
        // Most folders have none, and are not read any further.
        if !runs.iter().any(|(_, path)| path.join(BRANCH).is_file()) {
            return Ok(Branches::default());
        }
        let opened = || runs.iter().filter_map(|(id, _)| self.open(id).ok());
        let origin = |run: &Opened| run.directory.read_json::<BranchOrigin>(BRANCH).ok();
        let mut left: BTreeSet<String> =
            opened().filter_map(|run| origin(&run)).map(|origin| origin.parent_spec).collect();
        let takes_part = |run: &Opened| {
            origin(run).is_some() || left.remove(&digest(run.directory.spec_text().as_bytes()))
        };
        let taking_part: Vec<Opened> = opened().filter(takes_part).collect();
        let records = taking_part.iter().filter_map(|run| RunRecord::read(run.directory.path()).ok());
        let records: Vec<RunRecord> = records.collect();
        let below = |run: &RunRecord| {
            let path = run.directory.path();
            path.strip_prefix(&self.root).unwrap_or(path).to_string_lossy().into_owned()
        };
        Ok(branches_called(&records.iter().collect::<Vec<_>>(), &below)?)
    }

    /// The words of a run at all checkpoints.
    pub fn words(&self, run: &Opened) -> Result<Arc<WordCourses>, Failure> {
        let read = || word_courses(&run.directory).map(Arc::new);
        Ok(self.words.get_or_insert_with(&run.source(), read)?)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use onset::store::{Column, Manifest, Status, Table};

    use super::*;

    /// A folder with one finished run, `run`, which has one evaluation.
    fn folder() -> (tempfile::TempDir, RunDirectory) {
        let folder = tempfile::tempdir().unwrap();
        let manifest = Manifest {
            format: Manifest::FORMAT,
            onset: "0".into(),
            task: "copying".into(),
            seed: 0,
            status: Status::Finished,
            steps_done: 1,
            steps: 1,
            spec_digest: String::new(),
            data_digest: None,
            forecast: None,
            parameters: 1,
            best: None,
            scores: BTreeMap::new(),
            failure: None,
        };
        let run = RunDirectory::create(&folder.path().join("run"), "task = 'copying'", manifest).unwrap();
        evaluate(&run, &[0]);
        (folder, run)
    }

    fn evaluate(run: &RunDirectory, steps: &[i64]) {
        let accuracy = Column::Float(vec![0.5; steps.len()]);
        let table = Table::new().with("step", Column::Int(steps.to_vec())).with("accuracy", accuracy);
        table.write(&run.evaluation_path()).unwrap();
    }

    #[test]
    fn what_many_ask_for_at_once_is_read_once() {
        let (folder, _run) = folder();
        let runs = RunFolder::new(folder.path().canonicalize().unwrap());
        let run = runs.open("run").unwrap();
        let read: Vec<Arc<RunCurves>> = std::thread::scope(|scope| {
            let asked: Vec<_> = (0..8).map(|_| scope.spawn(|| runs.curves(&run).unwrap())).collect();
            asked.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(read.iter().all(|curves| Arc::ptr_eq(curves, &read[0])));
    }

    #[test]
    fn what_has_changed_is_read_again_and_what_failed_is_not_kept() {
        let (folder, written) = folder();
        // The folder is opened anew, because a list of runs is cached for a moment.
        let open = || RunFolder::new(folder.path().canonicalize().unwrap()).open("run").unwrap();
        let runs = RunFolder::new(folder.path().canonicalize().unwrap());
        let first = runs.curves(&open()).unwrap();
        std::fs::write(written.evaluation_path(), "not a table").unwrap();
        assert!(runs.curves(&open()).is_err());
        evaluate(&written, &[0, 10]);
        let last = runs.curves(&open()).unwrap();
        assert_eq!((first.scores["accuracy"].steps.len(), last.scores["accuracy"].steps.len()), (1, 2));
    }
}
