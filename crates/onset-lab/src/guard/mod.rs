//! Access control, the first step of every request.
//!
//! A page on the web can make a browser send requests to this machine. Three checks reject them. The Host must be a
//! name of this machine, so that a foreign name that resolves to it (DNS rebinding) is refused. A request that changes
//! anything must come from the lab's own page, by its Origin. If the lab listens to other machines, every request must
//! carry the token. In addition, the headers of every response forbid the browser to load anything from elsewhere.

mod headers;
mod host;
mod origin;
mod token;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

pub use self::host::Hosts;
pub use self::token::{Presented, Token};

use crate::failure::Failure;

/// The data for the checks.
#[derive(Debug)]
pub struct Guard {
    /// The names of this machine.
    pub hosts: Hosts,
    /// The token, if one is required.
    pub token: Option<Token>,
}

/// Passes a request on, or responds to it.
pub async fn check(State(guard): State<Arc<Guard>>, request: Request, next: Next) -> Response {
    let mut response = match admit(&guard, &request) {
        Ok(None) => next.run(request).await,
        Ok(Some(response)) => response,
        Err(failure) => failure.into_response(),
    };
    headers::add(response.headers_mut());
    response
}

/// `None` if the request may pass; otherwise the response.
fn admit(guard: &Guard, request: &Request) -> Result<Option<Response>, Failure> {
    let host = host::of(request);
    if !host.as_deref().is_some_and(|host| guard.hosts.know(host)) {
        let found = host.unwrap_or_else(|| "none".into());
        return Err(Failure::new(
            StatusCode::MISDIRECTED_REQUEST,
            format!(
                "the request's Host header ({found}) does not name this lab; open the printed address, or \
                 allow the name with --host-name"
            ),
        ));
    }
    if let Some(token) = &guard.token {
        match token.presented_by(request) {
            Presented::InCookieOrHeader => {}
            Presented::InAddress => return Ok(Some(token.set_cookie())),
            Presented::No => {
                return Err(Failure::new(
                    StatusCode::UNAUTHORIZED,
                    "this lab requires a token; open the complete printed address, which ends in ?token=…",
                ));
            }
        }
    }
    origin::check(request.method(), request.headers(), host.as_deref().unwrap_or_default())?;
    Ok(None)
}
