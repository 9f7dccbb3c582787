//! `/api/train/…`: runs of texts of one's own, begun from a page.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::body::{Body, Fields, KEY_HEADER, only, read, refused, shown};
use crate::failure::Failure;
use crate::lab::Lab;
use crate::trainings::{MOST_CHARACTERS, MOST_STEPS, TextFile, TextRun, Texts};

/// Bytes of a request, in which a character may take some.
const MAX_BODY: usize = 4 * MOST_CHARACTERS + 4096;

/// Characters of the name of a column or label at most.
const LONGEST_NAME: usize = 200;

/// Labels that are given a name at most.
const MOST_NAMES: usize = 200;

/// The largest seed that the page takes.
const LARGEST_SEED: u64 = 999_999_999;

/// The routes.
pub fn routes() -> Router<Arc<Lab>> {
    Router::new()
        .route("/api/train", post(begin).layer(DefaultBodyLimit::max(MAX_BODY)))
        .route("/api/train/files", get(files))
        .route("/api/train/stop", post(stop))
}

async fn files(State(lab): State<Arc<Lab>>) -> Result<Json<Vec<TextFile>>, Failure> {
    lab.read(|lab| Ok(Json(lab.trainings.files()))).await
}

async fn begin(State(lab): State<Arc<Lab>>, body: Body) -> Result<(StatusCode, Json<Value>), Failure> {
    let wanted = wanted(&read(body)?)?;
    let begun = lab.read(move |lab| lab.trainings.begin(&wanted)).await?;
    Ok((StatusCode::CREATED, Json(json!({ "run": begun.run, "key": begun.key }))))
}

async fn stop(State(lab): State<Arc<Lab>>, headers: HeaderMap, body: Body) -> Result<Json<Value>, Failure> {
    let fields = read(body)?;
    only(&fields, &["run"])?;
    let run = fields.get("run").and_then(Value::as_str);
    let run = run.ok_or_else(|| refused("the name of the run, `run`, is missing".into()))?;
    let key = headers.get(KEY_HEADER).and_then(|key| key.to_str().ok());
    lab.trainings.stop(run, key)?;
    Ok(Json(json!({})))
}

/// What a request asks for.
fn wanted(fields: &Fields) -> Result<TextRun, Failure> {
    only(fields, &["file", "rows", "text", "label", "label_names", "steps", "seed", "attention"])?;
    let texts = match (word(fields, "file")?, word(fields, "rows")?) {
        (Some(name), None) => Texts::File(name),
        (None, Some(rows)) if rows.chars().count() > MOST_CHARACTERS => {
            let message = format!(
                "the rows have more than {MOST_CHARACTERS} characters; put them into a file in the folder of runs"
            );
            return Err(Failure::new(StatusCode::PAYLOAD_TOO_LARGE, message));
        }
        (None, Some(rows)) => Texts::Rows(rows),
        _ => return Err(refused("choose a file, or paste rows".into())),
    };
    let column = |name: &str| match word(fields, name)? {
        Some(column) if column.chars().count() > LONGEST_NAME => {
            Err(refused(format!("a column's name has at most {LONGEST_NAME} characters")))
        }
        column => Ok(column),
    };
    Ok(TextRun {
        texts,
        text: column("text")?,
        label: column("label")?,
        label_names: names(fields)?,
        steps: number(fields, "steps", 500, 1, MOST_STEPS)?,
        seed: number(fields, "seed", 0, 0, LARGEST_SEED)?,
        uniform: match word(fields, "attention")?.as_deref() {
            None | Some("learned") => false,
            Some("uniform") => true,
            Some(other) => {
                let other = shown(&Value::from(other));
                return Err(refused(format!("attention cannot be {other}: it must be learned or uniform")));
            }
        },
    })
}

/// What labels are called; no more than a page can show.
fn names(fields: &Fields) -> Result<BTreeMap<String, String>, Failure> {
    let Some(given) = fields.get("label_names").filter(|given| !given.is_null()) else {
        return Ok(BTreeMap::new());
    };
    let name = |(label, name): (&String, &Value)| {
        let name = name.as_str().map(str::trim).filter(|name| !name.is_empty())?;
        let fits = label.chars().count().max(name.chars().count()) <= LONGEST_NAME;
        fits.then(|| (label.clone(), name.to_owned()))
    };
    let names = given.as_object().filter(|names| names.len() <= MOST_NAMES);
    names.and_then(|names| names.iter().map(name).collect()).ok_or_else(|| {
        refused(format!(
            "names of labels are a table of at most {MOST_NAMES} labels and what they are called, in {LONGEST_NAME} characters each"
        ))
    })
}

/// A field of text; none if it is missing or empty.
fn word(fields: &Fields, name: &str) -> Result<Option<String>, Failure> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone()).filter(|text| !text.trim().is_empty())),
        Some(other) => Err(refused(format!("`{name}` must be text, not {}", shown(other)))),
    }
}

fn number(fields: &Fields, name: &str, default: u64, from: u64, to: u64) -> Result<u64, Failure> {
    let Some(given) = fields.get(name).filter(|given| !given.is_null()) else { return Ok(default) };
    given.as_u64().filter(|number| (from..=to).contains(number)).ok_or_else(|| {
        refused(format!("{name} cannot be {}: it must be a whole number from {from} to {to}", shown(given)))
    })
}
