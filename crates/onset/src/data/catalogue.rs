//! The data sets on offer, by name.

use super::{DataError, DataSet, sets};
use crate::settings::did_you_mean;

/// All data sets on offer.
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

/// The data set with this name; an unknown name is an error.
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
    use crate::data::DataTask;

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
