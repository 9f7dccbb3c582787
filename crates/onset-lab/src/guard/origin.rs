//! The Origin of a request.

use axum::http::header::{HeaderMap, ORIGIN};
use axum::http::{Method, StatusCode};

use crate::failure::Failure;

/// Refuses requests from other pages. A request that only reads may have no Origin, because browsers omit it; a request
/// that changes anything must have one.
pub fn check(method: &Method, headers: &HeaderMap, host: &str) -> Result<(), Failure> {
    let reads = matches!(*method, Method::GET | Method::HEAD);
    let own = format!("http://{host}");
    let mut origins = headers.get_all(ORIGIN).iter();
    let allowed = match origins.next() {
        None => reads,
        Some(origin) => origins.next().is_none() && origin.as_bytes().eq_ignore_ascii_case(own.as_bytes()),
    };
    // The relation of the requesting site, also sent if there is no Origin (an image, a link).
    let site = headers.get("sec-fetch-site").map(|site| site.as_bytes());
    // A link on another page may lead to the lab: the user sees the page, and the other page learns nothing.
    let navigates = headers.get("sec-fetch-mode").is_some_and(|mode| mode.as_bytes() == b"navigate");
    let foreign = matches!(site, Some(b"cross-site" | b"same-site")) && !(reads && navigates);
    if allowed && !foreign {
        return Ok(());
    }
    Err(Failure::new(
        StatusCode::FORBIDDEN,
        format!(
            "only the lab's own page may send this request; a program must send the header `Origin: {own}`"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(method: Method, headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        check(&method, &headers.collect::<HeaderMap>(), "127.0.0.1:7103").is_ok()
    }

    #[test]
    fn what_changes_anything_must_come_from_the_own_page() {
        let own = ("origin", "http://127.0.0.1:7103");
        assert!(allowed(Method::POST, &[own]));
        for origin in ["http://evil.example", "null", "http://127.0.0.1:7104", "https://127.0.0.1:7103"] {
            assert!(!allowed(Method::POST, &[("origin", origin)]), "{origin}");
            assert!(!allowed(Method::GET, &[("origin", origin)]), "{origin}");
        }
        assert!(!allowed(Method::POST, &[]));
        assert!(!allowed(Method::DELETE, &[own, ("sec-fetch-site", "cross-site")]));
    }

    #[test]
    fn reading_needs_no_origin_but_not_for_another_sites_page() {
        assert!(allowed(Method::GET, &[]));
        assert!(allowed(Method::GET, &[("sec-fetch-site", "same-origin")]));
        assert!(!allowed(Method::GET, &[("sec-fetch-site", "cross-site")]));
        assert!(allowed(Method::GET, &[("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]));
    }
}
