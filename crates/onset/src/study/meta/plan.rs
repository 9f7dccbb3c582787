//! The runs of the study.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Serialize;

use crate::pretrained::is_sentence_encoder;
use crate::study::StudyError;
use crate::target::{TargetOptions, resolve, stem};
use crate::task::descriptions::Collection;
use crate::train::{Job, Prepared};

/// What `quick` makes smaller.
const QUICK: [&str; 6] = [
    "train.steps=500",
    "train.batch=16",
    "train.warmup=20",
    "task.length=64",
    "task.evaluation=20",
    "record.checkpoints=[0, 100, 500]",
];

/// The keys of a run that holds out `held_out`, and trains on what is `similar` to it or not.
pub fn meta_overrides(held_out: &[String], similar: bool, quick: bool) -> Vec<String> {
    let names: Vec<toml::Value> = held_out.iter().map(|name| toml::Value::from(name.as_str())).collect();
    let mut keys: Vec<String> = QUICK.iter().filter(|_| quick).map(|key| (*key).into()).collect();
    if !held_out.is_empty() {
        keys.push(format!("task.held_out={}", toml::Value::from(names)));
    }
    if similar {
        keys.push("task.similar=true".into());
    }
    keys
}

/// A way of training; all but the first change one thing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MetaVariant {
    /// From the checkpoint, as it is read best, on all sets that are not similar to what is held out.
    Main,
    /// Description and text as one sequence, where the main variant reads each by itself.
    CrossEncoder,
    /// Each by itself, where the main variant reads one sequence.
    BiEncoder,
    /// The same form of model with drawn parameters.
    FromNothing,
    /// At ten times the learning rate.
    HighRate,
    /// Only the last layer is trained.
    LastLayer,
    /// Similar sets are trained on: each set is held out alone.
    Similar,
    /// One description of each label.
    OneDescription,
    /// So many training sets.
    Sets(usize),
    /// Another checkpoint, by its name.
    Checkpoint(String),
}

impl MetaVariant {
    /// The folder of its runs.
    pub fn folder(&self) -> String {
        match self {
            Self::Main => "main".into(),
            Self::CrossEncoder => "cross-encoder".into(),
            Self::BiEncoder => "bi-encoder".into(),
            Self::FromNothing => "from-nothing".into(),
            Self::HighRate => "high-rate".into(),
            Self::LastLayer => "last-layer".into(),
            Self::Similar => "similar".into(),
            Self::OneDescription => "one-description".into(),
            Self::Sets(sets) => format!("sets-{sets}"),
            Self::Checkpoint(name) => format!("checkpoint-{name}"),
        }
    }

    /// In words.
    pub fn title(&self) -> String {
        match self {
            Self::Main => "meta-tuned".into(),
            Self::CrossEncoder => "cross-encoder".into(),
            Self::BiEncoder => "bi-encoder".into(),
            Self::FromNothing => "from nothing".into(),
            Self::HighRate => "at ten times the learning rate".into(),
            Self::LastLayer => "only the last layer trained".into(),
            Self::Similar => "similar sets trained on too".into(),
            Self::OneDescription => "one description a label".into(),
            Self::Sets(1) => "1 training set".into(),
            Self::Sets(sets) => format!("{sets} training sets"),
            Self::Checkpoint(name) => format!("from {name}"),
        }
    }

    /// Its keys.
    fn keys(&self) -> Vec<String> {
        match self {
            Self::CrossEncoder => vec!["model.pair_encoder='cross'".into()],
            Self::BiEncoder => vec!["model.pair_encoder='bi'".into()],
            // From drawn parameters there is further to go.
            Self::FromNothing => vec!["train.learning_rate=3e-4".into()],
            Self::HighRate => vec!["train.learning_rate=1e-4".into()],
            Self::LastLayer => vec!["model.trained_layers=1".into()],
            Self::OneDescription => vec!["task.descriptions=1".into()],
            Self::Sets(sets) => vec![format!("task.sets={sets}")],
            Self::Main | Self::Similar | Self::Checkpoint(_) => Vec::new(),
        }
    }

    /// All that change one thing, but other checkpoints; the encoder that is the main one's makes no difference.
    fn all() -> Vec<Self> {
        let own = [Self::CrossEncoder, Self::BiEncoder, Self::FromNothing, Self::HighRate, Self::LastLayer];
        own.into_iter()
            .chain([Self::Similar, Self::OneDescription])
            .chain([1, 2, 4, 8].map(Self::Sets))
            .collect()
    }

    /// All that change one thing about a main variant that is a `bi`-encoder or not.
    fn ablations(bi: bool) -> Vec<Self> {
        let same = if bi { Self::BiEncoder } else { Self::CrossEncoder };
        Self::all().into_iter().filter(|variant| *variant != same).collect()
    }
}

/// From the name of its folder; with any number of sets.
impl FromStr for MetaVariant {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let sets = name.strip_prefix("sets-").and_then(|number| number.parse().ok()).filter(|&sets| sets > 0);
        let named = Self::all().into_iter().find(|variant| variant.folder() == name);
        named.or(sets.map(Self::Sets)).ok_or_else(|| {
            let known: Vec<String> = Self::all().iter().map(Self::folder).collect();
            format!("is not a way of training; these are: {}", known.join(", "))
        })
    }
}

/// One run of the study.
#[derive(Debug, Clone)]
pub struct MetaRun {
    /// How it is trained.
    pub variant: MetaVariant,
    /// The group, or with [`MetaVariant::Similar`] the set, that is held out.
    pub held_out: String,
    /// The run.
    pub job: Job,
    /// Its name in progress output.
    pub name: String,
}

/// What is to be run.
#[derive(Debug, Clone)]
pub struct MetaPlan {
    /// The collection.
    pub collection: PathBuf,
    /// The folder of the data sets.
    pub data: PathBuf,
    /// Checkpoints; the first is that of all variants but [`MetaVariant::Checkpoint`].
    pub pretrained: Vec<PathBuf>,
    /// Seeds of each setting.
    pub seeds: Vec<u64>,
    /// Groups to hold out; none means all that have files.
    pub groups: Vec<String>,
    /// Small runs, and ablations on one group.
    pub quick: bool,
    /// What is compared with the main variant; none means all, or if quick those that take little.
    pub variants: Option<Vec<MetaVariant>>,
}

impl MetaPlan {
    /// The runs, in subfolders of `out`. Data is loaded once for each setting.
    pub fn plan(&self, overrides: &[String], out: &Path) -> Result<Vec<MetaRun>, StudyError> {
        let collection = Collection::read(&self.collection)?;
        let groups = self.groups_of(&collection)?;
        let mut settings: Vec<(MetaVariant, String)> =
            groups.iter().map(|group| (MetaVariant::Main, group.clone())).collect();
        for path in self.pretrained.iter().skip(1) {
            settings.extend(groups.iter().map(|group| (MetaVariant::Checkpoint(stem(path)), group.clone())));
        }
        settings.extend(self.changed(&collection, &groups));
        let mut runs = Vec::new();
        let mut known: BTreeMap<String, Prepared> = BTreeMap::new();
        for (variant, held_out) in settings {
            runs.extend(self.runs(&variant, &held_out, (overrides, out), &mut known)?);
        }
        Ok(runs)
    }

    /// Whether the main variant reads descriptions and texts each by itself.
    fn is_bi(&self) -> bool {
        self.pretrained.first().is_some_and(|folder| is_sentence_encoder(folder))
    }

    /// Groups that are held out, of which files are here.
    fn groups_of(&self, collection: &Collection) -> Result<Vec<String>, StudyError> {
        if !self.groups.is_empty() {
            collection.named(&self.groups)?;
            return Ok(self.groups.clone());
        }
        let here = collection.groups().into_iter().filter(|group| {
            let own = collection.sets.iter().filter(|set| set.group() == *group);
            own.clone().any(|set| set.is_here(&self.data))
        });
        Ok(here.map(String::from).collect())
    }

    /// The settings that change one thing: for every group, or if quick and none was asked for, some of them for the first group with
    /// several sets.
    fn changed(&self, collection: &Collection, groups: &[String]) -> Vec<(MetaVariant, String)> {
        let sets_of = |group: &str| -> Vec<String> {
            let own = collection.sets.iter().filter(|set| set.group() == group && set.is_here(&self.data));
            own.map(|set| set.name.clone()).collect()
        };
        let several = groups.iter().position(|group| sets_of(group).len() > 1).unwrap_or(0);
        let few = self.quick && self.variants.is_none();
        let groups = if few { &groups[several..=several] } else { groups };
        let mut settings = Vec::new();
        for variant in self.variants.clone().unwrap_or_else(|| MetaVariant::ablations(self.is_bi())) {
            if few && matches!(variant, MetaVariant::Sets(_) | MetaVariant::OneDescription) {
                continue;
            }
            for group in groups {
                let held = match variant {
                    // A set that has no similar one is held out alone anyway.
                    MetaVariant::Similar if sets_of(group).len() < 2 => Vec::new(),
                    MetaVariant::Similar if few => sets_of(group)[..1].to_vec(),
                    MetaVariant::Similar => sets_of(group),
                    _ => vec![group.clone()],
                };
                settings.extend(held.into_iter().map(|held| (variant.clone(), held)));
            }
        }
        settings
    }

    fn runs(
        &self,
        variant: &MetaVariant,
        held_out: &str,
        (overrides, out): (&[String], &Path),
        known: &mut BTreeMap<String, Prepared>,
    ) -> Result<Vec<MetaRun>, StudyError> {
        let main = self.pretrained.first();
        let checkpoint = match variant {
            MetaVariant::Checkpoint(name) => self.pretrained.iter().find(|path| stem(path) == *name),
            _ => main,
        };
        let mut keys = meta_overrides(&[held_out.to_owned()], *variant == MetaVariant::Similar, self.quick);
        keys.push("record.parameters=false".into());
        keys.extend(variant.keys());
        keys.extend_from_slice(overrides);
        let options = TargetOptions {
            from: Some(self.data.clone()),
            pretrained: checkpoint.cloned(),
            form_only: *variant == MetaVariant::FromNothing,
            overrides: keys,
            ..TargetOptions::default()
        };
        let spec = resolve(&self.collection.display().to_string(), &options)?.spec;
        // Everything that the data and the initial parameters depend on.
        let key = format!("{:?} {:?}", spec.task(), spec.model());
        if !known.contains_key(&key) {
            known.insert(key.clone(), Prepared::load(&spec).map_err(crate::train::TrainError::from)?);
        }
        let runs = self.seeds.iter().map(|&seed| {
            let name = format!("{}/{held_out}/seed-{seed}", variant.folder());
            let job =
                Job { spec: spec.clone().with_seed(seed), data: known[&key].clone(), path: out.join(&name) };
            MetaRun { variant: variant.clone(), held_out: held_out.to_owned(), job, name }
        });
        Ok(runs.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A way of training is named as its folder is.
    #[test]
    fn ways_are_read_by_name() {
        for variant in MetaVariant::all().into_iter().chain([MetaVariant::Sets(3)]) {
            assert_eq!(variant.folder().parse(), Ok(variant));
        }
        for unknown in ["sets-0", "sets-", "main", "taller"] {
            let error = unknown.parse::<MetaVariant>().unwrap_err();
            assert!(error.contains("cross-encoder"), "{unknown}: {error}");
        }
    }
}
