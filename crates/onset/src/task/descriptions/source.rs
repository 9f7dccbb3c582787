//! The settings of the task.

use std::path::PathBuf;
use std::sync::Arc;

use onset_keys::Keys;
use serde::{Deserialize, Serialize};

use super::prepare::prepare;
use crate::batch::Signature;
use crate::settings::{Amount, Budget, Record, Settings, SpecError, is_default, require, require_size};
use crate::task::{Defaults, Task, TaskError, TaskSettings};

/// Where described data sets come from, and which are held out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, Keys)]
#[serde(default, deny_unknown_fields)]
pub struct DescriptionSource {
    /// The folder of the collection: a file NAME.toml for each data set.
    pub collection: PathBuf,
    /// The folder that the files of the sets lie in, each in a folder of its own.
    pub data: PathBuf,
    /// Sets and groups that are not trained on but evaluated, and sets similar to them are left out; none means that all are trained on.
    pub held_out: Vec<String>,
    /// Whether sets are trained on that are similar to those held out.
    pub similar: bool,
    /// Sets that are trained on at most, drawn by `split_seed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[key(from = 1, unit = "sets")]
    pub sets: Option<usize>,
    /// Descriptions of a label that are trained on at most, the first ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[key(from = 1, unit = "descriptions")]
    pub descriptions: Option<usize>,
    /// The `tokenizer.json` of a pretrained model whose tokens are used (`--pretrained`); without, tokens are words.
    #[serde(skip_serializing_if = "is_default")]
    pub tokenizer: Option<PathBuf>,
    /// Whether texts and descriptions are lower-cased.
    pub lowercase: bool,
    /// Occurrences in training that a word needs to be in the vocabulary, where tokens are words.
    #[key(from = 1, unit = "occurrences")]
    pub min_count: usize,
    /// Tokens of a description and its text together; what is longer is cut at the end of the text.
    #[key(from = 8, to = 1048576, unit = "tokens")]
    pub length: usize,
    /// Texts of each label that are evaluated at most, and as many others; of a set with more than ten labels, fewer.
    #[key(from = 1, unit = "texts")]
    pub evaluation: usize,
    /// Seed of what is held out of a set that is trained on, of which texts are evaluated, and of which sets are trained on.
    pub split_seed: u64,
}

impl Default for DescriptionSource {
    fn default() -> Self {
        Self {
            collection: "collections".into(),
            data: "data".into(),
            held_out: Vec::new(),
            similar: false,
            sets: None,
            descriptions: None,
            tokenizer: None,
            lowercase: true,
            min_count: 3,
            length: 128,
            evaluation: 50,
            split_seed: 0,
        }
    }
}

impl DescriptionSource {
    /// How the paper trains, as keys of a spec: AdamW with warm-up and linear decay; `steps` are those that are asked for. The gradient is
    /// clipped too.
    pub fn training(steps: Option<u64>) -> Vec<String> {
        let warmup = steps.map_or(100, |steps| (steps / 10).min(100));
        let keys =
            ["optimizer='adamw'", "schedule='linear'", "weight_decay=0.01", "clip=1.0"].map(String::from);
        keys.into_iter().chain([format!("warmup={warmup}")]).map(|key| format!("train.{key}")).collect()
    }
}

impl Settings for DescriptionSource {
    const KIND: &'static str = "descriptions";
}

impl TaskSettings for DescriptionSource {
    fn check(&self) -> Result<(), SpecError> {
        for (key, value) in [
            ("task.sets", self.sets.unwrap_or(1)),
            ("task.descriptions", self.descriptions.unwrap_or(1)),
            ("task.min_count", self.min_count),
            ("task.evaluation", self.evaluation),
        ] {
            require(value >= 1, key, value, "it must be at least 1")?;
        }
        require_size(self.length, "task.length")?;
        let room = "it must be at least 8: three tokens stand around description and text";
        require(self.length >= 8, "task.length", self.length, room)
    }

    fn resolve(&mut self) {
        for path in [&mut self.collection, &mut self.data].into_iter().chain(&mut self.tokenizer) {
            if let Ok(absolute) = std::path::absolute(&*path) {
                *path = absolute;
            }
        }
    }

    /// The paper's budget and rate. A collection as a target also gets its optimiser (see [`DescriptionSource::training`]).
    fn defaults(&self) -> Defaults {
        let train = Budget { steps: 5000, batch: 32, learning_rate: 1e-5 };
        let record = Record {
            probes: Amount::Count(16),
            influence: Amount::Count(16),
            heads: false,
            ..Record::default()
        };
        Defaults { model: "transformer", train, record }
    }

    /// Where little changes there are few.
    fn checkpoints(&self, steps: u64) -> Vec<u64> {
        let dense = [0, 10, 20, 50, 100, 200, 500, 1000, 2000].into_iter();
        dense.chain((5000..=steps).step_by(5000)).filter(|&step| step <= steps).collect()
    }

    fn describe(&self) -> String {
        let name = self.collection.file_name().unwrap_or_default().to_string_lossy();
        match &self.held_out[..] {
            [] => format!("descriptions of {name}"),
            held_out => format!("descriptions of {name} without {}", held_out.join(", ")),
        }
    }

    fn files_mut(&mut self) -> Vec<&mut PathBuf> {
        [&mut self.collection, &mut self.data].into_iter().chain(&mut self.tokenizer).collect()
    }

    fn signature(&self) -> Signature {
        Signature::Described { vocabulary: 0, longest: 0 }
    }

    fn load(&self) -> Result<Arc<dyn Task>, TaskError> {
        Ok(Arc::new(prepare(self)?))
    }
}
