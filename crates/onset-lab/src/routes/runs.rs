//! `/api/runs…`: what is on record.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use onset::store::find_runs;
use serde_json::{Value, json};

use crate::failure::Failure;
use crate::lab::Lab;

/// The routes on runs.
pub fn routes() -> Router<Arc<Lab>> {
    Router::new().route("/api/runs", get(list))
}

/// The runs of the folder.
async fn list(State(lab): State<Arc<Lab>>) -> Result<Json<Value>, Failure> {
    let runs = find_runs(&lab.folder)?;
    let listed = runs.iter().map(|run| {
        let id = run.path.strip_prefix(&lab.folder).unwrap_or(&run.path).to_string_lossy();
        match &run.manifest {
            Ok(manifest) => json!({ "id": id, "manifest": manifest }),
            Err(error) => json!({ "id": id, "error": error.to_string() }),
        }
    });
    Ok(Json(json!({ "runs": listed.collect::<Vec<_>>() })))
}
