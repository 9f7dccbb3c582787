//! The glossary box of reports: the entries of `docs/glossary.md` that a page needs.

use maud::{Markup, PreEscaped, html};

const SOURCE: &str = include_str!("../../../../docs/glossary.md");

/// An entry, its words as Markdown without links.
struct Entry {
    term: String,
    meaning: String,
}

/// The entries whose terms occur in `text`; nothing if none does.
pub(super) fn glossary(text: &str) -> Markup {
    let lower = text.to_lowercase();
    let needed: Vec<Entry> = entries()
        .into_iter()
        .filter(|entry| keys(&entry.term).iter().any(|key| occurs(key, text, &lower)))
        .collect();
    if needed.is_empty() {
        return html! {};
    }
    html! {
        details class="glossary" {
            summary { "Glossary: symbols and terms of this page" }
            dl { @for entry in &needed {
                dt { (PreEscaped(marked_up(&entry.term))) }
                dd { (PreEscaped(marked_up(&entry.meaning))) }
            } }
        }
    }
}

/// `- **Term.** Meaning → where it is computed`, over several lines.
fn entries() -> Vec<Entry> {
    let mut items: Vec<String> = Vec::new();
    let mut open = false;
    for line in SOURCE.lines() {
        if let Some(first) = line.strip_prefix("- ") {
            items.push(first.into());
            open = true;
        } else if let (true, Some(rest), Some(item)) = (open, line.strip_prefix("  "), items.last_mut()) {
            *item = format!("{item} {rest}");
        } else {
            open = false;
        }
    }
    items.iter().filter_map(|item| entry(item)).collect()
}

fn entry(item: &str) -> Option<Entry> {
    let (term, meaning) = item.strip_prefix("**")?.split_once("**")?;
    let meaning = meaning.split(" → ").next().unwrap_or(meaning);
    let term = term.trim_end_matches('.').replace('\\', "");
    Some(Entry { term, meaning: meaning.trim().replace('\\', "") })
}

/// What an entry is looked up by: its names and symbols. One Latin letter is no symbol in a page of words.
fn keys(term: &str) -> Vec<String> {
    let plain: String = term
        .split('[')
        .enumerate()
        .map(
            |(place, part)| {
                if place == 0 { part } else { part.split_once(']').map_or("", |(_, rest)| rest) }
            },
        )
        .collect();
    let names = plain.split(", ").map(|key| key.trim().to_owned());
    names.filter(|key| key.len() > 1).collect()
}

fn occurs(key: &str, text: &str, lower: &str) -> bool {
    if key.is_ascii() { has_word(lower, &key.to_lowercase()) } else { has_word(text, key) }
}

/// Whether `word` stands in `text` for itself, in the plural too.
fn has_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(place, _)| {
        let before = text[..place].chars().next_back();
        let after = text[place + word.len()..].trim_start_matches('s').chars().next();
        !before.is_some_and(char::is_alphanumeric)
            && !after.is_some_and(|next| next.is_alphanumeric() || next == '^')
    })
}

/// The little Markdown of the glossary as HTML: emphasis, code, and the texts of links.
fn marked_up(text: &str) -> String {
    let safe = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let mut html = String::new();
    let (mut code, mut emphasis) = (false, false);
    let mut rest = safe.as_str();
    while let Some(letter) = rest.chars().next() {
        if let Some((shown, after)) = link(rest) {
            html += shown;
            rest = after;
            continue;
        }
        rest = &rest[letter.len_utf8()..];
        let tag = match letter {
            '`' => {
                code = !code;
                if code { "<code>" } else { "</code>" }
            }
            // A star after a letter, as in ξ*, is a star; one that closes emphasis is not.
            '*' if !code && (emphasis || rest.starts_with(char::is_alphabetic)) && !html.ends_with('ξ') => {
                emphasis = !emphasis;
                if emphasis { "<em>" } else { "</em>" }
            }
            letter => {
                html.push(letter);
                continue;
            }
        };
        html += tag;
    }
    html
}

/// The text of a link at the beginning, and what follows it.
fn link(text: &str) -> Option<(&str, &str)> {
    let (shown, rest) = text.strip_prefix('[')?.split_once("](")?;
    if shown.contains(['[', ']', '\n']) {
        return None;
    }
    Some((shown.trim_matches('*'), rest.split_once(')')?.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_has_a_term_and_a_meaning() {
        let all = entries();
        assert!(all.len() > 40, "{}", all.len());
        for entry in &all {
            assert!(!entry.term.is_empty() && entry.meaning.len() > 10, "{}", entry.term);
            let written = marked_up(&entry.meaning);
            for (opened, closed) in [("<em>", "</em>"), ("<code>", "</code>")] {
                assert_eq!(written.matches(opened).count(), written.matches(closed).count(), "{written}");
            }
            assert!(!written.contains("]("), "{written}");
        }
    }

    #[test]
    fn a_page_gets_the_entries_that_it_needs() {
        let box_of = |text: &str| glossary(text).into_string();
        let page = box_of("Attention α and β^uf of the gold run");
        assert!(page.contains("attention weight") && page.contains("Gold run"), "{page}");
        assert!(!page.contains("Kaplan") && !page.contains("BLEU of"), "{page}");
        assert!(!page.contains("→"), "{page}");
        assert_eq!(box_of("nothing of ours"), "");
    }

    #[test]
    fn symbols_with_a_superscript_are_terms_of_their_own() {
        assert!(!has_word("β^uf", "β") && has_word("β of", "β") && has_word("A(α, β^uf)", "β^uf"));
    }
}
