//! A server with everything that the official conformance suite asks a server for, served by `mcp::serve`.
//!
//! `fixture_server --port 0` prints the address it serves; with `--legacy` it answers as servers before 2026-07-28 do.
//! `fixture_server --stdio` speaks over its pipes. It is what the suite is run against, directly and behind the gateway.

mod changes;
mod fixture;
mod prompts;
mod questions;
mod resources;
mod tools;

use std::sync::Arc;

use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use fixture::Fixture;
use http::StatusCode;
use http::header::{HOST, ORIGIN};
use mcp::serve::{Options, router, serve_stdio};
use mcp::version::{Era, Version};
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let service = Arc::new(Fixture::default());
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["--stdio"] => {
            let (stdin, stdout) = (tokio::io::stdin(), tokio::io::stdout());
            Ok(serve_stdio(service, Options::default(), stdin, stdout, http::Extensions::new()).await?)
        }
        ["--port", port, ref more @ ..] if more.is_empty() || more == ["--legacy"] => {
            let listener = TcpListener::bind(("127.0.0.1", port.parse()?)).await?;
            println!("http://{}/mcp", listener.local_addr()?);
            let mut app = router(service, Options::default());
            if !more.is_empty() {
                app = app.layer(from_fn(only_legacy));
            }
            let app = app.layer(from_fn(only_local_names));
            let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
                // An answer in small pieces would wait for acknowledgments otherwise.
                let _ = stream.set_nodelay(true);
            });
            Ok(axum::serve(listener, app).await?)
        }
        _ => Err("usage: fixture_server --port PORT [--legacy] | --stdio".into()),
    }
}

/// A page of another site that got its name resolved to this address sends that name.
async fn only_local_names(request: Request, next: Next) -> Response {
    let is_local = |value: &http::HeaderValue| {
        let text = value.to_str().unwrap_or_default();
        let host = text.split_once("://").map_or(text, |(_, host)| host);
        let name = host
            .rsplit_once(':')
            .filter(|(_, port)| port.parse::<u16>().is_ok())
            .map_or(host, |(name, _)| name);
        ["localhost", "127.0.0.1", "[::1]"].contains(&name)
    };
    let headers = request.headers();
    let all_local = headers.get(HOST).is_some_and(is_local) && headers.get(ORIGIN).is_none_or(is_local);
    if all_local { next.run(request).await } else { StatusCode::FORBIDDEN.into_response() }
}

/// Refuses what an older server does not know.
async fn only_legacy(request: Request, next: Next) -> Response {
    let version = request.headers().get("mcp-protocol-version").and_then(|value| value.to_str().ok());
    match version.and_then(Version::parse).map(Version::era) {
        Some(Era::Modern) => {
            (StatusCode::BAD_REQUEST, "Bad Request: Unsupported protocol version").into_response()
        }
        _ => next.run(request).await,
    }
}
