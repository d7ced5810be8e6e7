//! Signs in to an MCP server with a real authorization server in between, and fails when a step is not right. Run it by
//! `crates/mcp/tests/oauth/run.sh`; its one argument is the authorization server's program, for Node.
//!
//! The MCP server is rmcp's behind a check of the tokens; the authorization server is oidc-provider, with dynamic
//! registration, rotating refresh tokens and tokens that live for seconds.

mod browser;
mod provider;
mod resource;
mod sealed;

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::HeaderMap;
use mcp::exchange::{Client as McpClient, Outbox, Request};
use mcp::oauth::{Account, Client, Configured, Credentials, Flow, Identity, Parts, Server};
use mcp::upstream::{HttpParts, Parts as UpstreamParts, TransportParts, Upstream, UpstreamError};
use mcp::version::Version;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use url::Url;

use provider::Provider;
use sealed::SealedStore;

pub type Failed = Box<dyn std::error::Error + Send + Sync>;

const REDIRECT_URI: &str = "http://127.0.0.1:7878/oauth/callback";
/// As `provider.mjs` has it: every character that must be written differently in a header.
const MACHINE_SECRET: &str = "a secret & more: 100%";
/// Callers that find the token too old at the same time.
const AT_ONCE: usize = 16;

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let program = std::env::args().nth(1).ok_or("the authorization server's program is the argument")?;
    let resource = resource::Resource::bind().await?;
    let provider = Provider::start(&program, &resource.url).await?;
    resource.serve(provider.issuer.clone());
    let journey =
        Journey { url: resource.url.clone(), http: http()?, store: Arc::new(SealedStore::new()?), provider };

    journey.a_person_signs_in().await?;
    journey.a_token_is_renewed_once_for_all().await?;
    journey.a_restart_finds_the_tokens_sealed().await?;
    journey.a_spent_refresh_token_asks_for_the_person_again().await?;
    journey.a_machine_signs_in().await?;
    println!("the journey is over: sign-in, renewal, restart, loss and machine are right");
    Ok(())
}

struct Journey {
    url: Url,
    http: reqwest::Client,
    store: Arc<SealedStore>,
    provider: Provider,
}

impl Journey {
    async fn a_person_signs_in(&self) -> Result<(), Failed> {
        let (client, account) = self.account("person", Flow::Person)?;
        let upstream = self.upstream(&account);
        let refused = list(&upstream).await;
        ensure(
            matches!(refused, Err(UpstreamError::Unauthorized { status: 401, .. })),
            "no token, no tools",
        )?;
        ensure(account.status().await?.sign_in_wanted, "the sign-in is wanted")?;

        let authorization = account.begin(&REDIRECT_URI.parse()?).await?;
        let query = browser::agree(&self.http, authorization.url).await?;
        ensure(query.contains("iss="), "this authorization server says who it is")?;
        let forged = query.replace("127.0.0.1", "127.0.0.2");
        ensure(
            client.finish(&query.replace("state=", "state=x")).await.is_err(),
            "a foreign state is refused",
        )?;
        client.finish(&query).await?;
        ensure(client.finish(&query).await.is_err(), "an answer works once")?;
        ensure(client.finish(&forged).await.is_err(), "and not with another issuer either")?;

        list(&upstream).await?;
        let status = account.status().await?;
        ensure(status.signed_in && status.renews && !status.sign_in_wanted, "signed in")?;
        ensure(status.issuer.as_deref() == Some(&self.provider.issuer), "the issuer is known")?;
        ensure(
            status.scopes.iter().any(|scope| scope == "tools"),
            "with the scope of the server's metadata",
        )?;
        self.nothing_lies_open(&account).await?;
        upstream.close().await;
        Ok(())
    }

    async fn a_token_is_renewed_once_for_all(&self) -> Result<(), Failed> {
        let (_, account) = self.account("person", Flow::Person)?;
        let old = token(&account).await?;
        let before = self.provider.count("refresh_token").await?;
        wait_until_due(&account).await?;
        let tokens = futures::future::try_join_all((0..AT_ONCE).map(|_| token(&account))).await?;
        ensure(tokens.iter().all(|new| *new == tokens[0] && *new != old), "all get the same new token")?;
        let after = self.provider.count("refresh_token").await?;
        ensure(after == before + 1, "one renewal for all of them")?;
        list(&self.upstream(&account)).await?;
        Ok(())
    }

    async fn a_restart_finds_the_tokens_sealed(&self) -> Result<(), Failed> {
        // A process that knows only what the store kept; the refresh token has been exchanged several times by now.
        let (_, account) = self.account("person", Flow::Person)?;
        wait_until_due(&account).await?;
        list(&self.upstream(&account)).await?;
        self.nothing_lies_open(&account).await
    }

    async fn a_spent_refresh_token_asks_for_the_person_again(&self) -> Result<(), Failed> {
        let (_, one) = self.account("person", Flow::Person)?;
        let (_, other) = self.account("person", Flow::Person)?;
        ensure(other.status().await?.signed_in, "both know the tokens")?;
        wait_until_due(&one).await?;
        token(&one).await?;
        // The other has the refresh token from before: its use takes the whole grant away, as it should.
        ensure(other.header().await?.is_none(), "a spent refresh token gives nothing")?;
        ensure(!other.status().await?.signed_in, "and is forgotten")?;
        let (_, third) = self.account("person", Flow::Person)?;
        ensure(third.header().await?.is_none(), "for good")?;
        Ok(())
    }

    async fn a_machine_signs_in(&self) -> Result<(), Failed> {
        let (_, account) = self.account("machine", Flow::Machine { key: None })?;
        let upstream = self.upstream(&account);
        list(&upstream).await?;
        wait_until_due(&account).await?;
        list(&upstream).await?;
        self.nothing_lies_open(&account).await?;
        ensure(!self.store.on_disk()?.contains(MACHINE_SECRET), "the configured secret is not copied")?;
        ensure(
            self.provider.count("client_credentials").await? >= 2,
            "it was renewed without a refresh token",
        )?;
        upstream.close().await;
        Ok(())
    }

    fn account(&self, name: &str, flow: Flow) -> Result<(Client, Account), Failed> {
        let client = Client::new(Parts {
            store: self.store.clone(),
            identity: Identity {
                client_name: "Bailiwick".into(),
                metadata_url: None,
                redirect_uris: Vec::new(),
            },
        });
        let machine = matches!(flow, Flow::Machine { .. });
        let account = client.account(Server {
            name: name.to_owned(),
            url: self.url.clone(),
            http: self.http.clone(),
            check: Arc::new(|_| Ok(())),
            configured: machine.then(|| Configured {
                client_id: "machine".into(),
                client_secret: Some(Arc::new(|| Box::pin(async { Ok(SecretString::from(MACHINE_SECRET)) }))),
                issuer: None,
            }),
            scopes: Vec::new(),
            flow,
            endpoint_fallback: false,
        });
        Ok((client, account))
    }

    fn upstream(&self, account: &Account) -> Upstream {
        let headers = Credentials {
            set: Arc::new(|| Box::pin(async { Ok(HeaderMap::new()) })),
            account: Some(account.clone()),
        };
        Upstream::new(UpstreamParts {
            name: "resource".into(),
            transport: TransportParts::Http(HttpParts {
                url: self.url.clone(),
                http: self.http.clone(),
                headers: Arc::new(headers),
            }),
            limits: Default::default(),
            sharing: Default::default(),
        })
    }

    /// No token that was ever learned lies in the files of the store, and the store was told of the one in use.
    async fn nothing_lies_open(&self, account: &Account) -> Result<(), Failed> {
        let disk = self.store.on_disk()?;
        ensure(!disk.is_empty(), "the store has files")?;
        let learned = self.store.learned_secrets();
        let bearer = token(account).await?;
        ensure(
            learned.iter().any(|secret| format!("Bearer {secret}") == bearer),
            "the token in use was learned",
        )?;
        for secret in learned {
            ensure(!disk.contains(&secret), "no token lies open on disk")?;
        }
        Ok(())
    }
}

async fn list(upstream: &Upstream) -> Result<Value, UpstreamError> {
    let client = Arc::new(McpClient {
        version: Version::LATEST,
        info: Value::Null,
        capabilities: serde_json::json!({}),
        conversation: "journey".into(),
        extensions: http::Extensions::new(),
    });
    let request = Request { method: "tools/list".into(), params: None, client };
    let result = upstream.request(request, Outbox::closed()).await?;
    serde_json::from_str(result.get()).map_err(|error| UpstreamError::Protocol(error.to_string()))
}

async fn token(account: &Account) -> Result<String, Failed> {
    let header = account.header().await?.ok_or("there is no token")?;
    Ok(header.expose_secret().to_owned())
}

/// Until the token in hand is so old that the next use renews it.
async fn wait_until_due(account: &Account) -> Result<(), Failed> {
    let end = account.status().await?.expires_at.ok_or("the token has no end")?;
    let started = Instant::now();
    while chrono::Utc::now().timestamp() < end {
        ensure(started.elapsed() < Duration::from_secs(60), "tokens of seconds end within a minute")?;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    Ok(())
}

fn ensure(right: bool, what: &str) -> Result<(), Failed> {
    if right { Ok(()) } else { Err(format!("this does not hold: {what}").into()) }
}

fn http() -> Result<reqwest::Client, Failed> {
    Ok(reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build()?)
}
