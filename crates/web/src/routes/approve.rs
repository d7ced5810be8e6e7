//! `/approve/{token}`: the page behind a link that answers one question. Not part of the API: a person opens it on a
//! phone, with no session.
//!
//! Looking does not use the link up, because chats and mail programs look at links before people do.

use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use chrono::Utc;
use domain::approval::{Answer, Approval, ApprovalKind, ApprovalStatus};
use store::Resolve;

use crate::problem::Problem;
use crate::security::approval_link::ApprovalLink;
use crate::security::roles::{OF_A_LINK, may_answer};
use crate::state::AppState;

/// Longest arguments that the page shows, characters.
const ARGUMENTS_CHARS_MAX: usize = 4_000;

/// How the record names who answered.
const BY: &str = "link";

pub(crate) async fn show(
    State(state): State<AppState>,
    Path(token): Path<String>,
) -> Result<Response, Problem> {
    let Some(link) = read(&state, &token).await? else { return Ok(used_up()) };
    let approval = state.tenant.approval(link.approval_id).await?;
    if approval.status != ApprovalStatus::Pending {
        return Ok(used_up());
    }
    Ok(page(StatusCode::OK, &question(&approval, &token)))
}

pub(crate) async fn answer(
    State(state): State<AppState>,
    Path((token, answer)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let answer = match answer.as_str() {
        "approve" => Answer::Approve,
        "deny" => Answer::Deny,
        _ => return Err(Problem::not_found("A link answers with `approve` or `deny`.")),
    };
    let Some(link) = read(&state, &token).await? else { return Ok(used_up()) };
    may_answer(&state.tenant.approval(link.approval_id).await?, OF_A_LINK)?;
    // First the link, then the answer: two taps at once answer once.
    if state.tenant.take_link(&link.hash()).await?.is_none() {
        return Ok(used_up());
    }
    let resolve = Resolve { answer, by: BY.into(), note: None, always: false };
    let approval = state.tenant.resolve_approval(link.approval_id, resolve).await?;
    let word = if answer == Answer::Approve { "Approved" } else { "Denied" };
    let text = format!("<h1>{word}</h1><p>{} was told. You can close this page.</p>", subject(&approval));
    Ok(page(StatusCode::OK, &text))
}

/// `None` for a link that we did not make, that is over, or that was used.
async fn read(state: &AppState, token: &str) -> Result<Option<ApprovalLink>, Problem> {
    let Some(link) = state.sign_in.read_approval_link(token) else { return Ok(None) };
    if link.expires_at <= Utc::now() || state.tenant.link(&link.hash()).await?.is_none() {
        return Ok(None);
    }
    Ok(Some(link))
}

fn question(approval: &Approval, token: &str) -> String {
    let reasons: String =
        approval.reasons.iter().map(|reason| format!("<li>{}</li>", escaped(&reason.message))).collect();
    let arguments = serde_json::to_string_pretty(&approval.arguments).unwrap_or_default();
    let shown: String = arguments.chars().take(ARGUMENTS_CHARS_MAX).collect();
    let rest = if shown.len() < arguments.len() { "\n…" } else { "" };
    let forms = match approval.kind {
        ApprovalKind::ToolCall => format!(
            "<form method=\"post\" action=\"/approve/{token}/approve\"><button>Approve once</button></form>\
             <form method=\"post\" action=\"/approve/{token}/deny\"><button>Deny</button></form>"
        ),
        // What became of a call is to be looked at, not guessed on a phone.
        ApprovalKind::OutcomeUnknown => "<p>Answer this one in the dashboard or the terminal.</p>".to_owned(),
    };
    format!(
        "<h1>May this happen?</h1><p><strong>{}</strong></p><ul>{reasons}</ul><pre>{}{rest}</pre>{forms}\
         <p>Not sure? Close this page: without an answer nothing happens.</p>",
        subject(approval),
        escaped(&shown)
    )
}

fn subject(approval: &Approval) -> String {
    match approval.server.as_str() {
        "" => escaped(&approval.tool),
        server => escaped(&format!("{} of {server}", approval.tool)),
    }
}

fn used_up() -> Response {
    let text = "<h1>This link does not work</h1><p>It was used, has expired, was not made here, or the question was \
                answered elsewhere.</p>";
    page(StatusCode::GONE, text)
}

fn page(status: StatusCode, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><meta name=\"robots\" content=\"noindex\"><title>Approval · Bailiwick</title>\
         <main>{body}</main></html>"
    );
    let mut response = (status, Html(html)).into_response();
    // Without a referrer at all, browsers send the answer with `Origin: null`, which no check lets through.
    response.headers_mut().insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            // Turns the direction of what follows: the person must read what is there.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_cannot_write_html() {
        assert_eq!(escaped("<script>'\"&\u{202e}"), "&lt;script&gt;&#39;&quot;&amp;\u{fffd}");
    }
}
