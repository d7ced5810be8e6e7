//! The first half of a sign-in: everything up to the browser.

use std::fmt;
use std::time::Instant;

use oauth2::basic::BasicClient;
use oauth2::{AuthUrl, ClientId, CsrfToken, PkceCodeChallenge, RedirectUrl, Scope};
use secrecy::SecretString;
use url::Url;

use super::account::Account;
use super::challenge::Challenge;
use super::client::Pending;
use super::error::{OAuthError, foreign};
use super::metadata::{self, AuthorizationServer};
use super::register;
use super::resource::{self, Resource};
use super::scopes;
use super::tokens::Context;

/// A sign-in that waits for a person.
#[derive(Clone)]
pub struct Authorization {
    /// For the person's browser.
    pub url: Url,
    /// Comes back in the query; whoever knows it can end the sign-in.
    pub state: SecretString,
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address holds the state.
        write!(f, "Authorization(at {})", self.url.host_str().unwrap_or("no host"))
    }
}

impl Account {
    /// Finds the authorization server, makes ourselves known to it, and gives the address at which a person agrees.
    /// The browser comes back to `redirect_uri`; its query there is for [`Client::finish`](super::Client::finish).
    /// It asks for what the server wanted last ([`Account::challenged`]), or before that for what it announces.
    pub async fn begin(&self, redirect_uri: &Url) -> Result<Authorization, OAuthError> {
        let challenge = self.wanted().await?;
        let (context, found) = self.prepare(&challenge, Some(redirect_uri)).await?;
        if !found.pkce {
            return Err(OAuthError::Refused(format!(
                "{} does not announce PKCE with S256, without which a code can be stolen on its way",
                foreign(found.issuer.as_deref().unwrap_or_default())
            )));
        }
        let Some(endpoint) = found.authorization_endpoint else {
            return Err(OAuthError::Refused(format!(
                "{} has no page on which a person could agree",
                foreign(found.issuer.as_deref().unwrap_or_default())
            )));
        };
        let (code_challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state) = BasicClient::new(ClientId::new(context.client.client_id.clone()))
            .set_auth_uri(AuthUrl::from_url(endpoint))
            .set_redirect_uri(RedirectUrl::from_url(redirect_uri.clone()))
            .authorize_url(CsrfToken::new_random)
            .set_pkce_challenge(code_challenge)
            .add_scopes(context.scopes.iter().cloned().map(Scope::new))
            .add_extra_param("resource", context.resource.clone())
            .url();
        let pending = Pending {
            account: self.clone(),
            context,
            verifier,
            iss_required: found.answers_with_iss,
            began: Instant::now(),
        };
        self.shared().began(state.secret().clone(), pending);
        Ok(Authorization { url, state: SecretString::from(state.into_secret()) })
    }

    /// All that comes before the first request with the client's name on it.
    pub(super) async fn prepare(
        &self,
        challenge: &Challenge,
        redirect_uri: Option<&Url>,
    ) -> Result<(Context, AuthorizationServer), OAuthError> {
        let server = self.server();
        super::address::parse(server.url.as_str(), &server.url)?;
        let fetch = self.fetch();
        let resource =
            resource::discover(&fetch, &server.url, challenge.resource_metadata.as_deref()).await?;
        let found = self.authorization_server(&resource).await?;
        let client = register::client_for(self.shared(), server, &fetch, &found, redirect_uri).await?;
        let before = self.granted_by(found.issuer.as_deref()).await?;
        let wanted = scopes::select(&challenge.scopes, &server.scopes, &resource.scopes_supported, &before);
        let context = Context {
            resource: resource.id,
            issuer: found.issuer.clone(),
            token_endpoint: found.token_endpoint.to_string(),
            client,
            scopes: match redirect_uri {
                Some(_) => scopes::with_refresh(wanted, &found.scopes_supported),
                // Without a person there are no refresh tokens, and nothing to ask them for.
                None => wanted,
            },
        };
        Ok((context, found))
    }

    async fn authorization_server(&self, resource: &Resource) -> Result<AuthorizationServer, OAuthError> {
        let (server, fetch) = (self.server(), self.fetch());
        let wanted = server.configured.as_ref().and_then(|client| client.issuer.as_ref());
        match (wanted, resource.authorization_servers.first()) {
            (Some(issuer), Some(_)) if !resource.authorization_servers.contains(issuer) => {
                Err(OAuthError::Refused(format!(
                    "`{}` does not name {issuer}, with which its client is registered, as its authorization server",
                    server.name
                )))
            }
            (Some(issuer), _) => metadata::of_issuer(&fetch, issuer, &server.url).await,
            (None, Some(issuer)) => metadata::of_issuer(&fetch, issuer, &server.url).await,
            (None, None) => match metadata::of_legacy(&fetch, &server.url).await? {
                Some(found) => Ok(found),
                None if server.endpoint_fallback => Ok(metadata::fallback(&server.url)),
                None => Err(OAuthError::Refused(format!(
                    "`{}` asks for a sign-in but does not say where: it publishes no OAuth metadata. If it wants a \
                     fixed token, set it under `headers`",
                    server.name
                ))),
            },
        }
    }
}
