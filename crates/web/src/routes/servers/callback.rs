//! `GET /oauth/callback`: the browser comes back from signing in to a server. Not part of the API.
//!
//! It may come without our cookie, since another site sent it; what it brings is bound to the sign-in that began here by
//! `state`, which is good once.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Redirect, Response};

use crate::state::AppState;

const FAILED: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width\"><title>Sign in · Bailiwick</title>\
    <h1>Signing in did not work</h1>\
    <p>Begin again from the server's page, or with <code>bailiwick gateway sign-in</code>. The log says more.</p></html>";

pub(crate) async fn callback(State(state): State<AppState>, RawQuery(query): RawQuery) -> Response {
    match state.servers.signed_in(&query.unwrap_or_default()).await {
        // A name of ours is made of letters, digits and `-`.
        Ok(name) => Redirect::to(&format!("/servers/{name}")).into_response(),
        Err(error) => {
            tracing::warn!(%error, "signing in to a server failed");
            (StatusCode::BAD_REQUEST, Html(FAILED)).into_response()
        }
    }
}
