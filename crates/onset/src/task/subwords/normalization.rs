//! How characters are normalised before they become subwords.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tokenizers::normalizers::unicode::NFKC;
use tokenizers::{NormalizedString, Normalizer};

/// How characters are normalised before they become subwords (`task.normalization`). A translation is written in what comes
/// of it, and references are normalised alike before BLEU is computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Normalization {
    /// Unicode's NFKC: forms of one character become the same, so that `½` becomes `1⁄2` and `…` becomes `...`.
    #[default]
    Nfkc,
    /// None: characters stay as they are.
    None,
}

impl Normalization {
    /// What becomes of `text`.
    pub fn of(self, text: &str) -> Cow<'_, str> {
        if self == Self::None || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        let mut normalised = NormalizedString::from(text);
        NFKC.normalize(&mut normalised).expect("NFKC is defined on all text");
        Cow::Owned(normalised.get().to_owned())
    }

    /// The name in a signature of BLEU.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nfkc => "nfkc",
            Self::None => "none",
        }
    }
}

/// Counts what a normalisation changes.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    /// Changed characters with what becomes of them, and how often they occur.
    characters: BTreeMap<char, usize>,
}

/// Changed characters that are named.
const NAMED: usize = 3;

impl Changes {
    /// Whether `normalization` changes `text`, whose changed characters are counted.
    pub fn see(&mut self, normalization: Normalization, text: &str) -> bool {
        if normalization.of(text) == text {
            return false;
        }
        for character in text.chars().filter(|character| !character.is_ascii()) {
            let mut own = [0; 4];
            let own: &str = character.encode_utf8(&mut own);
            if normalization.of(own) != own {
                *self.characters.entry(character).or_default() += 1;
            }
        }
        true
    }

    /// The most frequent changed characters with what becomes of them. Marks that are joined with a letter are not among
    /// them.
    pub fn named(&self, normalization: Normalization) -> Vec<String> {
        let mut characters: Vec<(&char, &usize)> = self.characters.iter().collect();
        characters.sort_by_key(|&(&character, &count)| (std::cmp::Reverse(count), character));
        let name = |(character, _): (&char, &usize)| {
            let own = character.to_string();
            let becomes = normalization.of(&own);
            match becomes.trim().is_empty() || character.is_whitespace() {
                true => format!("U+{:04X} becomes a space", u32::from(*character)),
                false => format!("{own} becomes {becomes}"),
            }
        };
        characters.into_iter().take(NAMED).map(name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_normalisation_changes_is_counted_and_named() {
        let mut changes = Changes::default();
        let texts = ["a ½ b …", "plain", "…", "no\u{a0}break", "Straße", "e\u{301}"];
        let changed = texts.map(|text| changes.see(Normalization::Nfkc, text));
        assert_eq!(changed, [true, false, true, true, false, true]);
        let named = changes.named(Normalization::Nfkc);
        assert_eq!(named, ["… becomes ...", "U+00A0 becomes a space", "½ becomes 1⁄2"]);
        assert!(!changes.see(Normalization::None, "½"));
        assert_eq!(Normalization::Nfkc.of("½ …"), "1⁄2 ...");
        assert_eq!(Normalization::None.of("½ …"), "½ …");
    }
}
