//! From TOML, as typed, to a complete and checked [`Spec`].
//!
//! What the file leaves open is taken from the task's defaults (the paper's settings); keys that nothing
//! reads are refused with the nearest known one.

use std::path::Path;

use serde::Serialize;
use toml::{Table, Value};

use super::locate::line_of;
use super::moved::{drop_unread_defaults, modern_path, modernise, spellings, table_of};
use super::{Intervene, ModelSpec, Record, Spec, SpecError, TaskSpec, Training};
use crate::settings::{Fault, FaultKind, did_you_mean, from_table, merge};

/// The tables and keys at the top of a spec.
const TOP: [&str; 6] = ["seed", "task", "model", "train", "record", INTERVENE];

/// The list of changes on the way.
const INTERVENE: &str = "intervene";

impl Spec {
    /// Reads a spec file; `overrides` are `table.key=value` as given to `--set`.
    pub fn read(path: &Path, overrides: &[String]) -> Result<Self, SpecError> {
        Self::read_over(path, &[], overrides)
    }

    /// As [`Spec::read`], with `defaults`, likewise `table.key=value`, for keys that neither the file nor `overrides` give.
    pub fn read_over(path: &Path, defaults: &[String], overrides: &[String]) -> Result<Self, SpecError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| SpecError::Unreadable { path: path.into(), source })?;
        Self::parse_over(&text, &path.display().to_string(), defaults, overrides)
    }

    /// Reads a spec from `text`; `origin` says in errors where it came from.
    pub fn parse(text: &str, origin: &str, overrides: &[String]) -> Result<Self, SpecError> {
        Self::parse_over(text, origin, &[], overrides)
    }

    /// As [`Spec::parse`], with `defaults` for keys that neither `text` nor `overrides` give.
    pub fn parse_over(
        text: &str,
        origin: &str,
        defaults: &[String],
        overrides: &[String],
    ) -> Result<Self, SpecError> {
        let mut table: Table = toml::from_str(text)
            .map_err(|e| SpecError::Malformed { origin: origin.into(), message: e.to_string() })?;
        drop_unread_defaults(&mut table);
        modernise(&mut table);
        for given in overrides {
            set(&mut table, given)?;
        }
        modernise(&mut table);
        let mut under = Table::new();
        for given in defaults {
            set(&mut under, given)?;
        }
        merge(&mut under, table);
        let table = under;
        Source { text, origin }.spec(table)?.complete()
    }
}

impl Intervene {
    /// The changes that `given`, each `KEY=VALUE`, name; the step is given separately.
    ///
    /// # Errors
    /// If a key is unknown or a value is of another kind.
    pub fn of(given: &[String]) -> Result<Self, SpecError> {
        let is_step = |given: &&String| given.split('=').next().is_some_and(|key| key.trim() == "at");
        if let Some(given) = given.iter().find(is_step) {
            let message = "the step of the changes is given separately".into();
            return Err(SpecError::Override { given: given.clone(), message });
        }
        let mut table = Table::new();
        given.iter().try_for_each(|given| set(&mut table, given))?;
        let source = Source { text: "", origin: "--set" };
        from_table(table).map_err(|fault| source.explain(fault, None))
    }
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
    let path = modern_path(path.trim());
    let mut keys: Vec<&str> = path.split('.').map(str::trim).collect();
    let last = keys.pop().filter(|key| !key.is_empty()).ok_or_else(|| fail("there is no key before `=`"))?;
    let mut place = table;
    for key in keys {
        let entry = place.entry(key).or_insert_with(|| Value::Table(Table::new()));
        place = entry.as_table_mut().ok_or_else(|| fail("one of the keys before the last is not a table"))?;
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
    /// `given`, with what it leaves open taken from the task's defaults.
    fn spec(&self, mut given: Table) -> Result<Spec, SpecError> {
        if let Some(key) = given.keys().find(|key| !TOP.contains(&key.as_str())) {
            let kind = FaultKind::Unknown { key: key.clone(), known: TOP.to_vec() };
            return Err(self.explain(Fault { path: vec![key.clone()], kind }, None));
        }
        let (kind, settings) = self.kind_of(&mut given, "task", TaskSpec::KINDS, None)?;
        let name = Some(kind.as_str());
        let explain = |section: &str, mut fault: Fault| {
            fault.path.insert(0, section.into());
            self.explain(fault, name)
        };
        let task = TaskSpec::default_of(&kind).expect("the kind is known");
        let task = task.with(settings).map_err(|fault| explain("task", fault))?;
        let defaults = task.settings().defaults();
        let (kind, settings) = self.kind_of(&mut given, "model", ModelSpec::KINDS, Some(defaults.model))?;
        let model = ModelSpec::default_of(&kind).expect("the kind is known");
        let model = model.with(settings).map_err(|fault| explain("model", fault))?;
        let train = laid_over(&defaults.train, &mut given, "train");
        let train: Training = from_table(train).map_err(|fault| explain("train", fault))?;
        let usual = defaults.record.with_at_most(model.settings().most_recorded());
        let record = laid_over(&usual, &mut given, "record");
        let record: Record = from_table(record).map_err(|fault| explain("record", fault))?;
        let seed = match given.remove("seed") {
            None => 0,
            Some(Value::Integer(seed)) if seed >= 0 => seed as u64,
            Some(other) => {
                let message = format!("found {other}, expected a whole number of at least 0");
                return Err(explain("seed", Fault { path: Vec::new(), kind: FaultKind::Value(message) }));
            }
        };
        let intervene = interventions(given.remove(INTERVENE)).map_err(|fault| explain(INTERVENE, fault))?;
        Ok(Spec { seed, task, model, train, record, intervene })
    }

    /// The kind that a table names, or `default`, and what else it holds.
    fn kind_of(
        &self,
        given: &mut Table,
        key: &'static str,
        known: &[&str],
        default: Option<&str>,
    ) -> Result<(String, Table), SpecError> {
        let mut settings = std::mem::take(table_of(given, key));
        let found = match (settings.remove("kind"), default) {
            (Some(Value::String(kind)), _) if known.contains(&kind.as_str()) => return Ok((kind, settings)),
            (None, Some(default)) => return Ok((default.into(), settings)),
            (None, None) => format!("there is no `{key}`"),
            (Some(Value::String(kind)), _) => {
                format!("{key} = \"{kind}\"{}", did_you_mean(&kind, known.iter().copied()))
            }
            (Some(other), _) => format!("{key} = {other}"),
        };
        let known: Vec<String> = known.iter().map(|kind| format!("\"{kind}\"")).collect();
        let origin = self.place_of(&[key.into(), "kind".into()], None);
        Err(SpecError::UnknownKind { origin, key, found, known: known.join(", ") })
    }

    fn explain(&self, fault: Fault, kind: Option<&str>) -> SpecError {
        let origin = self.place_of(&fault.path, kind);
        let message = format!("{}: {fault}", fault.path.join("."));
        match fault.kind {
            FaultKind::Unknown { key, known } => SpecError::UnknownKey {
                origin,
                nearest: did_you_mean(&key, known.iter().copied()),
                key,
                known: known.join(", "),
            },
            FaultKind::Choice { .. } | FaultKind::Value(_) => SpecError::Malformed { origin, message },
        }
    }

    /// `file:line` of a key, or the file if the key came from elsewhere.
    fn place_of(&self, path: &[String], kind: Option<&str>) -> String {
        let line = spellings(path, kind).iter().find_map(|path| line_of(self.text, path));
        match line {
            Some(line) => format!("{}:{line}", self.origin),
            None => self.origin.into(),
        }
    }
}

/// The entries of `[[intervene]]`.
fn interventions(given: Option<Value>) -> Result<Vec<Intervene>, Fault> {
    let list = match given {
        None => return Ok(Vec::new()),
        Some(Value::Array(list)) => list,
        Some(other) => vec![other],
    };
    let entry = |value| match value {
        Value::Table(table) => from_table(table),
        other => {
            let message =
                format!("found {other}, expected entries such as {{ at = 40, attention = \"uniform\" }}");
            Err(Fault { path: Vec::new(), kind: FaultKind::Value(message) })
        }
    };
    list.into_iter().map(entry).collect()
}

/// `defaults` with the table under `key` laid over them.
fn laid_over(defaults: &impl Serialize, given: &mut Table, key: &str) -> Table {
    let Ok(Value::Table(mut table)) = Value::try_from(defaults) else {
        unreachable!("settings are a table");
    };
    merge(&mut table, std::mem::take(table_of(given, key)));
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{ClassificationSpec, CopyingSpec};
    use onset_engine::AttentionMode;

    fn fails(text: &str) -> String {
        Spec::parse(text, "spec.toml", &[]).unwrap_err().to_string()
    }

    #[test]
    fn defaults_are_the_papers_settings() {
        let spec = CopyingSpec::of(&Spec::parse("task = 'copying'", "", &[]).unwrap()).unwrap();
        assert_eq!((spec.data.vocabulary, spec.data.length, spec.model.hidden), (40, 40, 256));
        assert_eq!((spec.train.steps, spec.train.batch, spec.train.learning_rate), (200, 128, 1e-3));
        let text = "task = 'classification'\n[train]\nsteps = 600";
        let spec = ClassificationSpec::of(&Spec::parse(text, "", &[]).unwrap()).unwrap();
        assert_eq!((spec.model.embedding, spec.train.batch, spec.train.steps), (300, 32, 600));
        assert_eq!(spec.record.checkpoints.unwrap(), [0, 10, 50, 100, 150, 200, 250, 500, 600]);
    }

    #[test]
    fn defaults_yield_to_the_file_and_to_overrides() {
        let defaults = ["model.hidden=32", "model.embedding=33", "train.steps=7"].map(String::from);
        let overrides = ["train.steps=9".to_string()];
        let spec = Spec::parse_over("task='copying'\n[model]\nhidden=64", "", &defaults, &overrides).unwrap();
        let spec = CopyingSpec::of(&spec).unwrap();
        assert_eq!((spec.model.hidden, spec.model.embedding, spec.train.steps), (64, 33, 9));
    }

    #[test]
    fn overrides_win_over_the_file_and_reach_any_table() {
        let overrides = ["model.hidden=32", "model.attention=uniform", "seed=7"].map(String::from);
        let spec = Spec::parse("task='copying'\n[model]\nhidden=64", "", &overrides).unwrap();
        let spec = CopyingSpec::of(&spec).unwrap();
        assert_eq!((spec.model.hidden, spec.seed), (32, 7));
        assert_eq!(spec.model.attention, AttentionMode::Uniform);
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
            fails("task = 'coyping'")
                .contains("did you mean `copying`?; `task` is one of \"copying\", \"classification\"")
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

    #[test]
    fn impossible_values_are_refused_with_their_key() {
        for (task, given, part) in [
            ("copying", "data.length=41", "set task.repetition = true"),
            ("copying", "train.learning_rate=nan", "train.learning_rate = NaN"),
            ("copying", "train.batch=0", "train.batch = 0"),
            ("copying", "train.stop_at_accuracy=95", "at most 1"),
            ("copying", "data.noise=1.0", "task.noise = 1"),
            ("copying", "model.hidden=0", "model.hidden = 0"),
            ("copying", "record.every=0", "record.every = 0"),
            ("copying", "model.heads=0", "from 1 to 256"),
            ("copying", "model.head_seeds=[1, 2]", "one seed per head"),
            ("copying", "record.checkpoints=[10, 201]", "training ends at step 200"),
            ("copying", "train.beta1=1.0", "train.beta1 = 1"),
            ("classification", "model.kind=attention-only", "models that fit are rnn-classifier"),
            ("copying", "train.warmup=200", "below train.steps (200)"),
            ("classification", "data.validation_fraction=1.5", "between 0 and 1"),
            ("classification", "data.labels=['a', 'a']", "must differ"),
            ("classification", "data.positive='x'", "give a text file"),
            ("classification", "data.validation_file='x.tsv'", "give a text file"),
            ("classification", "data.max_words=9", "would lose keywords"),
            ("classification", "data.keyword.min_length=99", "at most task.keyword.max_length"),
        ] {
            let text = format!("task = '{task}'");
            let message = Spec::parse(&text, "", &[given.to_string()]).unwrap_err().to_string();
            assert!(message.contains(part), "{given}: {message}");
        }
        for (given, part) in [
            ("model.dropout=1.0", "at least 0 and below 1"),
            ("model.layers=0", "from 1 to 16"),
            ("data.vocabulary=4", "four subwords are special"),
            ("data.validation_target='x'", "task.validation_source is not set"),
        ] {
            let text = "task = 'translation'\n[data]\nsource = 'a'";
            let message = Spec::parse(text, "", &[given.to_string()]).unwrap_err().to_string();
            assert!(message.contains(part), "{given}: {message}");
        }
        let message = Spec::parse("task = 'translation'", "", &[]).unwrap_err().to_string();
        assert!(message.contains("task.source"), "{message}");
        let twins = ["model.heads=2", "model.head_seeds=[3, 3]"].map(String::from);
        let message = Spec::parse("task = 'copying'", "", &twins).unwrap_err().to_string();
        assert!(message.contains("remain identical"), "{message}");
        let repeated = ["data.length=41", "data.repetition=true"].map(String::from);
        assert!(Spec::parse("task = 'copying'", "", &repeated).is_ok());
    }

    #[test]
    fn earlier_spellings_are_read_as_todays() {
        let old = "task = 'copying'\n[data]\nlength = 9\n[record]\nsequences = 7";
        let new = "[task]\nkind = 'copying'\nlength = 9\nsequences = 7\n[model]\nkind = 'rnn'";
        assert_eq!(Spec::parse(old, "", &[]).unwrap(), Spec::parse(new, "", &[]).unwrap());
        for given in ["data.length=8", "task.length=8"] {
            for text in [old, new] {
                let spec = Spec::parse(text, "", &[given.into()]).unwrap();
                assert_eq!(CopyingSpec::of(&spec).unwrap().data.length, 8);
            }
        }
        let spec = Spec::parse(new, "", &["record.sequences=5".into()]).unwrap();
        assert_eq!(CopyingSpec::of(&spec).unwrap().data.sequences, 5);
        assert!(fails("task = 'copying'\n[data]\nlenght = 3").contains("spec.toml:3: unknown key `lenght`"));
    }

    #[test]
    fn a_resolved_spec_of_plain_gradient_descent_from_before_is_read() {
        let old =
            "task = 'copying'\n[train]\noptimizer = 'sgd'\nbeta1 = 0.9\nbeta2 = 0.999\nepsilon = 0.00000001";
        assert!(Spec::parse(old, "", &[]).is_ok());
        assert!(
            fails("task = 'copying'\n[train]\noptimizer = 'sgd'\nbeta1 = 0.5")
                .contains("`beta1` is not read")
        );
        let given = ["train.optimizer=sgd", "train.beta1=0.9"].map(String::from);
        let message = Spec::parse("task = 'copying'", "", &given).unwrap_err().to_string();
        assert!(message.contains("`beta1` is not read"), "{message}");
    }

    #[test]
    fn modes_that_nothing_supports_are_refused() {
        let of = |mode: &str, text: &str| Spec::parse(text, "", &[format!("model.attention={mode}")]);
        assert!(of("clamped", "task = 'copying'").is_ok());
        let file = "task = 'classification'\n[data]\nfile = 'x.tsv'";
        assert!(of("clamped", file).unwrap_err().to_string().contains("which position is relevant"));
        assert!(of("given", "task = 'copying'").unwrap_err().to_string().contains("only a program"));
    }
}
