//! `/api/run…`: one run along time.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use onset::probe::Part;
use onset::trajectory::{
    ExampleEntry, ExampleQuery, Overview, RunCurves, WordCourse, WordLine, list_examples,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::failure::Failure;
use crate::lab::Lab;

/// Examples that are listed at once.
const EXAMPLES: usize = 100;

/// The routes on one run. The run is named in the query: a name may hold any character, also `/`.
pub fn routes() -> Router<Arc<Lab>> {
    Router::new()
        .route("/api/run", get(run))
        .route("/api/run/examples", get(examples))
        .route("/api/run/example", get(example))
        .route("/api/run/words", get(words))
        .route("/api/run/word", get(word))
}

#[derive(Deserialize)]
struct Asked {
    run: String,
}

#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    overview: &'a Overview,
    /// The resolved spec, in TOML.
    spec: &'a str,
    curves: &'a RunCurves,
    /// The steps of which there are probes.
    probe_steps: Vec<u64>,
    /// Whether its examples come in parts: held out, and trained on.
    has_parts: bool,
}

async fn run(State(lab): State<Arc<Lab>>, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    lab.read(move |lab| {
        let run = lab.shelf.open(&asked.run)?;
        let shown = Shown {
            overview: &run.overview,
            spec: run.directory.spec_text(),
            curves: &*lab.shelf.curves(&run)?,
            probe_steps: run.directory.probe_steps(),
            has_parts: run.spec.task() != "copying",
        };
        Ok(Json(shown).into_response())
    })
    .await
}

#[derive(Deserialize)]
struct ExamplesAsked {
    run: String,
    #[serde(default)]
    part: PartAsked,
    #[serde(default)]
    containing: String,
    #[serde(default)]
    wrong: bool,
}

/// A part by the name that records give it.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum PartAsked {
    #[default]
    Validation,
    Training,
}

impl From<PartAsked> for Part {
    fn from(part: PartAsked) -> Self {
        match part {
            PartAsked::Validation => Self::Validation,
            PartAsked::Training => Self::Training,
        }
    }
}

#[derive(Serialize)]
struct Examples {
    examples: Vec<ExampleEntry>,
    /// Whether there may be more.
    cut: bool,
}

async fn examples(
    State(lab): State<Arc<Lab>>,
    Query(asked): Query<ExamplesAsked>,
) -> Result<Json<Examples>, Failure> {
    let ExamplesAsked { run, part, containing, wrong } = asked;
    let query = ExampleQuery { part: part.into(), containing, wrong, limit: EXAMPLES };
    lab.read(move |lab| {
        let run = lab.shelf.open(&run)?;
        let examples = list_examples(&run.directory, &run.spec, &query)?;
        Ok(Json(Examples { cut: examples.len() == query.limit, examples }))
    })
    .await
}

#[derive(Deserialize)]
struct ExampleAsked {
    run: String,
    #[serde(default)]
    part: PartAsked,
    example: i64,
}

async fn example(
    State(lab): State<Arc<Lab>>,
    Query(asked): Query<ExampleAsked>,
) -> Result<Response, Failure> {
    lab.read(move |lab| {
        let run = lab.shelf.open(&asked.run)?;
        let course = lab.shelf.example(&run, asked.part.into(), asked.example)?;
        Ok(Json(&*course).into_response())
    })
    .await
}

async fn words(State(lab): State<Arc<Lab>>, Query(asked): Query<Asked>) -> Result<Response, Failure> {
    lab.read(move |lab| {
        let run = lab.shelf.open(&asked.run)?;
        Ok(Json(&*lab.shelf.words(&run)?).into_response())
    })
    .await
}

#[derive(Deserialize)]
struct WordAsked {
    run: String,
    word: String,
}

/// A word with what is drawn of it.
#[derive(Serialize)]
struct ShownWord<'a> {
    steps: &'a [u64],
    #[serde(flatten)]
    course: &'a WordCourse,
    lines: &'a [WordLine],
}

async fn word(State(lab): State<Arc<Lab>>, Query(asked): Query<WordAsked>) -> Result<Response, Failure> {
    lab.read(move |lab| {
        let run = lab.shelf.open(&asked.run)?;
        let courses = lab.shelf.words(&run)?;
        let Some(course) = courses.words.iter().find(|course| course.word == asked.word) else {
            return Err(Failure::not_found(
                "this word is not in the probed examples of the run, or too seldom to say anything of it",
            ));
        };
        Ok(Json(json!(ShownWord { steps: &courses.steps, course, lines: &course.lines })).into_response())
    })
    .await
}
