//! What must hold of a spec, checked once before anything runs.

use super::{ClassificationSpec, CopyingModel, CopyingSpec, Spec, SpecError, Training, TranslationSpec};

fn require(
    holds: bool,
    key: &'static str,
    found: impl std::fmt::Display,
    expected: &str,
) -> Result<(), SpecError> {
    if holds {
        return Ok(());
    }
    Err(SpecError::Impossible { key, found: found.to_string(), expected: expected.into() })
}

/// Widths and batches beyond this would not fit a machine's memory, and are typing errors.
const LARGEST: usize = 1 << 20;

fn require_size(size: usize, key: &'static str) -> Result<(), SpecError> {
    require((1..=LARGEST).contains(&size), key, size, "it must be from 1 to 1048576")
}

impl Spec {
    /// Checks every value; errors name the key, what was found and what is possible.
    pub fn check(&self) -> Result<(), SpecError> {
        match self {
            Self::Copying(spec) => check_copying(spec),
            Self::Classification(spec) => check_classification(spec),
            Self::Translation(spec) => check_translation(spec),
        }
    }
}

fn check_training(train: &Training) -> Result<(), SpecError> {
    require(train.steps >= 1, "train.steps", train.steps, "it must be at least 1")?;
    require_size(train.batch, "train.batch")?;
    let rate = train.learning_rate;
    require(rate > 0.0 && rate.is_finite(), "train.learning_rate", rate, "it must be positive and finite")?;
    if let Some(accuracy) = train.stop_at_accuracy {
        let possible = accuracy > 0.0 && accuracy <= 1.0;
        require(possible, "train.stop_at_accuracy", accuracy, "it must be above 0 and at most 1")?;
    }
    for (key, beta) in [("train.beta1", train.beta1), ("train.beta2", train.beta2)] {
        require((0.0..1.0).contains(&beta), key, beta, "it must be from 0 up to but not 1")?;
    }
    let epsilon = train.epsilon;
    require(epsilon > 0.0 && epsilon.is_finite(), "train.epsilon", epsilon, "it must be positive and finite")
}

fn check_checkpoints(checkpoints: &[u64], train: &Training) -> Result<(), SpecError> {
    let late = checkpoints.iter().find(|&&step| step > train.steps);
    let expected = format!("training ends at step {} (train.steps)", train.steps);
    require(late.is_none(), "record.checkpoints", late.unwrap_or(&0), &expected)
}

fn check_copying(spec: &CopyingSpec) -> Result<(), SpecError> {
    let data = &spec.data;
    require_size(data.vocabulary, "data.vocabulary")?;
    require_size(data.length, "data.length")?;
    require(
        data.repetition || data.length <= data.vocabulary,
        "data.length",
        data.length,
        &format!(
            "without repetition there are only {} words to take; lower it to data.vocabulary or less, or \
             set data.repetition = true",
            data.vocabulary
        ),
    )?;
    let noise = data.noise;
    require((0.0..1.0).contains(&noise), "data.noise", noise, "it must be from 0 up to but not 1")?;
    require_size(spec.model.embedding, "model.embedding")?;
    require_size(spec.model.hidden, "model.hidden")?;
    check_heads(&spec.model)?;
    check_training(&spec.train)?;
    require(spec.record.every >= 1, "record.every", spec.record.every, "it must be at least 1")?;
    require_size(spec.record.sequences, "record.sequences")?;
    check_checkpoints(&spec.record.checkpoints, &spec.train)
}

fn check_heads(model: &CopyingModel) -> Result<(), SpecError> {
    let CopyingModel { heads, head_seeds, .. } = model;
    require((1..=256).contains(heads), "model.heads", heads, "it must be from 1 to 256")?;
    require(
        head_seeds.is_empty() || head_seeds.len() == *heads,
        "model.head_seeds",
        format!("{head_seeds:?}"),
        &format!("with model.heads = {heads} it must hold a seed for each head, or nothing"),
    )?;
    let twice = head_seeds.iter().enumerate().find(|(place, seed)| head_seeds[..*place].contains(seed));
    require(
        twice.is_none(),
        "model.head_seeds",
        format!("{head_seeds:?}"),
        "heads of one seed would start alike and stay alike; give each another",
    )
}

fn check_classification(spec: &ClassificationSpec) -> Result<(), SpecError> {
    let data = &spec.data;
    let fraction = data.validation_fraction;
    require(
        fraction > 0.0 && fraction < 1.0,
        "data.validation_fraction",
        fraction,
        "it must lie between 0 and 1",
    )?;
    require(data.max_validation >= 1, "data.max_validation", data.max_validation, "it must be at least 1")?;
    require(data.min_count >= 1, "data.min_count", data.min_count, "it must be at least 1")?;
    require(data.max_words >= 1, "data.max_words", data.max_words, "it must be at least 1")?;
    require(
        data.labels.is_none() || data.positive.is_none(),
        "data.positive",
        data.positive.as_deref().unwrap_or_default(),
        "data.labels is given too; keep one of them: `labels` picks two, `positive` sets one against the rest",
    )?;
    if let Some([negative, positive]) = &data.labels {
        require(negative != positive, "data.labels", negative, "the two labels must differ")?;
    }
    let keyword = &data.keyword;
    require(keyword.examples >= 10, "data.keyword.examples", keyword.examples, "it must be at least 10")?;
    require_size(keyword.vocabulary, "data.keyword.vocabulary")?;
    require(
        (1..=keyword.max_length).contains(&keyword.min_length),
        "data.keyword.min_length",
        keyword.min_length,
        "it must be at least 1 and at most data.keyword.max_length",
    )?;
    if data.file.is_none() {
        let needs_file = "there is no data.file for it to apply to; give a text file";
        let label = data.positive.as_ref().or(data.labels.as_ref().map(|labels| &labels[1]));
        require(label.is_none(), "data.positive or data.labels", label.map_or("", |l| l), needs_file)?;
        let file = data.validation_file.as_deref().map(|file| file.display().to_string());
        require(file.is_none(), "data.validation_file", file.unwrap_or_default(), needs_file)?;
        require(
            keyword.max_length <= data.max_words,
            "data.keyword.max_length",
            keyword.max_length,
            "texts are cut at data.max_words, which would lose keywords",
        )?;
    }
    require_size(spec.model.embedding, "model.embedding")?;
    require_size(spec.model.hidden, "model.hidden")?;
    require_size(spec.model.attention_hidden, "model.attention_hidden")?;
    check_training(&spec.train)?;
    check_checkpoints(spec.record.checkpoints.as_deref().unwrap_or_default(), &spec.train)
}

fn check_translation(spec: &TranslationSpec) -> Result<(), SpecError> {
    let data = &spec.data;
    let needs_file = "give the file of sentences to translate, or one that holds both sides";
    require(data.source.is_some(), "data.source", "nothing", needs_file)?;
    let needs_source = "there is no data.validation_source for it to belong to";
    let target = data.validation_target.as_deref().map(|file| file.display().to_string());
    require(
        target.is_none() || data.validation_source.is_some(),
        "data.validation_target",
        target.unwrap_or_default(),
        needs_source,
    )?;
    let fraction = data.validation_fraction;
    require(
        fraction > 0.0 && fraction < 1.0,
        "data.validation_fraction",
        fraction,
        "it must lie between 0 and 1",
    )?;
    require(data.max_validation >= 1, "data.max_validation", data.max_validation, "it must be at least 1")?;
    require(
        data.vocabulary >= 5,
        "data.vocabulary",
        data.vocabulary,
        "four subwords are special; give more",
    )?;
    require_size(data.vocabulary, "data.vocabulary")?;
    require(data.max_subwords >= 3, "data.max_subwords", data.max_subwords, "it must be at least 3")?;
    require_size(spec.model.embedding, "model.embedding")?;
    require_size(spec.model.hidden, "model.hidden")?;
    let layers = spec.model.layers;
    require((1..=16).contains(&layers), "model.layers", layers, "it must be from 1 to 16")?;
    let dropout = spec.model.dropout;
    require((0.0..1.0).contains(&dropout), "model.dropout", dropout, "it must be from 0 up to but not 1")?;
    check_training(&spec.train)?;
    check_checkpoints(spec.record.checkpoints.as_deref().unwrap_or_default(), &spec.train)
}

#[cfg(test)]
mod tests {
    use crate::spec::Spec;

    #[test]
    fn impossible_values_are_refused_with_their_key() {
        for (task, given, part) in [
            ("copying", "data.length=41", "set data.repetition = true"),
            ("copying", "train.learning_rate=nan", "train.learning_rate = NaN"),
            ("copying", "train.batch=0", "train.batch = 0"),
            ("copying", "train.stop_at_accuracy=95", "at most 1"),
            ("copying", "data.noise=1.0", "data.noise = 1"),
            ("copying", "model.hidden=0", "model.hidden = 0"),
            ("copying", "record.every=0", "record.every = 0"),
            ("copying", "model.heads=0", "from 1 to 256"),
            ("copying", "model.head_seeds=[1, 2]", "a seed for each head"),
            ("copying", "record.checkpoints=[10, 201]", "training ends at step 200"),
            ("copying", "train.beta1=1.0", "train.beta1 = 1"),
            ("classification", "data.validation_fraction=1.5", "between 0 and 1"),
            ("classification", "data.labels=['a', 'a']", "must differ"),
            ("classification", "data.positive='x'", "give a text file"),
            ("classification", "data.validation_file='x.tsv'", "give a text file"),
            ("classification", "data.max_words=9", "would lose keywords"),
            ("classification", "data.keyword.min_length=99", "at most data.keyword.max_length"),
        ] {
            let text = format!("task = '{task}'");
            let message = Spec::parse(&text, "", &[given.to_string()]).unwrap_err().to_string();
            assert!(message.contains(part), "{given}: {message}");
        }
        for (given, part) in [
            ("model.dropout=1.0", "up to but not 1"),
            ("model.layers=0", "from 1 to 16"),
            ("data.vocabulary=4", "four subwords are special"),
            ("data.validation_target='x'", "no data.validation_source"),
        ] {
            let text = "task = 'translation'\n[data]\nsource = 'a'";
            let message = Spec::parse(text, "", &[given.to_string()]).unwrap_err().to_string();
            assert!(message.contains(part), "{given}: {message}");
        }
        let message = Spec::parse("task = 'translation'", "", &[]).unwrap_err().to_string();
        assert!(message.contains("data.source"), "{message}");
        let twins = ["model.heads=2", "model.head_seeds=[3, 3]"].map(String::from);
        let message = Spec::parse("task = 'copying'", "", &twins).unwrap_err().to_string();
        assert!(message.contains("stay alike"), "{message}");
        let repeated = ["data.length=41", "data.repetition=true"].map(String::from);
        assert!(Spec::parse("task = 'copying'", "", &repeated).is_ok());
    }
}
