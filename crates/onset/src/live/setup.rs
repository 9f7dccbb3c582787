//! The configuration of an interactive training, and its bounds.

use std::fmt::Display;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::LiveError;
use crate::model::{ClassifierSettings, Init, Positions, RnnSettings, TransformerSettings};
use crate::spec::{Amount, ClassificationSpec, CopyingSpec, Optimizer, Record, Spec, Training, Typed};
use crate::task::copying::CopyingTask;
use crate::task::markov::MarkovTask;
use crate::task::text::{KeywordTask, TextSource};
use crate::train::Applied;
use onset_engine::AttentionMode;

/// The task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TaskChoice {
    /// Copying a sequence token by token.
    Copying,
    /// Classifying texts by whether they have the keyword.
    Keyword,
    /// Continuing Markov chains, each with its own transitions, with a Transformer of two layers without MLPs.
    Induction,
}

/// The configuration of an interactive training. A missing field has its value in the first preset.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Setup {
    /// The task.
    pub task: TaskChoice,
    /// V: the number of tokens; for keywords, of filler words.
    pub vocabulary: usize,
    /// L: tokens in a sequence; for keywords, words in the longest text (the shortest has half as many).
    pub length: usize,
    /// Copying: whether a token may repeat.
    pub repetition: bool,
    /// Width of embeddings and of recurrent layers (for keywords, of each direction).
    pub width: usize,
    /// Copying and induction: the number of attention heads (of each layer).
    pub heads: usize,
    /// The attention mode from the first step on: learned or uniform.
    pub attention: AttentionMode,
    /// The optimiser.
    pub optimizer: Optimizer,
    /// Initial learning rate.
    pub learning_rate: f32,
    /// Examples in a batch.
    pub batch: usize,
    /// Total number of steps.
    pub steps: u64,
    /// Seed of the initial weights and of the data.
    pub seed: u64,
    /// Interventions that are made on the way, each after its step.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub plan: Vec<Applied>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            task: TaskChoice::Copying,
            vocabulary: 24,
            length: 12,
            repetition: false,
            width: 48,
            heads: 1,
            attention: AttentionMode::Learned,
            optimizer: Optimizer::Adam,
            learning_rate: 0.002,
            batch: 32,
            steps: 300,
            seed: 0,
            plan: Vec::new(),
        }
    }
}

/// Fresh sequences on which each point is measured.
const SEQUENCES: usize = 32;

/// Fresh Markov chains on which each point is measured: their losses vary more.
const CHAINS: usize = 64;

/// Largest number of planned interventions.
const MOST_PLANNED: usize = 20;

/// Texts of the keyword task, and the share of them held out.
const TEXTS: (usize, f64) = (1000, 0.1);

fn within<T: PartialOrd + Display + Copy>(
    key: &'static str,
    value: T,
    bounds: RangeInclusive<T>,
) -> Result<(), LiveError> {
    if bounds.contains(&value) {
        return Ok(());
    }
    let expected = format!("it must be from {} to {}", bounds.start(), bounds.end());
    Err(LiveError::Bound { key, found: value.to_string(), expected })
}

/// The fields of a setup.
const FIELDS: [&str; 12] = [
    "task",
    "vocabulary",
    "length",
    "repetition",
    "width",
    "heads",
    "attention",
    "optimizer",
    "learning_rate",
    "batch",
    "steps",
    "seed",
];

/// A value for an error, cut where it is long.
fn shown(value: &Value) -> String {
    let text = match value {
        Value::Null => "empty".into(),
        Value::String(text) => format!("“{text}”"),
        other => other.to_string(),
    };
    if text.chars().count() <= 40 { text } else { text.chars().take(39).chain(['…']).collect() }
}

/// One of a few words.
fn one_of(key: &'static str, value: &Value, known: &[&str]) -> Result<Value, LiveError> {
    if value.as_str().is_some_and(|word| known.contains(&word)) {
        return Ok(value.clone());
    }
    Err(LiveError::Bound { key, found: shown(value), expected: format!("it must be {}", known.join(" or ")) })
}

/// The value of the field `key` as it is read, or in words why it is not one.
fn checked_value(key: &'static str, value: &Value) -> Result<Value, LiveError> {
    let refused = |expected: &str| LiveError::Bound { key, found: shown(value), expected: expected.into() };
    match key {
        "task" => one_of(key, value, &["copying", "keyword", "induction"]),
        "attention" => one_of(key, value, &["learned", "uniform"]),
        "optimizer" => one_of(key, value, &["adam", "sgd"]),
        "repetition" if value.is_boolean() => Ok(value.clone()),
        "repetition" => Err(refused("it must be true or false")),
        "learning_rate" if value.is_number() => Ok(value.clone()),
        "learning_rate" => Err(refused("it must be a number")),
        _ => {
            // JSON knows one kind of number: 20.0 is whole too.
            let number = value.as_f64().ok_or_else(|| refused("it must be a whole number"))?;
            match value.as_u64() {
                Some(number) => Ok(number.into()),
                None if number.fract() != 0.0 || number < 0.0 => Err(refused("it must be a whole number")),
                None if number >= 1e15 => Err(refused("it is too large")),
                None => Ok((number as u64).into()),
            }
        }
    }
}

impl Setup {
    /// The setup with these values; one that is missing has its default. Errors say in words what each must be. Bounds
    /// are those of [`Setup::spec`].
    pub fn from_fields(fields: &Map<String, Value>) -> Result<Self, LiveError> {
        let mut checked = fields.clone();
        for key in FIELDS {
            let Some(value) = fields.get(key) else { continue };
            checked.insert(key.into(), checked_value(key, value)?);
        }
        let read = |fields: Map<String, Value>| serde_json::from_value::<Self>(Value::Object(fields));
        read(checked.clone()).map_err(|_| {
            // Each known field has been checked, so that it is another one.
            let is_bad = |(key, value): &(&String, &Value)| {
                read(Map::from_iter([((*key).clone(), (*value).clone())])).is_err()
            };
            let found = checked.iter().find(is_bad).map_or("", |(key, _)| key.as_str());
            LiveError::Field { found: found.chars().take(40).collect(), known: FIELDS.join(", ") }
        })
    }

    /// The spec that is trained. Errors name the field and its bounds.
    pub fn spec(&self) -> Result<Spec, LiveError> {
        self.check()?;
        Ok(match self.task {
            TaskChoice::Copying => self.copying().into_spec()?,
            TaskChoice::Keyword => self.keyword().into_spec()?,
            TaskChoice::Induction => self.induction().into_spec()?,
        })
    }

    /// Steps between two points of the curves.
    pub fn every(&self) -> u64 {
        // A Transformer's point costs as much as several steps.
        let points = if self.task == TaskChoice::Induction { 100 } else { 400 };
        (self.steps / points).max(2)
    }

    fn check(&self) -> Result<(), LiveError> {
        within("vocabulary", self.vocabulary, 2..=60)?;
        within("length", self.length, 2..=self.longest())?;
        if self.task == TaskChoice::Copying && !self.repetition && self.length > self.vocabulary {
            return Err(LiveError::Bound {
                key: "length",
                found: self.length.to_string(),
                expected: format!(
                    "without repetition only {} words can be drawn; lower it, raise the vocabulary size, or let words repeat",
                    self.vocabulary
                ),
            });
        }
        within("width", self.width, 4..=128)?;
        within("heads", self.heads, 1..=8)?;
        if self.task == TaskChoice::Keyword && self.heads > 1 {
            let expected = "the classifier has one head; choose 1, or copying".into();
            return Err(LiveError::Bound { key: "heads", found: self.heads.to_string(), expected });
        }
        if self.task == TaskChoice::Induction && !self.width.is_multiple_of(self.heads) {
            let expected = format!("the heads must divide the width, {}", self.width);
            return Err(LiveError::Bound { key: "heads", found: self.heads.to_string(), expected });
        }
        within("learning_rate", self.learning_rate, 1e-6..=10.0)?;
        within("batch", self.batch, 1..=128)?;
        within("steps", self.steps, 1..=5000)?;
        within("seed", self.seed, 0..=999_999_999)?;
        within("planned interventions", self.plan.len(), 0..=MOST_PLANNED)?;
        self.plan
            .iter()
            .try_for_each(|planned| within("plan", planned.step, 0..=self.steps.saturating_sub(1)))
    }

    /// Tokens of a sequence at most.
    fn longest(&self) -> usize {
        if self.task == TaskChoice::Induction { 101 } else { 40 }
    }

    fn copying(&self) -> CopyingSpec {
        let paper = CopyingSpec::default();
        CopyingSpec {
            seed: self.seed,
            data: CopyingTask {
                vocabulary: self.vocabulary,
                length: self.length,
                repetition: self.repetition,
                sequences: SEQUENCES,
                ..CopyingTask::default()
            },
            model: RnnSettings {
                embedding: self.width,
                hidden: self.width,
                attention: self.attention,
                heads: self.heads,
                ..RnnSettings::default()
            },
            train: self.training(&paper.train),
            record: Record { every: Some(self.every()), probes: Amount::Count(0), ..paper.record },
            intervene: Vec::new(),
        }
    }

    fn keyword(&self) -> ClassificationSpec {
        let paper = ClassificationSpec::default();
        let (examples, validation_fraction) = TEXTS;
        ClassificationSpec {
            seed: self.seed,
            data: TextSource {
                validation_fraction,
                min_count: 1,
                keyword: KeywordTask {
                    examples,
                    vocabulary: self.vocabulary,
                    min_length: self.length.div_ceil(2),
                    max_length: self.length,
                },
                ..TextSource::default()
            },
            model: ClassifierSettings {
                embedding: self.width,
                hidden: self.width,
                attention_hidden: self.width,
                attention: self.attention,
            },
            train: self.training(&paper.train),
            record: Record { probes: Amount::All(false), parameters: false, ..paper.record },
            intervene: Vec::new(),
        }
    }

    fn induction(&self) -> Typed<MarkovTask, TransformerSettings> {
        let usual: Typed<MarkovTask, TransformerSettings> = Typed::default();
        Typed {
            seed: self.seed,
            data: MarkovTask {
                symbols: self.vocabulary,
                length: self.length,
                sequences: CHAINS,
                ..MarkovTask::default()
            },
            model: TransformerSettings {
                layers: 2,
                heads: self.heads,
                width: self.width,
                mlp: 0,
                positions: Positions::Relative,
                init: Init::Pytorch,
                attention: self.attention,
                ..TransformerSettings::default()
            },
            train: self.training(&usual.train),
            record: Record {
                every: Some(self.every()),
                probes: Amount::Count(0),
                heads: false,
                ..usual.record
            },
            intervene: Vec::new(),
        }
    }

    fn training(&self, paper: &Training) -> Training {
        Training {
            steps: self.steps,
            batch: self.batch,
            optimizer: self.optimizer,
            learning_rate: self.learning_rate,
            ..paper.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_or_impossible_is_refused_with_its_bound() {
        let of = |text: &str| serde_json::from_str::<Setup>(text).unwrap().spec();
        for (text, part) in [
            (r#"{"vocabulary": 61}"#, "the vocabulary size cannot be 61 in the lab: it must be from 2 to 60"),
            (r#"{"length": 1}"#, "from 2 to 40"),
            (r#"{"length": 25}"#, "only 24 words can be drawn"),
            (r#"{"width": 1024}"#, "from 4 to 128"),
            (r#"{"heads": 9}"#, "from 1 to 8"),
            (r#"{"heads": 2, "task": "keyword"}"#, "one head"),
            (r#"{"heads": 5, "task": "induction"}"#, "divide the width, 48"),
            (r#"{"learning_rate": 0}"#, "the learning rate cannot be 0"),
            (r#"{"learning_rate": 1e30}"#, "to 10"),
            (r#"{"batch": 100000}"#, "from 1 to 128"),
            (r#"{"steps": 1000000}"#, "from 1 to 5000"),
            (r#"{"seed": 18446744073709551615}"#, "from 0 to 999999999"),
            (
                r#"{"plan": [{"step": 300, "intervention": {"kind": "learning_rate", "rate": 0.1}}]}"#,
                "the step of a planned intervention cannot be 300 in the lab: it must be from 0 to 299",
            ),
        ] {
            let message = of(text).unwrap_err().to_string();
            assert!(message.contains(part), "{text}: {message}");
        }
        assert!(of(r#"{"length": 25, "repetition": true}"#).is_ok());
        assert!(of(r#"{"task": "keyword", "vocabulary": 2, "length": 40}"#).is_ok());
        assert!(serde_json::from_str::<Setup>(r#"{"widht": 3}"#).is_err());
    }

    #[test]
    fn values_of_another_kind_are_refused_in_words() {
        let of = |text: &str| Setup::from_fields(&serde_json::from_str(text).unwrap());
        for (text, message) in [
            (r#"{"seed": 99999999999999999999}"#, "seed cannot be 1e+20 in the lab: it is too large"),
            (
                r#"{"vocabulary": null}"#,
                "the vocabulary size cannot be empty in the lab: it must be a whole number",
            ),
            (
                r#"{"vocabulary": -1}"#,
                "the vocabulary size cannot be -1 in the lab: it must be a whole number",
            ),
            (r#"{"batch": 2.5}"#, "the batch size cannot be 2.5 in the lab: it must be a whole number"),
            (
                r#"{"learning_rate": "fast"}"#,
                "the learning rate cannot be “fast” in the lab: it must be a number",
            ),
            (
                r#"{"attention": "clamped"}"#,
                "attention cannot be “clamped” in the lab: it must be learned or uniform",
            ),
            (r#"{"task": "juggling"}"#, "it must be copying or keyword or induction"),
            (
                r#"{"repetition": 1}"#,
                "whether words may repeat cannot be 1 in the lab: it must be true or false",
            ),
            (r#"{"widht": 3}"#, "a setup has no “widht”, or not such a one; it has task, vocabulary,"),
        ] {
            let error = of(text).unwrap_err().to_string();
            assert!(error.contains(message), "{text}: {error}");
        }
        let setup = of(r#"{"width": 20.0, "seed": 7, "optimizer": "sgd"}"#).unwrap();
        assert_eq!((setup.width, setup.seed, setup.optimizer), (20, 7, Optimizer::Sgd));
        // A setup that is written reads back as itself.
        let Value::Object(fields) = serde_json::to_value(&setup).unwrap() else { panic!() };
        assert_eq!(fields.len(), FIELDS.len());
        assert_eq!(Setup::from_fields(&fields).unwrap(), setup);
    }
}
