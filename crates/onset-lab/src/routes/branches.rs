//! `/api/branches`: which runs of the folder left which, and what each change did.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Json, Router};
use onset::study::Branches;

use crate::failure::Failure;
use crate::lab::Lab;

/// The route.
pub fn routes() -> Router<Arc<Lab>> {
    Router::new().route("/api/branches", get(branches))
}

async fn branches(State(lab): State<Arc<Lab>>) -> Result<Json<Branches>, Failure> {
    lab.read(|lab| lab.runs.branches().map(Json)).await
}
