//! One span and one measurement a request. Neither holds a query string, a header or a body: tokens live there.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;

/// Wraps a request in its span. `http.route` is the pattern (`/api/v1/tasks/{id}`), never the address itself.
pub(crate) async fn observe(request: Request, next: Next) -> Response {
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "other".to_owned(), |path| path.as_str().to_owned());
    let method = request.method().clone();
    let span = tracing::debug_span!(
        "http.request",
        "http.request.method" = %method,
        "http.route" = %route,
        "http.response.status_code" = tracing::field::Empty,
    );
    let began = Instant::now();
    async {
        let response = next.run(request).await;
        let status = response.status().as_u16();
        tracing::Span::current().record("http.response.status_code", status);
        tracing::debug!(took_us = began.elapsed().as_micros() as u64, status, "answered");
        response
    }
    .instrument(span)
    .await
}
