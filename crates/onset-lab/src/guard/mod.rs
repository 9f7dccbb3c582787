//! Access control, the first step of every request.
//!
//! A page on the web can make a browser send requests to this machine. Three checks reject them. The Host must be a
//! name of this machine, so that a foreign name that resolves to it (DNS rebinding) is refused. A request that changes
//! anything must come from the lab's own page, by its Origin. If the lab listens to other machines, every request must
//! carry the token, or name a training that a link shared ([`Access`]). In addition, the headers of every response
//! forbid the browser to load anything from elsewhere.

mod access;
mod headers;
mod host;
mod login;
mod origin;
mod token;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

pub use self::access::Access;
pub use self::host::Hosts;
pub use self::token::{Presented, Token};

use crate::failure::Failure;
use crate::lab::Lab;

/// The data for the checks.
#[derive(Debug)]
pub struct Guard {
    /// The names of this machine.
    pub hosts: Hosts,
    /// The token, if one is required.
    pub token: Option<Token>,
    /// The port, which distinguishes the cookies of several labs.
    pub port: u16,
    /// The lab, whose trainings links may name.
    pub lab: Arc<Lab>,
}

/// Passes a request on, or responds to it.
pub async fn check(State(guard): State<Arc<Guard>>, mut request: Request, next: Next) -> Response {
    let mut response = match admit(&guard, &request) {
        Ok(Entry::Access(access)) => {
            request.extensions_mut().insert(access);
            next.run(request).await
        }
        Ok(Entry::Login) => login::answer(guard.token.as_ref(), request).await,
        Ok(Entry::Response(response)) => response,
        Err(failure) => failure.into_response(),
    };
    headers::add(response.headers_mut());
    response
}

/// How a request goes on.
enum Entry {
    /// To its route.
    Access(Access),
    /// To the page that asks for the token.
    Login,
    /// It is answered.
    Response(Response),
}

/// How a request may go on.
fn admit(guard: &Guard, request: &Request) -> Result<Entry, Failure> {
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
    let own_page = || origin::check(request.method(), request.headers(), host.as_deref().unwrap_or_default());
    if login::is_part(request.uri().path()) {
        own_page()?;
        return Ok(Entry::Login);
    }
    let watched = access::watched(request);
    let Some(token) = &guard.token else {
        own_page()?;
        // The fragment, which names the training to the page, stays with the browser.
        return Ok(match watched {
            Some(_) => Entry::Response(Redirect::to("/").into_response()),
            None => Entry::Access(Access::Full),
        });
    };
    match token.presented_by(request) {
        Presented::InCookieOrHeader => {
            own_page()?;
            return Ok(match watched {
                Some(_) => Entry::Response(Redirect::to("/").into_response()),
                None => Entry::Access(Access::Full),
            });
        }
        Presented::InAddress => return Ok(Entry::Response(token.set_cookie())),
        Presented::No => {}
    }
    if let Some(session) = watched.and_then(|id| guard.lab.sessions.get(id)) {
        return Ok(Entry::Response(access::enter(session.id(), guard.port)));
    }
    let access = Access::Guest(access::guest(request, guard.port, &guard.lab.sessions).into());
    let is_known = matches!(&access, Access::Guest(ids) if !ids.is_empty());
    if is_known && access::admits(&access, request) {
        own_page()?;
        return Ok(Entry::Access(access));
    }
    if login::wants_page(request) {
        return Ok(Entry::Response(login::page(StatusCode::UNAUTHORIZED, watched.map(|_| login::OVER))));
    }
    Err(Failure::new(
        StatusCode::UNAUTHORIZED,
        "this lab requires a token; open the complete printed address, which ends in ?token=…, or send \
         `Authorization: Bearer …`",
    ))
}
