//! The identity of runs, and the names of their differences. Reports, the command line and the lab all use this module.
//!
//! Runs with the same [`Identity`] differ only in their seed, and only such runs are averaged. Data is compared by its
//! digest, not by the paths of its files.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Spec, describe};
use crate::store::{Manifest, digest};

/// Extra keys of an identity: the digest of the data and the version of Onset. No spec has keys of these names.
const DATA: &str = "data";
const VERSION: &str = "onset";

/// The number of keys in a label, unless more are needed to tell all groups apart.
const NAMED: usize = 3;

/// The longest value in a label, in characters. Longer values are shortened.
const LONGEST: usize = 24;

/// Everything that determines a run, except its seed: the keys of its spec, the digest of its data, and the version of
/// Onset that began it.
#[derive(Debug, Clone)]
pub struct Identity {
    keys: BTreeMap<String, toml::Value>,
    /// The end of the path of the first data file, for labels.
    files: String,
    /// What labels are called in records: it makes no other run, but records of one run must agree on it.
    label_names: String,
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        self.keys == other.keys
    }
}

impl Identity {
    /// The identity of a run of `spec` with this `manifest`.
    pub fn of(spec: &Spec, manifest: &Manifest) -> Self {
        let mut identity = Self::of_spec(spec, manifest.data_digest.as_deref());
        identity.keys.insert(VERSION.into(), manifest.onset.clone().into());
        identity
    }

    /// As [`Identity::of`], without the version. If there is no digest of the data, the paths of its files are compared.
    pub fn of_spec(spec: &Spec, data: Option<&str>) -> Self {
        let comparable = if data.is_some() { spec.without_files() } else { spec.clone() };
        let mut keys = BTreeMap::new();
        if let Ok(table) = comparable.with_seed(0).to_toml().parse::<toml::Table>() {
            flatten("", table, &mut keys);
        }
        keys.remove("seed");
        // What data and labels are called makes no difference to what is trained.
        keys.remove("task.title");
        let (named, mut keys): (BTreeMap<_, _>, BTreeMap<_, _>) =
            keys.into_iter().partition(|(key, _)| key.starts_with("task.label_names"));
        let name = |(key, name): (&String, &toml::Value)| {
            format!("{} = {name}", key.trim_start_matches("task.label_names").trim_start_matches('.'))
        };
        let names: Vec<String> = named.iter().map(name).collect();
        keys.extend(data.map(|data| (DATA.to_owned(), data.into())));
        let files = spec.task().settings().files();
        let tail = |path: &std::path::PathBuf| {
            let names: Vec<_> = path.iter().rev().take(2).map(|name| name.to_string_lossy()).collect();
            names.into_iter().rev().collect::<Vec<_>>().join("/")
        };
        let label_names = format!("task.label_names = {{ {} }}", names.join(", "));
        Self { keys, files: files.first().map(tail).unwrap_or_default(), label_names }
    }

    /// What labels are called in records.
    pub(crate) fn label_names(&self) -> &str {
        &self.label_names
    }

    /// A digest of the identity. Runs that differ only in their seed share it.
    pub fn digest(&self) -> String {
        let lines: Vec<String> = self.keys.iter().map(|(key, value)| format!("{key} = {value}\n")).collect();
        digest(lines.concat().as_bytes())
    }

    /// The value of a key such as `model.hidden`; `None` if the spec does not contain it.
    pub fn value(&self, key: &str) -> Option<&toml::Value> {
        self.keys.get(key)
    }
}

/// The name of a group of runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RunName {
    /// Their task and model, in words.
    pub title: String,
    /// The difference from other groups with this title; empty if there is none.
    pub difference: String,
}

impl std::fmt::Display for RunName {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.title)?;
        if self.difference.is_empty() { Ok(()) } else { write!(formatter, ", {}", self.difference) }
    }
}

/// Names groups of runs, given the spec and identity of each.
pub fn run_names(groups: &[(&Spec, &Identity)]) -> Vec<RunName> {
    let mut alike: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, (spec, _)) in groups.iter().enumerate() {
        alike.entry(describe(spec)).or_default().push(place);
    }
    let mut names = vec![None; groups.len()];
    for (title, places) in alike {
        let identities: Vec<&Identity> = places.iter().map(|&place| groups[place].1).collect();
        for (place, difference) in places.into_iter().zip(difference_labels(&identities)) {
            names[place] = Some(RunName { title: title.clone(), difference });
        }
    }
    names.into_iter().flatten().collect()
}

/// The keys in which `identities` differ. Keys that follow from others come last.
pub fn differing_keys(identities: &[&Identity]) -> Vec<String> {
    let names: BTreeSet<&String> = identities.iter().flat_map(|each| each.keys.keys()).collect();
    let differs = |name: &&&String| {
        identities.iter().any(|each| each.keys.get(**name) != identities[0].keys.get(**name))
    };
    let mut differing: Vec<String> = names.iter().filter(differs).map(|name| (*name).clone()).collect();
    // The list of checkpoints follows from the number of steps.
    differing.sort_by_key(|name| name == "record.checkpoints");
    differing
}

/// Labels each of `identities` with its values of the differing keys: `hidden = 64, steps = 400`. A label has up to
/// three keys, or as many as are needed to tell all apart. It is empty if there is only one identity.
pub fn difference_labels(identities: &[&Identity]) -> Vec<String> {
    let differing = differing_keys(identities);
    let labels = |named: usize| -> Vec<String> {
        let label = |each: &&Identity| {
            let told = differing.iter().take(named).map(|key| written(key, each, identities, &differing));
            told.collect::<Vec<_>>().join(", ")
        };
        identities.iter().map(label).collect()
    };
    let tells_apart = |labels: &[String]| {
        let pairs = (0..labels.len()).flat_map(|one| (0..one).map(move |two| (one, two)));
        pairs.into_iter().all(|(one, two)| labels[one] != labels[two] || identities[one] == identities[two])
    };
    let counts = NAMED.min(differing.len())..=differing.len();
    let found = counts.map(labels).find(|labels| tells_apart(labels));
    found.unwrap_or_else(|| identities.iter().map(|each| each.digest()[..8].to_owned()).collect())
}

/// `key = value`, with the short form of the key where that is unambiguous.
fn written(key: &str, identity: &Identity, all: &[&Identity], differing: &[String]) -> String {
    if key == DATA {
        let told = |each: &&Identity| (each.value(DATA).map(ToString::to_string), each.files.clone());
        let data: BTreeSet<_> = all.iter().map(told).collect();
        let files: BTreeSet<_> = all.iter().map(|each| &each.files).collect();
        if data.len() == files.len() && !identity.files.is_empty() {
            return format!("{DATA} = {}", identity.files);
        }
    }
    let last = |key: &str| key.rsplit('.').next().unwrap_or(key).to_owned();
    let short = last(key);
    let alone = differing.iter().filter(|other| last(other) == short).count() == 1;
    let value = match identity.value(key) {
        Some(toml::Value::String(text)) if key == DATA => text.chars().take(8).collect(),
        Some(toml::Value::String(text)) if key == VERSION => text.clone(),
        Some(value) => value.to_string(),
        None => "–".into(),
    };
    format!("{} = {}", if alone { &short } else { key }, shortened(&value))
}

/// Keeps both ends of a long value: lists that begin alike may end differently.
fn shortened(value: &str) -> String {
    let letters: Vec<char> = value.chars().collect();
    if letters.len() <= LONGEST {
        return value.into();
    }
    let half = (LONGEST - 1) / 2;
    let ends = [&letters[..half], &letters[letters.len() - half..]].map(|end| end.iter().collect::<String>());
    ends.join("…")
}

fn flatten(prefix: &str, table: toml::Table, keys: &mut BTreeMap<String, toml::Value>) {
    for (key, value) in table {
        match value {
            toml::Value::Table(inner) => flatten(&format!("{prefix}{key}."), inner, keys),
            value => {
                keys.insert(format!("{prefix}{key}"), value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(overrides: &[&str]) -> Spec {
        let overrides: Vec<String> = overrides.iter().map(ToString::to_string).collect();
        Spec::parse("task = 'copying'", "test", &overrides).unwrap()
    }

    fn labels(specs: &[Spec]) -> Vec<String> {
        let identities: Vec<Identity> = specs.iter().map(|spec| Identity::of_spec(spec, None)).collect();
        difference_labels(&identities.iter().collect::<Vec<_>>())
    }

    #[test]
    fn what_is_alike_is_told_apart_by_what_differs() {
        let specs = [spec(&["model.hidden=64"]), spec(&["model.hidden=32", "seed=4"])];
        assert_eq!(describe(&specs[0]), describe(&specs[1]));
        assert_eq!(labels(&specs), ["hidden = 64", "hidden = 32"]);
        assert_eq!(labels(&specs[..1]), [""]);
        assert!(labels(&[]).is_empty());
    }

    #[test]
    fn as_many_keys_are_named_as_it_takes() {
        let same = ["model.hidden=64", "model.embedding=32", "train.batch=4"];
        let first = [&same[..], &["train.steps=100"]].concat();
        let second = [&same[..], &["train.steps=90"]].concat();
        let labels = labels(&[spec(&[]), spec(&first), spec(&second)]);
        assert!(labels[1].contains("steps = 100") && labels[2].contains("steps = 90"), "{labels:?}");
        assert!(!labels[0].contains("checkpoints"), "{labels:?}");
    }

    #[test]
    fn long_lists_are_told_apart_by_their_ends() {
        let list = |last: u64| format!("record.checkpoints=[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, {last}]");
        let labels = labels(&[spec(&[&list(50)]), spec(&[&list(60)])]);
        assert_ne!(labels[0], labels[1]);
    }

    #[test]
    fn keys_of_one_name_are_told_with_their_tables() {
        let texts = |name: &str| Spec::parse(&format!("task = '{name}'"), "test", &[]).unwrap();
        let copying = texts("copying").with_seed(3);
        let induction = texts("induction");
        let labels = labels(&[copying, induction]);
        assert!(labels[0].contains("model.kind") || !labels[0].contains(" kind"), "{labels:?}");
    }

    #[test]
    fn data_is_known_by_its_digest_and_not_by_its_place() {
        let text = |file: &str| {
            let text = format!("task = 'classification'\n[data]\nfile = '{file}'");
            Spec::parse(&text, "test", &[]).unwrap()
        };
        let [here, there] = ["/a/sms.tsv", "/b/sms.tsv"].map(text);
        let same = Identity::of_spec(&here, Some("aa"));
        assert_eq!(same, Identity::of_spec(&there, Some("aa")));
        assert_ne!(same, Identity::of_spec(&here, Some("bb")));
        let called = text("/a/sms.tsv'\ntitle = 'SMS spam");
        assert_eq!(describe(&called), "SMS spam");
        assert_eq!(same, Identity::of_spec(&called, Some("aa")));
        let named = Identity::of_spec(&text("/a/sms.tsv'\nlabel_names = { 0 = 'ham' }\ntitle='"), Some("aa"));
        assert_eq!(same, named);
        assert_ne!(same.label_names(), named.label_names());
        let other = Identity::of_spec(&there, Some("bb"));
        assert_eq!(difference_labels(&[&same, &other]), ["data = a/sms.tsv", "data = b/sms.tsv"]);
        let changed = Identity::of_spec(&here, Some("bb"));
        assert_eq!(difference_labels(&[&same, &changed]), ["data = aa", "data = bb"]);
        let names = run_names(&[(&here, &same), (&there, &other)]);
        assert_eq!(names[0].to_string(), "sms.tsv, data = a/sms.tsv");
    }
}
