//! `GET /sign-in?token=…`: a one-time link becomes a session.

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse, Redirect, Response};
use serde::Deserialize;

use crate::problem::Problem;
use crate::security::session;
use crate::state::AppState;

/// Shown instead of a problem: a person reads it in a browser.
const NO_WAY_IN: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width\"><title>Sign in · Bailiwick</title>\
    <h1>This sign-in link does not work</h1>\
    <p>A link works once and for a few minutes. It was used before, has expired, or is not complete.</p>\
    <p>Run <code>bailiwick sign-in</code> in a terminal to get a new one.</p></html>";

#[derive(Deserialize)]
pub(crate) struct SignInQuery {
    #[serde(default)]
    token: String,
}

/// Not part of the API: a browser comes here by a link, and goes on to the dashboard with a cookie.
pub(crate) async fn sign_in(
    State(state): State<AppState>,
    headers: HeaderMap,
    Query(query): Query<SignInQuery>,
) -> Result<Response, Problem> {
    if !state.sign_in.redeem(&query.token) {
        return Ok((StatusCode::UNAUTHORIZED, Html(NO_WAY_IN)).into_response());
    }
    let cookie = session::begin(&state, &headers).await?;
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response())
}
