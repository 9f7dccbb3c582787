//! Finds the files of a data set.

use std::path::{Path, PathBuf};

use super::{CATALOGUE, DataError, DataFile, DataSet, DataTask, find};

/// The files of a classification set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFiles {
    /// Training texts.
    pub train: PathBuf,
    /// Validation texts; `None` if the set has no fixed split.
    pub validation: Option<PathBuf>,
}

/// The files of a set of sentence pairs, line by line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairFiles {
    /// Training sentences and their translations.
    pub train: [PathBuf; 2],
    /// Validation sentences and their translations; `None` if the set has no fixed split.
    pub validation: Option<[PathBuf; 2]>,
}

/// The files of the classification set `name`. Looks in `from/name` and `from` if `from` is given, else in
/// `data_dir/name`.
pub fn locate(name: &str, from: Option<&Path>, data_dir: &Path) -> Result<TextFiles, DataError> {
    let set = find(name)?;
    check_task(set, DataTask::Classification)?;
    let folder = folder_of(set, from, data_dir)?;
    let path = |index: usize| set.files.get(index).map(|file| folder.join(file.name));
    let train = path(0).unwrap_or_else(|| folder.clone());
    Ok(TextFiles { train, validation: path(1) })
}

/// The files of the translation set `name`, or of one of its language pairs (`set/en-nl`). Looks in the same folders as
/// [`locate`].
pub fn locate_pairs(name: &str, from: Option<&Path>, data_dir: &Path) -> Result<PairFiles, DataError> {
    let (name, languages) = name.split_once('/').map_or((name, None), |(name, pair)| (name, Some(pair)));
    let set = find(name)?;
    check_task(set, DataTask::Translation)?;
    // Files come in pairs: one side and its translation, such as `train.de.gz` and `train.en.gz`.
    let stem = |file: &DataFile| file.name.split('.').next().unwrap_or_default();
    let sides = |wanted: &str| set.files.chunks(2).find(|two| stem(&two[0]) == wanted);
    let Some([source, target]) = sides(languages.unwrap_or("train")) else {
        let usable = set.files.chunks(2).map(|two| format!("{}/{}", set.name, stem(&two[0])));
        return Err(DataError::NoSuchLanguages {
            name: set.name,
            usable: usable.collect::<Vec<_>>().join(", "),
        });
    };
    let folder = folder_of(set, from, data_dir)?;
    let paths = |two: &[DataFile]| [&two[0], &two[1]].map(|file| folder.join(file.name));
    let validation = languages.is_none().then(|| sides("val")).flatten().map(paths);
    Ok(PairFiles { train: [source, target].map(|file| folder.join(file.name)), validation })
}

/// Refuses a set for another task, and names the sets for this one.
fn check_task(set: &DataSet, task: DataTask) -> Result<(), DataError> {
    if set.task == task {
        return Ok(());
    }
    let usable: Vec<&str> = CATALOGUE.iter().filter(|set| set.task == task).map(|set| set.name).collect();
    Err(DataError::OtherTask {
        name: set.name,
        is: set.task.name(),
        needed: task.name(),
        usable: usable.join(", "),
    })
}

/// The folders called `name` in `root`, then those one level below it, in order; the first need not exist.
pub(crate) fn folders_named(root: &Path, name: &str) -> Vec<PathBuf> {
    let below = std::fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path().join(name));
    let mut places: Vec<PathBuf> = below.filter(|folder| folder.is_dir()).collect();
    // The order of a folder's entries is any.
    places.sort();
    places.insert(0, root.join(name));
    places
}

/// The folder with all files of `set`.
fn folder_of(set: &DataSet, from: Option<&Path>, data_dir: &Path) -> Result<PathBuf, DataError> {
    let places = match from {
        Some(from) => vec![from.join(set.name), from.to_path_buf()],
        None => vec![data_dir.join(set.name)],
    };
    if let Some(folder) = places.iter().find(|folder| is_whole(set, folder)) {
        return Ok(folder.clone());
    }
    let places: Vec<String> = places.iter().map(|folder| folder.display().to_string()).collect();
    Err(DataError::NotFetched { name: set.name, places: places.join(" or "), files: file_names(set) })
}

/// Whether all files of `set` are in `folder`.
pub(super) fn is_whole(set: &DataSet, folder: &Path) -> bool {
    set.files.iter().all(|file| folder.join(file.name).is_file())
}

/// The names of a set's files, as a list in a sentence.
pub(super) fn file_names(set: &DataSet) -> String {
    set.files.iter().map(|file| file.name).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_is_found_under_its_name_or_in_the_folder_itself() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("sst2");
        std::fs::create_dir(&folder).unwrap();
        for file in ["train.tsv.gz", "dev.tsv.gz"] {
            std::fs::write(folder.join(file), "").unwrap();
        }
        let expected =
            TextFiles { train: folder.join("train.tsv.gz"), validation: Some(folder.join("dev.tsv.gz")) };
        let nowhere = Path::new("nowhere");
        assert_eq!(locate("sst2", Some(root.path()), nowhere).unwrap(), expected);
        assert_eq!(locate("sst2", Some(&folder), nowhere).unwrap(), expected);
        assert_eq!(locate("sst2", None, root.path()).unwrap(), expected);
        let message = locate("imdb", Some(root.path()), nowhere).unwrap_err().to_string();
        assert!(
            message.contains("imdb or ") && message.contains("expected train.tsv.gz, test.tsv.gz"),
            "{message}"
        );
    }

    #[test]
    fn a_set_for_another_task_is_refused_with_those_that_can_be_used() {
        let message = locate("multi30k", None, Path::new("data")).unwrap_err().to_string();
        assert!(message.contains("is for translation") && message.contains("sms_spam, sst2"), "{message}");
        let message = locate_pairs("sst2", None, Path::new("data")).unwrap_err().to_string();
        assert!(message.contains("is for classification") && message.contains("multi30k"), "{message}");
    }

    #[test]
    fn sentence_pairs_are_found_with_their_split_or_by_their_languages() {
        let root = tempfile::tempdir().unwrap();
        for name in ["multi30k", "news_commentary_v14"] {
            let folder = root.path().join(name);
            std::fs::create_dir(&folder).unwrap();
            find(name)
                .unwrap()
                .files
                .iter()
                .for_each(|file| std::fs::write(folder.join(file.name), "").unwrap());
        }
        let at = |name: &str| locate_pairs(name, None, root.path());
        let files = |folder: &str, names: [&str; 2]| names.map(|name| root.path().join(folder).join(name));
        assert_eq!(
            at("multi30k").unwrap(),
            PairFiles {
                train: files("multi30k", ["train.de.gz", "train.en.gz"]),
                validation: Some(files("multi30k", ["val.de.gz", "val.en.gz"])),
            }
        );
        let train = files("news_commentary_v14", ["it-pt.it.gz", "it-pt.pt.gz"]);
        assert_eq!(at("news_commentary_v14/it-pt").unwrap(), PairFiles { train, validation: None });
        let message = at("news_commentary_v14").unwrap_err().to_string();
        assert!(message.contains("news_commentary_v14/en-nl, news_commentary_v14/en-pt"), "{message}");
    }
}
