//! The runs that the lab looks at, with what was lately read of them.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use onset::probe::Part;
use onset::spec::Spec;
use onset::store::{RunDirectory, StoreError};
use onset::trajectory::{
    Catalogue, ExampleCourse, Known, Overview, RunCurves, WordCourses, example_course, links_out,
    word_courses,
};

use crate::cache::Cache;
use crate::failure::Failure;

/// How old a list may be that is given out.
const FRESH: Duration = Duration::from_millis(400);

/// Runs whose curves are kept: some kilobytes each.
const CURVES: usize = 512;

/// Examples that are kept: up to some megabytes each.
const EXAMPLES: usize = 24;

/// Runs whose words are kept: up to some megabytes each.
const WORDS: usize = 8;

/// What files a cached value was read from: the run and its stamp.
type Source = (String, u64);

/// The runs of a folder.
#[derive(Debug)]
pub struct Shelf {
    root: PathBuf,
    catalogue: Mutex<(Catalogue, Option<Instant>)>,
    curves: Cache<Source, RunCurves>,
    examples: Cache<(Source, Part, i64), ExampleCourse>,
    words: Cache<Source, WordCourses>,
}

/// A run that was asked for by its id.
#[derive(Debug)]
pub struct Opened {
    /// As it stands.
    pub overview: Overview,
    /// Its directory.
    pub directory: RunDirectory,
    /// Its resolved spec.
    pub spec: Spec,
}

impl Opened {
    fn source(&self) -> Source {
        (self.overview.id.clone(), self.overview.stamp)
    }
}

impl Shelf {
    /// Of the runs in `root`, a folder without links.
    pub fn new(root: PathBuf) -> Self {
        Self {
            catalogue: Mutex::new((Catalogue::new(root.clone()), None)),
            root,
            curves: Cache::new(CURVES),
            examples: Cache::new(EXAMPLES),
            words: Cache::new(WORDS),
        }
    }

    /// The last name of the folder.
    pub fn name(&self) -> String {
        self.root.file_name().unwrap_or_default().to_string_lossy().into()
    }

    /// Calls `look` with the runs as they stand now, or did a moment ago.
    fn with_catalogue<T>(&self, look: impl FnOnce(&Catalogue) -> T) -> Result<T, StoreError> {
        let mut held = self.catalogue.lock().unwrap_or_else(PoisonError::into_inner);
        let (catalogue, refreshed) = &mut *held;
        if refreshed.is_none_or(|at| at.elapsed() > FRESH) {
            catalogue.refresh()?;
            *refreshed = Some(Instant::now());
        }
        Ok(look(catalogue))
    }

    /// All runs, by path.
    pub fn overviews(&self) -> Result<Vec<Overview>, StoreError> {
        self.with_catalogue(|catalogue| catalogue.overviews().cloned().collect())
    }

    /// A run to be read.
    pub fn open(&self, id: &str) -> Result<Opened, Failure> {
        let known = self.with_catalogue(|catalogue| {
            Some((catalogue.get(id)?.clone(), catalogue.path(id)?, catalogue.spec(id).cloned()))
        })?;
        let Some((overview, path, spec)) = known.filter(|(_, path, _)| RunDirectory::exists(path)) else {
            let shown: String = id.chars().take(80).collect();
            return Err(Failure::not_found(format!(
                "there is no run `{shown}` in the folder; it may have been moved or deleted"
            )));
        };
        if let Some(link) = links_out(&path, &self.root) {
            let link = link.strip_prefix(&self.root).unwrap_or(&link).display().to_string();
            return Err(Failure::unreadable(format!(
                "{link} leads out of the folder of runs and is not followed; put the file itself there"
            )));
        }
        match (&overview.known, spec) {
            (Known::Unreadable { error }, _) => Err(Failure::unreadable(error.clone())),
            (Known::Run { .. }, None) => Err(Failure::unreadable("the spec of this run cannot be read")),
            (Known::Run { .. }, Some(spec)) => {
                Ok(Opened { directory: RunDirectory::view(&path)?, overview, spec })
            }
        }
    }

    /// Its scores over steps.
    pub fn curves(&self, run: &Opened) -> Result<Arc<RunCurves>, Failure> {
        Ok(self.curves.get_or_make(run.source(), || RunCurves::read(&run.directory))?)
    }

    /// One of its examples along time.
    pub fn example(&self, run: &Opened, part: Part, example: i64) -> Result<Arc<ExampleCourse>, Failure> {
        self.examples.get_or_make((run.source(), part, example), || {
            let course = example_course(&run.directory, &run.spec, part, example)?;
            course.ok_or_else(|| {
                Failure::not_found(format!(
                    "example {example} ({}) is not on record in this run; record.probes says how many are",
                    part.name()
                ))
            })
        })
    }

    /// Its words along time.
    pub fn words(&self, run: &Opened) -> Result<Arc<WordCourses>, Failure> {
        Ok(self.words.get_or_make(run.source(), || word_courses(&run.directory, &run.spec))?)
    }
}
