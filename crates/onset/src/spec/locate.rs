//! Where a key stands in a TOML text.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The line (from 1) of the key that `path` leads to in `text`; none if it is not there.
pub(super) fn line_of(text: &str, path: &[String]) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let start = start_of(table.get_ref(), path)?;
    Some(1 + text[..start].matches('\n').count())
}

fn start_of(table: &DeTable<'_>, path: &[String]) -> Option<usize> {
    let (first, rest) = path.split_first()?;
    let (key, value): (&Spanned<_>, &Spanned<DeValue<'_>>) =
        table.iter().find(|(key, _)| key.get_ref() == first.as_str())?;
    match (rest, value.get_ref()) {
        ([], _) => Some(key.span().start),
        (rest, DeValue::Table(inner)) => start_of(inner, rest),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_in_its_own_table() {
        let text = "seed = 1\n[task]\nlength = 3\n[model]\nwidth = 4\nlength = 5\n";
        let line = |path: &[&str]| line_of(text, &path.iter().map(|s| s.to_string()).collect::<Vec<_>>());
        assert_eq!(line(&["model", "length"]), Some(6));
        assert_eq!(line(&["task", "length"]), Some(3));
        assert_eq!(line(&["model"]), Some(4));
        assert_eq!(line(&["train", "length"]), None);
    }
}
