//! Requests and their problems.

use std::time::Duration;

use domain::approval::{Approval, TaskRule};
use domain::task::TaskSummary;
use domain::{ApprovalId, RuleId, TaskId};
use reqwest::{Method, RequestBuilder, Response};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{AnswerApproval, CreateTask, Explanation, JournalPage, TaskDetail, TaskEvents, TaskPage};
use crate::instance::Instance;

/// Longest wait for an answer other than an event stream.
const ANSWER_SECONDS_MAX: u64 = 60;
/// Longest wait for a sign of life.
const ALIVE_SECONDS_MAX: u64 = 5;

/// Calls one serving process. Cheap to clone.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    pub(super) base: String,
    token: String,
}

/// What the API answered instead of success (RFC 9457), or why it could not be reached.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    #[error("{}", .0.sentence())]
    Problem(Problem),
    #[error("no answer from Bailiwick at {base}: {source}")]
    Unreachable { base: String, source: reqwest::Error },
    #[error("Bailiwick at {base} ends every event stream at once")]
    Silent { base: String },
    #[error("Bailiwick at {base} answered in a form this version does not know: {detail}")]
    Unreadable { base: String, detail: String },
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Problem {
    pub status: u16,
    pub code: String,
    pub title: String,
    pub detail: String,
}

impl Problem {
    fn sentence(&self) -> &str {
        if self.detail.is_empty() { &self.title } else { &self.detail }
    }
}

impl ApiError {
    /// Whether the process this client was made for does not serve any more: it does not answer, or another one
    /// with another token has its port.
    pub fn server_gone(&self) -> bool {
        match self {
            ApiError::Problem(problem) => problem.status == 401,
            ApiError::Unreachable { .. } | ApiError::Silent { .. } => true,
            ApiError::Unreadable { .. } => false,
        }
    }

    /// The stable word of a problem, like `already_resolved`.
    pub fn code(&self) -> &str {
        match self {
            ApiError::Problem(problem) => &problem.code,
            _ => "",
        }
    }
}

impl Client {
    pub fn new(instance: &Instance) -> Result<Self, reqwest::Error> {
        // Loopback only: a proxy from the environment must never see the token.
        let http = reqwest::Client::builder().no_proxy().connect_timeout(Duration::from_secs(5)).build()?;
        Ok(Self { http, base: format!("http://{}", instance.address), token: instance.token.clone() })
    }

    /// Where MCP clients are served.
    pub fn endpoint(&self) -> String {
        format!("{}/mcp", self.base)
    }

    /// The token of the person's own programs.
    pub fn local_token(&self) -> &str {
        &self.token
    }

    /// Whether the process answers.
    pub async fn is_alive(&self) -> bool {
        let request = self.request(Method::GET, "/status").timeout(Duration::from_secs(ALIVE_SECONDS_MAX));
        self.success(request).await.is_ok()
    }

    pub async fn create_task(&self, new: &CreateTask<'_>) -> Result<TaskSummary, ApiError> {
        self.send(Method::POST, "/tasks", Some(new)).await
    }

    pub async fn tasks(&self, query: &[(&str, String)]) -> Result<TaskPage, ApiError> {
        let query = serde_urlencoded(query);
        self.get(&format!("/tasks?{query}")).await
    }

    pub async fn task(&self, id: TaskId) -> Result<TaskDetail, ApiError> {
        self.get(&format!("/tasks/{id}")).await
    }

    pub async fn journal(&self, id: TaskId, after: u64) -> Result<JournalPage, ApiError> {
        self.get(&format!("/tasks/{id}/journal?after={after}&limit=500")).await
    }

    /// The task's events after `after`, live, across broken connections.
    pub fn events(&self, id: TaskId, after: u64) -> TaskEvents {
        TaskEvents::new(self.clone(), id, after)
    }

    pub async fn cancel(&self, id: TaskId) -> Result<TaskSummary, ApiError> {
        self.send(Method::POST, &format!("/tasks/{id}/cancel"), Some(&json!({"by": "terminal"}))).await
    }

    pub async fn resume(&self, id: TaskId, limits: agent::LimitsChange) -> Result<TaskSummary, ApiError> {
        self.send(
            Method::POST,
            &format!("/tasks/{id}/resume"),
            Some(&json!({"limits": limits, "by": "terminal"})),
        )
        .await
    }

    pub async fn message(&self, id: TaskId, text: &str) -> Result<TaskSummary, ApiError> {
        self.send(
            Method::POST,
            &format!("/tasks/{id}/messages"),
            Some(&json!({"text": text, "by": "terminal"})),
        )
        .await
    }

    pub async fn rules(&self, task: TaskId) -> Result<Vec<TaskRule>, ApiError> {
        #[derive(Deserialize)]
        struct Page {
            rules: Vec<TaskRule>,
        }
        let page: Page = self.get(&format!("/tasks/{task}/rules")).await?;
        Ok(page.rules)
    }

    pub async fn revoke_rule(&self, task: TaskId, rule: RuleId) -> Result<TaskRule, ApiError> {
        self.send(Method::DELETE, &format!("/tasks/{task}/rules/{rule}"), None::<&()>).await
    }

    pub async fn approval(&self, id: ApprovalId) -> Result<Approval, ApiError> {
        self.get(&format!("/approvals/{id}")).await
    }

    pub async fn pending_approvals(&self) -> Result<Vec<Approval>, ApiError> {
        #[derive(Deserialize)]
        struct Page {
            approvals: Vec<Approval>,
        }
        let page: Page = self.get("/approvals?status=pending").await?;
        Ok(page.approvals)
    }

    pub async fn answer(&self, id: ApprovalId, answer: &AnswerApproval<'_>) -> Result<Approval, ApiError> {
        self.send(Method::POST, &format!("/approvals/{id}"), Some(answer)).await
    }

    pub async fn explain(&self, id: ApprovalId) -> Result<Explanation, ApiError> {
        self.get(&format!("/approvals/{id}/explain")).await
    }

    pub async fn sign_in_link(&self) -> Result<String, ApiError> {
        #[derive(Deserialize)]
        struct Link {
            url: String,
        }
        let link: Link = self.send(Method::POST, "/sign-in-links", Some(&json!({}))).await?;
        Ok(link.url)
    }

    pub(super) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ApiError> {
        self.send(Method::GET, path, None::<&()>).await
    }

    pub(super) async fn send<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, ApiError> {
        let wait = Duration::from_secs(ANSWER_SECONDS_MAX);
        let response = self.success(self.with_body(method, path, body).timeout(wait)).await?;
        response.json().await.map_err(|error| self.unreadable(&error))
    }

    /// For work that grows with what is stored: waits as long as it takes.
    pub(super) async fn long<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<T, ApiError> {
        let response = self.success(self.with_body(method, path, body)).await?;
        response.json().await.map_err(|error| self.unreadable(&error))
    }

    /// For what has no answer but success.
    pub(super) async fn done(
        &self,
        method: Method,
        path: &str,
        body: Option<&impl Serialize>,
    ) -> Result<(), ApiError> {
        let wait = Duration::from_secs(ANSWER_SECONDS_MAX);
        self.success(self.with_body(method, path, body).timeout(wait)).await.map(drop)
    }

    fn with_body(&self, method: Method, path: &str, body: Option<&impl Serialize>) -> RequestBuilder {
        let request = self.request(method, path);
        match body {
            Some(body) => request.json(body),
            None => request,
        }
    }

    pub(super) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, format!("{}/api/v1{path}", self.base)).bearer_auth(&self.token)
    }

    /// Sends, and turns every answer but success into its problem.
    pub(super) async fn success(&self, request: RequestBuilder) -> Result<Response, ApiError> {
        let response = request
            .send()
            .await
            .map_err(|source| ApiError::Unreachable { base: self.base.clone(), source })?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status().as_u16();
        let mut problem: Problem = response.json().await.unwrap_or_default();
        if problem.status == 0 {
            problem.status = status;
            problem.title = format!("Bailiwick answered with status {status}");
        }
        Err(ApiError::Problem(problem))
    }

    fn unreadable(&self, error: &reqwest::Error) -> ApiError {
        ApiError::Unreadable { base: self.base.clone(), detail: error.to_string() }
    }
}

fn serde_urlencoded(query: &[(&str, String)]) -> String {
    url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish()
}
