//! Signs in where the suite's servers ask for it. Its authorization servers agree at once, so the part of the person's
//! browser is one request whose redirect is read and not followed.

use std::sync::Arc;

use async_trait::async_trait;
use http::HeaderMap;
use mcp::oauth::{
    Account, AssertionKey, Client, Configured, Credentials, Flow, Identity, MemoryStore, Parts, SecretSource,
    Server,
};
use mcp::upstream::{Headers, Refusal, UpstreamError};
use secrecy::SecretString;
use serde_json::Value;
use url::Url;

use super::Failed;

/// The suite's own, which its servers know.
const METADATA_URL: &str = "https://conformance-test.local/client-metadata.json";
/// Nobody listens there: the redirect is read from the answer.
const REDIRECT_URI: &str = "http://127.0.0.1:7878/oauth/callback";

/// Signs in on the spot when the server wants it.
pub struct Browser {
    credentials: Credentials,
    client: Client,
    account: Account,
    http: reqwest::Client,
}

impl Browser {
    /// `context`: what the scenario hands out, like a registered client.
    pub fn new(url: Url, http: reqwest::Client, context: &Value) -> Result<Self, Failed> {
        let client = Client::new(Parts {
            store: Arc::new(MemoryStore::default()),
            identity: Identity {
                client_name: "Bailiwick".into(),
                metadata_url: Some(METADATA_URL.parse()?),
                redirect_uris: vec![REDIRECT_URI.parse()?],
            },
        });
        let account = client.account(server(url, http.clone(), context));
        let credentials = Credentials {
            set: Arc::new(|| Box::pin(async { Ok(HeaderMap::new()) })),
            account: Some(account.clone()),
        };
        Ok(Self { credentials, client, account, http })
    }

    async fn agree(&self) -> Result<(), Failed> {
        let authorization = self.account.begin(&REDIRECT_URI.parse()?).await?;
        let answer = self.http.get(authorization.url).send().await?;
        let location = answer.headers().get("location").ok_or("the authorization server did not redirect")?;
        let back: Url = location.to_str()?.parse()?;
        self.client.finish(back.query().unwrap_or_default()).await?;
        Ok(())
    }
}

#[async_trait]
impl Headers for Browser {
    async fn headers(&self) -> Result<HeaderMap, UpstreamError> {
        self.credentials.headers().await
    }

    async fn refused(&self, refusal: Refusal) -> Result<bool, UpstreamError> {
        if self.credentials.refused(refusal).await? {
            return Ok(true);
        }
        let status =
            self.account.status().await.map_err(|error| UpstreamError::Unavailable(error.to_string()))?;
        if !status.sign_in_wanted {
            eprintln!("{}", status.refused.unwrap_or_default());
            return Ok(false);
        }
        self.agree().await.map_err(|error| UpstreamError::Unavailable(error.to_string()))?;
        Ok(true)
    }
}

fn server(url: Url, http: reqwest::Client, context: &Value) -> Server {
    let text = |name: &str| context[name].as_str().map(str::to_owned);
    let key = text("private_key_pem").map(|pem| AssertionKey {
        pem: secret(pem),
        algorithm: jsonwebtoken::Algorithm::ES256,
        key_id: None,
    });
    let machine =
        std::env::var("MCP_CONFORMANCE_SCENARIO").is_ok_and(|name| name.contains("client-credentials"));
    Server {
        name: "conformance".into(),
        url,
        http,
        check: Arc::new(|_| Ok(())),
        configured: text("client_id").map(|client_id| Configured {
            client_id,
            client_secret: text("client_secret").map(secret),
            issuer: text("issuer"),
        }),
        scopes: Vec::new(),
        flow: if machine { Flow::Machine { key } } else { Flow::Person },
        endpoint_fallback: true,
    }
}

fn secret(text: String) -> SecretSource {
    Arc::new(move || {
        let text = text.clone();
        Box::pin(async move { Ok(SecretString::from(text)) })
    })
}
