//! The page: files embedded in the binary. The charts are those of reports, from the folder of the library. A debug build reads
//! the files from disk, so that a change shows when the page is reloaded.

use axum::Router;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use rust_embed::RustEmbed;

use crate::failure::Failure;

#[derive(RustEmbed)]
#[folder = "assets/"]
struct Assets;

#[derive(RustEmbed)]
#[folder = "../onset/charts/"]
struct Charts;

/// `/` and `/assets/…`.
pub fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/", get(async |headers: HeaderMap| file("index.html", &headers)))
        .route("/favicon.ico", get(async |headers: HeaderMap| file("icon.svg", &headers)))
        .route(
            "/assets/{*path}",
            get(async |Path(path): Path<String>, headers: HeaderMap| file(&path, &headers)),
        )
}

/// An embedded file by its name; only embedded files can be reached.
fn file(name: &str, headers: &HeaderMap) -> Response {
    let (Some(kind), Some((content, hash))) = (media_type(name), embedded(name)) else {
        return Failure::not_found("there is no such file on the page; reload it").into_response();
    };
    let tag = format!("\"{hash}\"");
    if headers.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return (StatusCode::NOT_MODIFIED, [(ETAG, tag)]).into_response();
    }
    // Browsers revalidate each file, so that a newer binary shows its own page. Unchanged files are not sent again.
    let headers = [(CONTENT_TYPE, kind.to_owned()), (CACHE_CONTROL, "no-cache".into()), (ETAG, tag)];
    (headers, content).into_response()
}

/// The content of a file and a digest of it.
fn embedded(name: &str) -> Option<(Vec<u8>, String)> {
    let file = match name.strip_prefix("charts/") {
        Some(chart) => Charts::get(chart)?,
        None => Assets::get(name)?,
    };
    Some((file.data.into_owned(), onset::store::hex(&file.metadata.sha256_hash()[..12])))
}

fn media_type(name: &str) -> Option<&'static str> {
    Some(match name.rsplit_once('.')?.1 {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => return None,
    })
}
