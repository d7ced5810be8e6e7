//! One span and one measurement a request. Neither holds a query string, a header or a body: tokens live there.

use std::time::Instant;

use axum::extract::{MatchedPath, Request};
use axum::middleware::Next;
use axum::response::Response;
use telemetry::names;
use tracing::Instrument as _;
use tracing::field::Empty;

/// Stands for every address that is no route: clients invent those.
const NO_ROUTE: &str = "other";

/// Wraps a request in its span. The route is the pattern (`/api/v1/tasks/{id}`), never the address itself.
pub(crate) async fn observe(request: Request, next: Next) -> Response {
    let matched = request.extensions().get::<MatchedPath>();
    let route = matched.map_or(NO_ROUTE, MatchedPath::as_str).to_owned();
    let method = request.method().clone();
    let span = tracing::info_span!(
        "http.request",
        { names::OTEL_NAME } = format!("{method} {route}"),
        { names::OTEL_KIND } = "server",
        { names::HTTP_METHOD } = method.as_str(),
        { names::HTTP_ROUTE } = route,
        { names::HTTP_STATUS } = Empty,
    );
    let began = Instant::now();
    let response = next.run(request).instrument(span.clone()).await;
    let status = response.status().as_u16();
    // OpenTelemetry has no small numbers; the bridge would make text of one.
    span.record(names::HTTP_STATUS, i64::from(status));
    telemetry::metrics().http_request(method.as_str(), &route, status, began.elapsed());
    span.in_scope(|| tracing::debug!(status, took_us = began.elapsed().as_micros() as u64, "answered"));
    response
}
