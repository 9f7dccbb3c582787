//! The router: one line a subject.

mod events;
mod live;
mod run;
mod runs;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Router, middleware};

use crate::failure::Failure;
use crate::lab::Lab;
use crate::{assets, guard};

/// The most bytes that a request's body may have.
const BODY: usize = 64 * 1024;

/// How long a request that has a body may take: its body must come, and what it asks for must be begun.
const PATIENCE: Duration = Duration::from_secs(15);

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
            Failure::new(StatusCode::METHOD_NOT_ALLOWED, "this address is not asked in that way")
        })
        .layer(DefaultBodyLimit::max(BODY))
        .layer(middleware::from_fn(hurry))
        .layer(middleware::from_fn_with_state(Arc::clone(&lab), guard::check))
        .with_state(lab)
}

/// Ends a request whose body does not come.
async fn hurry(request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    match tokio::time::timeout(PATIENCE, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let message = "the request took too long to arrive; send it again";
            Failure::new(StatusCode::REQUEST_TIMEOUT, message).into_response()
        }
    }
}
