//! `/api/runs` and `/api/curves`: the runs of the folder, and a comparison of their scores.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use onset::trajectory::{Comparison, Overview, compare};
use serde::{Deserialize, Serialize};

use super::query::{Expected, Parameters};
use crate::failure::Failure;
use crate::lab::Lab;

/// Maximum number of runs in one request.
const MAX_RUNS: usize = 500;

/// The routes for many runs.
pub fn routes() -> Router<Arc<Lab>> {
    Router::new().route("/api/runs", get(list)).route("/api/curves", get(curves))
}

#[derive(Serialize)]
struct RunList {
    folder: String,
    runs: Vec<Overview>,
}

async fn list(State(lab): State<Arc<Lab>>) -> Result<Json<RunList>, Failure> {
    lab.read(|lab| Ok(Json(RunList { folder: lab.runs.name(), runs: lab.runs.overviews()? }))).await
}

#[derive(Deserialize)]
struct CurvesQuery {
    /// A JSON list of ids, because a name may contain any character.
    runs: String,
    /// The name of the score.
    score: String,
    /// Whether the curve of each seed is included.
    #[serde(default)]
    seeds: bool,
}

impl Expected for CurvesQuery {
    const EXPECTED: &'static str =
        "?runs=LIST&score=NAME&seeds=true, with a JSON list of runs; seeds may be left out";
}

#[derive(Serialize)]
struct Curves {
    #[serde(flatten)]
    comparison: Comparison,
    /// The runs that cannot be read, with the reasons.
    failures: BTreeMap<String, String>,
}

/// Reads only the requested runs, so that other runs have no influence on the result.
async fn curves(
    State(lab): State<Arc<Lab>>,
    Parameters(query): Parameters<CurvesQuery>,
) -> Result<Json<Curves>, Failure> {
    let ids: Vec<String> = serde_json::from_str(&query.runs).map_err(|_| {
        Failure::bad_request(format!("`runs` is not a JSON list of runs: {}", CurvesQuery::EXPECTED))
    })?;
    if ids.len() > MAX_RUNS {
        return Err(Failure::bad_request(format!(
            "{} runs in one request; at most {MAX_RUNS} can be compared",
            ids.len()
        )));
    }
    lab.read(move |lab| {
        let (mut read, mut failures) = (Vec::new(), BTreeMap::new());
        for id in ids {
            match lab.runs.open(&id).and_then(|run| Ok((lab.runs.curves(&run)?, run.overview))) {
                Ok((curves, overview)) => read.push((overview, curves)),
                Err(failure) => {
                    let failure = lab.runs.without_root(failure);
                    failures.insert(id, failure.message().into());
                }
            }
        }
        Ok(Json(Curves { comparison: compare(read, &query.score, query.seeds), failures }))
    })
    .await
}
