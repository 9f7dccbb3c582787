//! What a target means: the one place that decides what somebody who names a file, a data set or a task wants.
//!
//! A target is one of
//!
//! - a built-in task (see [`built_in`]);
//! - a spec: a path that ends in `.toml`;
//! - a recorded run: its directory, or the `spec.toml` in it;
//! - labelled texts: a file of any format that [`rows`](crate::task::rows) reads, or a folder of some;
//! - sentence pairs: such a file with the columns `source` and `target`, or two files of lines, `SOURCE,TARGET`;
//! - running text: a `.txt` file, packed or not, that does not look like a table;
//! - a collection of described data sets: a folder of files NAME.toml;
//! - a public data set that was fetched before, by its name: `sms_spam`, `news_commentary_v14/en-nl`.
//!
//! [`resolve`] turns it into a complete, checked [`Spec`] and a name for its runs.

mod error;
mod folder;
mod grid;
mod keyword;
mod options;
mod pretrained;

use std::path::{Path, PathBuf};

pub use self::error::TargetError;
pub use self::folder::free_name;
pub use self::grid::{GridPoint, resolve_grid};
pub use self::options::{PairOptions, TargetOptions, TextOptions};
use crate::data::{DataSet, DataTask, find, locate, locate_pairs, set_of};
use crate::settings::Settings;
use crate::spec::{Spec, TaskSpec};
use crate::store::RunDirectory;
use crate::task::corpus::CorpusTask;
use crate::task::descriptions::DescriptionSource;
use crate::task::pairs::PairSource;
use crate::task::rows::{is_row_file, splits};
use crate::task::text::TextSource;

/// What the classification of the built-in texts is called.
const KEYWORD: &str = "keyword";

/// The tasks that need no data: the keyword task, and every kind of task whose examples are drawn.
pub fn built_in() -> Vec<&'static str> {
    let drawn = TaskSpec::KINDS.iter().copied().filter(|kind| {
        let needs_nothing = |task: TaskSpec| task.settings().check().is_ok() && task.settings().is_drawn();
        TaskSpec::default_of(kind).is_some_and(needs_nothing)
    });
    std::iter::once(KEYWORD).chain(drawn).collect()
}

/// What a target stands for.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// What its runs are called: the task, the set, or the file without its endings.
    pub name: String,
    /// What was named.
    pub kind: TargetKind,
    /// What to train.
    pub spec: Spec,
    /// The run directory, if a recorded run was named.
    pub run: Option<PathBuf>,
}

/// What was named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TargetKind {
    /// A built-in task.
    BuiltIn,
    /// A spec file, or a recorded run.
    Spec,
    /// A file of labelled texts.
    Texts,
    /// One or two files of sentence pairs.
    Pairs,
    /// A file of running text.
    Prose,
    /// A public data set.
    DataSet,
    /// A collection of described data sets.
    Collection,
}

impl Target {
    /// Where labelled texts come from; none if the task is another one.
    pub fn texts(&self) -> Option<&TextSource> {
        self.spec.task().get()
    }

    /// Where sentence pairs come from; none if the task is another one.
    pub fn pairs(&self) -> Option<&PairSource> {
        self.spec.task().get()
    }
}

/// What `target` stands for. Errors if it is nothing that is known, if it is for another task than is needed, if a set's files
/// are not on this machine, if an option does not apply to it, and if its spec cannot be used.
///
/// Files are not read, but for the header of a table that may hold labelled texts or sentence pairs.
pub fn resolve(target: &str, options: &TargetOptions) -> Result<Target, TargetError> {
    let meaning = Meaning::of(target, options)?;
    if let (Some(_), Meaning::Spec(_) | Meaning::Run(_)) = (&options.pretrained, &meaning) {
        let task = "a complete spec, which has its own model".into();
        return Err(TargetError::Unused { target: target.into(), task, option: "pretrained" });
    }
    let (mut name, kind) = meaning.name(target, options);
    // A checkpoint is part of what its runs start from, and of their name.
    if let Some(folder) = options.pretrained.as_deref().and_then(|folder| std::path::absolute(folder).ok()) {
        name = format!("{name}-{}", stem(&folder));
    }
    let spec = match &meaning {
        Meaning::Spec(path) => read_spec(target, path, options)?,
        Meaning::Run(run) => read_spec(target, &run.join(RUN_SPEC), options)?.with_files_near(run),
        _ => {
            let (task, mut keys) = meaning.keys(target, options)?;
            keys.extend(options_of(target, task, options)?);
            let checkpoint = options
                .pretrained
                .as_deref()
                .map(|folder| pretrained::keys(target, task, folder, options.form_only));
            let mut defaults = options.defaults.clone();
            if let Meaning::Collection(_) = meaning {
                let steps = options.overrides.iter().rev().find_map(|key| key.strip_prefix("train.steps="));
                defaults.extend(DescriptionSource::training(steps.and_then(|steps| steps.parse().ok())));
            }
            if let Some(checkpoint) = checkpoint.transpose()? {
                keys.extend(checkpoint.keys);
                defaults.extend(checkpoint.defaults);
            }
            // A study has its own sizes.
            if matches!(meaning, Meaning::BuiltIn(KEYWORD)) && options.needed.is_none() {
                keys.splice(0..0, keyword::defaults(&options.overrides)?);
            }
            let keys = with_overrides(keys, options);
            Spec::parse_over(&format!("task = '{task}'"), target, &defaults, &keys)
                // What a file that is not there holds is a guess, and keys that do not fit the guess are no fault.
                .or_else(|error| meaning.readable().and(Err(error.into())))?
        }
    };
    match options.needed.map(DataTask::name) {
        Some(needed) if spec.task().kind() != needed => {
            Err(TargetError::OtherTask { target: target.into(), is: spec.task().kind().into(), needed })
        }
        _ => {
            let run = if let Meaning::Run(run) = &meaning { Some((*run).to_owned()) } else { None };
            Ok(Target { name, kind, spec, run })
        }
    }
}

/// The name of the spec file in a run directory.
const RUN_SPEC: &str = "spec.toml";

fn read_spec(target: &str, path: &Path, options: &TargetOptions) -> Result<Spec, TargetError> {
    let spec = Spec::read_over(path, &options.defaults, &options.overrides)?;
    let more = options_of(target, spec.task().kind(), options)?;
    if more.is_empty() {
        return Ok(spec);
    }
    Ok(Spec::read_over(path, &options.defaults, &with_overrides(more, options))?)
}

/// What the runs of `target` are called, whether or not its files are there.
pub fn run_name(target: &str, options: &TargetOptions) -> Result<String, TargetError> {
    Ok(Meaning::of(target, options)?.name(target, options).0)
}

/// The files that a run of `spec` reads: those to train on, then those to validate on; none if its examples are drawn.
pub fn data_files(spec: &Spec) -> Vec<PathBuf> {
    spec.task().settings().files()
}

/// A file's name without its endings: `sms` for `data/sms.tsv.gz`.
pub fn stem(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // The star of a pattern has no place in the name of a folder.
    let stem = name.split('.').next().unwrap_or_default().replace('*', "");
    let stem = stem.trim_end_matches(['-', '_']);
    if stem.is_empty() { "run".into() } else { stem.into() }
}

/// The name of the folder that contains the run directory.
fn folder_name(run: &Path) -> String {
    let absolute = std::path::absolute(run).unwrap_or_else(|_| run.into());
    let folder = absolute.parent().and_then(Path::file_name);
    folder.map_or_else(|| "run".into(), |name| name.to_string_lossy().into_owned())
}

/// A target that is known, before its files are looked for.
enum Meaning<'a> {
    BuiltIn(&'static str),
    Spec(&'a Path),
    /// A run directory.
    Run(&'a Path),
    Texts(&'a Path),
    Pairs(&'a Path, Option<&'a Path>),
    Prose(&'a Path),
    Set(&'static DataSet),
    /// A folder of descriptions of data sets.
    Collection(&'a Path),
    /// A folder of files of rows: what to train on, and what to validate on.
    Folder {
        path: &'a Path,
        train: PathBuf,
        validation: Option<PathBuf>,
    },
}

impl<'a> Meaning<'a> {
    fn of(target: &'a str, options: &TargetOptions) -> Result<Self, TargetError> {
        let path = Path::new(target);
        let needed = options.needed;
        if let Some(task) = built_in().into_iter().find(|task| *task == target) {
            return Ok(Self::BuiltIn(task));
        }
        if let Some(pair) = files(target).filter(|(_, second)| second.is_some() && !path.is_file()) {
            return Ok(Self::Pairs(pair.0, pair.1));
        }
        let here = |folder: &'a Path| if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let recorded = if path.ends_with(RUN_SPEC) { path.parent().map(here) } else { Some(path) };
        if let Some(run) = recorded.filter(|run| RunDirectory::exists(run)) {
            return Ok(Self::Run(run));
        }
        if path.extension().is_some_and(|ending| ending == "toml") {
            return Ok(Self::Spec(path));
        }
        if is_row_file(path) {
            return Ok(match () {
                () if options.mean_pairs(path) => Self::Pairs(path, None),
                () if options.mean_prose(path) => Self::Prose(path),
                () => Self::Texts(path),
            });
        }
        if let Ok(set) = find(target.split('/').next().unwrap_or(target)) {
            return Ok(Self::Set(set));
        }
        if let Some((train, validation)) = splits(path) {
            return Ok(Self::Folder { path, train, validation });
        }
        if holds_toml(path) {
            return Ok(Self::Collection(path));
        }
        match files(target) {
            // What is wrong with its form is told where it is read.
            Some((path, None)) if needed == Some(DataTask::Translation) => Ok(Self::Pairs(path, None)),
            _ => Err(TargetError::unknown(target)),
        }
    }

    /// Errors if a file that was named is not there.
    fn readable(&self) -> Result<(), TargetError> {
        let files = match self {
            Self::Texts(path) | Self::Prose(path) => [Some(*path), None],
            Self::Pairs(source, target) => [Some(*source), *target],
            _ => [None, None],
        };
        for path in files.into_iter().flatten().filter(|path| !path.to_string_lossy().contains('*')) {
            path.metadata().map_err(|source| TargetError::File { path: path.into(), source })?;
        }
        Ok(())
    }

    fn name(&self, target: &str, options: &TargetOptions) -> (String, TargetKind) {
        match self {
            Self::BuiltIn(task) => ((*task).into(), TargetKind::BuiltIn),
            Self::Spec(path) => (stem(path), TargetKind::Spec),
            Self::Run(run) => (folder_name(run), TargetKind::Spec),
            Self::Texts(path) => (stem(path), TargetKind::Texts),
            Self::Pairs(source, _) => (stem(source), TargetKind::Pairs),
            Self::Prose(path) => (stem(path), TargetKind::Prose),
            Self::Set(_) => (target.replace('/', "-"), TargetKind::DataSet),
            Self::Collection(path) => {
                let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
                (stem(&path), TargetKind::Collection)
            }
            Self::Folder { path, train, .. } => {
                // A folder such as `.` has a name only as an absolute path.
                let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
                let kind = if options.mean_pairs(train) { TargetKind::Pairs } else { TargetKind::Texts };
                (stem(&path), kind)
            }
        }
    }

    /// The task, and the keys that say where its data is.
    fn keys(
        &self,
        target: &str,
        options: &TargetOptions,
    ) -> Result<(&'static str, Vec<String>), TargetError> {
        let folder = options.data.as_deref().unwrap_or(Path::new("data"));
        let from = options.from.as_deref();
        let (classification, translation) = (DataTask::Classification.name(), DataTask::Translation.name());
        Ok(match self {
            Self::BuiltIn(KEYWORD) | Self::Spec(_) | Self::Run(_) => (classification, Vec::new()),
            Self::BuiltIn(task) => (task, Vec::new()),
            Self::Texts(path) => {
                let mut keys = vec![file_key("file", path)?];
                keys.extend(known_as(path, DataTask::Classification, options));
                (classification, keys)
            }
            Self::Pairs(source, target) => {
                let mut keys = vec![file_key("source", source)?];
                target.iter().try_for_each(|path| file_key("target", path).map(|key| keys.push(key)))?;
                keys.extend(known_as(source, DataTask::Translation, options));
                (translation, keys)
            }
            Self::Prose(path) => (CorpusTask::KIND, vec![file_key("file", path)?]),
            Self::Collection(path) => {
                let data = file_key("data", from.unwrap_or(folder))?;
                (DescriptionSource::KIND, vec![file_key("collection", path)?, data])
            }
            Self::Folder { train, validation, .. } => {
                let own = validation.iter().filter(|_| options.validation.is_none());
                let (task, names) = match options.mean_pairs(train) {
                    true => (DataTask::Translation, ["source", "validation_source"]),
                    false => (DataTask::Classification, ["file", "validation_file"]),
                };
                let files = names.iter().zip(std::iter::once(train).chain(own));
                let known = known_as(train, task, options).into_iter().map(Ok);
                let keys = files.map(|(name, path)| file_key(name, path)).chain(known);
                (task.name(), keys.collect::<Result<_, _>>()?)
            }
            Self::Set(set) if options.needed.unwrap_or(set.task) == DataTask::Classification => {
                let files = locate(target, from, folder)?;
                let mut keys = vec![file_key("file", &files.train)?];
                if let Some(path) = files.validation.filter(|_| options.validation.is_none()) {
                    keys.push(file_key("validation_file", &path)?);
                }
                keys.extend(shown_as(set, None));
                (classification, keys)
            }
            Self::Set(set) => {
                let files = locate_pairs(target, from, folder)?;
                let own = files.validation.filter(|_| options.validation.is_none());
                let sides = files.train.iter().chain(own.iter().flatten());
                let names = ["source", "target", "validation_source", "validation_target"];
                let keys = names.iter().zip(sides).map(|(name, path)| file_key(name, path));
                let languages = target.split_once('/').map(|(_, languages)| languages);
                (
                    translation,
                    keys.chain(shown_as(set, languages).into_iter().map(Ok)).collect::<Result<_, _>>()?,
                )
            }
        })
    }
}

/// The options as keys of a spec of `task`; those that it has no use for are refused.
fn options_of(target: &str, task: &str, options: &TargetOptions) -> Result<Vec<String>, TargetError> {
    let refuse = |option| TargetError::Unused { target: target.into(), task: task.into(), option };
    let is = |needed: DataTask| task == needed.name();
    let (texts, pairs) = (is(DataTask::Classification), is(DataTask::Translation));
    let prose = task == CorpusTask::KIND;
    for (option, applies) in [
        (options.texts.given_labelled(), texts),
        (options.texts.given_tokens(), texts || prose),
        (options.pairs.given(), pairs),
        (options.given_table(), texts || pairs),
        (options.given_encoding(), texts || pairs || prose),
    ] {
        if let (Some(option), false) = (option, applies) {
            return Err(refuse(option));
        }
    }
    let mut keys = options.keys();
    let Some(validation) = &options.validation else { return Ok(keys) };
    if texts || prose {
        keys.push(key("validation_file", validation.as_str()));
    } else if pairs {
        let Some((source, target)) = files(validation) else {
            return Err(TargetError::Validation { given: validation.clone() });
        };
        keys.push(file_key("validation_source", source)?);
        target.iter().try_for_each(|path| file_key("validation_target", path).map(|key| keys.push(key)))?;
    } else {
        return Err(refuse("validation"));
    }
    Ok(keys)
}

fn with_overrides(mut keys: Vec<String>, options: &TargetOptions) -> Vec<String> {
    keys.extend(options.overrides.iter().cloned());
    keys
}

/// Whether `path` is a folder with files that describe data sets.
fn holds_toml(path: &Path) -> bool {
    let is_toml = |path: &Path| path.extension().is_some_and(|ending| ending == "toml");
    std::fs::read_dir(path).is_ok_and(|entries| entries.flatten().any(|entry| is_toml(&entry.path())))
}

/// One file, or a source and its target; none if it does not look like a file.
fn files(given: &str) -> Option<(&Path, Option<&Path>)> {
    if let Some((source, target)) = given.split_once(',') {
        return Some((Path::new(source), Some(Path::new(target))));
    }
    let path = Path::new(given);
    (path.extension().is_some() || path.is_file()).then_some((path, None))
}

/// A key of the data's table with its value, in the form that [`Spec::parse`] takes.
fn key(name: &str, value: impl Into<toml::Value>) -> String {
    format!("data.{name}={}", value.into())
}

/// The keys that say what a public set, and its labels 0 and 1, are called.
fn shown_as(set: &DataSet, languages: Option<&str>) -> Vec<String> {
    let title = std::iter::once(set.title).chain(languages).collect::<Vec<_>>().join(" ");
    let named = |names: [&str; 2]| -> toml::Table {
        ["0", "1"].into_iter().zip(names).map(|(value, name)| (value.into(), name.into())).collect()
    };
    let names = set.labels.map(|names| key("label_names", named(names)));
    std::iter::once(key("title", title)).chain(names).collect()
}

/// The same for a file of a public set; nothing for other files, nor for those who name a column of labels: they have their own.
fn known_as(path: &Path, task: DataTask, options: &TargetOptions) -> Vec<String> {
    let known = set_of(path, task).filter(|_| options.texts.label_column.is_none());
    known.map_or_else(Vec::new, |set| shown_as(set, None))
}

fn file_key(name: &str, path: &Path) -> Result<String, TargetError> {
    let text = path.to_str().ok_or_else(|| TargetError::NotUnicode { path: path.into() })?;
    Ok(key(name, text))
}

#[cfg(test)]
mod tests;
