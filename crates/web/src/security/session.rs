//! Sessions of browsers, and who makes a request.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use chrono::{Days, Utc};
use domain::PrincipalId;
use store::{Session, StoreError};

use crate::problem::Problem;
use crate::security::mcp::is_client_token;
use crate::security::roles::OF_THE_DESK;
use crate::security::token::random_token;
use crate::state::AppState;

const COOKIE: &str = "bailiwick_session";

/// Who makes this request. Put into the request by [`require`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    /// A browser that signed in.
    Session { token_hash: String, principal_id: PrincipalId },
    /// A program of the person, with the token of `instance.json`.
    LocalToken,
}

impl Caller {
    /// How the journal names who acted, unless the request says it better.
    pub fn by(&self) -> &'static str {
        match self {
            Caller::Session { .. } => "dashboard",
            Caller::LocalToken => "api",
        }
    }

    /// On a desk both are the one person whose desk it is.
    pub fn roles(&self) -> &'static [&'static str] {
        match self {
            Caller::Session { .. } | Caller::LocalToken => OF_THE_DESK,
        }
    }

    pub fn principal_id(&self) -> PrincipalId {
        match self {
            Caller::Session { principal_id, .. } => *principal_id,
            Caller::LocalToken => PrincipalId::LOCAL_USER,
        }
    }
}

/// Lets only known callers through.
pub(crate) async fn require(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let caller = authenticate(&state, request.headers()).await?;
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}

/// A token that is sent must be right: a wrong one is not made good by a cookie.
pub(crate) async fn authenticate(state: &AppState, headers: &HeaderMap) -> Result<Caller, Problem> {
    if let Some(authorization) = headers.get(header::AUTHORIZATION) {
        return match bearer(authorization) {
            Some(token) if state.sign_in.is_local_token(token) => Ok(Caller::LocalToken),
            _ => Err(Problem::unauthenticated()),
        };
    }
    for token in cookies(headers) {
        let token_hash = state.sign_in.session_hash(token);
        // The token of an MCP client is a session too, but opens `/mcp` only.
        if let Some(session) = state.tenant.session(&token_hash).await?
            && !is_client_token(&session)
        {
            return Ok(Caller::Session { token_hash, principal_id: session.principal_id });
        }
    }
    Err(Problem::unauthenticated())
}

/// Begins a session and gives the cookie for it. Its token is new every time, so a token that somebody planted
/// before is worth nothing; sessions that the browser had before end.
pub(crate) async fn begin(state: &AppState, headers: &HeaderMap) -> Result<HeaderValue, StoreError> {
    for token in cookies(headers) {
        end(state, &state.sign_in.session_hash(token)).await?;
    }
    let token = random_token();
    let created_at = Utc::now();
    let days = state.config.session_days_max;
    state
        .tenant
        .create_session(Session {
            token_hash: state.sign_in.session_hash(&token),
            principal_id: PrincipalId::LOCAL_USER,
            label: "dashboard".into(),
            created_at,
            expires_at: created_at + Days::new(days.into()),
        })
        .await?;
    Ok(cookie(&token, u64::from(days) * 24 * 60 * 60))
}

/// Ends a session and the event streams that it has open.
pub(crate) async fn end(state: &AppState, token_hash: &str) -> Result<(), StoreError> {
    state.tenant.delete_session(token_hash).await?;
    // Without a watcher nobody needs to hear it.
    let _ = state.sign_outs.send(token_hash.to_owned());
    Ok(())
}

/// A cookie that takes the session away.
pub(crate) fn no_cookie() -> HeaderValue {
    cookie("", 0)
}

/// Not `Secure`: a desk has no TLS, and browsers differ in what they take for a secure loopback.
fn cookie(token: &str, seconds: u64) -> HeaderValue {
    let text = format!("{COOKIE}={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age={seconds}");
    HeaderValue::try_from(text).expect("tokens are base64 letters")
}

pub(crate) fn bearer(authorization: &HeaderValue) -> Option<&str> {
    let (scheme, token) = authorization.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Values of our cookie. Cookies know no ports, so another server on this machine can have left one of the
/// same name beside ours.
fn cookies(headers: &HeaderMap) -> impl Iterator<Item = &str> {
    headers
        .get_all(header::COOKIE)
        .into_iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
        .filter(|token| !token.is_empty())
        .take(COOKIES_MAX)
}

/// Cookies of our name that one request may bring; each costs a look into the store.
const COOKIES_MAX: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(
            header::COOKIE,
            HeaderValue::from_static("a=b; bailiwick_session=one; bailiwick_session_x=no"),
        );
        headers.append(header::COOKIE, HeaderValue::from_static("bailiwick_session=two;bailiwick_session="));
        assert_eq!(cookies(&headers).collect::<Vec<_>>(), ["one", "two"]);
    }

    #[test]
    fn the_scheme_of_a_token_is_read_without_case() {
        assert_eq!(bearer(&HeaderValue::from_static("bearer abc")), Some("abc"));
        assert_eq!(bearer(&HeaderValue::from_static("Basic abc")), None);
        assert_eq!(bearer(&HeaderValue::from_static("abc")), None);
    }
}
