//! Runs that are begun from a page: labelled texts, trained as `onset train` does, into the folder of runs.
//!
//! What a page can ask for is bounded: the size of the texts, the number of steps, and the number of runs. A run goes on
//! while no page shows it. It ends early when it is stopped from the page that began it, and when the lab ends.

use std::collections::BTreeMap;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use axum::http::StatusCode;
use onset::data::DataTask;
use onset::target::{TargetOptions, resolve, stem};
use onset::task::rows::is_row_file;
use onset::train::{Job, Prepared, RunOptions, Start, sweep};
use serde::Serialize;

use crate::failure::Failure;
use crate::secret::Secret;

/// Runs that are trained at the same time.
const RUNNING: usize = 2;

/// Runs that are begun from pages while a lab runs: each takes some megabytes of disk.
const MOST_RUNS: usize = 100;

/// Bytes of a file of the folder at most.
const LARGEST_FILE: u64 = 16 << 20;

/// Characters of pasted rows at most.
pub const MOST_CHARACTERS: usize = 1 << 20;

/// Steps at most.
pub const MOST_STEPS: u64 = 5000;

/// Up to so many bytes, every word is read; of more, those that are rare are not.
const SMALL: u64 = 64 << 10;

/// Held-out texts at most: each is read at every checkpoint.
const HELD_OUT: usize = 500;

/// Where the texts are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Texts {
    /// A file of the folder of runs, by its name.
    File(String),
    /// Rows that were pasted.
    Rows(String),
}

/// What to train.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextRun {
    /// The labelled texts.
    pub texts: Texts,
    /// Column of the text, if it is not to be found.
    pub text: Option<String>,
    /// Column of the label, if it is not to be found.
    pub label: Option<String>,
    /// What labels are called, by the value in the rows; none but those that are the names of a public set's labels.
    pub label_names: BTreeMap<String, String>,
    /// Steps.
    pub steps: u64,
    /// Seed of the initial weights and of the batches.
    pub seed: u64,
    /// Whether attention stays uniform.
    pub uniform: bool,
}

/// A file of labelled texts that can be trained on.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct TextFile {
    /// Its name.
    pub name: String,
    /// Its size.
    pub bytes: u64,
}

/// A run that has been begun.
#[derive(Debug)]
pub struct Begun {
    /// Its name in the folder.
    pub run: String,
    /// The secret that permits to stop it.
    pub key: String,
}

/// A run that is being trained.
#[derive(Debug)]
struct Training {
    run: String,
    key: Secret,
    cancel: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Training {
    fn is_over(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }
}

/// The runs that pages have begun. Those that are stopped can be continued by `onset train --resume`.
#[derive(Debug)]
pub struct Trainings {
    root: PathBuf,
    running: Mutex<Vec<Training>>,
    begun: AtomicUsize,
}

impl Trainings {
    /// None yet, in the folder `root`.
    pub fn new(root: PathBuf) -> Self {
        Self { root, running: Mutex::default(), begun: AtomicUsize::new(0) }
    }

    /// The files of the folder that may have labelled texts, by name.
    pub fn files(&self) -> Vec<TextFile> {
        let entries = fs::read_dir(&self.root).into_iter().flatten().flatten();
        let mut files: Vec<TextFile> = entries
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let found = entry.metadata().ok().filter(|found| found.is_file())?;
                let is_fit = is_row_file(Path::new(&name)) && found.len() <= LARGEST_FILE;
                is_fit.then_some(TextFile { name, bytes: found.len() })
            })
            .collect();
        files.sort_by(|a, b| a.name.cmp(&b.name));
        files
    }

    /// Begins a run, and returns once its first record is there.
    pub fn begin(&self, wanted: &TextRun) -> Result<Begun, Failure> {
        self.check_room(&mut self.running())?;
        let free = self.free_folder(&match &wanted.texts {
            Texts::File(name) => stem(Path::new(name)),
            Texts::Rows(_) => "pasted-texts".into(),
        });
        let file = self.file_of(&wanted.texts, &free)?;
        let begun = self.begin_on(&file, &free, wanted);
        if begun.is_err() && matches!(wanted.texts, Texts::Rows(_)) {
            // What was pasted is still on the page; what is left of it would only be in the way.
            let _ = fs::remove_dir_all(&free);
        }
        begun
    }

    fn begin_on(&self, file: &Path, folder: &Path, wanted: &TextRun) -> Result<Begun, Failure> {
        let job = job(file, folder, wanted)?;
        let run = job.path.strip_prefix(&self.root).unwrap_or(&job.path).to_string_lossy().into_owned();
        let key = Secret::generate().map_err(|error| unavailable(&error))?;
        let (begun, key_of_page) = (run.clone(), key.as_str().to_owned());
        let cancel = Arc::new(AtomicBool::new(false));
        let stop = Arc::clone(&cancel);
        let mut running = self.running();
        // Others may have begun while the texts were read.
        self.check_room(&mut running)?;
        let (tell, told) = sync_channel(1);
        let thread = std::thread::Builder::new()
            .name("training of a page".into())
            .spawn(move || {
                let options = RunOptions { start: Start::New, threads: 1, cancel: &stop };
                let ended = sweep(std::slice::from_ref(&job), 1, options, &|_, _| {
                    // Whoever waits has been told by the first event.
                    let _ = tell.try_send(Ok(()));
                    ControlFlow::Continue(())
                });
                if let Some(Some(Err(error))) = ended.into_iter().next() {
                    let _ = tell.try_send(Err(error));
                }
            })
            .map_err(|error| unavailable(&error))?;
        running.push(Training { run, key, cancel, thread: Some(thread) });
        drop(running);
        match told.recv() {
            Ok(Ok(())) => {
                self.begun.fetch_add(1, Ordering::Relaxed);
                Ok(Begun { run: begun, key: key_of_page })
            }
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(Failure::bug()),
        }
    }

    /// Stops a run. Errors if it is not being trained here, or if `key` is not its key.
    pub fn stop(&self, run: &str, key: Option<&str>) -> Result<(), Failure> {
        let running = self.running();
        let found = running.iter().find(|training| training.run == run && !training.is_over());
        let training = found.ok_or_else(|| Failure::not_found("this run is not being trained by the lab"))?;
        if !key.is_some_and(|key| training.key.matches(key)) {
            let message = "only the browser that began this training can stop it";
            return Err(Failure::new(StatusCode::FORBIDDEN, message));
        }
        training.cancel.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Stops all, and waits until they have kept where they stand.
    pub fn end(&self) {
        let mut running = self.running();
        running.iter().for_each(|training| training.cancel.store(true, Ordering::Relaxed));
        for thread in running.iter_mut().filter_map(|training| training.thread.take()) {
            // The thread has told of a panic itself.
            let _ = thread.join();
        }
    }

    fn running(&self) -> MutexGuard<'_, Vec<Training>> {
        // Updates under this lock are never left half done, so a poisoned lock can be used.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_room(&self, running: &mut Vec<Training>) -> Result<(), Failure> {
        running.retain(|training| !training.is_over());
        let message = if running.len() >= RUNNING {
            format!(
                "{RUNNING} runs are being trained from pages, which is the maximum; stop one, or wait until it ends"
            )
        } else if self.begun.load(Ordering::Relaxed) >= MOST_RUNS {
            format!(
                "{MOST_RUNS} runs have been begun from pages, which is the maximum; start the lab anew for more"
            )
        } else {
            return Ok(());
        };
        Err(Failure::new(StatusCode::TOO_MANY_REQUESTS, message))
    }

    /// A folder of the name that is not there yet.
    fn free_folder(&self, name: &str) -> PathBuf {
        let numbered = (2..).map(|number| self.root.join(format!("{name}-{number}")));
        let mut all = std::iter::once(self.root.join(name)).chain(numbered);
        all.find(|folder| fs::symlink_metadata(folder).is_err()).expect("numbers do not end")
    }

    /// The file with the texts. Pasted rows are written into `folder`, so that the run can be continued and read again.
    fn file_of(&self, texts: &Texts, folder: &Path) -> Result<PathBuf, Failure> {
        match texts {
            Texts::File(name) if self.files().iter().any(|file| file.name == *name) => {
                Ok(self.root.join(name))
            }
            Texts::File(name) => {
                let shown: String = name.chars().take(80).collect();
                let most = LARGEST_FILE >> 20;
                Err(Failure::not_found(format!(
                    "there is no file `{shown}` of labelled texts in the folder, of at most {most} MB; choose one of the list"
                )))
            }
            Texts::Rows(rows) => {
                let ending = if rows.trim_start().starts_with(['{', '[']) { "jsonl" } else { "csv" };
                let file = folder.join(format!("rows.{ending}"));
                let written = fs::create_dir(folder).and_then(|()| fs::write(&file, rows));
                written.map_err(|error| {
                    let message = format!("cannot write the pasted rows into {}: {error}", folder.display());
                    Failure::new(StatusCode::UNPROCESSABLE_ENTITY, message)
                })?;
                Ok(file)
            }
        }
    }
}

impl Drop for Trainings {
    fn drop(&mut self) {
        self.end();
    }
}

/// The run, with its texts read.
fn job(file: &Path, folder: &Path, wanted: &TextRun) -> Result<Job, Failure> {
    let bytes = fs::metadata(file).map_or(0, |found| found.len());
    let mut options = TargetOptions { needed: Some(DataTask::Classification), ..TargetOptions::default() };
    options.texts.text_column.clone_from(&wanted.text);
    options.texts.label_column.clone_from(&wanted.label);
    options.texts.label_names.clone_from(&wanted.label_names);
    options.overrides = vec![
        format!("train.steps={}", wanted.steps),
        format!("task.max_validation={HELD_OUT}"),
        format!("seed={}", wanted.seed),
    ];
    if wanted.uniform {
        options.overrides.push("model.attention='uniform'".into());
    }
    if bytes <= SMALL {
        options.defaults.push("task.min_count=1".into());
    }
    let spec = resolve(&file.to_string_lossy(), &options).map_err(|error| refused(&error))?.spec;
    let data = Prepared::load(&spec).map_err(|error| refused(&error))?;
    onset::train::check_memory(&spec, &data)?;
    Ok(Job { path: folder.join(format!("seed-{}", wanted.seed)), spec, data })
}

/// Keys of the spec that sentences name, and what the page calls them.
const ON_THE_PAGE: [(&str, &str); 3] = [
    ("task.text", "“Text column”"),
    ("task.label", "“Label column”"),
    ("task.label_names", "“Names of labels”"),
];

/// What keys of the task begin with.
const KEY: &str = "task.";

/// A sentence of the library with what the page calls the keys that it names. What the page does not have, the command has.
fn in_words_of_the_page(sentence: &str) -> String {
    let (mut words, mut rest) = (String::new(), sentence);
    while let Some(at) = rest.find(KEY) {
        let (before, found) = rest.split_at(at);
        let name =
            found[KEY.len()..].split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
        let (key, after) = found.split_at(KEY.len() + name.len());
        words += before;
        match ON_THE_PAGE.iter().find(|(known, _)| *known == key) {
            Some((_, called)) => words += called,
            None => words += &format!("the setting “{}” of `onset train`", name.replace('_', " ")),
        }
        rest = after;
    }
    words + rest
}

fn refused(error: &dyn std::error::Error) -> Failure {
    let causes = std::iter::successors(error.source(), |cause| cause.source()).map(ToString::to_string);
    let whole =
        causes.fold(
            error.to_string(),
            |told, cause| {
                if told.contains(&cause) { told } else { format!("{told}: {cause}") }
            },
        );
    Failure::new(StatusCode::UNPROCESSABLE_ENTITY, in_words_of_the_page(&whole))
}

fn unavailable(error: &dyn std::error::Error) -> Failure {
    let message = format!("the system refuses to start a training ({error}); try again");
    Failure::new(StatusCode::SERVICE_UNAVAILABLE, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_name_what_the_page_has() {
        for (told, shown) in [
            (
                "set task.label, task.label_names, or task.min_count.",
                "set “Label column”, “Names of labels”, or the setting “min count” of `onset train`.",
            ),
            ("give task.text and task.label", "give “Text column” and “Label column”"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(in_words_of_the_page(told), shown);
        }
    }

    #[test]
    fn only_plain_files_of_rows_are_listed_and_read() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("runs");
        fs::create_dir_all(root.join("sub.csv")).unwrap();
        fs::write(root.join("texts.csv"), "text,label\na,b\n").unwrap();
        fs::write(root.join("notes.md"), "").unwrap();
        fs::write(folder.path().join("secret.csv"), "text,label\na,b\n").unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(folder.path().join("secret.csv"), root.join("link.csv")).unwrap();
        let trainings = Trainings::new(root);
        assert_eq!(trainings.files(), [TextFile { name: "texts.csv".into(), bytes: 15 }]);
        for name in ["link.csv", "../secret.csv", "sub.csv", "notes.md", ""] {
            let refused = trainings.file_of(&Texts::File(name.into()), Path::new("/nowhere")).unwrap_err();
            assert!(refused.message().contains("there is no file"), "{name}: {}", refused.message());
        }
    }
}
