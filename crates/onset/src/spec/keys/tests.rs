//! The reference of keys is complete, and what it says is so.

use super::*;
use crate::settings::SpecError;

/// How the settings of every table are read, with their description.
type Readers = Vec<(String, &'static [Description], Box<dyn Fn(Table) -> Result<(), Fault>>)>;

fn readers() -> Readers {
    let mut readers: Readers = Vec::new();
    for kind in TaskSpec::KINDS {
        let keys = TaskSpec::described(kind).unwrap().keys;
        readers.push((
            format!("task {kind}"),
            keys,
            Box::new(|table| default_task(kind).with(table).map(drop)),
        ));
    }
    for kind in ModelSpec::KINDS {
        let keys = ModelSpec::described(kind).unwrap().keys;
        let read = |table| ModelSpec::default_of(kind).unwrap().with(table).map(drop);
        readers.push((format!("model {kind}"), keys, Box::new(read)));
    }
    let train = |table| over(&Training::default(), table, from_table::<Training>);
    readers.push(("train".into(), DescribedSettings::of(&Training::default()).keys, Box::new(train)));
    let record = |table| over(&Record::default(), table, from_table::<Record>);
    readers.push(("record".into(), DescribedSettings::of(&Record::default()).keys, Box::new(record)));
    readers
}

/// The keys that are read in the table at `path`, by the reader itself.
fn known(path: &str, read: &dyn Fn(Table) -> Result<(), Fault>) -> Vec<&'static str> {
    let path = if path.is_empty() { "\u{1}".to_owned() } else { format!("{path}.\u{1}") };
    match read(nested(&path, Value::Integer(0))) {
        Err(Fault { kind: FaultKind::Unknown { known, .. }, .. }) => known,
        other => panic!("{path}: {other:?}"),
    }
}

fn assert_complete(
    place: &str,
    path: &str,
    keys: &'static [Description],
    read: &dyn Fn(Table) -> Result<(), Fault>,
) {
    let mut known = known(path, read);
    let mut described: Vec<&str> = keys.iter().map(|key| key.name).collect();
    known.sort_unstable();
    described.sort_unstable();
    assert_eq!(known, described, "{place}: keys that are read, and keys that are described");
    for key in keys {
        assert!(
            key.about.ends_with('.'),
            "{place}: the key `{}` needs a sentence as its doc comment",
            key.name
        );
        if let Some(inner) = key.table {
            let path = if path.is_empty() { key.name.to_owned() } else { format!("{path}.{}", key.name) };
            assert_complete(place, &path, inner, read);
        }
    }
}

#[test]
fn every_key_that_is_read_is_described_and_every_key_that_is_described_is_read() {
    for (place, keys, read) in readers() {
        assert_complete(&place, "", keys, &*read);
    }
}

#[test]
fn it_is_said_of_every_key_what_can_stand_there() {
    for key in key_sections().iter().flat_map(|section| &section.keys) {
        assert!(!key.value.is_empty(), "nothing can stand under {}", key.key);
    }
    let value = |wanted: &str| {
        let sections = keys_of(wanted);
        sections[0].keys[0].value.clone()
    };
    for (key, words) in [
        ("task.file", "a path"),
        ("task.text", "a string"),
        ("task.repetition", "true or false"),
        ("task.validation_fraction", "a number above 0 and below 1"),
        ("model.heads", "a whole number from 1 to 256"),
        ("model.cell", "one of \"lstm\", \"gru\""),
        ("model.attention", "one of \"learned\", \"uniform\", \"clamped\""),
        ("model.head_seeds", "a list of whole numbers"),
        ("record.probes", "true or false, or a whole number"),
        ("train.momentum", "a number of at least 0 and below 1"),
    ] {
        assert_eq!(value(key), words, "{key}");
    }
}

#[test]
fn defaults_are_those_of_the_tasks() {
    let steps = &keys_of("train.steps")[0].keys[0].defaults;
    let of = |task: &str| steps.iter().find(|default| default.tasks.contains(&task)).unwrap().value.clone();
    assert_eq!((of("copying").unwrap(), of("classification").unwrap()), ("200".into(), "4000".into()));
    let rate = &keys_of("train.learning_rate")[0].keys[0].defaults;
    let value = |value: &str| Some(value.to_owned());
    assert_eq!((rate.len(), &rate[0].value, &rate[1].value), (4, &value("0.001"), &value("0.0005")));
    assert_eq!((&rate[1].tasks[..], &rate[2].tasks[..]), (&["markov"][..], &["corpus"][..]));
    let fraction = &keys_of("task.validation_fraction")[0].keys[0].defaults;
    assert_eq!(fraction[0].tasks.len(), usize::from(fraction.len() > 1));
    assert_eq!(keys_of("model.heads")[0].keys[0].defaults[0].value.as_deref(), Some("1"));
    assert_eq!(keys_of("task.keyword.examples")[0].keys[0].defaults[0].value.as_deref(), Some("4000"));
    assert_eq!(keys_of("train.clip")[0].keys[0].defaults[0].value, None);
}

#[test]
fn a_part_is_a_kind_a_table_or_the_beginning_of_a_key() {
    let found = |part: &str| -> Vec<String> {
        keys_of(part).iter().flat_map(|section| section.keys.iter().map(|key| key.key.clone())).collect()
    };
    assert!(found("attention-only").contains(&"model.width".to_owned()));
    assert!(found("record").contains(&"record.every".to_owned()));
    assert_eq!(found("model.head_"), ["model.head_seeds"]);
    assert!(found("hidden").iter().all(|key| key == "model.hidden"));
    assert!(found("task.keyword.").len() == 4);
    assert!(found("").is_empty() && found("nothing").is_empty());
}

/// A number as the key's reader takes it.
fn value_of(number: f64, whole: bool) -> Value {
    if whole { Value::Integer(number as i64) } else { Value::Float(number) }
}

/// Puts `value` under the key and checks the settings: the key that is refused, with the reason.
fn refusal(table: &str, kind: Option<&str>, path: &str, value: Value) -> Option<(String, String)> {
    let mut table_given = nested(path, value);
    // What must be given before anything else is looked at is given.
    for _ in 0..4 {
        let checked = match (table, kind) {
            ("task", Some(kind)) => {
                default_task(kind).with(table_given.clone()).map(|task| task.settings().check())
            }
            ("model", Some(kind)) => ModelSpec::default_of(kind)
                .unwrap()
                .with(table_given.clone())
                .map(|model| model.settings().check()),
            ("train", _) => {
                let mut merged = Table::try_from(Training::default()).unwrap();
                merge(&mut merged, table_given.clone());
                with_its_optimizer(path, &mut merged);
                from_table::<Training>(merged).map(|train| train.check())
            }
            ("intervene", _) => from_table::<Intervene>(table_given.clone()).map(|entry| entry.check(200)),
            _ => {
                let mut merged = Table::try_from(Record::default()).unwrap();
                merge(&mut merged, table_given.clone());
                from_table::<Record>(merged).map(|record| record.check(&Training::default()))
            }
        };
        match checked {
            Err(fault) => return Some((path.to_owned(), fault.to_string())),
            Ok(Ok(())) => return None,
            Ok(Err(SpecError::Impossible { key, found, .. })) if found == "nothing" => {
                let key = key.split_once('.').unwrap().1.to_owned();
                merge(&mut table_given, nested(&key, Value::String("x".into())));
            }
            Ok(Err(SpecError::Impossible { key, expected, .. })) => {
                return Some((key.split_once('.').unwrap().1.to_owned(), expected));
            }
            Ok(Err(other)) => panic!("{other}"),
        }
    }
    panic!("{table}.{path}: too much must be given");
}

/// Training whose optimiser reads the key at `path`.
fn with_its_optimizer(path: &str, train: &mut Table) {
    let optimizer = match path {
        "momentum" => "sgd",
        "weight_decay" => "adamw",
        _ => return,
    };
    train.insert("optimizer".into(), Value::String(optimizer.into()));
    if optimizer == "sgd" {
        for key in ["beta1", "beta2", "epsilon"] {
            train.remove(key);
        }
    }
}

/// Numbers just inside and just outside the bounds.
fn edges(key: &Description, whole: bool) -> (Vec<f64>, Vec<f64>) {
    let step = if whole { 1.0 } else { 1e-3 };
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    inside.extend(key.from.into_iter().chain(key.to));
    inside.extend(key.above.map(|bound| bound + step));
    inside.extend(key.below.map(|bound| bound - step));
    outside.extend(key.above.into_iter().chain(key.below));
    outside.extend(key.from.map(|bound| bound - step));
    outside.extend(key.to.map(|bound| bound + step));
    (inside, outside)
}

#[test]
fn the_bounds_that_are_said_are_those_that_are_checked() {
    for section in key_sections().into_iter().skip(1) {
        let described = match (section.table, section.kind) {
            ("task", Some(kind)) => TaskSpec::described(kind).unwrap().keys,
            ("model", Some(kind)) => ModelSpec::described(kind).unwrap().keys,
            ("train", _) => DescribedSettings::of(&Training::default()).keys,
            ("intervene", _) => DescribedSettings::of(&Intervene::default()).keys,
            _ => DescribedSettings::of(&Record::default()).keys,
        };
        for ((path, description), key) in flat(described).into_iter().zip(&section.keys) {
            let whole = key.value.contains("a whole number");
            if !whole && !key.value.contains("a number") {
                continue;
            }
            let try_out = |number| refusal(section.table, section.kind, &path, value_of(number, whole));
            let (inside, outside) = edges(description, whole);
            let (kind, about) = (section.kind.unwrap_or_default(), &key.value);
            for number in outside {
                let refused = try_out(number).is_some_and(|(key, _)| key.contains(&path));
                assert!(refused, "{kind} {}: {about} is said, but {number} is taken", key.key);
            }
            // Where another key draws a line, the reason names it.
            let other = |expected: &str| {
                expected.contains(&format!("{}.", section.table)) || expected.contains("train.steps")
            };
            let free = if whole { [0.0, 1e15] } else { [-1e6, 1e6] };
            let unbounded = [description.from.or(description.above), description.to.or(description.below)];
            let more = free
                .into_iter()
                .zip(unbounded)
                .filter_map(|(number, bound)| bound.is_none().then_some(number));
            for number in inside.into_iter().chain(more) {
                if let Some((refused, expected)) = try_out(number) {
                    assert!(
                        refused != path || other(&expected),
                        "{kind} {}: {about} is said, but {number} is refused ({expected}); say the bounds with \
                         #[key(from = …, to = …)]",
                        key.key
                    );
                }
            }
        }
    }
}
