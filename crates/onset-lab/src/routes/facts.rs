//! `/api/lab`: what the page must know of the lab before it shows anything.

use std::sync::Arc;

use axum::extract::State;
use axum::routing::get;
use axum::{Extension, Json, Router};
use serde::Serialize;

use crate::guard::Access;
use crate::lab::Lab;

/// The route.
pub fn routes() -> Router<Arc<Lab>> {
    Router::new().route("/api/lab", get(facts))
}

#[derive(Serialize)]
struct Facts {
    /// Whether the browser may see one or some trainings alone.
    guest: bool,
    /// Addresses of the lab for other machines, the best first.
    addresses: Vec<String>,
}

async fn facts(State(lab): State<Arc<Lab>>, Extension(access): Extension<Access>) -> Json<Facts> {
    Json(Facts { guest: access.is_guest(), addresses: lab.addresses.clone() })
}
