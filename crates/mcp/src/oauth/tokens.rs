//! Requests to token endpoints.

use chrono::Utc;
use oauth2::basic::{
    BasicClient, BasicErrorResponse, BasicErrorResponseType, BasicTokenResponse, BasicTokenType,
};
use oauth2::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, PkceCodeVerifier, RedirectUrl, RefreshToken,
    RequestTokenError, Scope, TokenResponse as _, TokenUrl,
};
use secrecy::ExposeSecret as _;

use super::config::Server;
use super::credentials::{Proof, Registered};
use super::error::{OAuthError, foreign};
use super::fetch::Fetch;
use super::record::Tokens;

/// What a token is asked for with.
pub(super) enum Grant {
    Code {
        code: String,
        verifier: PkceCodeVerifier,
    },
    Refresh,
    /// `client_credentials`.
    Machine,
}

/// For whom and from whom: the part that a renewal takes over from the record.
#[derive(Clone)]
pub(super) struct Context {
    pub resource: String,
    pub issuer: Option<String>,
    pub token_endpoint: String,
    pub client: Registered,
    /// What is asked for; after a refresh, what the token had.
    pub scopes: Vec<String>,
}

const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Asks for tokens. `before` is the refresh token at hand; it is kept when the answer has no newer one.
pub(super) async fn request(
    fetch: &Fetch,
    server: &Server,
    context: Context,
    grant: Grant,
    before: Option<String>,
) -> Result<Tokens, OAuthError> {
    let asked_at = Utc::now().timestamp();
    let audience = context.issuer.as_deref().unwrap_or(&context.token_endpoint);
    let proof = context.client.proof(server, audience).await?;
    let answer = send(fetch, &context, grant, before.as_deref(), proof).await.map_err(said_no)?;
    if *answer.token_type() != BasicTokenType::Bearer {
        return Err(OAuthError::Refused(format!(
            "{} gave a token of a kind that is not supported; only Bearer tokens are",
            foreign(audience)
        )));
    }
    let scopes = match answer.scopes() {
        Some(scopes) => scopes.iter().map(|scope| scope.to_string()).collect(),
        // RFC 6749 §5.1: silence means all that was asked for.
        None => context.scopes,
    };
    Ok(Tokens {
        server_url: server.url.to_string(),
        resource: context.resource,
        issuer: context.issuer,
        token_endpoint: context.token_endpoint,
        client: context.client,
        access_token: answer.access_token().secret().clone(),
        refresh_token: answer.refresh_token().map(|token| token.secret().clone()).or(before),
        obtained_at: asked_at,
        expires_at: answer
            .expires_in()
            .map(|life| asked_at.saturating_add(i64::try_from(life.as_secs()).unwrap_or(i64::MAX))),
        scopes,
    })
}

type Failed = RequestTokenError<OAuthError, BasicErrorResponse>;

async fn send(
    fetch: &Fetch,
    context: &Context,
    grant: Grant,
    refresh_token: Option<&str>,
    proof: Proof,
) -> Result<BasicTokenResponse, Failed> {
    let bad_address = |url: &str| {
        let why = "it is not an address".to_owned();
        RequestTokenError::Request(OAuthError::Address { url: foreign(url), why })
    };
    let endpoint =
        TokenUrl::new(context.token_endpoint.clone()).map_err(|_| bad_address(&context.token_endpoint))?;
    let mut client =
        BasicClient::new(ClientId::new(context.client.client_id.clone())).set_token_uri(endpoint);
    if let Some(text) = &context.client.redirect_uri {
        client = client.set_redirect_uri(RedirectUrl::new(text.clone()).map_err(|_| bad_address(text))?);
    }
    let mut extra = vec![("resource", context.resource.clone())];
    match proof {
        Proof::None => {}
        Proof::Basic(secret) => {
            client = client.set_client_secret(ClientSecret::new(secret.expose_secret().into()))
        }
        Proof::Post(secret) => {
            client = client
                .set_client_secret(ClientSecret::new(secret.expose_secret().into()))
                .set_auth_type(AuthType::RequestBody);
        }
        Proof::Assertion(assertion) => {
            extra.push(("client_assertion_type", ASSERTION_TYPE.into()));
            extra.push(("client_assertion", assertion.expose_secret().into()));
        }
    }
    match grant {
        Grant::Code { code, verifier } => {
            let mut request = client.exchange_code(AuthorizationCode::new(code)).set_pkce_verifier(verifier);
            for (name, value) in extra {
                request = request.add_extra_param(name, value);
            }
            request.request_async(fetch).await
        }
        Grant::Refresh => {
            let token = RefreshToken::new(refresh_token.unwrap_or_default().to_owned());
            let mut request = client.exchange_refresh_token(&token);
            for (name, value) in extra {
                request = request.add_extra_param(name, value);
            }
            request.request_async(fetch).await
        }
        Grant::Machine => {
            let mut request = client
                .exchange_client_credentials()
                .add_scopes(context.scopes.iter().cloned().map(Scope::new));
            for (name, value) in extra {
                request = request.add_extra_param(name, value);
            }
            request.request_async(fetch).await
        }
    }
}

/// Whether a refresh token is good for nothing any more, as far from a server that is out of order.
pub(super) fn is_final(error: &OAuthError) -> bool {
    matches!(error, OAuthError::Denied { code, .. } if code == BasicErrorResponseType::InvalidGrant.as_ref())
}

fn said_no(error: Failed) -> OAuthError {
    match error {
        RequestTokenError::ServerResponse(answer) => OAuthError::Denied {
            code: foreign(answer.error().as_ref()),
            description: foreign(answer.error_description().map_or("it gave no reason", String::as_str)),
        },
        RequestTokenError::Request(error) => error,
        // The texts of these two may quote the answer, which may hold tokens.
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
            OAuthError::Refused("the authorization server's answer to a token request is none".into())
        }
    }
}
