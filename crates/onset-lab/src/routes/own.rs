//! `/api/run/own`: what a run's model makes of words of one's own, at one of its checkpoints.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use axum::{Json, Router};
use onset::decode::BeamSettings;
use onset::inference::{ClassifiedText, ClassifierError, Interpreter, InterpreterError, TextClassifier};
use onset::store::RunDirectory;
use serde::{Deserialize, Serialize};

use super::query::{Expected, Parameters};
use crate::failure::Failure;
use crate::lab::Lab;

/// Characters of a text at most.
const MAX_CHARACTERS: usize = 1000;

/// The likeliest next subword is taken each time, so that an answer comes while one types.
const GREEDY: BeamSettings =
    BeamSettings { beam: 1, max_tokens: 60, length_penalty: 1.0, source_factor: Some(2) };

/// The route.
pub fn routes() -> Router<Arc<Lab>> {
    Router::new().route("/api/run/own", get(own))
}

#[derive(Deserialize)]
struct OwnQuery {
    run: String,
    text: String,
    step: u64,
}

impl Expected for OwnQuery {
    const EXPECTED: &'static str = "?run=RUN&step=0&text=TEXT, with a whole number of steps";
}

/// What the model makes of a text, and the checkpoint that was read.
#[derive(Serialize)]
struct Own {
    step: u64,
    #[serde(flatten)]
    made: Made,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Made {
    /// α, β and Δ of each word, and the probability of each label.
    Text {
        labels: Vec<String>,
        #[serde(flatten)]
        classified: ClassifiedText,
    },
    /// The translation, and α of each of its subwords (a row) over those of the source.
    Translation { translation: String, source: Vec<String>, target: Vec<String>, alpha: Vec<Vec<f32>> },
}

async fn own(
    State(lab): State<Arc<Lab>>,
    Parameters(query): Parameters<OwnQuery>,
) -> Result<Json<Own>, Failure> {
    let characters = query.text.chars().count();
    if characters > MAX_CHARACTERS {
        let message = format!("the text has {characters} characters; at most {MAX_CHARACTERS} are read here");
        return Err(Failure::bad_request(message));
    }
    lab.read(move |lab| read(&lab.runs.open(&query.run)?.directory, &query).map(Json)).await
}

fn read(directory: &RunDirectory, query: &OwnQuery) -> Result<Own, Failure> {
    let steps = directory.checkpoint_steps();
    let before = steps.iter().rev().find(|&&step| step <= query.step);
    let Some(&step) = before.or(steps.first()) else {
        return Err(Failure::not_found("this run kept no parameters, so its model cannot read new words"));
    };
    let texts = [&query.text];
    let made = match TextClassifier::open(directory.path(), Some(step)) {
        Ok(mut classifier) => {
            let classified = classifier.classify(&texts).remove(0);
            Made::Text { labels: classifier.labels().to_vec(), classified }
        }
        Err(ClassifierError::OtherTask { .. }) => {
            let mut interpreter =
                Interpreter::open(directory.path(), Some(step)).map_err(cannot_translate)?;
            let read = interpreter.translate(&texts, GREEDY, 1).remove(0);
            Made::Translation {
                translation: read.text,
                source: read.source,
                target: read.target,
                alpha: read.translation.alpha,
            }
        }
        Err(error) => return Err(Failure::unreadable(error.to_string())),
    };
    Ok(Own { step, made })
}

fn cannot_translate(error: InterpreterError) -> Failure {
    match error {
        InterpreterError::OtherTask { .. } => {
            let message = "only models of texts with labels, and of translations, read new words here";
            Failure::new(StatusCode::CONFLICT, message)
        }
        error => Failure::unreadable(error.to_string()),
    }
}
