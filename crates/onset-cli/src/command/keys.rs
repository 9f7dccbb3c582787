//! `onset keys`: the keys of a spec.

use anyhow::Result;
use onset::spec::{Key, KeyDefault, KeySection, key_names, key_sections, keys_of};

use crate::Ending;
use crate::args::{KeysArguments, UsageError};
use crate::output::{nearest, wrapped};

/// Prints what there is to know of the keys that are asked for.
pub fn keys(arguments: &KeysArguments) -> Result<Ending> {
    let sections = match &arguments.part {
        None => key_sections(),
        Some(part) => keys_of(part),
    };
    if let (Some(part), true) = (&arguments.part, sections.is_empty()) {
        let names = key_names();
        let nearest = nearest(part, names.iter().map(String::as_str));
        let message = format!("there is no key, task or model {part}{nearest}; `onset keys` lists all");
        return Err(UsageError(message).into());
    }
    if arguments.json {
        say!("{}", serde_json::to_string_pretty(&sections)?);
    } else if arguments.markdown {
        crate::output::result(format_args!("{}", markdown(&sections)));
    } else {
        sections.iter().for_each(print);
    }
    Ok(Ending::Done)
}

/// A section for the terminal: each key with its default, and below it what it decides.
fn print(section: &KeySection) {
    say!("{}", wrapped(&format!("{}: {}", heading(section), section.about), 0));
    for key in &section.keys {
        say!("  {}{}", key.key, default_of(key).map_or_else(String::new, |value| format!(" = {value}")));
        let possible = possible(key);
        let tasks = by_task(key).map_or_else(String::new, |tasks| format!(" Default: {tasks}."));
        say!("{}", wrapped(&format!("{} {possible}.{tasks}", key.about), 6));
    }
    say!("");
}

/// `[model] kind = "rnn"`.
fn heading(section: &KeySection) -> String {
    match (section.table, section.kind) {
        ("", _) => "Top level".into(),
        (table, None) => format!("[{table}]"),
        (table, Some(kind)) => format!("[{table}] kind = \"{kind}\""),
    }
}

/// What can stand there, as a sentence without its end.
fn possible(key: &Key) -> String {
    let unit = key.unit.map_or_else(String::new, |unit| format!(" ({unit})"));
    let mut letters = key.value.chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}{unit}", letters.as_str())
}

/// The default, where all tasks have the same.
fn default_of(key: &Key) -> Option<&str> {
    match &key.defaults[..] {
        [KeyDefault { tasks, value }] if tasks.is_empty() => value.as_deref(),
        _ => None,
    }
}

/// The defaults, where tasks differ: `200 for copying, 4000 for classification`.
fn by_task(key: &Key) -> Option<String> {
    if key.defaults.is_empty() || key.defaults.iter().any(|default| default.tasks.is_empty()) {
        return None;
    }
    let each = |default: &KeyDefault| {
        let value = default.value.as_deref().unwrap_or("not set");
        format!("{value} for {}", default.tasks.join(" and "))
    };
    Some(key.defaults.iter().map(each).collect::<Vec<_>>().join(", "))
}

const MARKDOWN_HEAD: &str = "\
# Keys of a spec

<!-- Written by `onset keys --markdown`; a test fails where it is not current. -->

Every key can be set in a spec (a TOML file, see [architecture](architecture.md#a-spec)) and on the command line, as in
`--set model.hidden=128`. `onset keys PART` prints a part of this page. The defaults of `[train]` and `[record]` depend on the
task.
";

/// The page `docs/keys.md`.
fn markdown(sections: &[KeySection]) -> String {
    let mut page = MARKDOWN_HEAD.to_owned();
    for section in sections {
        let heading = match (section.table, section.kind) {
            ("", _) => "Top level".into(),
            (table, None) => format!("`[{table}]`"),
            (table, Some(kind)) => format!("`[{table}]`, kind `{kind}`"),
        };
        page += &format!("\n## {heading}\n\n{}\n\n", section.about);
        page += "| key | possible values | default | meaning |\n|---|---|---|---|\n";
        for key in &section.keys {
            let default = by_task(key).unwrap_or_else(|| match default_of(key) {
                Some(value) => format!("`{value}`"),
                None => "not set".into(),
            });
            let cells = [&possible(key), &default, &key.about].map(|cell| cell.replace('|', "\\|"));
            page += &format!("| `{}` | {} |\n", key.key, cells.join(" | "));
        }
    }
    page
}
