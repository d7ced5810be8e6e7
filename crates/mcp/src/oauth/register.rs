//! Which client we are towards an authorization server: the configured one, else our metadata document, else one that
//! is registered now (RFC 7591).

use serde::Deserialize;
use url::Url;

use super::address::is_loopback;
use super::client::Shared;
use super::config::{Configured, Flow, Server, registration};
use super::credentials::{Method, Registered, Source};
use super::error::{OAuthError, foreign};
use super::fetch::{Fetch, unreachable};
use super::metadata::AuthorizationServer;
use super::record::{self, KnownIssuer};

pub(super) async fn client_for(
    shared: &Shared,
    server: &Server,
    fetch: &Fetch,
    authorization: &AuthorizationServer,
    redirect_uri: Option<&Url>,
) -> Result<Registered, OAuthError> {
    if let Some(configured) = &server.configured {
        return self::configured(shared, server, configured, authorization, redirect_uri).await;
    }
    let Some(redirect_uri) = redirect_uri else {
        return Err(OAuthError::Refused(format!(
            "`{}` is to be signed in to without a person; that needs a `client_id` under its `oauth`",
            server.name
        )));
    };
    let identity = &shared.parts.identity;
    if let (true, Some(url)) = (authorization.takes_metadata_documents, &identity.metadata_url)
        && identity.redirect_uris.iter().any(|listed| comes_back_to(listed, redirect_uri))
    {
        return Ok(Registered {
            client_id: url.to_string(),
            source: Source::Document,
            client_secret: None,
            secret_expires_at: None,
            method: Method::None,
            redirect_uri: Some(redirect_uri.to_string()),
        });
    }
    dynamic(shared, server, fetch, authorization, redirect_uri).await
}

/// The secret of a configured client goes to the authorization server it was made for: the configured one, or the one
/// that was met first. A server that later names another would be handed the secret otherwise.
async fn configured(
    shared: &Shared,
    server: &Server,
    client: &Configured,
    authorization: &AuthorizationServer,
    redirect_uri: Option<&Url>,
) -> Result<Registered, OAuthError> {
    let issuer = authorization.issuer.clone().unwrap_or_else(|| authorization.token_endpoint.to_string());
    if client.issuer.is_none() {
        let key = issuer_key(&server.name);
        match record::load::<KnownIssuer>(shared.store(), &key).await? {
            Some(known) if known.issuer != issuer => {
                return Err(OAuthError::Refused(format!(
                    "`{}` now names another authorization server ({}) than the one its client is registered with ({}). \
                     If that is right, sign out of the server first, then sign in again",
                    server.name,
                    foreign(&issuer),
                    foreign(&known.issuer)
                )));
            }
            Some(_) => {}
            None => record::save(shared.store(), &key, &KnownIssuer { issuer }).await?,
        }
    }
    let method = match (&server.flow, &client.client_secret) {
        (Flow::Machine { key: Some(_) }, _) => Method::PrivateKeyJwt,
        (_, Some(_)) => Method::for_secret(&authorization.auth_methods)?,
        (_, None) => Method::None,
    };
    Ok(Registered {
        client_id: client.client_id.clone(),
        source: Source::Configured,
        client_secret: None,
        secret_expires_at: None,
        method,
        redirect_uri: redirect_uri.map(Url::to_string),
    })
}

/// The same address; on this machine any port will do (RFC 8252 §7.3).
fn comes_back_to(listed: &Url, redirect_uri: &Url) -> bool {
    let mut listed = listed.clone();
    if is_loopback(&listed) && is_loopback(redirect_uri) && listed.set_port(redirect_uri.port()).is_err() {
        return false;
    }
    listed == *redirect_uri
}

pub(super) fn issuer_key(server: &str) -> String {
    format!("oauth/issuer/{server}")
}

#[derive(Deserialize)]
struct Answer {
    client_id: String,
    client_secret: Option<String>,
    client_secret_expires_at: Option<i64>,
    token_endpoint_auth_method: Option<String>,
}

/// One registration an issuer and server, used again until it expires or the address to come back to changes.
async fn dynamic(
    shared: &Shared,
    server: &Server,
    fetch: &Fetch,
    authorization: &AuthorizationServer,
    redirect_uri: &Url,
) -> Result<Registered, OAuthError> {
    let issuer = authorization.issuer.as_deref().unwrap_or(authorization.token_endpoint.as_str());
    let key = client_key(&server.name, issuer);
    if let Some(known) = record::load::<Registered>(shared.store(), &key).await?
        && !known.is_over()
        && known.redirect_uri.as_deref() == Some(redirect_uri.as_str())
    {
        return Ok(known);
    }
    let Some(endpoint) = &authorization.registration_endpoint else {
        return Err(OAuthError::Refused(format!(
            "{} registers no clients by itself. Register one by hand, with the redirect address {}, and set `client_id` \
             (and `client_secret`) under `oauth` of `{}`",
            foreign(issuer),
            redirect_uri,
            server.name
        )));
    };
    let wanted = wanted_method(&authorization.auth_methods);
    let response = fetch
        .post_json(
            endpoint,
            &registration(
                &shared.parts.identity.client_name,
                std::slice::from_ref(redirect_uri),
                wanted.as_str(),
            ),
        )
        .await?;
    if !response.status().is_success() {
        return Err(refused(&response));
    }
    let answer: Answer = serde_json::from_slice(response.body())
        .map_err(|_| unreachable(endpoint, "its answer to a registration is none"))?;
    let client_secret = answer.client_secret.filter(|secret| !secret.is_empty());
    let method = match answer.token_endpoint_auth_method.as_deref() {
        Some(name) => {
            Method::parse(name).filter(|method| *method != Method::PrivateKeyJwt).ok_or_else(|| {
                OAuthError::Refused(format!(
                    "{} registered us with the method `{}`",
                    foreign(issuer),
                    foreign(name)
                ))
            })?
        }
        None => wanted,
    };
    let registered = Registered {
        client_id: answer.client_id,
        source: Source::Dynamic,
        client_secret,
        // Zero says never (RFC 7591 §3.2.1).
        secret_expires_at: answer.client_secret_expires_at.filter(|&end| end > 0),
        method,
        redirect_uri: Some(redirect_uri.to_string()),
    };
    if let Some(secret) = &registered.client_secret {
        shared.learned(&server.name, secret);
    }
    record::save(shared.store(), &key, &registered).await?;
    Ok(registered)
}

pub(super) fn client_key(server: &str, issuer: &str) -> String {
    format!("oauth/client/{server}/{issuer}")
}

/// A desk keeps secrets no better than a public client does, so it asks to be one where that is allowed.
fn wanted_method(supported: &[String]) -> Method {
    if supported.is_empty() || supported.iter().any(|name| name == Method::None.as_str()) {
        return Method::None;
    }
    // An authorization server that takes neither is told the usual, and says itself what it lacks.
    Method::for_secret(supported).unwrap_or(Method::ClientSecretBasic)
}

fn refused(response: &http::Response<Vec<u8>>) -> OAuthError {
    #[derive(Deserialize)]
    struct Body {
        error: String,
        #[serde(default)]
        error_description: String,
    }
    match serde_json::from_slice::<Body>(response.body()) {
        Ok(body) => {
            OAuthError::Denied { code: foreign(&body.error), description: foreign(&body.error_description) }
        }
        Err(_) => OAuthError::Denied {
            code: response.status().to_string(),
            description: "the registration of a client was refused".into(),
        },
    }
}
