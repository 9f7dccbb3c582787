//! Public checkpoints that can be named in one word.

use serde::Serialize;

use crate::data::DataError;
use crate::settings::did_you_mean;

/// A public checkpoint on the Hugging Face hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PublicModel {
    /// Its name in Onset, and of the folder it is fetched to.
    pub name: String,
    /// Its repository on the hub, OWNER/NAME.
    pub repository: String,
    /// A one-line description; empty for a repository that the catalogue does not list.
    pub about: String,
    /// Its licence, as its publisher states it; empty where it is not known.
    pub licence: String,
    /// SHA-256 of its weights in the revision `main`, as the hub publishes it; where none is known, fetching records that of the
    /// first download.
    pub sha256: Option<String>,
}

/// Name, repository, description, licence, SHA-256 of the weights.
type Row = (&'static str, &'static str, &'static str, &'static str, Option<&'static str>);

const ROWS: &[Row] = &[
    (
        "minilm",
        "sentence-transformers/all-MiniLM-L6-v2",
        "sentence encoder of BERT's form: 6 layers, 12 heads, width 384",
        "Apache-2.0",
        Some("53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
    ),
    (
        "bert-base",
        "google-bert/bert-base-uncased",
        "BERT: 12 layers, 12 heads, width 768",
        "Apache-2.0",
        None,
    ),
    ("gpt2", "openai-community/gpt2", "GPT-2, small: 12 layers, 12 heads, width 768", "MIT", None),
    (
        "pythia-70m",
        "EleutherAI/pythia-70m",
        "GPT-NeoX's form: 6 layers, 8 heads, width 512; its training is on record as revisions",
        "Apache-2.0",
        None,
    ),
    (
        "pythia-160m",
        "EleutherAI/pythia-160m",
        "GPT-NeoX's form: 12 layers, 12 heads, width 768; its training is on record as revisions",
        "Apache-2.0",
        None,
    ),
];

/// The public checkpoints that have a name of one word.
pub fn public_models() -> Vec<PublicModel> {
    let model = |&(name, repository, about, licence, sha256): &Row| PublicModel {
        name: name.into(),
        repository: repository.into(),
        about: about.into(),
        licence: licence.into(),
        sha256: sha256.map(String::from),
    };
    ROWS.iter().map(model).collect()
}

/// The public checkpoint with this name, or in this repository (OWNER/NAME) of the hub.
pub fn find_model(name: &str) -> Result<PublicModel, DataError> {
    let mut known = public_models();
    if let Some(found) = known.iter().position(|model| model.name == name || model.repository == name) {
        return Ok(known.swap_remove(found));
    }
    match name.split_once('/') {
        Some((owner, model)) if is_part(owner) && is_part(model) => Ok(PublicModel {
            name: model.into(),
            repository: name.into(),
            about: String::new(),
            licence: String::new(),
            sha256: None,
        }),
        _ => {
            let names = || ROWS.iter().map(|row| row.0);
            Err(DataError::UnknownModel {
                name: name.into(),
                nearest: did_you_mean(name, names()),
                known: names().collect::<Vec<_>>().join(", "),
            })
        }
    }
}

/// Whether `part` can be a part of a repository's name, and so of a path and an address.
fn is_part(part: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    !part.is_empty() && !part.starts_with('.') && part.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_found_by_its_name_and_by_its_repository() {
        let named = find_model("minilm").unwrap();
        assert_eq!(find_model("sentence-transformers/all-MiniLM-L6-v2").unwrap(), named);
        let other = find_model("someone/else").unwrap();
        assert_eq!((other.name.as_str(), other.sha256), ("else", None));
        for model in public_models() {
            let sum = model.sha256.as_deref();
            assert!(sum.is_none_or(|sum| sum.len() == 64 && sum.bytes().all(|b| b.is_ascii_hexdigit())));
        }
    }

    #[test]
    fn what_is_neither_name_nor_repository_is_refused() {
        let message = find_model("minlm").unwrap_err().to_string();
        assert!(message.contains("did you mean `minilm`?") && message.contains("OWNER/NAME"), "{message}");
        for name in ["", "a/", "/b", "../etc", "a/b/c", "a/b?c", "a/.."] {
            assert!(find_model(name).is_err(), "{name}");
        }
    }
}
