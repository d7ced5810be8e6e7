//! A database for one test, and what goes into it.

use std::path::Path;

use domain::approval::{Approval, ApprovalKind, ApprovalStatus, Binding, RuleScope};
use domain::decision::{Decision, Obligations, Point, Reason, Verdict};
use domain::digest::Digest;
use domain::journal::{Event, TaskEnd};
use domain::limits::{Limits, Spent};
use domain::task::{TaskStatus, TaskSummary, Workspace};
use domain::{
    ApprovalId, CallId, DecisionId, MicroUsd, PrincipalId, TaskId, TenantId, Timestamp, WorkspaceId,
};
use serde_json::json;
use store::{Config, DecisionRecord, OpenError, Projection, Store, TenantStore};

/// An open database with the means to open it again.
pub struct Bed {
    pub store: Store,
    config: Config,
    data_dir: tempfile::TempDir,
}

pub async fn sqlite() -> Bed {
    Bed::with(Config::default()).await
}

pub async fn postgres() -> Bed {
    Bed::on(&testkit::postgres::database().await).await
}

impl Bed {
    pub async fn on(database: &testkit::postgres::Database) -> Self {
        Self::with(Config { url: database.url.clone(), ..Config::default() }).await
    }

    async fn with(config: Config) -> Self {
        let data_dir = tempfile::tempdir().expect("a temporary folder");
        let store = Store::open(&config, data_dir.path()).await.expect("a new database opens");
        Self { store, config, data_dir }
    }

    /// The desk's tenant.
    pub async fn local(&self) -> TenantStore {
        self.store.tenant(TenantId::LOCAL).await.expect("the local tenant")
    }

    pub async fn open_again(&self) -> Result<Store, OpenError> {
        Store::open(&self.config, self.data_dir.path()).await
    }

    pub fn data_dir(&self) -> &Path {
        self.data_dir.path()
    }

    pub fn url(&self) -> &str {
        &self.config.url
    }
}

pub async fn workspace(tenant: &TenantStore) -> Workspace {
    tenant.ensure_workspace(Path::new("/srv/project"), "project").await.expect("a workspace")
}

pub fn created(workspace_id: WorkspaceId, prompt: &str) -> Event {
    Event::TaskCreated {
        prompt: prompt.to_owned(),
        workspace_id,
        model: "demo".to_owned(),
        limits: Limits::default(),
        system_prompt: "You are careful.".to_owned(),
    }
}

pub async fn task(tenant: &TenantStore, title: &str) -> TaskSummary {
    let workspace = workspace(tenant).await;
    tenant.create_task(TaskId::new(), title, created(workspace.id, title)).await.expect("a task")
}

pub fn note(text: impl Into<String>) -> Event {
    Event::Note { text: text.into() }
}

pub fn ended() -> Event {
    Event::TaskEnded { end: TaskEnd::Completed, text: "done".to_owned() }
}

pub fn projection(status: TaskStatus) -> Projection {
    Projection {
        status,
        status_text: Some(format!("it is {}", status.as_str())),
        limits: Limits { steps_max: 7, ..Limits::default() },
        spent: Spent { steps: 3, tokens: 1_234, cost: MicroUsd(56), wall_ms: 7_890 },
    }
}

/// The current time as precisely as it is stored.
pub fn now() -> Timestamp {
    let now = chrono::Utc::now();
    Timestamp::from_timestamp_micros(now.timestamp_micros()).expect("now is a time")
}

pub fn approval(task_id: TaskId, kind: ApprovalKind) -> Approval {
    Approval {
        id: ApprovalId::new(),
        task_id: Some(task_id),
        call_id: CallId::new(),
        kind,
        server: "workspace".to_owned(),
        tool: "run_command".to_owned(),
        arguments: json!({"command": "git push", "nul": "\u{0}", "z": 1, "a": [1.5, null]}),
        reasons: vec![reason()],
        binding: Binding {
            caller: "task:1".to_owned(),
            tool_digest: Digest::of(&"tool"),
            arguments_digest: Digest::of(&"arguments"),
            policy_revision: "r1".to_owned(),
        },
        always: Some(scope()),
        status: ApprovalStatus::Pending,
        answer: None,
        answered_by: None,
        note: None,
        created_at: now(),
        resolved_at: None,
        roles: Vec::new(),
        expires_at: None,
        used_at: None,
    }
}

pub fn scope() -> RuleScope {
    RuleScope {
        server: "workspace".to_owned(),
        tool: "run_command".to_owned(),
        rules: vec!["commands.unknown".to_owned()],
        command_prefixes: vec![vec!["git".to_owned(), "push".to_owned()]],
        description: "run commands beginning with `git push`".to_owned(),
    }
}

fn reason() -> Reason {
    Reason {
        verdict: Verdict::Ask,
        rule: "commands.unknown".to_owned(),
        message: "unknown command".to_owned(),
    }
}

pub fn decision(task_id: Option<TaskId>, point: Point) -> DecisionRecord {
    DecisionRecord {
        decision: Decision {
            id: DecisionId::new(),
            point,
            verdict: Verdict::Ask,
            reasons: vec![reason()],
            obligations: Obligations { labels: vec!["untrusted".to_owned()], ..Obligations::default() },
            policy_revision: "r1".to_owned(),
            took_us: 42,
        },
        task_id,
        call_id: task_id.map(|_| CallId::new()),
        principal_id: PrincipalId::LOCAL_USER,
        server: "workspace".to_owned(),
        tool: "run_\u{0}command".to_owned(),
        question: json!({"point": point.as_str(), "arguments": {"text": "a\u{0}b"}}),
        at: now(),
    }
}
