//! The distributions of a round, from a file.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::data::{DataTask, find, folders_named};
use crate::spec::{ClassificationSpec, CopyingSpec, Spec, SpecError};
use crate::target::{TargetError, TargetOptions, resolve};
use crate::theory::not_covered;

/// One distribution of copying, or one set of labelled texts, and the model that is trained on it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distribution {
    /// The folder of its runs; no two have the same.
    pub name: String,
    /// What distinguishes it; scores are given by kind.
    pub kind: String,
    /// Labelled texts: a set by its name, a folder of that name where copies are, or a file; none for copying.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
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
    #[error(
        "{path}: {reason}; a file of distributions has entries [[distribution]] with name, kind and set, and for texts data"
    )]
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
    /// The texts of a distribution cannot be used.
    #[error("distribution {name}: {source}")]
    Data {
        /// Its name.
        name: String,
        /// Why.
        source: Box<TargetError>,
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
const HELD_OUT_TEXTS: &str = include_str!("../../../../../experiments/held-out-texts/distributions.toml");
const CALIBRATION: &str = include_str!("../../../../../experiments/calibration/distributions.toml");
/// Earlier rounds: what they showed has been put into the theory.
const ROUNDS: [&str; 5] = [
    include_str!("../../../../../experiments/held-out-1/distributions.toml"),
    include_str!("../../../../../experiments/held-out-2/distributions.toml"),
    include_str!("../../../../../experiments/held-out-3/distributions.toml"),
    include_str!("../../../../../experiments/held-out-4/distributions.toml"),
    include_str!("../../../../../experiments/held-out-5/distributions.toml"),
];

impl Distributions {
    /// The shipped ones that no theory here was fitted on.
    pub fn held_out() -> Self {
        Self::shipped(HELD_OUT)
    }

    /// The shipped sets of labelled texts that no theory here was fitted on.
    pub fn held_out_texts() -> Self {
        Self::shipped(HELD_OUT_TEXTS)
    }

    /// The shipped ones that [`CopyingLaw`](crate::theory::CopyingLaw) is fitted on.
    pub fn calibration() -> Self {
        let mut all = Self::shipped(CALIBRATION).all;
        for (place, round) in ROUNDS.into_iter().enumerate() {
            let named = |each: Distribution| Distribution {
                name: format!("round-{}-{}", place + 1, each.name),
                ..each
            };
            all.extend(Self::shipped(round).all.into_iter().map(named));
        }
        Self { all }
    }

    fn shipped(file: &str) -> Self {
        toml::from_str(file).expect("the shipped file is whole")
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
    /// Whether its texts, if it has any, are in the folder `from`, or else where data sets are fetched to.
    pub fn is_here(&self, from: Option<&Path>) -> bool {
        self.data.is_none() || self.spec(&[], from).is_ok()
    }

    /// The spec of its runs; texts are looked for in the folder `from`, and one level below.
    ///
    /// # Errors
    /// If a key is unknown, a value not possible, texts are not there, or training is not covered by the theory of `onset predict`,
    /// which is part of every forecast.
    pub fn spec(&self, overrides: &[String], from: Option<&Path>) -> Result<Spec, DistributionError> {
        match &self.data {
            Some(data) => self.texts(data, overrides, from),
            None => self.copying(overrides),
        }
    }

    fn copying(&self, overrides: &[String]) -> Result<Spec, DistributionError> {
        let common = ["record.probes=0", "train.stop_at_accuracy=0.95"].map(String::from);
        let keys: Vec<String> = common.iter().chain(&self.set).chain(overrides).cloned().collect();
        let name = || self.name.clone();
        let spec = Spec::parse("task = 'copying'", "reproduce forecasts", &keys)
            .map_err(|source| DistributionError::Spec { name: name(), source })?;
        let missing = match CopyingSpec::of(&spec) {
            Some(copying) => not_covered(&copying),
            None => Some(format!(
                "a round is about copying by a recurrent model, or about texts with `data`, and this is {} by {}; leave out task.kind and model.kind",
                spec.task().kind(),
                spec.model().kind()
            )),
        };
        match missing {
            Some(reason) => Err(DistributionError::NotCovered { name: name(), reason }),
            None => Ok(spec),
        }
    }

    fn texts(
        &self,
        data: &str,
        overrides: &[String],
        from: Option<&Path>,
    ) -> Result<Spec, DistributionError> {
        let copies = |from: &Path| folders_named(from, data).into_iter().find(|folder| folder.is_dir());
        let folder = if find(data).is_ok() { None } else { from.and_then(copies) };
        let target = folder.map_or_else(|| data.to_owned(), |folder| folder.display().to_string());
        let options = TargetOptions {
            needed: Some(DataTask::Classification),
            from: from.map(Path::to_owned),
            overrides: self.set.iter().chain(overrides).cloned().collect(),
            ..TargetOptions::default()
        };
        let name = || self.name.clone();
        let spec = resolve(&target, &options)
            .map_err(|source| DistributionError::Data { name: name(), source: Box::new(source) })?
            .spec;
        match ClassificationSpec::of(&spec) {
            Some(_) => Ok(spec),
            None => {
                let reason = format!(
                    "a round about texts is about classification by rnn-classifier, and this is {} by {}; leave out model.kind",
                    spec.task().kind(),
                    spec.model().kind()
                );
                Err(DistributionError::NotCovered { name: name(), reason })
            }
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
        let spec = |each: &Distribution| each.spec(&[], None).unwrap().to_toml();
        let fitted: Vec<String> = calibration.all.iter().map(spec).collect();
        assert!(held_out.all.iter().map(spec).all(|each| !fitted.contains(&each)));
        let mut names: Vec<&str> = calibration.all.iter().map(|each| each.name.as_str()).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{names:?}");
    }

    #[test]
    fn texts_are_found_by_the_name_of_their_folder_and_named_where_they_are_not() {
        let shipped = Distributions::held_out_texts().all;
        assert!(shipped.len() >= 8 && shipped.iter().all(|each| each.data.is_some()));
        let root = tempfile::tempdir().unwrap();
        assert!(!shipped[0].is_here(Some(root.path())));
        let wrong = shipped[0].spec(&[], Some(root.path())).unwrap_err().to_string();
        assert!(wrong.contains(&shipped[0].name), "{wrong}");
        let folder = root.path().join("copies").join(shipped[0].data.as_ref().unwrap());
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("train.tsv"), "text\tlabel\nso good\tyes\nso bad\tno\n").unwrap();
        let spec = shipped[0].spec(&[], Some(root.path())).unwrap();
        assert!(spec.task().settings().files()[0].ends_with("train.tsv"));
        let plain = Distribution { set: vec!["model.kind=transformer".into()], ..shipped[0].clone() };
        let other = plain.spec(&[], Some(root.path())).unwrap_err().to_string();
        assert!(other.contains("leave out model.kind"), "{other}");
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
        let wrong = Distributions::read(&path).unwrap().all[0].spec(&[], None).unwrap_err().to_string();
        assert!(wrong.contains("distribution a") && wrong.contains("task.length"), "{wrong}");
        for (key, part) in [
            ("task.kind=markov", "a round is about copying"),
            ("model.kind=transformer", "by transformer"),
            ("model.attention=uniform", "there is no second stage"),
            ("train.optimizer=adamw", "train.optimizer"),
        ] {
            std::fs::write(&path, one.replace("set = []", &format!("set = ['{key}']"))).unwrap();
            let wrong = Distributions::read(&path).unwrap().all[0].spec(&[], None).unwrap_err().to_string();
            assert!(wrong.contains("distribution a") && wrong.contains(part), "{key}: {wrong}");
        }
    }
}
