//! The client that the official conformance suite drives through its `auth/*` scenarios:
//! `conformance client --command target/debug/examples/conformance_auth_client --suite auth`.
//!
//! The suite sets the scenario, the protocol version and what the scenario hands out in `MCP_CONFORMANCE_*`, and gives
//! the server's address as the last argument. Its authorization servers agree at once, so the part of the person's
//! browser is one request whose redirect is read and not followed.

use std::error::Error;
use std::sync::Arc;

use async_trait::async_trait;
use http::HeaderMap;
use mcp::oauth::{
    Account, AssertionKey, Client, Configured, Credentials, Flow, Identity, MemoryStore, Parts, SecretSource,
    Server,
};
use mcp::upstream::{Headers, Refusal, UpstreamError};
use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;

/// The suite's own, which its servers know.
const METADATA_URL: &str = "https://conformance-test.local/client-metadata.json";
/// Nobody listens there: the redirect is read from the answer.
const REDIRECT_URI: &str = "http://127.0.0.1:7878/oauth/callback";

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    rustls::crypto::aws_lc_rs::default_provider()
        .install_default()
        .map_err(|_| "a provider was installed before")?;
    let url: Url = std::env::args().next_back().ok_or("the address of the server is missing")?.parse()?;
    let version = std::env::var("MCP_CONFORMANCE_PROTOCOL_VERSION")?;
    let context: Value = match std::env::var("MCP_CONFORMANCE_CONTEXT") {
        Ok(text) => serde_json::from_str(&text)?,
        Err(_) => Value::Null,
    };
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    let client = Client::new(Parts {
        store: Arc::new(MemoryStore::default()),
        identity: Identity {
            client_name: "Bailiwick".into(),
            metadata_url: Some(METADATA_URL.parse()?),
            redirect_uris: vec![REDIRECT_URI.parse()?],
        },
    });
    let account = client.account(server(url.clone(), http.clone(), &context));
    let credentials = Credentials {
        set: Arc::new(|| Box::pin(async { Ok(HeaderMap::new()) })),
        account: Some(account.clone()),
    };
    let browser = Browser { credentials, client, account, http: http.clone() };
    let session = Session { url, http, headers: browser, modern: version.as_str() >= "2026-07-28", version };
    session.run().await
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

/// Signs in on the spot when the server wants it.
struct Browser {
    credentials: Credentials,
    client: Client,
    account: Account,
    http: reqwest::Client,
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

impl Browser {
    async fn agree(&self) -> Result<(), Failure> {
        let authorization = self.account.begin(&REDIRECT_URI.parse()?).await?;
        let answer = self.http.get(authorization.url).send().await?;
        let location = answer.headers().get("location").ok_or("the authorization server did not redirect")?;
        let back: Url = location.to_str()?.parse()?;
        self.client.finish(back.query().unwrap_or_default()).await?;
        Ok(())
    }
}

struct Session {
    url: Url,
    http: reqwest::Client,
    headers: Browser,
    modern: bool,
    version: String,
}

impl Session {
    async fn run(&self) -> Result<(), Failure> {
        if !self.modern {
            let params = json!({
                "protocolVersion": self.version,
                "capabilities": {},
                "clientInfo": {"name": "bailiwick", "version": "0.1.0"},
            });
            self.post(json!({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params}), None)
                .await?;
            self.post(json!({"jsonrpc": "2.0", "method": "notifications/initialized"}), None).await?;
        }
        let list = self.post(self.request(1, "tools/list", json!({})), None).await?;
        if let Some(name) = list["result"]["tools"][0]["name"].as_str() {
            let params = json!({"name": name, "arguments": {}});
            self.post(self.request(2, "tools/call", params), Some(name)).await?;
        }
        Ok(())
    }

    fn request(&self, id: u32, method: &str, mut params: Value) -> Value {
        if self.modern {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": self.version,
                "io.modelcontextprotocol/clientInfo": {"name": "bailiwick", "version": "0.1.0"},
                "io.modelcontextprotocol/clientCapabilities": {},
            });
        }
        json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})
    }

    async fn post(&self, message: Value, name: Option<&str>) -> Result<Value, Failure> {
        // A server may challenge more than once: for a token, then for one with more scopes.
        for _ in 0..4 {
            let headers = self.headers.headers().await?;
            let mut request = self
                .http
                .post(self.url.clone())
                .headers(headers.clone())
                .header("accept", "application/json, text/event-stream")
                .header("mcp-protocol-version", &self.version)
                .json(&message);
            if self.modern {
                request = request.header("mcp-method", message["method"].as_str().unwrap_or_default());
                if let Some(name) = name {
                    request = request.header("mcp-name", name);
                }
            }
            let response = request.send().await?;
            let status = response.status().as_u16();
            if status == 401 || status == 403 {
                let challenge: Vec<&str> = response
                    .headers()
                    .get_all("www-authenticate")
                    .iter()
                    .filter_map(|v| v.to_str().ok())
                    .collect();
                let refusal = Refusal {
                    status,
                    challenge: (!challenge.is_empty()).then(|| challenge.join(", ")),
                    authorization: headers.get("authorization").cloned(),
                };
                if self.headers.refused(refusal).await? {
                    continue;
                }
            }
            let text = response.error_for_status()?.text().await?;
            let body = text.lines().find_map(|line| line.strip_prefix("data:")).unwrap_or(&text);
            return Ok(serde_json::from_str(body).unwrap_or_default());
        }
        Err("the server refuses again and again".into())
    }
}
