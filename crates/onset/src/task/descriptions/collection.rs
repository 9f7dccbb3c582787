//! A collection: data sets, and descriptions of their labels, as TOML files.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::CollectionError;
use super::read::find;
use crate::settings::did_you_mean;

/// Data sets with descriptions of their labels, by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Collection {
    /// The folder that its files lie in.
    pub folder: PathBuf,
    /// The sets, by name.
    pub sets: Vec<DescribedSet>,
}

/// A data set, as `NAME.toml` describes it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DescribedSet {
    /// The name of the file, without its ending.
    #[serde(skip)]
    pub name: String,
    /// What its texts are, in a few words.
    pub about: String,
    /// The folder that its files lie in: the name of a set that `onset data` knows, or any other.
    pub source: String,
    /// The file to train on.
    pub train: PathBuf,
    /// The file to evaluate on; without, a part of `train` is held out.
    pub test: Option<PathBuf>,
    /// The column of the text.
    #[serde(default = "text")]
    pub text: String,
    /// The column of the label.
    #[serde(default = "label")]
    pub label: String,
    /// What the set is about. Sets that share a tag are similar; the first tag names the group.
    pub tags: Vec<String>,
    /// Whether descriptions are made from one template; such a set does not count in means.
    #[serde(default)]
    pub templated: bool,
    /// Every label that there is.
    pub labels: Vec<DescribedLabel>,
}

/// A label and what it means.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DescribedLabel {
    /// As it stands in the file.
    pub value: String,
    /// A name to show; `value` without one.
    pub name: Option<String>,
    /// Questions whose answer is Yes for a text with this label, and No for one with another.
    pub descriptions: Vec<String>,
}

fn text() -> String {
    "text".into()
}

fn label() -> String {
    "label".into()
}

impl DescribedLabel {
    /// The name to show.
    pub fn name(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.value)
    }

    /// What is wrong with `labels`: a label that occurs twice, one without a description, or two equal descriptions.
    pub fn check(labels: &[Self]) -> Result<(), String> {
        let (mut values, mut questions) = (HashSet::new(), HashSet::new());
        for label in labels {
            let Self { value, descriptions, .. } = label;
            if !values.insert(value) {
                return Err(format!("the label {value:?} occurs twice in `labels`"));
            }
            if descriptions.is_empty() {
                return Err(format!("the label {value:?} has no `descriptions`"));
            }
            for question in descriptions {
                if question.trim().is_empty() {
                    return Err(format!("a description of the label {value:?} is empty"));
                }
                if !questions.insert(question.trim().to_lowercase()) {
                    return Err(format!(
                        "the description {question:?} occurs twice; each label needs its own"
                    ));
                }
            }
        }
        Ok(())
    }
}

impl DescribedSet {
    /// The group: the first tag.
    pub fn group(&self) -> &str {
        self.tags.first().map_or(&self.name, |tag| tag)
    }

    /// Whether the sets share a tag, or are the same.
    pub fn is_similar(&self, other: &Self) -> bool {
        self.name == other.name || self.tags.iter().any(|tag| other.tags.contains(tag))
    }

    /// Whether its files are in the folder `data`.
    pub fn is_here(&self, data: &Path) -> bool {
        find(self, data).is_ok()
    }

    /// Reads and checks one file.
    pub fn read(path: &Path) -> Result<Self, CollectionError> {
        let failed = |reason: String| CollectionError::File { path: path.into(), reason };
        let text = std::fs::read_to_string(path).map_err(|error| failed(error.to_string()))?;
        let mut set: Self = toml::from_str(&text).map_err(|error| {
            failed(format!("{}; expected the description of a data set", error.to_string().trim_end()))
        })?;
        set.name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        set.check().map_err(failed)?;
        Ok(set)
    }

    /// What is wrong with it, by key.
    fn check(&self) -> Result<(), String> {
        if self.tags.is_empty() {
            return Err("`tags` is empty; the first tag names the group that is held out together".into());
        }
        if self.labels.len() < 2 {
            return Err(format!("{} `labels`; a classification has at least two", self.labels.len()));
        }
        DescribedLabel::check(&self.labels)
    }
}

impl Collection {
    /// Reads the files `*.toml` of `folder`.
    ///
    /// # Errors
    /// If there is none, and if one cannot be used; the error names file and key.
    pub fn read(folder: &Path) -> Result<Self, CollectionError> {
        let failed = |reason: &dyn std::fmt::Display| CollectionError::Folder {
            folder: folder.into(),
            reason: reason.to_string(),
        };
        let mut paths: Vec<PathBuf> = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(|error| failed(&error))? {
            let path = entry.map_err(|error| failed(&error))?.path();
            if path.extension().is_some_and(|ending| ending == "toml") {
                paths.push(path);
            }
        }
        if paths.is_empty() {
            return Err(failed(&"it has no file NAME.toml"));
        }
        paths.sort();
        let sets = paths.iter().map(|path| DescribedSet::read(path)).collect::<Result<_, _>>()?;
        Ok(Self { folder: folder.into(), sets })
    }

    /// The groups, by name.
    pub fn groups(&self) -> BTreeSet<&str> {
        self.sets.iter().map(DescribedSet::group).collect()
    }

    /// The sets that `names` mean: sets, or tags of some. Errors if a name means none.
    pub fn named(&self, names: &[String]) -> Result<Vec<&DescribedSet>, CollectionError> {
        let mut found = Vec::new();
        for name in names {
            let own = self.sets.iter().filter(|set| set.name == *name || set.tags.contains(name));
            let before = found.len();
            found.extend(own);
            if found.len() == before {
                let known: BTreeSet<&str> =
                    self.groups().into_iter().chain(self.sets.iter().map(|set| &*set.name)).collect();
                return Err(CollectionError::NoSuchSet {
                    folder: self.folder.clone(),
                    name: name.clone(),
                    hint: did_you_mean(name, known.iter().copied()),
                    known: known.into_iter().collect::<Vec<_>>().join(", "),
                });
            }
        }
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found.dedup_by(|a, b| a.name == b.name);
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = "about = 'a'\nsource = 's'\ntrain = 't.tsv'\ntags = ['x', 'y']\n\
                        [[labels]]\nvalue = '0'\ndescriptions = ['Is it?']\n\
                        [[labels]]\nvalue = '1'\nname = 'one'\ndescriptions = ['Is it one?', 'Really one?']\n";

    fn read(text: &str) -> Result<DescribedSet, CollectionError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("set.toml");
        std::fs::write(&path, text).unwrap();
        DescribedSet::read(&path)
    }

    #[test]
    fn a_set_has_its_name_from_its_file_and_its_group_from_its_first_tag() {
        let set = read(GOOD).unwrap();
        assert_eq!((&*set.name, set.group(), &*set.text), ("set", "x", "text"));
        assert_eq!(set.labels.iter().map(DescribedLabel::name).collect::<Vec<_>>(), ["0", "one"]);
    }

    #[test]
    fn what_is_wrong_is_named_with_file_and_key() {
        for (change, expected) in [
            (("about", "abuot"), "unknown field `abuot`"),
            (("tags = ['x', 'y']", "tags = []"), "`tags` is empty"),
            (("['Is it?']", "[]"), "\"0\" has no `descriptions`"),
            (("Really one?", "is it?"), "occurs twice"),
            (("value = '1'", "value = '0'"), "\"0\" occurs twice"),
            (("train = 't.tsv'\n", ""), "missing field `train`"),
        ] {
            let message = read(&GOOD.replace(change.0, change.1)).unwrap_err().to_string();
            assert!(message.contains("set.toml") && message.contains(expected), "{message}");
        }
    }

    #[test]
    fn the_shipped_collection_can_be_read() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../collections");
        let collection = Collection::read(&folder).unwrap();
        assert!(collection.sets.len() > 10 && collection.groups().len() > 5);
        for set in &collection.sets {
            let questions = set.labels.iter().flat_map(|label| &label.descriptions);
            assert!(questions.clone().all(|question| question.ends_with('?')), "{}", set.name);
        }
    }

    #[test]
    fn names_mean_sets_and_groups() {
        let folder = tempfile::tempdir().unwrap();
        for (name, tags) in [("a", "'x'"), ("b", "'x', 'z'"), ("c", "'z'")] {
            let text = GOOD.replace("'x', 'y'", tags);
            std::fs::write(folder.path().join(format!("{name}.toml")), text).unwrap();
        }
        let collection = Collection::read(folder.path()).unwrap();
        let named = |names: &[&str]| -> Vec<String> {
            let names: Vec<String> = names.iter().map(|name| (*name).into()).collect();
            collection.named(&names).unwrap().iter().map(|set| set.name.clone()).collect()
        };
        assert_eq!(named(&["x"]), ["a", "b"]);
        assert_eq!(named(&["z", "a", "b"]), ["a", "b", "c"]);
        assert!(
            collection.sets[0].is_similar(&collection.sets[1])
                && !collection.sets[0].is_similar(&collection.sets[2])
        );
        let message = collection.named(&["xx".into()]).unwrap_err().to_string();
        assert!(message.contains("\"xx\"") && message.contains("a, b, c, x, z"), "{message}");
    }
}
