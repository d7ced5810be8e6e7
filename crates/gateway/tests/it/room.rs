//! A store, a workspace and a server of tools that does as it is told.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use domain::approval::{Answer, Approval};
use domain::decision::{Decision, Verdict};
use domain::digest::Digest;
use domain::journal::Event;
use domain::limits::Limits;
use domain::task::Workspace;
use domain::tool::{ProgressSink, ServerKind, Tool, ToolAnnotations, ToolOutcome};
use domain::{ApprovalId, CallId, MicroUsd, PrincipalId, TaskId, TenantId};
use gateway::{Call, Caller, CallerTask, Config, Gateway, Ruling, ServerError, ToolServer};
use policy::{Policy, PolicyFile};
use serde_json::{Value, json};
use store::{DecisionFilter, DecisionRecord, Resolve, Store, TenantStore};

/// What the server does with the next call.
pub enum Act {
    Answer(ToolOutcome),
    Fail(&'static str),
    Panic,
    Hang,
}

pub struct Server {
    pub name: &'static str,
    pub kind: ServerKind,
    tools: Mutex<Vec<Tool>>,
    revision: AtomicU64,
    pub acts: Mutex<VecDeque<Act>>,
    /// What was really called.
    pub calls: Mutex<Vec<(String, Value)>>,
    /// True while a call runs.
    pub running: Arc<Mutex<bool>>,
}

#[async_trait]
impl ToolServer for Server {
    fn name(&self) -> &str {
        self.name
    }
    fn kind(&self) -> ServerKind {
        self.kind
    }
    fn revision(&self) -> u64 {
        self.revision.load(Ordering::SeqCst)
    }
    async fn tools(&self) -> Result<Vec<Tool>, ServerError> {
        Ok(self.tools.lock().unwrap().clone())
    }
    async fn call(
        &self,
        _: &Workspace,
        tool: &str,
        arguments: Value,
        _: ProgressSink,
    ) -> Result<ToolOutcome, ServerError> {
        struct Running(Arc<Mutex<bool>>);
        impl Drop for Running {
            fn drop(&mut self) {
                *self.0.lock().unwrap() = false;
            }
        }
        *self.running.lock().unwrap() = true;
        let _running = Running(self.running.clone());
        self.calls.lock().unwrap().push((tool.to_owned(), arguments));
        let act = self.acts.lock().unwrap().pop_front();
        match act {
            None => Ok(ToolOutcome::text("done")),
            Some(Act::Answer(outcome)) => Ok(outcome),
            Some(Act::Fail(why)) => Err(ServerError(why.into())),
            Some(Act::Panic) => panic!("a server that breaks down"),
            Some(Act::Hang) => std::future::pending().await,
        }
    }
}

impl Server {
    pub fn change_tools(&self, change: impl FnOnce(&mut Vec<Tool>)) {
        change(&mut self.tools.lock().unwrap());
        self.revision.fetch_add(1, Ordering::SeqCst);
    }
}

pub fn server(name: &'static str, kind: ServerKind, tools: Vec<Tool>) -> Arc<Server> {
    Arc::new(Server {
        name,
        kind,
        tools: Mutex::new(tools),
        revision: AtomicU64::new(0),
        acts: Mutex::default(),
        calls: Mutex::default(),
        running: Arc::default(),
    })
}

pub fn tool(name: &str, read_only: bool, properties: Value) -> Tool {
    let required: Vec<&String> = properties.as_object().unwrap().keys().take(1).collect();
    Tool {
        name: name.into(),
        description: format!("What {name} does."),
        input_schema: json!({
            "type": "object", "properties": properties, "required": required, "additionalProperties": false,
        }),
        output_schema: None,
        annotations: ToolAnnotations { read_only_hint: Some(read_only), ..ToolAnnotations::default() },
    }
}

/// Tools like those of the toolbox.
pub fn builtin_tools() -> Vec<Tool> {
    let text = json!({"type": "string"});
    vec![
        tool("read_file", true, json!({"path": text})),
        tool("write_file", false, json!({"path": text, "content": text, "password": text})),
        tool("delete_path", false, json!({"path": text})),
        tool("run_command", false, json!({"shell": text, "cwd": text})),
    ]
}

pub struct Room {
    pub gateway: Gateway,
    pub server: Arc<Server>,
    pub caller: Caller,
    pub store: Option<Store>,
    pub task_id: TaskId,
    _folder: tempfile::TempDir,
}

impl Room {
    pub async fn new() -> Self {
        Self::with(Policy::shipped(), vec![]).await
    }

    /// The tools of the other servers are approved.
    pub async fn with(policy: Policy, others: Vec<Arc<Server>>) -> Self {
        let names: Vec<&str> = others.iter().map(|other| other.name).collect();
        let room = Self::with_config(policy, others, Config::default()).await;
        for name in names {
            room.gateway.approve_tools(&room.caller.tenant, name, &[], "test").await.unwrap();
        }
        room
    }

    pub async fn with_config(policy: Policy, others: Vec<Arc<Server>>, config: Config) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("workspace");
        std::fs::create_dir(&root).unwrap();
        std::fs::write(root.join("a.txt"), "hello").unwrap();
        let store = Store::open(&store::Config::default(), folder.path()).await.unwrap();
        let tenant = store.tenant(TenantId::LOCAL).await.unwrap();
        let workspace = tenant.ensure_workspace(&root, "workspace").await.unwrap();
        let task_id = new_task(&tenant, &workspace).await;
        let server = server("workspace", ServerKind::Builtin, builtin_tools());
        let mut servers: Vec<Arc<dyn ToolServer>> = vec![server.clone()];
        servers.extend(others.into_iter().map(|other| other as Arc<dyn ToolServer>));
        let caller = Caller {
            tenant,
            principal_id: PrincipalId::LOCAL_USER,
            principal_kind: "agent".into(),
            roles: vec![],
            session: None,
            task: Some(CallerTask { id: task_id, step: 1, cost: MicroUsd(1_000), labels: vec![] }),
            workspace,
        };
        Self {
            gateway: Gateway::with_config(policy, servers, config),
            server,
            caller,
            store: Some(store),
            task_id,
            _folder: folder,
        }
    }

    pub async fn decide(&self, call: &Call) -> Ruling {
        self.gateway.decide(&self.caller, call).await.unwrap()
    }

    pub async fn records(&self) -> Vec<DecisionRecord> {
        self.caller.tenant.decisions(&DecisionFilter::default()).await.unwrap()
    }

    /// Stores the question and answers it.
    pub async fn answer(&self, approval: &Approval, answer: Answer, always: bool) -> ApprovalId {
        let stored = self.caller.tenant.request_approval(approval.clone(), None).await.unwrap();
        let resolve = Resolve { answer, by: "terminal".into(), note: None, always };
        self.caller.tenant.resolve_approval(stored.id, resolve).await.unwrap();
        stored.id
    }

    pub fn called(&self) -> usize {
        self.server.calls.lock().unwrap().len()
    }
}

pub async fn new_task(tenant: &TenantStore, workspace: &Workspace) -> TaskId {
    let id = TaskId::new();
    let first = Event::TaskCreated {
        prompt: "x".into(),
        workspace_id: workspace.id,
        model: "demo".into(),
        limits: Limits::default(),
        system_prompt: String::new(),
    };
    tenant.create_task(id, "x", first).await.unwrap();
    id
}

pub fn call(name: &str, arguments: Value) -> Call {
    Call { id: CallId::new(), name: name.into(), arguments, approval: None }
}

pub fn shell(text: &str) -> Call {
    call("run_command", json!({"shell": text}))
}

pub fn silent() -> ProgressSink {
    Arc::new(|_| {})
}

pub fn policy_of(rules: &str) -> Policy {
    let text = format!("package bailiwick\n{rules}\n");
    Policy::compile(vec![PolicyFile { path: "p.rego".into(), text }]).unwrap()
}

#[track_caller]
pub fn denied(ruling: Ruling) -> Decision {
    match ruling {
        Ruling::Deny { decision, .. } => {
            assert_eq!(decision.verdict, Verdict::Deny);
            decision
        }
        other => panic!("not denied: {other:?}"),
    }
}

#[track_caller]
pub fn asked(ruling: Ruling) -> Box<Approval> {
    match ruling {
        Ruling::Ask { decision, approval, target } => {
            assert_eq!(decision.verdict, Verdict::Ask);
            assert_eq!(approval.binding.tool_digest, target.tool_digest);
            assert_eq!(approval.binding.policy_revision, decision.policy_revision);
            approval
        }
        other => panic!("not asked: {other:?}"),
    }
}

#[track_caller]
pub fn allowed(ruling: Ruling) -> (Decision, gateway::Permit) {
    match ruling {
        Ruling::Allow { decision, permit, target } => {
            assert_eq!(decision.verdict, Verdict::Allow);
            assert_ne!(target.tool_digest, Digest::of_bytes(&[]));
            (decision, permit)
        }
        other => panic!("not allowed: {other:?}"),
    }
}
