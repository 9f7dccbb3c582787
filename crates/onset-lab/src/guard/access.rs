//! What a request may reach: everything, or, with a link to one training and no token, what shows that training.

use std::sync::Arc;

use axum::extract::Request;
use axum::http::Method;
use axum::response::Response;

use super::token::{cookie, cookies, redirect_with};
use crate::live::Sessions;

/// The access of a request that was let in. Routes take it as `Extension<Access>`.
#[derive(Debug, Clone)]
pub enum Access {
    /// To everything.
    Full,
    /// To the trainings with these ids alone.
    Guest(Arc<[String]>),
}

impl Access {
    /// Whether it is to one or some trainings alone.
    pub fn is_guest(&self) -> bool {
        matches!(self, Self::Guest(_))
    }

    /// Whether the training `id` may be watched.
    pub fn covers(&self, id: &str) -> bool {
        match self {
            Self::Full => true,
            Self::Guest(ids) => ids.iter().any(|known| known == id),
        }
    }
}

/// The trainings that the cookies of `request` name and that are open.
pub fn guest(request: &Request, port: u16, sessions: &Sessions) -> Vec<String> {
    let prefix = prefix(port);
    let ids = cookies(request).filter(|(name, _)| name.starts_with(&prefix)).map(|(_, id)| id);
    ids.filter(|id| sessions.get(id).is_some()).map(String::from).collect()
}

/// Whether a guest may send a request at all. Commands need the key of the training too.
pub fn admits(access: &Access, request: &Request) -> bool {
    let path = request.uri().path();
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let page = ["/", "/favicon.ico", "/api/lab", "/api/live/presets", "/api/stream"].contains(&path)
        || path.starts_with("/assets/");
    if page {
        return reads;
    }
    let Some((id, rest)) = path.strip_prefix("/api/live/sessions/").and_then(|path| path.split_once('/'))
    else {
        return false;
    };
    access.covers(id) && (rest == "command" || rest == "events" && reads)
}

/// The training that a link to it names: `/?watch=ID`.
pub fn watched(request: &Request) -> Option<&str> {
    let reads = request.method() == Method::GET && request.uri().path() == "/";
    let mut query = request.uri().query().filter(|_| reads)?.split('&');
    query.find_map(|pair| pair.strip_prefix("watch="))
}

/// Sets the cookie for one training and leads to the page.
pub fn enter(id: &str, port: u16) -> Response {
    // One for each training, so that a second link does not shut the first.
    let first: String = id.chars().take(8).collect();
    redirect_with(cookie(&format!("{}{first}", prefix(port)), id))
}

fn prefix(port: u16) -> String {
    format!("onset-watch-{port}-")
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    #[test]
    fn a_guest_reaches_the_page_and_its_trainings_and_nothing_else() {
        let access = Access::Guest(["abc".to_owned()].into());
        let admitted = |method: Method, path: &str| {
            admits(&access, &Request::builder().method(method).uri(path).body(Body::empty()).unwrap())
        };
        for path in ["/", "/assets/main.js", "/api/stream?sessions=abc", "/api/live/sessions/abc/events"] {
            assert!(admitted(Method::GET, path), "{path}");
        }
        assert!(admitted(Method::POST, "/api/live/sessions/abc/command"));
        for path in [
            "/api/runs",
            "/api/run?run=a",
            "/api/events",
            "/api/live/sessions",
            "/api/live/sessions/abd/events",
        ] {
            assert!(!admitted(Method::GET, path), "{path}");
        }
        for path in ["/", "/api/live/sessions", "/api/live/preview", "/api/live/sessions/abd/command"] {
            assert!(!admitted(Method::POST, path), "{path}");
        }
    }
}
