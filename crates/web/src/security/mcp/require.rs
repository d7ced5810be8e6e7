//! The door of `/mcp`.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use chrono::Utc;
use domain::PrincipalId;
use gateway::Principal;
use mcp::serve::Credential;

use super::admitted::Caller;
use super::challenge::Denied;
use super::client_tokens::ClientName;
use crate::problem::Problem;
use crate::security::{origin, session};
use crate::state::AppState;

/// Lets a request in with who makes it ([`Principal`]) and what its conversation belongs to ([`Credential`]). Both come
/// from the token: what a client says of itself decides nothing.
pub(crate) async fn require(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    // For other routes a foreign page may read nothing it asks for; here even a GET opens a stream.
    if request.headers().contains_key(header::ORIGIN) && !origin::is_own(&request) {
        return origin::refused().into_response();
    }
    let caller = match admit(&state, request.headers()).await {
        Ok(Ok(caller)) => caller,
        Ok(Err(denied)) => return denied.into_response(state.config.mcp_auth.as_ref()),
        Err(problem) => return problem.into_response(),
    };
    // The token has done its work; nothing further in needs to see it.
    request.headers_mut().remove(header::AUTHORIZATION);
    let extensions = request.extensions_mut();
    extensions.insert(Credential(caller.credential));
    extensions.insert(caller.principal);
    next.run(request).await
}

async fn admit(state: &AppState, headers: &HeaderMap) -> Result<Result<Caller, Denied>, Problem> {
    let Some(authorization) = headers.get(header::AUTHORIZATION) else { return Ok(Err(Denied::Missing)) };
    let Some(token) = session::bearer(authorization).filter(|token| !token.is_empty()) else {
        return Ok(Err(Denied::Missing));
    };
    if state.sign_in.is_local_token(token) {
        return Ok(Ok(local()));
    }
    if let Some(caller) = state.admitted.get(token) {
        return Ok(Ok(caller));
    }
    let token_hash = state.sign_in.session_hash(token);
    if let Some(session) = state.tenant.session(&token_hash).await?
        && let Some(name) = ClientName::of(&session)
    {
        let caller = client(&name, &token_hash);
        state.admitted.put(
            token,
            &caller,
            (session.expires_at - Utc::now()).to_std().unwrap_or(Duration::ZERO),
        );
        return Ok(Ok(caller));
    }
    let Some(verifier) = &state.verifier else {
        return Ok(Err(Denied::invalid("it is unknown or was withdrawn")));
    };
    match verifier.verify(token).await {
        Ok((caller, left)) => {
            state.admitted.put(token, &caller, left);
            Ok(Ok(caller))
        }
        Err(denied) => Ok(Err(denied)),
    }
}

/// A program of the person, with the token of `instance.json`.
fn local() -> Caller {
    Caller {
        principal: Principal {
            id: PrincipalId::LOCAL_USER,
            kind: "mcp_client".into(),
            roles: vec!["owner".into()],
            label: "local".into(),
        },
        credential: "local".into(),
    }
}

fn client(name: &ClientName, token_hash: &str) -> Caller {
    Caller {
        principal: Principal {
            id: name.principal_id(),
            kind: "mcp_client".into(),
            roles: vec!["owner".into(), format!("client:{}", name.as_str())],
            label: name.as_str().to_owned(),
        },
        credential: format!("session:{token_hash}"),
    }
}
