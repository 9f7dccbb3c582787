//! From TOML, as typed, to a complete and checked [`Spec`].
//!
//! What the file leaves open is taken from the task's defaults (the paper's settings); keys that nothing
//! reads are refused with the nearest known one.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::error::did_you_mean;
use super::{ClassificationSpec, CopyingSpec, Spec, SpecError, TranslationSpec};

impl Spec {
    /// Reads a spec file; `overrides` are `table.key=value` as given to `--set`.
    pub fn read(path: &Path, overrides: &[String]) -> Result<Self, SpecError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| SpecError::Unreadable { path: path.into(), source })?;
        Self::parse(&text, &path.display().to_string(), overrides)
    }

    /// Reads a spec from `text`; `origin` says in errors where it came from.
    pub fn parse(text: &str, origin: &str, overrides: &[String]) -> Result<Self, SpecError> {
        let mut table: Table = toml::from_str(text)
            .map_err(|e| SpecError::Malformed { origin: origin.into(), message: e.to_string() })?;
        for given in overrides {
            set(&mut table, given)?;
        }
        let source = Source { text, origin };
        let unknown = |found: String| SpecError::UnknownTask { origin: origin.into(), found };
        let mut spec = match table.get("task") {
            Some(Value::String(task)) if task == "copying" => {
                Self::Copying(source.complete(table, CopyingSpec::default())?)
            }
            Some(Value::String(task)) if task == "classification" => {
                Self::Classification(source.complete(table, ClassificationSpec::default())?)
            }
            Some(Value::String(task)) if task == "translation" => {
                Self::Translation(source.complete(table, TranslationSpec::default())?)
            }
            Some(other) => return Err(unknown(format!("task = {other}"))),
            None => return Err(unknown("there is no `task`".into())),
        };
        spec.resolve();
        spec.check()?;
        Ok(spec)
    }

    /// The resolved spec, as it is written into the run directory.
    pub fn to_toml(&self) -> String {
        match self {
            Self::Copying(spec) => to_toml(spec),
            Self::Classification(spec) => to_toml(spec),
            Self::Translation(spec) => to_toml(spec),
        }
    }
}

fn to_toml(spec: &impl Serialize) -> String {
    toml::to_string(spec).expect("a spec is plain data that TOML can hold")
}

/// Puts one `table.key=value` into `table`.
fn set(table: &mut Table, given: &str) -> Result<(), SpecError> {
    let fail = |message: &str| SpecError::Override { given: given.into(), message: message.into() };
    let Some((path, value)) = given.split_once('=') else {
        return Err(fail("expected KEY=VALUE, such as model.hidden=128"));
    };
    let value = value.trim();
    // What is no TOML value by itself is a string without its quotation marks.
    let parsed = toml::from_str::<Table>(&format!("value = {value}")).ok();
    let value = parsed.and_then(|mut t| t.remove("value")).unwrap_or_else(|| Value::String(value.into()));
    let mut keys: Vec<&str> = path.split('.').map(str::trim).collect();
    let last = keys.pop().filter(|key| !key.is_empty()).ok_or_else(|| fail("there is no key before `=`"))?;
    let mut place = table;
    for key in keys {
        let entry = place.entry(key).or_insert_with(|| Value::Table(Table::new()));
        place = entry.as_table_mut().ok_or_else(|| fail("a key before the last is not a table"))?;
    }
    place.insert(last.into(), value);
    Ok(())
}

/// A spec's text, to say where things are.
struct Source<'a> {
    text: &'a str,
    origin: &'a str,
}

impl Source<'_> {
    /// `given`, with what it leaves open taken from `defaults`.
    fn complete<T: Serialize + DeserializeOwned>(&self, given: Table, defaults: T) -> Result<T, SpecError> {
        let Ok(Value::Table(mut table)) = Value::try_from(&defaults) else {
            unreachable!("a spec is a table");
        };
        merge(&mut table, given);
        let merged = toml::to_string(&table).expect("a table can be written");
        toml::from_str(&merged).map_err(|error| self.explain(error.message(), error.span(), &merged))
    }

    /// Turns serde's words into ours.
    fn explain(&self, message: &str, span: Option<std::ops::Range<usize>>, merged: &str) -> SpecError {
        let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        if message.starts_with("unknown field") && quoted.len() > 1 {
            let (key, known) = (quoted[0], &quoted[1..]);
            return SpecError::UnknownKey {
                origin: self.place_of(key),
                key: key.into(),
                nearest: did_you_mean(key, known.iter().copied()),
                known: known.join(", "),
            };
        }
        let line = span.map(|span| line_around(merged, span.start)).unwrap_or_default();
        let key = line.split('=').next().unwrap_or_default().trim();
        SpecError::Malformed { origin: self.place_of(key), message: format!("`{line}`: {message}") }
    }

    /// `file:line` of a key, or the file if the key came from elsewhere.
    fn place_of(&self, key: &str) -> String {
        let assigns = |line: &str| {
            let line = line.trim().trim_start_matches('[');
            line.strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(['=', ']', '.']))
        };
        match self.text.lines().position(assigns) {
            Some(line) if !key.is_empty() => format!("{}:{}", self.origin, line + 1),
            _ => self.origin.into(),
        }
    }
}

/// The line of `text` that holds byte `at`.
fn line_around(text: &str, at: usize) -> String {
    let start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    text[start..].lines().next().unwrap_or_default().into()
}

/// Lays `over` on `under`, table by table.
fn merge(under: &mut Table, over: Table) {
    for (key, value) in over {
        match (under.get_mut(&key), value) {
            (Some(Value::Table(under)), Value::Table(over)) => merge(under, over),
            (_, value) => {
                under.insert(key, value);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Attention;

    fn fails(text: &str) -> String {
        Spec::parse(text, "spec.toml", &[]).unwrap_err().to_string()
    }

    #[test]
    fn defaults_are_the_papers_settings() {
        let Spec::Copying(spec) = Spec::parse("task = 'copying'", "", &[]).unwrap() else { panic!() };
        assert_eq!((spec.data.vocabulary, spec.data.length, spec.model.hidden), (40, 40, 256));
        assert_eq!((spec.train.steps, spec.train.batch, spec.train.learning_rate), (200, 128, 1e-3));
        let text = "task = 'classification'\n[train]\nsteps = 600";
        let Spec::Classification(spec) = Spec::parse(text, "", &[]).unwrap() else { panic!() };
        assert_eq!((spec.model.embedding, spec.train.batch, spec.train.steps), (300, 32, 600));
        assert_eq!(spec.record.checkpoints.unwrap(), [0, 10, 50, 100, 150, 200, 250, 500, 600]);
    }

    #[test]
    fn overrides_win_over_the_file_and_reach_any_table() {
        let overrides = ["model.hidden=32", "model.attention=uniform", "seed=7"].map(String::from);
        let spec = Spec::parse("task='copying'\n[model]\nhidden=64", "", &overrides).unwrap();
        let Spec::Copying(spec) = spec else { panic!() };
        assert_eq!((spec.model.hidden, spec.seed), (32, 7));
        assert_eq!(spec.model.attention, Attention::Uniform);
    }

    #[test]
    fn the_resolved_spec_reads_back_as_itself() {
        for text in [
            "task = 'copying'",
            "task = 'copying'\n[model]\ncell = 'gru'\nheads = 2\nshared_embedding = false\nbody_seed = 3\nhead_seeds = [5, 4]",
            "task = 'classification'\n[data]\nfile = 'x.tsv'",
            "task = 'translation'\n[data]\nsource = 'x.de'\ntarget = 'x.en'",
        ] {
            let spec = Spec::parse(text, "", &[]).unwrap();
            assert_eq!(Spec::parse(&spec.to_toml(), "", &[]).unwrap(), spec);
        }
    }

    #[test]
    fn keys_that_came_later_are_not_written_at_their_defaults() {
        let text = Spec::parse("task = 'copying'", "", &[]).unwrap().to_toml();
        for key in ["cell", "heads", "shared_embedding", "body_seed", "head_seeds"] {
            assert!(!text.contains(key), "{key} in {text}");
        }
    }

    #[test]
    fn an_unknown_key_is_named_with_its_line_and_the_nearest_known_one() {
        let message = fails("task = 'copying'\n[train]\nlearning_rat = 0.1");
        assert!(message.contains("spec.toml:3: unknown key `learning_rat`"), "{message}");
        assert!(message.contains("did you mean `learning_rate`?"), "{message}");
        assert!(fails("task = 'copying'\n[tarin]\nsteps = 1").contains("did you mean `train`?"));
    }

    #[test]
    fn wrong_types_tasks_and_syntax_are_explained() {
        let message = fails("task = 'copying'\n[train]\nsteps = 'many'");
        assert!(message.contains("spec.toml:3") && message.contains("many"), "{message}");
        assert!(
            fails("task = 'coyping'").contains("one of \"copying\", \"classification\" and \"translation\"")
        );
        assert!(fails("seed = 1").contains("there is no `task`"));
        assert!(fails("task = ").contains("TOML parse error at line 1"));
    }

    #[test]
    fn a_set_that_cannot_be_is_explained() {
        for (given, part) in [
            ("model.hidden", "KEY=VALUE"),
            ("=3", "no key"),
            ("seed.x=1", "not a table"),
            ("model.hiden=3", "did you mean `hidden`?"),
        ] {
            let message =
                Spec::parse("task='copying'\nseed=1", "", &[given.to_string()]).unwrap_err().to_string();
            assert!(message.contains(part), "{given}: {message}");
        }
    }
}
