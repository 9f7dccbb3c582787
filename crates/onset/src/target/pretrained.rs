//! The keys of a spec whose model starts from a checkpoint in the Hugging Face layout.

use std::path::Path;

use super::TargetError;
use crate::data::DataTask;
use crate::model::TransformerSettings;
use crate::pretrained::{Architecture, Config, TOKENIZER};
use crate::settings::Settings;
use crate::task::corpus::CorpusTask;

/// What a checkpoint says about a spec.
pub(super) struct Checkpoint {
    /// Keys, `table.key=value`.
    pub keys: Vec<String>,
    /// Keys for what nothing else gives.
    pub defaults: Vec<String>,
}

/// The keys for the checkpoint in `folder` and a spec of `task`. Errors if the checkpoint cannot be read, or reads something else.
pub(super) fn keys(target: &str, task: &str, folder: &Path) -> Result<Checkpoint, TargetError> {
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.into());
    let config = Config::read(&folder)?;
    let texts = task == DataTask::Classification.name();
    let fits = match config.architecture {
        Architecture::Bert => texts,
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
        format!("model.from={}", text(&folder)?),
        format!("task.tokenizer={}", text(&folder.join(TOKENIZER))?),
        "task.tokens=\"subwords\"".into(),
    ];
    let settings =
        toml::Table::try_from(&config.settings).expect("settings are plain data that TOML can hold");
    keys.extend(settings.iter().map(|(key, value)| format!("model.{key}={value}")));
    let mut defaults: Vec<String> =
        ["optimizer=\"adamw\"", "learning_rate=5e-5", "weight_decay=0.01", "clip=1.0", "warmup=0"]
            .map(|key| format!("train.{key}"))
            .into();
    match texts {
        true => {
            keys.push("task.lowercase=false".into());
            // One token stands before a text and one behind it.
            defaults.push(format!("task.max_words={}", config.longest.saturating_sub(2).max(1)));
        }
        false => {
            keys.push(format!("task.vocabulary={}", config.vocabulary));
            defaults.push(format!("task.length={}", config.longest.min(128)));
        }
    }
    Ok(Checkpoint { keys, defaults })
}
