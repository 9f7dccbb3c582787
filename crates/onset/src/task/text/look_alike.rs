//! Labels that look alike: what a typing error, a stray space or an invisible character sets apart.

use std::collections::BTreeMap;

use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use crate::task::rows::shown;

/// Groups that are named; the others are counted.
const NAMED: usize = 5;

/// A sentence for each group of `labels`, which have their rows beside them, that a reader would take for one label.
pub(super) fn remarks(labels: &BTreeMap<String, usize>) -> Vec<String> {
    let mut groups: BTreeMap<String, Vec<(&String, usize)>> = BTreeMap::new();
    for (label, &rows) in labels {
        groups.entry(seen(label)).or_default().push((label, rows));
    }
    let alike: Vec<_> = groups.into_values().filter(|group| group.len() > 1).collect();
    let mut sentences: Vec<String> = alike.iter().take(NAMED).map(|group| sentence(group)).collect();
    let more = alike.len().saturating_sub(NAMED);
    if more > 0 {
        sentences.push(format!("{more} more groups of labels look alike"));
    }
    sentences
}

/// What a reader sees of a label: no case, no invisible characters, one space for any white space; numbers by value.
fn seen(label: &str) -> String {
    let is_seen =
        |c: &char| c.general_category() != GeneralCategory::Format && (c.is_whitespace() || !c.is_control());
    let visible: String = label.chars().filter(is_seen).collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    let folded = words.join(" ").to_lowercase();
    match folded.parse::<f64>() {
        Ok(number) if number.is_finite() => number.to_string(),
        _ => folded,
    }
}

fn sentence(group: &[(&String, usize)]) -> String {
    let named: Vec<String> =
        group.iter().map(|(label, rows)| format!("`{}` ({rows})", spelled(label))).collect();
    format!(
        "the labels {} look alike and are read as different ones; make them one in the file if they are meant to be",
        named.join(" and ")
    )
}

/// A label with everything that is not seen, also unusual spaces, written as escapes.
fn spelled(label: &str) -> String {
    let mut spelled = String::new();
    for c in label.chars() {
        let is_odd_space = c != ' ' && c.is_whitespace();
        if is_odd_space || c.general_category() == GeneralCategory::Format {
            spelled.extend(c.escape_unicode());
        } else {
            spelled.push(c);
        }
    }
    shown(&spelled).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(labels: &[&str]) -> Vec<String> {
        remarks(&labels.iter().map(|label| ((*label).to_owned(), 2)).collect())
    }

    #[test]
    fn case_spaces_invisible_characters_and_numbers_are_noticed() {
        for pair in [
            ["Spam", "spam"],
            ["not spam", "not  spam"],
            ["a\u{a0}b", "a b"],
            ["x\u{200b}", "x"],
            ["1", "1.0"],
        ] {
            assert_eq!(of(&pair).len(), 1, "{pair:?}");
        }
        assert!(of(&["spam", "ham", "0", "1", "a b", "ab"]).is_empty());
        let found = of(&["x\u{200b}", "x", "a\u{a0}b", "a b"]);
        assert!(found.iter().any(|sentence| sentence.contains("`x\\u{200b}` (2)")), "{found:?}");
        assert!(found.iter().any(|sentence| sentence.contains("`a\\u{a0}b`")), "{found:?}");
    }
}
