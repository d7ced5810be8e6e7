//! From a server's settings to a connection that is made when it is needed.

use std::sync::Arc;

use domain::server::{HttpTarget, ServerSpec, Transport};
use fence::Fence;
use gateway::{McpServer, Remote};
use http::{HeaderMap, HeaderName, HeaderValue};
use mcp::oauth::{self, Account, Configured, Credentials, Flow, Identity, Parts};
use mcp::upstream::{HttpParts, Spawn, TransportParts, Upstream};
use outbound::{Outbound, Reach};
use secrecy::ExposeSecret as _;
use secrets::{Template, Vault};
use url::Url;

use crate::wiring::children::FencedServer;
use crate::wiring::vault::Vaults;

/// Who opens secrets for servers, as the record would name it.
const BY: &str = "gateway";

/// Headers that the protocol itself sets.
const PROTOCOL_HEADERS: [&str; 6] =
    ["mcp-session-id", "mcp-protocol-version", "content-type", "accept", "content-length", "host"];

pub struct Builder {
    fence: Fence,
    outbound: Outbound,
    vault: Vault,
    oauth: oauth::Client,
}

/// A server that nothing was asked of yet.
pub struct Built {
    pub server: Arc<dyn McpServer>,
    pub grants: Vec<String>,
    pub account: Option<Account>,
}

impl Builder {
    pub fn new(fence: Fence, outbound: Outbound, vaults: &Vaults) -> Self {
        let identity =
            Identity { client_name: "Bailiwick".to_owned(), metadata_url: None, redirect_uris: Vec::new() };
        let oauth = oauth::Client::new(Parts { store: Arc::new(vaults.clone()), identity });
        Self { fence, outbound, vault: vaults.by(BY), oauth }
    }

    pub fn oauth(&self) -> &oauth::Client {
        &self.oauth
    }

    /// Fails with a sentence for whoever wrote the settings.
    pub fn build(&self, name: &str, spec: &ServerSpec) -> Result<Built, String> {
        let (transport, grants, account) = match &spec.transport {
            Transport::Stdio { .. } => {
                let child = FencedServer::new(name, spec, self.fence.clone(), self.vault.clone())?;
                let grants = child.sentences();
                (TransportParts::Stdio(Arc::new(child) as Arc<dyn Spawn>), grants, None)
            }
            Transport::Http(target) => {
                let (parts, account) = self.http(name, target)?;
                (TransportParts::Http(parts), Vec::new(), Some(account))
            }
            Transport::Sse(target) => {
                let (parts, account) = self.http(name, target)?;
                (TransportParts::Sse(parts), Vec::new(), Some(account))
            }
        };
        let parts = mcp::upstream::Parts {
            name: name.to_owned(),
            transport,
            limits: spec.limits,
            sharing: spec.sharing,
        };
        let remote = Remote::new(name, spec.kind(), spec.limits, Upstream::new(parts));
        Ok(Built { server: Arc::new(remote), grants, account })
    }

    fn http(&self, name: &str, target: &HttpTarget) -> Result<(HttpParts, Account), String> {
        let url = Url::parse(&target.url).map_err(|error| format!("`url` of `{name}`: {error}"))?;
        let reach = if target.allow_private { Reach::Private } else { Reach::Public };
        self.outbound.check_url(&url, reach).map_err(|error| error.to_string())?;
        let http = self.outbound.client(reach).map_err(|error| error.to_string())?;
        let account = self.oauth.account(self.oauth_server(name, target, &url, reach, http.clone())?);
        let set = self.headers(name, target, &url)?;
        let headers = Credentials { set, account: Some(account.clone()) };
        Ok((HttpParts { url, http, headers: Arc::new(headers) }, account))
    }

    fn oauth_server(
        &self,
        name: &str,
        target: &HttpTarget,
        url: &Url,
        reach: Reach,
        http: reqwest::Client,
    ) -> Result<oauth::Server, String> {
        let outbound = self.outbound.clone();
        let secret = match target.oauth.client_secret.as_str() {
            "" => None,
            text => {
                let template = Template::parse(text)
                    .map_err(|error| format!("`oauth.client_secret` of `{name}`: {error}"))?;
                let vault = self.vault.clone();
                let open: oauth::SecretSource = Arc::new(move || {
                    let (template, vault) = (template.clone(), vault.clone());
                    Box::pin(async move { template.resolve(&vault).await.map_err(|error| error.to_string()) })
                });
                Some(open)
            }
        };
        let configured = (!target.oauth.client_id.is_empty()).then(|| Configured {
            client_id: target.oauth.client_id.clone(),
            client_secret: secret,
            issuer: None,
        });
        Ok(oauth::Server {
            name: name.to_owned(),
            url: url.clone(),
            http,
            check: Arc::new(move |url| outbound.check_url(url, reach).map_err(|error| error.to_string())),
            configured,
            scopes: target.oauth.scopes.clone(),
            flow: Flow::Person,
            endpoint_fallback: false,
        })
    }

    /// The person's own headers; secrets are opened for each request, and only for this server's host.
    fn headers(&self, name: &str, target: &HttpTarget, url: &Url) -> Result<oauth::StaticHeaders, String> {
        let mut templates = Vec::new();
        for (header, text) in &target.headers {
            let wrong = |why: String| format!("the header `{header}` of `{name}`: {why}");
            let header_name =
                HeaderName::try_from(header.as_str()).map_err(|error| wrong(error.to_string()))?;
            if PROTOCOL_HEADERS.contains(&header_name.as_str()) || header_name.as_str().starts_with("mcp-") {
                return Err(wrong("it belongs to the protocol".to_owned()));
            }
            let template = Template::parse(text).map_err(|error| wrong(error.to_string()))?;
            templates.push((header_name, template));
        }
        let templates = Arc::new(templates);
        let (vault, host) = (self.vault.clone(), url.host_str().unwrap_or_default().to_owned());
        Ok(Arc::new(move || {
            let (templates, vault, host) = (templates.clone(), vault.clone(), host.clone());
            Box::pin(async move {
                let mut headers = HeaderMap::with_capacity(templates.len());
                for (name, template) in templates.iter() {
                    let value =
                        template.resolve_for(&vault, &host).await.map_err(|error| error.to_string())?;
                    let mut value = HeaderValue::try_from(value.expose_secret())
                        .map_err(|_| format!("the value of the header `{name}` is not fit for a header"))?;
                    value.set_sensitive(true);
                    headers.insert(name.clone(), value);
                }
                Ok(headers)
            })
        }))
    }
}
