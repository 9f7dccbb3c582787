//! The keys of a spec whose model starts from a checkpoint in the Hugging Face layout.

use std::path::Path;

use super::TargetError;
use crate::data::DataTask;
use crate::model::TransformerSettings;
use crate::pretrained::{Architecture, Config, TOKENIZER, is_sentence_encoder};
use crate::settings::Settings;
use crate::task::corpus::CorpusTask;
use crate::task::descriptions::DescriptionSource;

/// What a checkpoint says about a spec.
pub(super) struct Checkpoint {
    /// Keys, `table.key=value`.
    pub keys: Vec<String>,
    /// Keys for what nothing else gives.
    pub defaults: Vec<String>,
}

/// The keys for the checkpoint in `folder`, or for models of its form, and a spec of `task`. Errors if the checkpoint cannot be read, or reads something else.
pub(super) fn keys(
    target: &str,
    task: &str,
    folder: &Path,
    form_only: bool,
) -> Result<Checkpoint, TargetError> {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.into());
    let config = Config::read(&folder)?;
    let texts = task == DataTask::Classification.name();
    let descriptions = task == DescriptionSource::KIND;
    let fits = match config.architecture {
        Architecture::Bert => texts || descriptions,
        Architecture::Gpt2 | Architecture::GptNeox => task == CorpusTask::KIND,
    };
    if !fits {
        let form = config.architecture.name();
        return Err(TargetError::OtherForm { target: target.into(), task: task.into(), folder, form });
    }
    let unreadable = |path: &Path| TargetError::NotUnicode { path: path.into() };
    let text = |path: &Path| path.to_str().map(toml::Value::from).ok_or_else(|| unreadable(path));
    let mut keys = vec![
        format!("model.kind={}", toml::Value::from(TransformerSettings::KIND)),
        format!("task.tokenizer={}", text(&folder.join(TOKENIZER))?),
    ];
    if !form_only {
        keys.push(format!("model.from={}", text(&folder)?));
    }
    let settings =
        toml::Table::try_from(&config.settings).expect("settings are plain data that TOML can hold");
    keys.extend(settings.iter().map(|(key, value)| format!("model.{key}={value}")));
    let mut defaults: Vec<String> =
        ["optimizer=\"adamw\"", "learning_rate=5e-5", "weight_decay=0.01", "clip=1.0", "warmup=0"]
            .map(|key| format!("train.{key}"))
            .into();
    if descriptions {
        // The task has its own way of fine-tuning.
        defaults = vec![format!("task.length={}", config.longest.min(128))];
        if is_sentence_encoder(&folder) {
            keys.extend(
                ["model.pair_encoder='bi'", "model.pooling='mean'", "model.pooler=false"].map(String::from),
            );
            defaults.push("train.learning_rate=3e-5".into());
        }
        return Ok(Checkpoint { keys, defaults });
    }
    keys.push("task.tokens=\"subwords\"".into());
    if texts {
        keys.push("task.lowercase=false".into());
        // One token stands before a text and one behind it.
        defaults.push(format!("task.max_words={}", config.longest.saturating_sub(2).max(1)));
    } else {
        keys.push(format!("task.vocabulary={}", config.vocabulary));
        defaults.push(format!("task.length={}", config.longest.min(128)));
    }
    Ok(Checkpoint { keys, defaults })
}
