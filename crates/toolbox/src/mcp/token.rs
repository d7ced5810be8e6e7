//! A shared secret in front of the HTTP server.

use std::future::Future;
use std::pin::Pin;

use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::digest::Digest;

/// A layer that answers 401 to requests without the token.
pub(super) fn required(
    token: &str,
) -> impl Fn(Request, Next) -> Pin<Box<dyn Future<Output = Response> + Send>> + Clone + Send + Sync + 'static
{
    let wanted = Digest::of_bytes(token.as_bytes());
    move |request, next| {
        let authorised = sent(request.headers())
            // Digests are compared, so that the time taken says nothing about the token.
            .is_some_and(|token| Digest::of_bytes(token.as_bytes()) == wanted);
        Box::pin(async move { if authorised { next.run(request).await } else { refusal() } })
    }
}

fn sent(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

fn refusal() -> Response {
    let text = "This MCP server asks for a token: send it as `Authorization: Bearer TOKEN`.";
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")], text).into_response()
}
