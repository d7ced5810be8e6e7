//! Servers, secrets and the record, as the API tells them.

use std::collections::BTreeMap;

use domain::Timestamp;
use domain::server::ServerSpec;
use reqwest::{Method, Response};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{ApiError, Client};

#[derive(Clone, Debug, Deserialize)]
pub struct Server {
    pub name: String,
    pub spec: Value,
    pub origin: String,
    pub state: String,
    pub version: Option<String>,
    pub problem: Option<String>,
    pub tools_pinned: u32,
    pub tools_waiting: u32,
}

#[derive(Clone, Debug, Deserialize)]
pub struct ServerDetail {
    #[serde(flatten)]
    pub server: Server,
    pub tools: Vec<ServerTool>,
    pub collisions: Vec<String>,
    pub grants: Vec<String>,
    pub stderr: String,
}

#[derive(Clone, Debug, Deserialize)]
pub struct ServerTool {
    pub name: String,
    pub exposed: Option<String>,
    /// `pinned`, `new`, `changed` or `gone`.
    pub state: String,
    pub digest: String,
    pub definition: Value,
    pub diff: Option<String>,
    pub flags: Vec<String>,
}

impl ServerTool {
    /// Whether a person has to look at it before it can be used.
    pub fn waits(&self) -> bool {
        matches!(self.state.as_str(), "new" | "changed")
    }
}

#[derive(Debug, Deserialize, Serialize)]
pub struct Secret {
    pub name: String,
    pub hosts: Vec<String>,
    pub used_by: Vec<String>,
    pub updated_at: Timestamp,
}

#[derive(Debug, Deserialize, Serialize)]
pub struct RecordEntry {
    pub seq: u64,
    pub at: Timestamp,
    pub kind: String,
    pub body: Value,
    pub hash: String,
}

#[derive(Debug, Deserialize, Serialize)]
pub struct Verification {
    pub whole: bool,
    pub entries: u64,
    pub head: String,
    pub first_bad: Option<u64>,
    pub why: Option<String>,
}

impl Client {
    pub async fn servers(&self) -> Result<Vec<Server>, ApiError> {
        #[derive(Deserialize)]
        struct Page {
            servers: Vec<Server>,
        }
        let page: Page = self.get("/servers").await?;
        Ok(page.servers)
    }

    /// The answer as it came, for `--json`.
    pub async fn raw(&self, path: &str) -> Result<Value, ApiError> {
        self.get(path).await
    }

    /// The answer to a question, as it came.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value, ApiError> {
        self.long(Method::POST, path, Some(body)).await
    }

    pub async fn reinstate_policy(&self, id: &str) -> Result<(), ApiError> {
        let path = format!("/policy/versions/{}/activate", segment(id));
        self.done(Method::POST, &path, Some(&json!({}))).await
    }

    pub async fn server(&self, name: &str) -> Result<ServerDetail, ApiError> {
        self.get(&format!("/servers/{}", segment(name))).await
    }

    pub async fn add_server(&self, name: &str, spec: &ServerSpec) -> Result<ServerDetail, ApiError> {
        #[derive(Serialize)]
        struct NewServer<'a> {
            name: &'a str,
            #[serde(flatten)]
            spec: &'a ServerSpec,
        }
        self.send(Method::POST, "/servers", Some(&NewServer { name, spec })).await
    }

    pub async fn remove_server(&self, name: &str) -> Result<(), ApiError> {
        self.done(Method::DELETE, &format!("/servers/{}", segment(name)), None::<&()>).await
    }

    pub async fn restart_server(&self, name: &str) -> Result<ServerDetail, ApiError> {
        self.send(Method::POST, &format!("/servers/{}/restart", segment(name)), Some(&json!({}))).await
    }

    /// Approves tools by the digests of what was read.
    pub async fn approve_tools(&self, name: &str, tools: &[&ServerTool]) -> Result<ServerDetail, ApiError> {
        let tools: Vec<Value> =
            tools.iter().map(|tool| json!({"name": tool.name, "digest": tool.digest})).collect();
        self.send(
            Method::POST,
            &format!("/servers/{}/approve", segment(name)),
            Some(&json!({"tools": tools})),
        )
        .await
    }

    pub async fn withdraw_tools(&self, name: &str, tools: &[String]) -> Result<ServerDetail, ApiError> {
        self.send(
            Method::POST,
            &format!("/servers/{}/withdraw", segment(name)),
            Some(&json!({"tools": tools})),
        )
        .await
    }

    pub async fn sign_in_to_server(&self, name: &str) -> Result<String, ApiError> {
        #[derive(Deserialize)]
        struct SignIn {
            url: String,
        }
        let path = format!("/servers/{}/sign-in", segment(name));
        let sign_in: SignIn = self.send(Method::POST, &path, Some(&json!({}))).await?;
        Ok(sign_in.url)
    }

    pub async fn secrets(&self) -> Result<Vec<Secret>, ApiError> {
        #[derive(Deserialize)]
        struct Page {
            secrets: Vec<Secret>,
        }
        let page: Page = self.get("/secrets").await?;
        Ok(page.secrets)
    }

    pub async fn set_secret(&self, name: &str, value: &str, hosts: &[String]) -> Result<(), ApiError> {
        let body = BTreeMap::from([("value", json!(value)), ("hosts", json!(hosts))]);
        self.done(Method::PUT, &format!("/secrets/{}", segment(name)), Some(&body)).await
    }

    pub async fn remove_secret(&self, name: &str) -> Result<(), ApiError> {
        self.done(Method::DELETE, &format!("/secrets/{}", segment(name)), None::<&()>).await
    }

    pub async fn record(&self, limit: u32) -> Result<Vec<RecordEntry>, ApiError> {
        #[derive(Deserialize)]
        struct Page {
            entries: Vec<RecordEntry>,
        }
        let page: Page = self.get(&format!("/record?limit={limit}")).await?;
        Ok(page.entries)
    }

    pub async fn verify_record(&self) -> Result<Verification, ApiError> {
        self.long(Method::POST, "/record/verify", Some(&json!({}))).await
    }

    /// The record as JSON Lines, however long it is.
    pub async fn export_record(&self) -> Result<Response, ApiError> {
        self.success(self.request(Method::GET, "/record/export")).await
    }

    /// A token for one MCP client, beside those it has.
    pub async fn client_token(&self, name: &str) -> Result<String, ApiError> {
        #[derive(Deserialize)]
        struct Token {
            token: String,
        }
        let token: Token =
            self.send(Method::POST, "/mcp-clients", Some(&json!({"name": name, "another": true}))).await?;
        Ok(token.token)
    }
}

/// A name as a part of a path.
fn segment(name: &str) -> String {
    url::form_urlencoded::byte_serialize(name.as_bytes()).collect()
}
