//! Which public set a file is from.

use std::path::Path;

use super::{CATALOGUE, DataSet, DataTask};
use crate::task::rows::holds_labels;

/// The labels of the files that fetching writes.
const LABELS: [&str; 2] = ["0", "1"];

/// The public set for `task` that the file at `path` is of: it has a name that no file of another set has, or lies in a folder with the
/// set's name, and the first rows of texts have the set's columns and labels. None for any other file.
pub(crate) fn set_of(path: &Path, task: DataTask) -> Option<&'static DataSet> {
    let path = std::path::absolute(path).ok()?;
    let name = path.file_name()?.to_str()?;
    let folder = path.parent().and_then(Path::file_name);
    let has = |set: &&DataSet| set.files.iter().any(|file| file.name == name);
    let sets: Vec<&DataSet> = CATALOGUE.iter().filter(|set| set.task == task).filter(has).collect();
    let set = match sets[..] {
        [only] => only,
        _ => sets.into_iter().find(|set| folder.is_some_and(|folder| folder == set.name))?,
    };
    (task == DataTask::Translation || holds_labels(&path, &LABELS)).then_some(set)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    #[test]
    fn a_file_is_known_by_its_own_name_or_its_folders_and_by_what_it_holds() {
        let root = tempfile::tempdir().unwrap();
        let found = |place: &str, rows: &str| {
            let path = root.path().join(place);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let mut packed = GzEncoder::new(fs::File::create(&path).unwrap(), Compression::fast());
            packed.write_all(rows.as_bytes()).unwrap();
            packed.finish().unwrap();
            set_of(&path, DataTask::Classification).map(|set| set.name)
        };
        let rows = "text\tlabel\nwin a prize\t1\nsee you\t0\n";
        assert_eq!(found("mine/sms.tsv.gz", rows), Some("sms_spam"));
        assert_eq!(found("sst2/train.tsv.gz", rows), Some("sst2"));
        assert_eq!(found("imdb/test.tsv.gz", rows), Some("imdb"));
        // A name that several sets have says nothing by itself.
        assert_eq!(found("mine/train.tsv.gz", rows), None);
        // The names of a set's labels are for that set's labels alone.
        assert_eq!(found("sms.tsv.gz", "text\tlabel\nwin a prize\tspam\n"), None);
        assert_eq!(found("sms.tsv.gz", "words\tkind\nwin a prize\t1\n"), None);
        assert_eq!(found("sms.tsv.gz", "text\tlabel\n"), None);
        // More than is looked at.
        let long = format!("{rows}{}\t1\n", "word ".repeat(20_000));
        assert_eq!(found("sms.tsv.gz", &long), Some("sms_spam"));
        assert!(set_of(&root.path().join("sms_spam/sms.tsv.gz"), DataTask::Classification).is_none());
    }

    #[test]
    fn sentences_are_known_by_their_names_and_folders_alone() {
        let found = |path: &str| set_of(Path::new(path), DataTask::Translation).map(|set| set.name);
        assert_eq!(found("data/multi30k/train.de.gz"), Some("multi30k"));
        assert_eq!(found("data/iwslt14/train.de.gz"), Some("iwslt14"));
        assert_eq!(found("mine/test_2016_flickr.de.gz"), Some("multi30k"));
        assert_eq!(found("mine/train.de.gz"), None);
        assert_eq!(found("sms_spam/sms.tsv.gz"), None);
    }
}
