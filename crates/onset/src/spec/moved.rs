//! Spellings of earlier versions: `task = "copying"` with a table `[data]`, and keys that have moved.

use toml::{Table, Value};

use crate::settings::merge;
use crate::task::TaskSpec;

/// Puts the table into today's form: `[task]` and `[model]` with a `kind`.
pub(super) fn modernise(table: &mut Table) {
    for key in ["task", "model"] {
        if let Some(Value::String(kind)) = table.get(key) {
            let kind = Value::String(kind.clone());
            table.insert(key.into(), Value::Table(Table::from_iter([("kind".to_owned(), kind)])));
        }
    }
    if let Some(Value::Table(data)) = table.get("data").cloned() {
        table.remove("data");
        merge(table_of(table, "task"), data);
    }
    move_keys(table);
}

/// Today's path of a key as typed.
pub(super) fn modern_path(path: &str) -> String {
    match path {
        "task" | "model" => format!("{path}.kind"),
        path => match path.strip_prefix("data.") {
            Some(rest) => format!("task.{rest}"),
            None => path.to_owned(),
        },
    }
}

/// The paths under which a key may stand in a text of any version.
pub(super) fn spellings(path: &[String], kind: Option<&str>) -> Vec<Vec<String>> {
    let mut all = vec![path.to_vec()];
    let [table, rest @ ..] = path else { return all };
    if table == "task" {
        all.push([&["data".to_owned()], rest].concat());
        for (old, new) in moved_keys(kind) {
            if rest.len() == 1 && rest[0] == *new {
                all.push(old.split('.').map(String::from).collect());
            }
        }
        if rest == ["kind"] {
            all.push(vec!["task".into()]);
        }
    }
    all
}

/// Earlier versions wrote Adam's keys into every resolved spec. Those of a run with another optimiser are passed over
/// where they have the value that was written; others are for the reader to refuse.
pub(super) fn drop_unread_defaults(table: &mut Table) {
    let Some(Value::Table(train)) = table.get_mut("train") else { return };
    if train.get("optimizer").and_then(Value::as_str) != Some("sgd") {
        return;
    }
    for (key, written) in [("beta1", 0.9), ("beta2", 0.999), ("epsilon", 1e-8)] {
        if train.get(key).and_then(Value::as_float) == Some(written) {
            train.remove(key);
        }
    }
}

/// Moves keys of the task that stood elsewhere; the old place wins, for it was typed.
fn move_keys(table: &mut Table) {
    let kind = table.get("task").and_then(|task| task.get("kind")).and_then(Value::as_str).map(String::from);
    for (old, new) in moved_keys(kind.as_deref()) {
        let Some((section, key)) = old.split_once('.') else { continue };
        let found = table.get_mut(section).and_then(Value::as_table_mut).and_then(|inner| inner.remove(key));
        if let Some(value) = found {
            table_of(table, "task").insert((*new).into(), value);
        }
    }
}

fn moved_keys(kind: Option<&str>) -> &'static [(&'static str, &'static str)] {
    kind.and_then(TaskSpec::default_of).map_or(&[], |task| task.settings().moved_keys())
}

/// The table under `key`, made if it is not there.
pub(super) fn table_of<'a>(table: &'a mut Table, key: &str) -> &'a mut Table {
    let entry = table.entry(key).or_insert_with(|| Value::Table(Table::new()));
    if !entry.is_table() {
        *entry = Value::Table(Table::new());
    }
    entry.as_table_mut().expect("it was just made a table")
}
