//! Which option sets a key of the spec that a sentence of the library names.

use onset::task::rows::shown_lines;

/// Keys of the task and their options; where the key's value is fixed by the option, that is the one the library proposes.
const OPTIONS: [(&str, &str); 10] = [
    ("task.header", "--no-header"),
    ("task.text", "--text-column"),
    ("task.label", "--label-column"),
    ("task.label_names", "--label-names"),
    ("task.source_column", "--source-column"),
    ("task.target_column", "--target-column"),
    ("task.separator", "--separator"),
    ("task.quotes", "--no-quotes"),
    ("task.encoding", "--encoding"),
    ("task.tokens", "--tokens"),
];

/// `sentence` with the options that set the keys it names, as a terminal may show it.
pub fn with_options(sentence: &str) -> String {
    let sentence = shown_lines(sentence);
    let options = options_named(&sentence).map_or_else(String::new, |options| format!("; {options}"));
    format!("{sentence}{options}")
}

/// The options that set the keys which `sentence` names, in a few words.
pub fn options_named(sentence: &str) -> Option<String> {
    let is_named = |key: &str| {
        let ends = sentence.match_indices(key).map(|(start, key)| &sentence[start + key.len()..]);
        ends.into_iter().any(|behind| !behind.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    let named: Vec<&str> =
        OPTIONS.iter().filter(|(key, _)| is_named(key)).map(|(_, option)| *option).collect();
    match &named[..] {
        [] => None,
        [option] => Some(format!("the option is {option}")),
        [options @ .., last] => Some(format!("the options are {} and {last}", options.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_of_the_keys_that_are_named_are_listed() {
        let named = options_named("set task.header = false, with task.text and task.label");
        assert_eq!(named.unwrap(), "the options are --no-header, --text-column and --label-column");
        assert_eq!(options_named("too few of task.labels, task.text_x"), None);
        assert_eq!(with_options("\u{7}; (task.quotes)"), "\\u{7}; (task.quotes); the option is --no-quotes");
    }
}
