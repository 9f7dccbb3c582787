//! The page that asks for the token. It is all that a browser without one sees.

use std::time::Duration;

use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::header::{ACCEPT, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};

use super::token::Token;
use crate::failure::Failure;

/// The address that takes the token.
const ADDRESS: &str = "/login";

/// The style and the script of the page, which anybody may have.
const PARTS: [(&str, &str, &str); 2] = [
    ("/login.css", "text/css; charset=utf-8", include_str!("login/login.css")),
    ("/login.js", "text/javascript; charset=utf-8", include_str!("login/login.js")),
];

/// Maximum size of a form, in bytes.
const MAX_FORM: usize = 4096;

/// Time limit for a form to arrive.
const FORM_TIMEOUT: Duration = Duration::from_secs(15);

/// For a link to a training that is over.
pub const OVER: &str = "The training of this link is over, or the lab was started anew. Ask for another link, or give \
                        the lab’s token.";

const WRONG: &str = "That is not this lab’s token. Copy it from the terminal in which the lab was started: it is what \
                     follows “?token=” in the printed address.";

/// Whether a path belongs to the page that asks for the token.
pub fn is_part(path: &str) -> bool {
    path == ADDRESS || PARTS.iter().any(|(part, ..)| *part == path)
}

/// Whether the request is a browser's for a page, and not a program's or a script's.
pub fn wants_page(request: &Request) -> bool {
    let accepts = request.headers().get(ACCEPT).and_then(|accept| accept.to_str().ok());
    request.method() == Method::GET && accepts.is_some_and(|accept| accept.contains("text/html"))
}

/// The page, with a sentence above the field.
pub fn page(status: StatusCode, remark: Option<&str>) -> Response {
    let remark = remark.map_or(String::new(), |remark| format!("<p role=\"alert\">{remark}</p>"));
    let page = include_str!("login/login.html").replace("REMARK", &remark);
    let mut response = (status, Html(page)).into_response();
    let policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
                  base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}

/// Answers a request to the page's own addresses.
pub async fn answer(token: Option<&Token>, request: Request) -> Response {
    if let Some((_, kind, content)) = PARTS.iter().find(|(part, ..)| *part == request.uri().path()) {
        return ([(CONTENT_TYPE, *kind)], *content).into_response();
    }
    let Some(token) = token else { return Redirect::to("/").into_response() };
    if request.method() == Method::GET {
        return page(StatusCode::OK, None);
    }
    if request.method() != Method::POST {
        return Failure::new(StatusCode::METHOD_NOT_ALLOWED, "this address takes a form, by POST")
            .into_response();
    }
    let form = tokio::time::timeout(FORM_TIMEOUT, to_bytes(request.into_body(), MAX_FORM)).await;
    let Ok(Ok(form)) = form else { return page(StatusCode::BAD_REQUEST, Some(WRONG)) };
    let given = String::from_utf8_lossy(&form);
    let given = given.split('&').find_map(|pair| pair.strip_prefix("token=")).unwrap_or_default();
    // A token has letters, digits, `-` and `_` alone, which a form sends as they are; spaces around it were pasted.
    if token.matches(given.trim_matches('+')) {
        token.set_cookie()
    } else {
        page(StatusCode::UNAUTHORIZED, Some(WRONG))
    }
}
