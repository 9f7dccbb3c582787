//! The router: one line per subject.

mod body;
mod branches;
mod events;
mod facts;
mod live;
mod live_body;
mod own;
mod query;
mod run;
mod runs;
mod stream;
mod train;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Router, middleware};

use crate::assets;
use crate::failure::Failure;
use crate::guard::{self, Guard};
use crate::lab::Lab;

/// Maximum size of a request body, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// Time limit for a request with a body, from its head to the head of the response.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);

/// All routes of the lab, behind its guard.
pub fn router(lab: Arc<Lab>, guard: Arc<Guard>) -> Router {
    Router::new()
        .merge(assets::routes())
        .merge(runs::routes())
        .merge(run::routes())
        .merge(branches::routes())
        .merge(own::routes())
        .merge(train::routes())
        .merge(events::routes())
        .merge(live::routes())
        .merge(facts::routes())
        .merge(stream::routes())
        .fallback(async || {
            Failure::not_found("there is nothing at this address; the page is at /").into_response()
        })
        .method_not_allowed_fallback(async || {
            Failure::new(StatusCode::METHOD_NOT_ALLOWED, "this address does not support that method")
        })
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .layer(middleware::from_fn(limit_time))
        .layer(middleware::from_fn_with_state(guard, guard::check))
        .with_state(lab)
}

/// Ends a request with a body after [`REQUEST_TIMEOUT`].
async fn limit_time(request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        return next.run(request).await;
    }
    match tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => {
            let message = "the request took too long to arrive; send it again";
            Failure::new(StatusCode::REQUEST_TIMEOUT, message).into_response()
        }
    }
}
