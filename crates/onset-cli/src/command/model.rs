//! `onset model`: public checkpoints.

use anyhow::{Result, anyhow};
use comfy_table::CellAlignment;
use onset::data::DataError;
use onset::pretrained::{
    Config, FetchedModel, HUB, ModelOptions, PublicModel, fetch_model, find_model, public_models,
};

use super::fetch_progress::FetchProgress;
use crate::Ending;
use crate::args::{ModelArguments, ModelCommand, ModelFetchArguments, UsageError};
use crate::table::table;

/// Lists or fetches.
pub fn model(arguments: ModelArguments) -> Result<Ending> {
    match arguments.command {
        ModelCommand::List { json } => list(json)?,
        ModelCommand::Fetch(arguments) => fetch(arguments)?,
    }
    Ok(Ending::Done)
}

fn list(json: bool) -> Result<()> {
    let models = public_models();
    if json {
        say!("{}", serde_json::to_string_pretty(&models)?);
        return Ok(());
    }
    let row = |model: PublicModel| {
        vec![model.name, model.about, model.licence, format!("{HUB}/{}", model.repository)]
    };
    let mut list = table(&["name", "what", "licence", "source"], models.into_iter().map(row));
    for column in list.column_iter_mut() {
        column.set_cell_alignment(CellAlignment::Left);
    }
    say!("{list}");
    say!("`onset model fetch NAME` fetches one, or any other as OWNER/NAME");
    Ok(())
}

fn fetch(arguments: ModelFetchArguments) -> Result<()> {
    let model = find_model(&arguments.name).map_err(|error| UsageError(error.to_string()))?;
    let ModelFetchArguments { revision, out, force, .. } = arguments;
    let server = std::env::var("HF_ENDPOINT").ok().filter(|server| !server.is_empty());
    if let Some(server) = &server {
        note!("{}: from {server}", model.name);
    }
    let options = ModelOptions { out, revision, server: server.unwrap_or_else(|| HUB.into()), force };
    let mut progress = FetchProgress::new(&model.name);
    let fetched = fetch_model(&model, &options, &mut |event| progress.observe(event)).map_err(advised)?;
    let folder = fetched.folder().display();
    match &fetched {
        FetchedModel::AlreadyThere(_) => say!("{folder} already exists; --force fetches it again"),
        FetchedModel::New(_, record) => {
            progress.finish();
            for file in &record.files {
                let verified =
                    if file.verified { "the published checksum" } else { "no checksum is published" };
                say!("{folder}/{}: {} bytes, SHA-256 {} ({verified})", file.file, file.bytes, file.sha256);
            }
        }
    }
    // A model that Onset cannot read is reported now, not at its first use.
    let config = Config::read(fetched.folder())?;
    note!(
        "{} of {}'s form: {} layers, {} heads, width {}, {} tokens, {} positions",
        model.name,
        config.architecture.name(),
        config.settings.layers,
        config.settings.heads,
        config.settings.width,
        config.vocabulary,
        config.longest,
    );
    Ok(())
}

/// The error with what can be done about it on the command line.
fn advised(error: DataError) -> anyhow::Error {
    match error {
        DataError::NoConnection { .. } => {
            anyhow!("{error}; HF_ENDPOINT names a server with the same addresses")
        }
        DataError::Refused { .. } => {
            anyhow!(
                "{error}; a checkpoint is a folder with config.json, tokenizer.json and model.safetensors"
            )
        }
        _ => error.into(),
    }
}
