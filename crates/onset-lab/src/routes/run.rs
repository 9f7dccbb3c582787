//! `/api/run…`: one run over its checkpoints.

use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use onset::inference::reads_new_words;
use onset::task::Split;
use onset::trajectory::{
    ExampleAt, ExampleEntry, ExampleQuery, Overview, RunCurves, WordCourse, WordLine, label_names,
    list_examples, recorded_splits,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::query::{Expected, Parameters};
use crate::failure::Failure;
use crate::lab::Lab;

/// Maximum number of examples in one response.
const MAX_EXAMPLES: usize = 100;

/// The routes for one run. The query names the run, because a name may contain any character, including `/`.
pub fn routes() -> Router<Arc<Lab>> {
    Router::new()
        .route("/api/run", get(run))
        .route("/api/run/examples", get(examples))
        .route("/api/run/example", get(example))
        .route("/api/run/words", get(words))
        .route("/api/run/word", get(word))
}

#[derive(Deserialize)]
struct RunQuery {
    run: String,
}

impl Expected for RunQuery {
    const EXPECTED: &'static str = "?run=RUN, the path of a run below the folder";
}

#[derive(Serialize)]
struct RunPage<'a> {
    #[serde(flatten)]
    overview: &'a Overview,
    /// The resolved spec, as TOML.
    spec: &'a str,
    curves: &'a RunCurves,
    /// The steps with attribution records.
    probe_steps: Vec<u64>,
    /// Whether its examples come from both splits, held-out and training.
    has_splits: bool,
    /// What its labels are called; none if it has none.
    labels: Vec<String>,
    /// Whether its model, at a checkpoint, can read words that it was not trained on.
    reads_own_words: bool,
}

async fn run(
    State(lab): State<Arc<Lab>>,
    Parameters(query): Parameters<RunQuery>,
) -> Result<Response, Failure> {
    lab.read(move |lab| {
        let run = lab.runs.open(&query.run)?;
        let page = RunPage {
            overview: &run.overview,
            spec: run.directory.spec_text(),
            curves: &*lab.runs.curves(&run)?,
            probe_steps: run.directory.probe_steps(),
            has_splits: recorded_splits(&run.directory)?.len() > 1,
            labels: label_names(&run.directory).unwrap_or_default(),
            reads_own_words: reads_new_words(&run.directory),
        };
        Ok(Json(page).into_response())
    })
    .await
}

#[derive(Deserialize)]
struct ExamplesQuery {
    run: String,
    #[serde(default, alias = "part")]
    split: Split,
    #[serde(default)]
    containing: String,
    #[serde(default)]
    wrong: bool,
}

impl Expected for ExamplesQuery {
    const EXPECTED: &'static str = "?run=RUN&split=validation&containing=TEXT&wrong=true; all but the run may be left out, and the split is training or validation";
}

#[derive(Serialize)]
struct Examples {
    examples: Vec<ExampleEntry>,
    /// Whether the list was cut off.
    cut: bool,
}

async fn examples(
    State(lab): State<Arc<Lab>>,
    Parameters(query): Parameters<ExamplesQuery>,
) -> Result<Json<Examples>, Failure> {
    let ExamplesQuery { run, split, containing, wrong } = query;
    let query = ExampleQuery { split, containing, wrong, limit: MAX_EXAMPLES };
    lab.read(move |lab| {
        let run = lab.runs.open(&run)?;
        let examples = list_examples(&run.directory, &query)?;
        Ok(Json(Examples { cut: examples.len() == query.limit, examples }))
    })
    .await
}

#[derive(Deserialize)]
struct OneExampleQuery {
    run: String,
    #[serde(default, alias = "part")]
    split: Split,
    example: i64,
    #[serde(default)]
    layer: i64,
    #[serde(default)]
    head: i64,
}

impl Expected for OneExampleQuery {
    const EXPECTED: &'static str = "?run=RUN&example=0&split=validation&layer=0&head=0, with whole numbers; split, layer and head may be left out";
}

async fn example(
    State(lab): State<Arc<Lab>>,
    Parameters(query): Parameters<OneExampleQuery>,
) -> Result<Response, Failure> {
    lab.read(move |lab| {
        let run = lab.runs.open(&query.run)?;
        let OneExampleQuery { split, example, layer, head, .. } = query;
        let course = lab.runs.example(&run, ExampleAt { split, example, layer, head })?;
        Ok(Json(&*course).into_response())
    })
    .await
}

async fn words(
    State(lab): State<Arc<Lab>>,
    Parameters(query): Parameters<RunQuery>,
) -> Result<Response, Failure> {
    lab.read(move |lab| {
        let run = lab.runs.open(&query.run)?;
        Ok(Json(&*lab.runs.words(&run)?).into_response())
    })
    .await
}

#[derive(Deserialize)]
struct WordQuery {
    run: String,
    word: String,
}

impl Expected for WordQuery {
    const EXPECTED: &'static str = "?run=RUN&word=WORD";
}

/// A word with its curves.
#[derive(Serialize)]
struct WordPage<'a> {
    steps: &'a [u64],
    #[serde(flatten)]
    course: &'a WordCourse,
    lines: &'a [WordLine],
}

async fn word(
    State(lab): State<Arc<Lab>>,
    Parameters(query): Parameters<WordQuery>,
) -> Result<Response, Failure> {
    lab.read(move |lab| {
        let run = lab.runs.open(&query.run)?;
        let courses = lab.runs.words(&run)?;
        let Some(course) = courses.words.iter().find(|course| course.word == query.word) else {
            return Err(Failure::not_found(
                "this word does not occur in the recorded examples of this run, or occurs too rarely",
            ));
        };
        Ok(Json(json!(WordPage { steps: &courses.steps, course, lines: &course.lines })).into_response())
    })
    .await
}
