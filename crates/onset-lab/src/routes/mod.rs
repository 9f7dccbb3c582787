//! The router: one line a subject.

mod events;
mod live;
mod run;
mod runs;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::response::IntoResponse;
use axum::{Router, middleware};

use crate::failure::Failure;
use crate::lab::Lab;
use crate::{assets, guard};

/// The most bytes that a request's body may have.
const BODY: usize = 64 * 1024;

/// Everything that the lab answers.
pub fn router(lab: Arc<Lab>) -> Router {
    Router::new()
        .merge(assets::routes())
        .merge(runs::routes())
        .merge(run::routes())
        .merge(events::routes())
        .merge(live::routes())
        .fallback(async || {
            Failure::not_found("there is nothing at this address; the page is at /").into_response()
        })
        .method_not_allowed_fallback(async || {
            Failure::new(axum::http::StatusCode::METHOD_NOT_ALLOWED, "this address is not asked in that way")
        })
        .layer(DefaultBodyLimit::max(BODY))
        .layer(middleware::from_fn_with_state(Arc::clone(&lab), guard::check))
        .with_state(lab)
}
