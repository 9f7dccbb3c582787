//! What a data set is; the sets themselves are in `sets`.

use serde::Serialize;

use super::DataError;
use super::sets;
use super::unpack::Take;
use crate::spec::did_you_mean;

/// What a set is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DataTask {
    /// Texts with labels.
    Classification,
    /// Sentences in two languages, line by line.
    Translation,
}

impl DataTask {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Classification => "classification",
            Self::Translation => "translation",
        }
    }
}

/// A file that its publisher offers for download.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Source {
    /// Its name on disk.
    pub file: &'static str,
    /// Where it is.
    pub url: &'static str,
    /// Its size in bytes; none where it is not published.
    pub bytes: Option<u64>,
    /// Its SHA-256; none where nobody whom we could check publishes it. [`fetch`](super::fetch()) then
    /// records the one that it sees.
    pub sha256: Option<&'static str>,
}

/// A file that is there after fetching.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct DataFile {
    /// Its name in the set's folder.
    pub name: &'static str,
    /// Which of the set's sources it is made from.
    pub source: usize,
    #[serde(skip)]
    pub(super) take: Take,
}

/// A public data set.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct DataSet {
    /// Its name here.
    pub name: &'static str,
    /// What it holds, in a line.
    pub about: &'static str,
    /// What it is for.
    pub task: DataTask,
    /// Rows, about: of the file to train on and of the one to validate on; none where it is not there, or
    /// not known.
    pub rows: [Option<u64>; 2],
    /// Size of the download in bytes, about; none where it is not published.
    pub download_bytes: Option<u64>,
    /// What its publisher says about its use.
    pub licence: &'static str,
    /// Where its publisher describes it.
    pub page: &'static str,
    /// Who publishes the checksums that downloads are compared with.
    pub checksums: &'static str,
    /// What the labels 0 and 1 stand for; none for translation.
    pub labels: Option<[&'static str; 2]>,
    /// What is changed between the upstream file and ours.
    pub changes: &'static str,
    /// What is downloaded.
    pub sources: &'static [Source],
    /// What is there afterwards: the file to train on first, then the one to validate on.
    pub files: &'static [DataFile],
}

/// All sets that are known.
pub const CATALOGUE: &[DataSet] = &[
    sets::SMS_SPAM,
    sets::SST2,
    sets::IMDB,
    sets::YELP,
    sets::AMAZON,
    sets::AG_NEWS,
    sets::NEWSGROUPS,
    sets::MULTI30K,
    sets::IWSLT14,
    sets::NEWS_COMMENTARY,
];

/// The set of a name.
pub fn find(name: &str) -> Result<&'static DataSet, DataError> {
    CATALOGUE.iter().find(|set| set.name == name).ok_or_else(|| {
        let names = CATALOGUE.iter().map(|set| set.name);
        DataError::UnknownSet {
            name: name.into(),
            nearest: did_you_mean(name, names.clone()),
            known: names.collect::<Vec<_>>().join(", "),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_set_is_complete_and_names_only_files_of_its_folder() {
        for set in CATALOGUE {
            assert!(!set.sources.is_empty() && !set.files.is_empty(), "{}", set.name);
            assert_eq!(set.task == DataTask::Classification, set.labels.is_some(), "{}", set.name);
            for source in set.sources {
                assert!(source.url.starts_with("http"), "{}", source.url);
                assert!(!source.file.contains(['/', '\\']) && !source.file.starts_with('.'));
                let is_digest = |sum: &str| sum.len() == 64 && sum.bytes().all(|b| b.is_ascii_hexdigit());
                assert!(source.sha256.is_none_or(is_digest), "{}", source.file);
            }
            for file in set.files {
                assert!(!file.name.contains(['/', '\\']) && file.name.ends_with(".gz"), "{}", file.name);
                assert!(file.source < set.sources.len());
            }
        }
    }

    #[test]
    fn an_unknown_set_is_answered_with_the_nearest() {
        let message = find("sms-spam").unwrap_err().to_string();
        assert!(message.contains("did you mean `sms_spam`?") && message.contains("multi30k"), "{message}");
    }
}
