//! A serving app of one test.

use std::net::SocketAddr;
use std::sync::{Arc, Once};
use std::time::Duration;

use domain::approval::Approval;
use domain::journal::Event;
use domain::limits::Limits;
use domain::task::{TaskSummary, Workspace};
use domain::{TaskId, TenantId};
use reqwest::{Client, Method, RequestBuilder, Response, redirect};
use secrecy::SecretString;
use serde_json::Value;
use store::{Store, TenantStore};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use web::{App, Config, Mcp, SignIn};

use super::desk::Desk;
use super::gate::{ScriptedGate, ScriptedServer};
use super::samples;
use super::script::{Script, Turn};
use super::shelf::Shelf;

/// Token of the programs of this desk.
pub const LOCAL_TOKEN: &str = "local-token-of-the-test";

pub struct TestApp {
    pub address: SocketAddr,
    pub client: Client,
    pub tenant: TenantStore,
    pub tasks: agent::Tasks,
    pub sign_in: SignIn,
    pub desk: Arc<Desk>,
    pub shelf: Arc<Shelf>,
    pub script: Arc<Script>,
    pub workspace: Workspace,
    pub shutdown: CancellationToken,
    pub served: JoinHandle<std::io::Result<()>>,
    /// Of the workspace.
    pub folder: TempDir,
    _data_dir: TempDir,
}

impl TestApp {
    pub async fn new() -> Self {
        Self::with(Config::default()).await
    }

    pub async fn with(config: Config) -> Self {
        Self::with_mcp(config, None).await
    }

    pub async fn with_mcp(config: Config, mcp: Option<Mcp>) -> Self {
        let data_dir = tempfile::tempdir().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&store::Config::default(), data_dir.path()).await.unwrap();
        let tenant = store.tenant(TenantId::LOCAL).await.unwrap();
        let root = folder.path().canonicalize().unwrap();
        let workspace = tenant.ensure_workspace(&root, "project").await.unwrap();
        let script = Arc::new(Script::default());
        let tasks = agent::Tasks::start(
            agent::Config { model: "scripted".into(), ..agent::Config::default() },
            store.clone(),
            tenant.clone(),
            script.clone(),
            Arc::new(ScriptedGate),
        )
        .await
        .unwrap();
        let desk = Arc::new(Desk::new(data_dir.path()));
        let shelf = Arc::new(Shelf::default());
        let sign_in = SignIn::new(&SecretString::from(LOCAL_TOKEN), [9; 32], &config);
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let app = App {
            config,
            version: "1.2.3".into(),
            store: store.clone(),
            tenant: tenant.clone(),
            tasks: tasks.clone(),
            gateway: gateway::Gateway::new(policy::Policy::shipped(), vec![Arc::new(ScriptedServer)]),
            fence: samples::fence_report(),
            settings: desk.clone(),
            workspaces: desk.clone(),
            servers: shelf.clone(),
            secrets: shelf.clone(),
            record: shelf.clone(),
            policies: shelf.clone(),
            sign_in: sign_in.clone(),
            default_workspace: Some(workspace.clone()),
            mcp,
        };
        let shutdown = CancellationToken::new();
        let served = tokio::spawn(web::serve(listener, app, shutdown.clone()));
        Self {
            address,
            client: client(),
            tenant,
            tasks,
            sign_in,
            desk,
            shelf,
            script,
            workspace,
            shutdown,
            served,
            folder,
            _data_dir: data_dir,
        }
    }

    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A request without credentials to a path from the root.
    pub fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.base()))
    }

    /// A program's request to a path of the API.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, &format!("/api/v1{path}")).bearer_auth(LOCAL_TOKEN)
    }

    pub async fn get(&self, path: &str) -> Value {
        json(200, self.request(Method::GET, path)).await
    }

    /// The problem that a request is answered with.
    pub async fn refused(&self, status: u16, request: RequestBuilder) -> Value {
        let response = request.send().await.unwrap();
        problem(status, response).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Value {
        json(200, self.request(Method::POST, path).json(body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Value {
        json(200, self.request(Method::PUT, path).json(body)).await
    }

    pub async fn delete(&self, path: &str) -> Value {
        json(200, self.request(Method::DELETE, path)).await
    }

    /// Starts a task through the API with a script for its model.
    pub async fn start(&self, turns: Vec<Turn>) -> String {
        self.script.add(turns);
        let body = serde_json::json!({"prompt": "do it"});
        let task = json(201, self.request(Method::POST, "/tasks").json(&body)).await;
        task["id"].as_str().unwrap().to_owned()
    }

    /// Waits until a task has that status, and gives it.
    pub async fn until(&self, task: &str, status: &str) -> Value {
        let path = format!("/tasks/{task}");
        let wait = async {
            loop {
                let task = self.get(&path).await;
                if task["status"] == status {
                    return task;
                }
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        match tokio::time::timeout(Duration::from_secs(20), wait).await {
            Ok(task) => task,
            Err(_) => panic!("the task never was {status}: {}", self.get(&path).await),
        }
    }

    /// A task that no executor works on: its journal holds what the test appends.
    pub async fn quiet_task(&self, title: &str) -> TaskSummary {
        let first = Event::TaskCreated {
            prompt: title.into(),
            workspace_id: self.workspace.id,
            model: "scripted".into(),
            limits: Limits::default(),
            system_prompt: String::new(),
        };
        self.tenant.create_task(TaskId::new(), title, first).await.unwrap()
    }

    pub async fn append_notes(&self, task: TaskId, count: usize) {
        let notes = (0..count).map(|number| Event::Note { text: format!("note {number}") }).collect();
        self.tenant.append(task, None, notes, None).await.unwrap();
    }

    /// A pending question in a task that no executor works on.
    pub async fn pending_approval(&self) -> Approval {
        let task = self.quiet_task("asks").await;
        let approval = samples::approval(task.id);
        self.tenant.request_approval(approval, None).await.unwrap()
    }

    /// Signs a browser in and gives its `Cookie` header.
    pub async fn cookie(&self) -> String {
        let response = self.client.get(self.sign_in.link().url(&self.base())).send().await.unwrap();
        assert_eq!(response.status(), 303);
        let cookie = response.headers()["set-cookie"].to_str().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }
}

/// The JSON body of an answer with that status.
pub async fn json(status: u16, request: RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    let found = response.status();
    let text = response.text().await.unwrap();
    assert_eq!(found, status, "{text}");
    serde_json::from_str(&text).unwrap()
}

/// Checks that an answer is a problem with that status, and gives it.
pub async fn problem(status: u16, response: Response) -> Value {
    let found = response.status();
    let kind = response.headers().get("content-type").cloned();
    let text = response.text().await.unwrap();
    assert_eq!(found, status, "{text}");
    assert_eq!(kind.unwrap(), "application/problem+json", "{text}");
    let problem: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(problem["status"], status);
    assert_eq!(problem["type"], "about:blank");
    for field in ["title", "detail", "code"] {
        assert!(problem[field].as_str().is_some_and(|text| !text.is_empty()), "{field}: {problem}");
    }
    problem
}

/// Follows no redirect, keeps no cookie and unpacks nothing by itself.
fn client() -> Client {
    static PROVIDER: Once = Once::new();
    PROVIDER.call_once(|| {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    });
    Client::builder().redirect(redirect::Policy::none()).no_gzip().build().unwrap()
}
