//! The keys of a spec: what each one decides, what can stand there, and what stands there if nothing is given.
//!
//! Sentences, bounds and units come from the settings themselves ([`Described`](crate::settings::Described)). What can stand under a key is found by
//! trying: the same reader reads specs. So a new task or model is listed as soon as it is registered.

use serde::Serialize;
use toml::{Table, Value};

use super::{Intervene, ModelSpec, Record, TaskSpec, Training};
use crate::settings::{DescribedSettings, Description, Fault, FaultKind, from_table, merge};

/// The keys of one table of a spec.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KeySection {
    /// `task`, `model`, `train`, `record` or `intervene`; empty for the keys that are in no table.
    pub table: &'static str,
    /// The kind of task or model; none where the keys are those of all kinds.
    pub kind: Option<&'static str>,
    /// What the keys are about, in a sentence.
    pub about: String,
    /// The keys.
    pub keys: Vec<Key>,
}

/// One key of a spec.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Key {
    /// The key with its table, as `--set` takes it: `model.hidden`.
    pub key: String,
    /// What it decides, in a sentence.
    pub about: String,
    /// What can stand there, in words: `a whole number from 1 to 256`.
    pub value: String,
    /// What is counted.
    pub unit: Option<&'static str>,
    /// What stands there if nothing is given. Several where tasks differ.
    pub defaults: Vec<KeyDefault>,
}

/// What stands under a key if nothing is given.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct KeyDefault {
    /// The kinds of task that have this default; none where all have it.
    pub tasks: Vec<&'static str>,
    /// The value as TOML; none if nothing is set.
    pub value: Option<String>,
}

/// All keys that there are: those at the top, those of every kind of task and of model, then training and record.
pub fn key_sections() -> Vec<KeySection> {
    let mut sections = vec![top()];
    for kind in TaskSpec::KINDS {
        let read = |table| default_task(kind).with(table).map(drop);
        sections.extend(section("task", Some(kind), TaskSpec::described(kind), &read));
    }
    for kind in ModelSpec::KINDS {
        let read = |table| ModelSpec::default_of(kind).expect("the kind is known").with(table).map(drop);
        sections.extend(section("model", Some(kind), ModelSpec::described(kind), &read));
    }
    let train = |table| over(&Training::default(), table, from_table::<Training>);
    let mut training = section("train", None, Some(DescribedSettings::of(&Training::default())), &train);
    by_task(&mut training, &|task| DescribedSettings::of(&Training::from(task.settings().defaults().train)));
    let record = |table| over(&Record::default(), table, from_table::<Record>);
    let mut records = section("record", None, Some(DescribedSettings::of(&Record::default())), &record);
    by_task(&mut records, &|task| DescribedSettings::of(&task.settings().defaults().record));
    let intervene = |table| from_table::<Intervene>(table).map(drop);
    let described = DescribedSettings::of(&Intervene::default());
    let interventions = section("intervene", None, Some(described), &intervene);
    sections.into_iter().chain(training).chain(records).chain(interventions).collect()
}

/// The keys that `part` means: all of a kind of task or model, all of a table, those whose path or name begins with it.
/// Empty if it means none.
pub fn keys_of(part: &str) -> Vec<KeySection> {
    if part.is_empty() {
        return Vec::new();
    }
    let all = key_sections();
    let whole = |section: &&KeySection| section.kind == Some(part) || section.table == part;
    let found: Vec<KeySection> = all.iter().filter(whole).cloned().collect();
    if !found.is_empty() {
        return found;
    }
    let part = part.trim_end_matches('.');
    let fits = |key: &Key| {
        let mut names = key.key.split('.').skip(1);
        key.key.starts_with(part) || names.any(|name| name.starts_with(part))
    };
    let of = |mut section: KeySection| {
        section.keys.retain(fits);
        (!section.keys.is_empty()).then_some(section)
    };
    all.into_iter().filter_map(of).collect()
}

/// What can be asked of [`keys_of`]: kinds, tables, and names of keys.
pub fn key_names() -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for section in key_sections() {
        names.extend([section.kind.unwrap_or_default().to_owned(), section.table.to_owned()]);
        names.extend(section.keys.iter().flat_map(|key| {
            let name = key.key.rsplit('.').next().unwrap_or_default().to_owned();
            [key.key.clone(), name]
        }));
    }
    names.sort_unstable();
    names.dedup();
    names.retain(|name| !name.is_empty());
    names
}

fn default_task(kind: &str) -> TaskSpec {
    TaskSpec::default_of(kind).expect("the kind is known")
}

/// The keys that are in no table, and those that choose what the tables hold.
fn top() -> KeySection {
    let model = |kind: &&'static str| KeyDefault {
        tasks: vec![*kind],
        value: Some(format!("\"{}\"", default_task(kind).settings().defaults().model)),
    };
    let key = |key: &str, about: &str, value: String, defaults| Key {
        key: key.into(),
        about: about.into(),
        value,
        unit: None,
        defaults,
    };
    let seed = KeyDefault { tasks: Vec::new(), value: Some("0".into()) };
    let keys = vec![
        key(
            "seed",
            "Random seed of initial weights, data and evaluation.",
            "a whole number".into(),
            vec![seed],
        ),
        key("task.kind", "Task.", one_of(TaskSpec::KINDS.iter().copied()), Vec::new()),
        key(
            "model.kind",
            "Model family.",
            one_of(ModelSpec::KINDS.iter().copied()),
            TaskSpec::KINDS.iter().map(model).collect(),
        ),
    ];
    KeySection { table: "", kind: None, about: "Seed, task and model.".into(), keys }
}

/// One table's keys, in the order in which they are described. What the description leaves out is not listed, and a test
/// fails for it.
fn section(
    table: &'static str,
    kind: Option<&'static str>,
    described: Option<DescribedSettings>,
    read: &dyn Fn(Table) -> Result<(), Fault>,
) -> Option<KeySection> {
    let DescribedSettings { about, keys: described, values } = described?;
    let mut keys = Vec::new();
    for (path, description) in flat(described) {
        let value = values.iter().find(|(key, _)| *key == path).and_then(|(_, value)| value.clone());
        keys.push(Key {
            key: format!("{table}.{path}"),
            about: description.about.into(),
            value: possible(&path, description, read),
            unit: description.unit,
            defaults: vec![KeyDefault { tasks: Vec::new(), value }],
        });
    }
    Some(KeySection { table, kind, about: about.into(), keys })
}

/// Every key that holds a value, with the tables that it is in.
fn flat(described: &'static [Description]) -> Vec<(String, &'static Description)> {
    let each = |key: &'static Description| match key.table {
        None => vec![(key.name.to_owned(), key)],
        Some(inner) => {
            flat(inner).into_iter().map(|(path, inner)| (format!("{}.{path}", key.name), inner)).collect()
        }
    };
    described.iter().flat_map(each).collect()
}

/// Puts the defaults of every kind of task in place of those that all settings share.
fn by_task(section: &mut Option<KeySection>, of: &dyn Fn(&TaskSpec) -> DescribedSettings) {
    for (place, key) in section.iter_mut().flat_map(|section| section.keys.iter_mut()).enumerate() {
        let mut defaults: Vec<KeyDefault> = Vec::new();
        for kind in TaskSpec::KINDS {
            let value = of(&default_task(kind)).values.swap_remove(place).1;
            match defaults.iter_mut().find(|default| default.value == value) {
                Some(default) => default.tasks.push(kind),
                None => defaults.push(KeyDefault { tasks: vec![kind], value }),
            }
        }
        if let [only] = &mut defaults[..] {
            only.tasks.clear();
        }
        key.defaults = defaults;
    }
}

/// Reads `settings` with `table` laid over them.
fn over<T: Serialize>(
    settings: &T,
    table: Table,
    read: impl Fn(Table) -> Result<T, Fault>,
) -> Result<(), Fault> {
    let mut merged = Table::try_from(settings).expect("settings are a table");
    merge(&mut merged, table);
    read(merged).map(drop)
}

/// What can stand under the key at `path`, in words.
fn possible(path: &str, description: &Description, read: &dyn Fn(Table) -> Result<(), Fault>) -> String {
    let trial = |value: Value| tried(path, value, read);
    let mut kinds = Vec::new();
    if trial(Value::Boolean(true)) == Trial::Taken {
        kinds.push("true or false".to_owned());
    }
    let numbers = [Value::Float(0.5), Value::Integer(1)].map(|number| trial(number) == Trial::Taken);
    match numbers {
        [true, _] => kinds.push(format!("a number{}", description.bounds())),
        [false, true] => kinds.push(format!("a whole number{}", description.bounds())),
        _ => {}
    }
    match trial(Value::String("\u{1}".into())) {
        Trial::Taken => kinds.push(if is_path(path, read) { "a path" } else { "a string" }.into()),
        Trial::Choices(choices) => {
            let except = description.except.unwrap_or_default();
            let possible = |choice: &&str| !except.split(", ").any(|other| other == *choice);
            kinds.push(one_of(choices.iter().copied().filter(possible)));
        }
        Trial::Refused => {}
    }
    let items = [
        ("whole numbers", Value::Integer(1)),
        ("strings", Value::String("x".into())),
        ("LAYER:MODE or LAYER.HEAD:MODE", Value::String("0:uniform".into())),
    ];
    let list_of = |(name, item): (&str, Value)| {
        let list = |count| trial(Value::Array(vec![item.clone(); count])) == Trial::Taken;
        match [list(1), list(2)] {
            [true, _] => Some(format!("a list of {name}")),
            [false, true] => Some(format!("a list of two {name}")),
            _ => None,
        }
    };
    kinds.extend(items.into_iter().find_map(list_of));
    let entry = Table::from_iter([("x".to_owned(), Value::String("y".into()))]);
    if trial(Value::Table(entry)) == Trial::Taken {
        kinds.push("a table".into());
    }
    kinds.join(", or ")
}

fn one_of<'a>(choices: impl Iterator<Item = &'a str>) -> String {
    let list: Vec<String> = choices.map(|choice| format!("\"{choice}\"")).collect();
    format!("one of {}", list.join(", "))
}

/// What came of putting a value under a key.
#[derive(Debug, PartialEq)]
enum Trial {
    Taken,
    Refused,
    Choices(&'static [&'static str]),
}

fn tried(path: &str, value: Value, read: &dyn Fn(Table) -> Result<(), Fault>) -> Trial {
    match read(nested(path, value)) {
        Ok(()) => Trial::Taken,
        // What is wrong with the table as a whole is not wrong with this value.
        Err(fault) if fault.path.is_empty() => Trial::Taken,
        Err(Fault { kind: FaultKind::Choice { known, .. }, .. }) => Trial::Choices(known),
        Err(_) => Trial::Refused,
    }
}

/// Whether what is refused here is refused for want of a path.
fn is_path(path: &str, read: &dyn Fn(Table) -> Result<(), Fault>) -> bool {
    read(nested(path, Value::Boolean(true))).is_err_and(|fault| fault.to_string().contains("a path"))
}

/// A table that holds nothing but `value` at `path`.
fn nested(path: &str, value: Value) -> Table {
    let (key, value) = match path.split_once('.') {
        None => (path, value),
        Some((key, rest)) => (key, Value::Table(nested(rest, value))),
    };
    Table::from_iter([(key.to_owned(), value)])
}

#[cfg(test)]
mod tests;
