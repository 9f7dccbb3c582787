//! The distributions of a round, from a file.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::spec::{CopyingSpec, Spec, SpecError};
use crate::theory::not_covered;

/// One distribution of copying and the model that is trained on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    /// The folder of its runs; no two have the same.
    pub name: String,
    /// What distinguishes it; scores are given by kind.
    pub kind: String,
    /// Keys of the spec, `table.key=value`.
    pub set: Vec<String>,
}

/// What is predicted and trained.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distributions {
    /// In the order of the file.
    #[serde(rename = "distribution")]
    pub all: Vec<Distribution>,
}

/// Why distributions cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DistributionError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not a list of distributions.
    #[error("{path}: {reason}; a file of distributions has entries [[distribution]] with name, kind and set")]
    Form {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A distribution is not a possible spec.
    #[error("distribution {name}: {source}")]
    Spec {
        /// Its name.
        name: String,
        /// Why.
        source: SpecError,
    },
    /// A distribution is of another task or model, or training is not as the theory of `onset predict` has it.
    #[error("distribution {name}: {reason}")]
    NotCovered {
        /// Its name.
        name: String,
        /// Why.
        reason: String,
    },
}

const HELD_OUT: &str = include_str!("../../../../../experiments/held-out/distributions.toml");
const CALIBRATION: &str = include_str!("../../../../../experiments/calibration/distributions.toml");

impl Distributions {
    /// The shipped ones that no theory here was fitted on.
    pub fn held_out() -> Self {
        toml::from_str(HELD_OUT).expect("the shipped file is whole")
    }

    /// The shipped ones that [`CopyingLaw`](crate::theory::CopyingLaw) is fitted on.
    pub fn calibration() -> Self {
        toml::from_str(CALIBRATION).expect("the shipped file is whole")
    }

    /// Those of a file.
    ///
    /// # Errors
    /// If it cannot be read, is not a list of distributions, or names two alike.
    pub fn read(path: &Path) -> Result<Self, DistributionError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| DistributionError::Io { path: path.into(), source })?;
        let form = |reason: String| DistributionError::Form { path: path.into(), reason };
        let found: Self = toml::from_str(&text).map_err(|error| form(error.message().to_owned()))?;
        let mut names = std::collections::HashSet::new();
        if let Some(twice) = found.all.iter().find(|each| !names.insert(&each.name)) {
            return Err(form(format!("the name {} is there twice", twice.name)));
        }
        let foldable =
            |name: &str| !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c));
        match found.all.iter().find(|each| !foldable(&each.name) || each.name.starts_with('.')) {
            Some(odd) => {
                Err(form(format!("the name {:?} cannot be a folder; use letters, digits and -", odd.name)))
            }
            None => Ok(found),
        }
    }
}

impl Distribution {
    /// The spec of its runs.
    ///
    /// # Errors
    /// If a key is unknown, a value not possible, or training not covered by the reduced dynamics, which are part of every forecast.
    pub fn spec(&self, overrides: &[String]) -> Result<Spec, DistributionError> {
        let common = ["record.probes=0", "train.stop_at_accuracy=0.95"].map(String::from);
        let keys: Vec<String> = common.iter().chain(&self.set).chain(overrides).cloned().collect();
        let name = || self.name.clone();
        let spec = Spec::parse("task = 'copying'", "reproduce forecasts", &keys)
            .map_err(|source| DistributionError::Spec { name: name(), source })?;
        let missing = match CopyingSpec::of(&spec) {
            Some(copying) => not_covered(&copying),
            None => Some(format!(
                "a round is about copying by a recurrent model, and this is {} by {}; leave out task.kind and model.kind",
                spec.task().kind(),
                spec.model().kind()
            )),
        };
        match missing {
            Some(reason) => Err(DistributionError::NotCovered { name: name(), reason }),
            None => Ok(spec),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_distributions_are_possible_and_none_is_in_two_files() {
        let (held_out, calibration) = (Distributions::held_out(), Distributions::calibration());
        assert!(held_out.all.len() >= 24 && calibration.all.len() > held_out.all.len());
        let spec = |each: &Distribution| each.spec(&[]).unwrap().to_toml();
        let fitted: Vec<String> = calibration.all.iter().map(spec).collect();
        let first =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/held-out-1/distributions.toml");
        let used = Distributions::read(&first).unwrap().all.iter().map(spec).collect::<Vec<_>>();
        assert!(held_out.all.iter().map(spec).all(|each| !fitted.contains(&each) && !used.contains(&each)));
    }

    #[test]
    fn a_file_that_is_no_list_or_has_a_name_twice_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mine.toml");
        let refused = |text: &str| {
            std::fs::write(&path, text).unwrap();
            Distributions::read(&path).unwrap_err().to_string()
        };
        let one = "[[distribution]]\nname = 'a'\nkind = 'plain'\nset = []\n";
        assert!(refused(&one.repeat(2)).contains("the name a is there twice"));
        assert!(refused("x = 1").contains("[[distribution]]"));
        assert!(refused(&one.replace("'a'", "'../a'")).contains("cannot be a folder"));
        std::fs::write(&path, one.replace("set = []", "set = ['task.length=41']")).unwrap();
        let wrong = Distributions::read(&path).unwrap().all[0].spec(&[]).unwrap_err().to_string();
        assert!(wrong.contains("distribution a") && wrong.contains("task.length"), "{wrong}");
        for (key, part) in [
            ("task.kind=markov", "a round is about copying"),
            ("model.kind=transformer", "by transformer"),
            ("model.attention=uniform", "there is no second stage"),
            ("train.optimizer=adamw", "train.optimizer"),
        ] {
            std::fs::write(&path, one.replace("set = []", &format!("set = ['{key}']"))).unwrap();
            let wrong = Distributions::read(&path).unwrap().all[0].spec(&[]).unwrap_err().to_string();
            assert!(wrong.contains("distribution a") && wrong.contains(part), "{key}: {wrong}");
        }
    }
}
