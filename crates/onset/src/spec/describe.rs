//! What an experiment is about, in words.

use std::collections::{BTreeMap, BTreeSet};

use super::{Optimizer, Spec};

/// What an experiment is about, in a few words: the task, and how optimiser and model differ from the defaults.
pub fn describe(spec: &Spec) -> String {
    let mut words = vec![spec.task().settings().describe()];
    match spec.training().optimizer {
        Optimizer::Adam => {}
        Optimizer::AdamW => words.push("AdamW".into()),
        Optimizer::Sgd => words.push("SGD".into()),
    }
    if spec.model().kind() != spec.task().settings().defaults().model {
        words.push(spec.model().kind().into());
    }
    words.extend(spec.model().settings().differences());
    words.join(", ")
}

/// For specs that are described alike, in what they differ: `hidden = 64, steps = 400`, at most three keys; empty for
/// one that stands alone. The seed is no difference.
pub fn difference_labels(specs: &[&Spec]) -> Vec<String> {
    let keys: Vec<BTreeMap<String, String>> = specs.iter().map(|spec| flattened(spec)).collect();
    let names: BTreeSet<&String> = keys.iter().flat_map(BTreeMap::keys).collect();
    let differing: Vec<&String> = names
        .into_iter()
        .filter(|name| keys.iter().any(|each| each.get(*name) != keys[0].get(*name)))
        .collect();
    let label = |each: &BTreeMap<String, String>| {
        let told = differing.iter().take(3).map(|name| {
            let short = name.rsplit('.').next().unwrap_or(name);
            format!("{short} = {}", each.get(*name).map_or("–", String::as_str))
        });
        told.collect::<Vec<_>>().join(", ")
    };
    keys.iter().map(label).collect()
}

/// A spec's keys with their values as written.
fn flattened(spec: &Spec) -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    let toml = spec.clone().with_seed(0).to_toml();
    if let Ok(table) = toml.parse::<toml::Table>() {
        flatten("", &table, &mut keys);
    }
    keys
}

fn flatten(prefix: &str, table: &toml::Table, keys: &mut BTreeMap<String, String>) {
    for (key, value) in table {
        match value {
            toml::Value::Table(inner) => flatten(&format!("{prefix}{key}."), inner, keys),
            // A value too long to be told in a label still tells that there is a difference.
            value => {
                let mut written = value.to_string();
                if written.chars().count() > 24 {
                    written = written.chars().take(23).chain(['…']).collect();
                }
                keys.insert(format!("{prefix}{key}"), written);
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

    #[test]
    fn what_is_alike_is_told_apart_by_what_differs() {
        let specs = [spec(&["model.hidden=64"]), spec(&["model.hidden=32", "seed=4"])];
        assert_eq!(describe(&specs[0]), describe(&specs[1]));
        assert_eq!(difference_labels(&specs.iter().collect::<Vec<_>>()), ["hidden = 64", "hidden = 32"]);
        assert_eq!(difference_labels(&[&specs[0]]), [""]);
        assert!(difference_labels(&[]).is_empty());
    }

    #[test]
    fn texts_are_told_by_their_file() {
        let text =
            "task = 'classification'\n[data]\nfile = '/far/away/sms.tsv'\n[model]\nattention = 'uniform'";
        assert_eq!(describe(&Spec::parse(text, "test", &[]).unwrap()), "sms.tsv, uniform attention");
    }
}
