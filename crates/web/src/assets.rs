//! The dashboard, compiled into the binary by `build/main.rs`.

use std::borrow::Cow;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use rust_embed::EmbeddedFile;

use crate::problem::Problem;

/// `index.html`, files beside it, and `assets/` with names that hold a hash of their content. Text lies there
/// three times: as it is, and compressed as `.br` and `.gz`.
#[derive(rust_embed::Embed)]
#[folder = "$OUT_DIR/site"]
struct Site;

/// Names in here change with their content.
const HASHED: &str = "assets/";
const FOREVER: &str = "public, max-age=31536000, immutable";
/// Kept, but asked about each time (`ETag`).
const ASK_EACH_TIME: &str = "no-cache";

/// Everything that is no other route: a file of the dashboard, or the page that finds its own way.
pub(crate) async fn serve(request: Request) -> Response {
    let path = request.uri().path();
    if path == "/api" || path.starts_with("/api/") {
        let detail = format!("There is no `{path}`. /api/v1/openapi.json lists what there is.");
        return Problem::not_found(detail).into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        return Problem::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "method_not_allowed",
            "Only GET and HEAD fetch the dashboard.",
        )
        .into_response();
    }
    let name = path.trim_start_matches('/');
    if !name.is_empty() && Site::get(name).is_some() {
        return file(name, request.headers());
    }
    if name.starts_with(HASHED) {
        // Not the page: a browser would take it for the script that it asked for.
        return Problem::not_found("This file is of another version of the dashboard. Reload the page.")
            .into_response();
    }
    file("index.html", request.headers())
}

fn file(name: &str, wanted: &HeaderMap) -> Response {
    let Some(plain) = Site::get(name) else {
        return Problem::internal("The dashboard is missing from this build.").into_response();
    };
    let mime = with_charset(plain.metadata.mimetype());
    let (encoding, chosen) = best(name, plain, wanted);
    let etag = format!("\"{}\"", blake3::Hash::from_bytes(chosen.metadata.sha256_hash()).to_hex());
    let cache = if name.starts_with(HASHED) { FOREVER } else { ASK_EACH_TIME };
    let headers =
        [(header::CACHE_CONTROL, cache), (header::ETAG, etag.as_str()), (header::VARY, "accept-encoding")];
    if has(wanted, &etag) {
        return (StatusCode::NOT_MODIFIED, headers).into_response();
    }
    let bytes = match chosen.data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    let mut response = (headers, [(header::CONTENT_TYPE, mime)], Body::from(bytes)).into_response();
    if let Some(encoding) = encoding {
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    response
}

/// The smallest form of a file that the browser takes.
fn best(name: &str, plain: EmbeddedFile, wanted: &HeaderMap) -> (Option<&'static str>, EmbeddedFile) {
    for (encoding, suffix) in [("br", "br"), ("gzip", "gz")] {
        if accepts(wanted, encoding)
            && let Some(file) = Site::get(&format!("{name}.{suffix}"))
        {
            return (Some(encoding), file);
        }
    }
    (None, plain)
}

fn accepts(wanted: &HeaderMap, encoding: &str) -> bool {
    let listed = wanted.get_all(header::ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
    listed.flat_map(|value| value.split(',')).any(|item| {
        let (name, weight) = item.split_once(';').unwrap_or((item, "q=1"));
        let refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0_f32));
        name.trim().eq_ignore_ascii_case(encoding) && !refused
    })
}

fn has(wanted: &HeaderMap, etag: &str) -> bool {
    let known = wanted.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or_default();
    known.split(',').any(|known| known.trim().trim_start_matches("W/") == etag)
}

fn with_charset(mime: &str) -> String {
    if mime.starts_with("text/") { format!("{mime}; charset=utf-8") } else { mime.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_counts_when_it_is_listed_and_not_refused() {
        let accepts = |value: &'static str, encoding| {
            let mut headers = HeaderMap::new();
            headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static(value));
            accepts(&headers, encoding)
        };
        assert!(accepts("gzip, deflate, br", "br"));
        assert!(accepts("GZIP;q=0.5", "gzip"));
        assert!(!accepts("br;q=0, gzip", "br"));
        assert!(!accepts("broken", "br"));
        assert!(!accepts("", "gzip"));
    }
}
