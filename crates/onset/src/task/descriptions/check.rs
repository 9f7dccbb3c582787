//! What does not fit between a collection and its data.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use serde::Serialize;
use sha2::{Digest, Sha256};

use super::read::{SetTexts, find, normal, read, require_all_labels};
use super::{Collection, CollectionError, DescribedSet};

/// What was found of a collection.
#[derive(Debug, Clone, Serialize)]
pub struct CollectionFindings {
    /// Each set.
    pub sets: Vec<SetFindings>,
    /// Texts that two sets share which are not similar: their names, and how many. Training leaves them out where one is held out.
    pub shared: Vec<(String, String, usize)>,
}

/// What was found of a set.
#[derive(Debug, Clone, Serialize)]
pub struct SetFindings {
    /// Its name.
    pub name: String,
    /// Its group.
    pub group: String,
    /// Whether its files are on this machine.
    pub is_here: bool,
    /// Why it cannot be used.
    pub problem: Option<String>,
    /// What should be known, a sentence each.
    pub remarks: Vec<String>,
    /// For each label: its name, descriptions, and texts in the training and the test file.
    pub labels: Vec<(String, usize, [usize; 2])>,
    /// Whether it does not count in means.
    pub templated: bool,
}

impl CollectionFindings {
    /// Sets that cannot be used, though their files are here.
    pub fn problems(&self) -> impl Iterator<Item = &SetFindings> {
        self.sets.iter().filter(|set| set.problem.is_some() && set.is_here)
    }
}

/// Reads every set of the collection in `folder` whose files are in `data`, and goes on where one cannot be used.
///
/// # Errors
/// If the collection itself cannot be read.
pub fn check_collection(folder: &Path, data: &Path) -> Result<CollectionFindings, CollectionError> {
    let collection = Collection::read(folder)?;
    let (mut sets, mut texts) = (Vec::new(), Vec::new());
    for set in &collection.sets {
        let (findings, own) = check(&collection, set, data);
        sets.push(findings);
        texts.push(own);
    }
    let mut shared = Vec::new();
    for (place, set) in collection.sets.iter().enumerate() {
        for (other, others) in collection.sets.iter().zip(&texts).skip(place + 1) {
            let count = texts[place].intersection(others).count();
            if count > 0 && !set.is_similar(other) {
                shared.push((set.name.clone(), other.name.clone(), count));
            }
        }
    }
    Ok(CollectionFindings { sets, shared })
}

/// What was found of a set, and its texts.
fn check(collection: &Collection, set: &DescribedSet, data: &Path) -> (SetFindings, HashSet<String>) {
    let mut findings = SetFindings {
        name: set.name.clone(),
        group: set.group().to_owned(),
        is_here: false,
        problem: None,
        remarks: Vec::new(),
        labels: Vec::new(),
        templated: set.templated,
    };
    let read = match find(set, data) {
        Ok(files) => {
            findings.is_here = true;
            read_both(collection, set, &files)
        }
        Err(error) => Err(error),
    };
    let [train, test] = match read {
        Ok(read) => read,
        Err(error) => {
            findings.problem = Some(error.to_string());
            return (findings, HashSet::new());
        }
    };
    let count =
        |texts: &SetTexts, label: usize| texts.labels.iter().filter(|&&own| own as usize == label).count();
    for (number, label) in set.labels.iter().enumerate() {
        let counts = [&train, &test].map(|texts| count(texts, number));
        findings.labels.push((label.name().to_owned(), label.descriptions.len(), counts));
    }
    let normal_texts =
        |texts: &SetTexts| -> Vec<String> { texts.texts.iter().map(|text| normal(text)).collect() };
    let [of_train, of_test] = [&train, &test].map(normal_texts);
    findings.remarks.extend(remarks(set, &train, &test, (&of_train, &of_test)));
    (findings, of_train.into_iter().chain(of_test).filter(|text| !text.is_empty()).collect())
}

fn read_both(
    collection: &Collection,
    set: &DescribedSet,
    files: &super::read::SetFiles,
) -> Result<[SetTexts; 2], CollectionError> {
    let mut hash = Sha256::new();
    let train = read(collection, set, &files.train, &mut hash)?;
    require_all_labels(collection, set, &files.train, &train)?;
    let test = match &files.test {
        Some(test) => read(collection, set, test, &mut hash)?,
        None => SetTexts::default(),
    };
    Ok([train, test])
}

fn remarks(
    set: &DescribedSet,
    train: &SetTexts,
    test: &SetTexts,
    (of_train, of_test): (&[String], &[String]),
) -> Vec<String> {
    let mut remarks = Vec::new();
    let empty = train.empty + test.empty;
    if empty > 0 {
        remarks.push(format!("{empty} rows have no text or no label"));
    }
    if set.test.is_some() {
        let trained: HashSet<&String> = of_train.iter().filter(|text| !text.is_empty()).collect();
        let both = of_test.iter().filter(|text| trained.contains(text)).count();
        if both > 0 {
            remarks.push(format!("{both} test texts are also in the training file"));
        }
        let without: Vec<&str> = (0..set.labels.len())
            .filter(|&label| !test.labels.contains(&(label as u32)))
            .map(|label| set.labels[label].name())
            .collect();
        if !without.is_empty() {
            remarks.push(format!(
                "no test text has the label {}, so that it has no area under the curve",
                without.join(", ")
            ));
        }
    }
    let mut labels: BTreeMap<&String, HashSet<u32>> = BTreeMap::new();
    let all = of_train.iter().zip(&train.labels).chain(of_test.iter().zip(&test.labels));
    all.filter(|(text, _)| !text.is_empty()).for_each(|(text, &label)| {
        labels.entry(text).or_default().insert(label);
    });
    let several = labels.values().filter(|labels| labels.len() > 1).count();
    if several > 0 {
        remarks.push(format!("{several} texts have more than one label"));
    }
    remarks
}
