//! The way to `/mcp`: headers, and the session that a legacy client has there without knowing.

use std::borrow::Cow;
use std::sync::{Mutex, PoisonError};

use http::{HeaderName, HeaderValue};
use reqwest::{RequestBuilder, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::task::AbortHandle;
use url::Url;

use super::names;
use super::repeated::Repeated;
use crate::serve::headers;
use crate::serve::incoming::{Head, Named, text};

const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

pub(super) struct Link {
    endpoint: Url,
    bearer: SecretString,
    http: reqwest::Client,
    pub(super) repeated: Repeated,
    session: Mutex<Session>,
    /// Held by whoever opens a session again, so that many requests that find it gone open one.
    reopening: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Session {
    /// The client's `initialize`, to begin again with.
    opening: Option<Vec<u8>>,
    id: Option<String>,
    version: Option<String>,
    listening: Option<AbortHandle>,
}

/// What has to be said about a message in its headers.
pub(super) struct Route {
    modern: Option<Modern>,
}

struct Modern {
    version: String,
    method: String,
    name: Option<String>,
    repeated: Vec<(HeaderName, HeaderValue)>,
}

impl Route {
    pub(super) fn legacy() -> Self {
        Self { modern: None }
    }

    /// Read from the message: a modern one says its version in `_meta`.
    pub(super) fn of(method: &str, head: &Head<'_>, repeated: Vec<(HeaderName, HeaderValue)>) -> Self {
        let version = text(head.meta().version);
        let name = head.named(method).and_then(|Named(name)| name.map(|name| names::encode(&name)));
        let modern = |version: Cow<'_, str>| Modern {
            version: version.into_owned(),
            method: method.to_owned(),
            name,
            repeated,
        };
        Self { modern: version.map(modern) }
    }

    pub(super) fn is_list_of_tools(&self) -> bool {
        self.modern.as_ref().is_some_and(|modern| modern.method == "tools/list")
    }

    pub(super) fn is_modern(&self) -> bool {
        self.modern.is_some()
    }
}

impl Link {
    pub(super) fn new(endpoint: Url, bearer: SecretString, http: reqwest::Client) -> Self {
        Self {
            endpoint,
            bearer,
            http,
            repeated: Repeated::default(),
            session: Mutex::default(),
            reopening: tokio::sync::Mutex::default(),
        }
    }

    /// Remembers how the client begins.
    pub(super) async fn opening(&self, line: &[u8]) {
        let _one = self.reopening.lock().await;
        let mut session = self.lock();
        session.opening = Some(line.to_vec());
        session.id = None;
        session.version = None;
    }

    pub(super) fn listening(&self, task: AbortHandle) {
        if let Some(old) = self.lock().listening.replace(task) {
            old.abort();
        }
    }

    /// One POST. A session that the server does not know any more is opened again, once.
    pub(super) async fn post(&self, line: Vec<u8>, route: &Route) -> Result<Response, String> {
        let used = self.lock().id.clone();
        let response = self.send(self.message(line.clone(), route)).await?;
        let is_lost = response.status() == StatusCode::NOT_FOUND && !route.is_modern() && used.is_some();
        if !is_lost {
            return Ok(response);
        }
        self.reopen(used.as_deref()).await?;
        self.send(self.message(line, route)).await
    }

    /// The stream on which the server speaks unasked, or one that broke, from the event after `last` on.
    pub(super) async fn get(&self, last: Option<&str>) -> Result<Response, String> {
        let request = self.headed(self.http.get(self.endpoint.clone())).header("accept", "text/event-stream");
        self.send(match last {
            Some(last) => request.header(headers::LAST_EVENT, last),
            None => request,
        })
        .await
    }

    /// Begins again as the client began; `lost` is the session that is gone.
    pub(super) async fn reopen(&self, lost: Option<&str>) -> Result<(), String> {
        let _one = self.reopening.lock().await;
        let opening = {
            let mut session = self.lock();
            if session.id.as_deref() != lost {
                return Ok(());
            }
            session.id = None;
            session.opening.clone().ok_or("there is no session and none was begun")?
        };
        let response = self.send(self.message(opening, &Route::legacy())).await?;
        let bytes = self.opened(response).await?.1;
        if self.lock().id.is_none() {
            return Err(format!(
                "the session could not be opened again: {}",
                String::from_utf8_lossy(&bytes)
            ));
        }
        self.send(self.message(INITIALIZED.into(), &Route::legacy())).await.map(drop)
    }

    pub(super) fn session(&self) -> Option<String> {
        self.lock().id.clone()
    }

    /// Takes the session from the answer to `initialize`, and gives the answer on.
    pub(super) async fn opened(&self, response: Response) -> Result<(StatusCode, Vec<u8>), String> {
        #[derive(Deserialize)]
        struct Answer {
            result: Opened,
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Opened {
            protocol_version: String,
        }
        let id = response.headers().get(headers::SESSION).and_then(|id| id.to_str().ok()).map(str::to_owned);
        let status = response.status();
        let bytes = response.bytes().await.map_err(|error| self.failed(&error))?.to_vec();
        if let (Some(id), Ok(answer)) = (id, serde_json::from_slice::<Answer>(&bytes)) {
            let mut session = self.lock();
            session.id = Some(id);
            session.version = Some(answer.result.protocol_version);
        }
        Ok((status, bytes))
    }

    /// Says goodbye to the session.
    pub(super) async fn close(&self) {
        let listening = self.lock().listening.take();
        if let Some(listening) = listening {
            listening.abort();
        }
        if self.session().is_some() {
            let request = self.headed(self.http.delete(self.endpoint.clone()));
            // The server ends sessions of clients that never say goodbye as well.
            let _ = self.send(request).await;
        }
    }

    fn message(&self, line: Vec<u8>, route: &Route) -> RequestBuilder {
        let request = self.http.post(self.endpoint.clone()).body(line);
        let request = request
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        match &route.modern {
            None => self.headed(request),
            Some(modern) => {
                let request = request.bearer_auth(self.bearer.expose_secret());
                let request =
                    request.header(headers::VERSION, &modern.version).header(headers::METHOD, &modern.method);
                let request =
                    modern.name.iter().fold(request, |request, name| request.header(headers::NAME, name));
                let repeated = modern.repeated.iter();
                repeated.fold(request, |request, (name, value)| request.header(name, value))
            }
        }
    }

    fn headed(&self, request: RequestBuilder) -> RequestBuilder {
        let session = self.lock();
        let mut request = request.bearer_auth(self.bearer.expose_secret());
        if let Some(id) = &session.id {
            request = request.header(headers::SESSION, id);
        }
        if let Some(version) = &session.version {
            request = request.header(headers::VERSION, version);
        }
        request
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, String> {
        request.send().await.map_err(|error| self.failed(&error))
    }

    pub(super) fn failed(&self, error: &reqwest::Error) -> String {
        let mut text = format!("Bailiwick at {} does not answer: {error}", self.endpoint);
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            text.push_str(&format!(": {cause}"));
            source = cause.source();
        }
        text + "; `bailiwick up` starts it"
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
