//! `/api/live/…`: trainings that the lab itself does.

use std::sync::Arc;

use axum::Router;

use crate::lab::Lab;

/// The routes of live training.
pub fn routes() -> Router<Arc<Lab>> {
    Router::new()
}
