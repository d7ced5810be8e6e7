//! `GET /metrics`: for Prometheus.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::problem::Problem;
use crate::security::{host, session};
use crate::state::AppState;

/// All metrics in Prometheus' text format. From this machine no sign-in is needed; from elsewhere it is.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "server",
    security((), ("session" = []), ("local_token" = [])),
    responses((status = OK, body = String, content_type = "text/plain"))
)]
pub(crate) async fn metrics(
    State(state): State<AppState>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Result<Response, Problem> {
    // A proxy on this machine is a loopback peer too, but passes on the name under which it was asked.
    let by_loopback_name =
        host::authority(&request).is_some_and(|authority| state.allowed_hosts.is_loopback(&authority));
    if !(peer.ip().is_loopback() && by_loopback_name) {
        session::authenticate(&state, request.headers()).await?;
    }
    let text = telemetry::prometheus_text();
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}
