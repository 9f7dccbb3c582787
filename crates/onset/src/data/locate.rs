//! Where the files of a set are.

use std::path::{Path, PathBuf};

use super::{CATALOGUE, DataError, DataSet, DataTask, find};

/// The files of a classification set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFiles {
    /// Texts to train on.
    pub train: PathBuf,
    /// Texts to validate on; none if the set has no fixed split.
    pub validation: Option<PathBuf>,
}

/// The files of the classification set `name`, in `from/name` or `from` if it is given, else in
/// `data_dir/name`.
pub fn locate(name: &str, from: Option<&Path>, data_dir: &Path) -> Result<TextFiles, DataError> {
    let set = find(name)?;
    if set.task != DataTask::Classification {
        let usable = CATALOGUE.iter().filter(|set| set.task == DataTask::Classification).map(|set| set.name);
        let usable = usable.collect::<Vec<_>>().join(", ");
        return Err(DataError::NotClassification { name: set.name, usable });
    }
    let places = match from {
        Some(from) => vec![from.join(set.name), from.to_path_buf()],
        None => vec![data_dir.join(set.name)],
    };
    let Some(folder) = places.iter().find(|folder| is_whole(set, folder)) else {
        let places: Vec<String> = places.iter().map(|folder| folder.display().to_string()).collect();
        return Err(DataError::NotFetched {
            name: set.name,
            places: places.join(" or "),
            files: file_names(set),
        });
    };
    let path = |index: usize| set.files.get(index).map(|file| folder.join(file.name));
    let train = path(0).unwrap_or_else(|| folder.clone());
    Ok(TextFiles { train, validation: path(1) })
}

/// Whether all files of `set` are in `folder`.
pub(super) fn is_whole(set: &DataSet, folder: &Path) -> bool {
    set.files.iter().all(|file| folder.join(file.name).is_file())
}

/// The names of a set's files, as a sentence has them.
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
        assert!(message.contains("imdb or ") && message.contains("onset data fetch imdb"), "{message}");
    }

    #[test]
    fn a_translation_set_is_refused_with_those_that_can_be_used() {
        let message = locate("multi30k", None, Path::new("data")).unwrap_err().to_string();
        assert!(message.contains("for translation") && message.contains("sms_spam, sst2"), "{message}");
    }
}
