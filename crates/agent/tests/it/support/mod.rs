//! A world in which tasks run: a real store and workspace, a scripted model, a scripted gate.

pub mod gate;
pub mod model;

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use agent::{Config, LimitsChange, NewTask, Tasks};
use domain::approval::{Answer, Approval, ApprovalStatus};
use domain::journal::{Envelope, Event, PauseReason};
use domain::task::{TaskStatus, TaskSummary, Workspace};
use domain::{TaskId, TenantId};
use store::{ApprovalFilter, Resolve, Store, TenantStore};
use tempfile::TempDir;
use tokio::sync::Notify;

pub use gate::ScriptedGate;
pub use model::{Reply, ScriptedModels, call, calls, say};

/// Longer than anything here takes, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);

/// What outlives a process: the disk, and what the script remembers.
pub struct World {
    pub data: TempDir,
    pub root: TempDir,
    pub models: Arc<ScriptedModels>,
    pub gate: Arc<ScriptedGate>,
    pub stop: Arc<StopAt>,
    pub config: Config,
}

/// One life of a process.
pub struct Process {
    pub store: Store,
    pub tenant: TenantStore,
    pub tasks: Tasks,
    pub workspace: Workspace,
}

/// Where something is waited for; a test can make the world stand still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    ListTools,
    RuleModelCall,
    /// The model has said a few words.
    Stream,
    Rule,
    /// Inside the tool, nothing done yet.
    BeforeEffect,
    /// Inside the tool, all done, the answer not given.
    AfterEffect,
}

/// Stands still at the n-th passing of a point.
#[derive(Default)]
pub struct StopAt {
    wanted: Mutex<Option<(Point, u32)>>,
    reached: Notify,
}

impl StopAt {
    pub fn set(&self, point: Point, nth: u32) {
        *self.wanted.lock().unwrap() = Some((point, nth));
    }

    pub async fn reached(&self) {
        tokio::time::timeout(PATIENCE, self.reached.notified()).await.expect("the point is never passed");
    }

    pub async fn pass(&self, point: Point) {
        let stop = {
            let mut wanted = self.wanted.lock().unwrap();
            match &mut *wanted {
                Some((at, nth)) if *at == point && *nth == 1 => wanted.take().is_some(),
                Some((at, nth)) if *at == point => {
                    *nth -= 1;
                    false
                }
                _ => false,
            }
        };
        if stop {
            self.reached.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

impl World {
    pub fn new(replies: Vec<Reply>) -> Self {
        let stop = Arc::new(StopAt::default());
        Self {
            data: tempfile::tempdir().unwrap(),
            root: tempfile::tempdir().unwrap(),
            models: Arc::new(ScriptedModels::new(replies, stop.clone())),
            gate: Arc::new(ScriptedGate::new(stop.clone())),
            stop,
            config: Config { model: "script".to_owned(), ..Config::default() },
        }
    }

    pub async fn process(&self) -> Process {
        let store = Store::open(&store::Config::default(), self.data.path()).await.unwrap();
        let tenant = store.tenant(TenantId::LOCAL).await.unwrap();
        let root: PathBuf = self.root.path().to_owned();
        let workspace = tenant.ensure_workspace(&root, "w").await.unwrap();
        let (models, gate) = (self.models.clone(), self.gate.clone());
        let tasks =
            Tasks::start(self.config.clone(), store.clone(), tenant.clone(), models, gate).await.unwrap();
        Process { store, tenant, tasks, workspace }
    }
}

impl Process {
    pub async fn create(&self, prompt: &str) -> TaskId {
        self.create_with(prompt, LimitsChange::default()).await
    }

    pub async fn create_with(&self, prompt: &str, limits: LimitsChange) -> TaskId {
        let workspace = self.workspace.clone();
        let new = NewTask { prompt: prompt.to_owned(), workspace, model: String::new(), limits };
        self.tasks.create(new).await.unwrap().id
    }

    pub async fn journal(&self, id: TaskId) -> Vec<Envelope> {
        self.tenant.events(id, 0, 10_000).await.unwrap()
    }

    /// The journal's events by name, for a glance at the order.
    pub async fn names(&self, id: TaskId) -> Vec<String> {
        self.journal(id).await.iter().map(|envelope| name(&envelope.event)).collect()
    }

    /// Waits until the task is in this state.
    pub async fn until(&self, id: TaskId, status: TaskStatus) -> TaskSummary {
        self.until_task(id, |task| task.status == status).await
    }

    pub async fn until_task(&self, id: TaskId, is: impl Fn(&TaskSummary) -> bool) -> TaskSummary {
        let mut changes = self.store.subscribe();
        let mut last = None;
        let waited = tokio::time::timeout(PATIENCE, async {
            loop {
                let task = self.tenant.task(id).await.unwrap();
                if is(&task) {
                    return task;
                }
                last = Some(task);
                // A change that came before the subscription is found by looking again.
                let _ = tokio::time::timeout(Duration::from_millis(50), changes.recv()).await;
            }
        });
        match waited.await {
            Ok(task) => task,
            Err(_) => panic!("never came to pass; the task is {last:?}\n{:#?}", self.names(id).await),
        }
    }

    /// Waits for an event of this name.
    pub async fn until_event(&self, id: TaskId, wanted: &str) {
        let look = async {
            while !self.names(id).await.iter().any(|name| name == wanted) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, look).await.unwrap_or_else(|_| panic!("no {wanted}"));
    }

    pub async fn question(&self, id: TaskId) -> Approval {
        self.until(id, TaskStatus::Waiting).await;
        self.questions(id).await.remove(0)
    }

    pub async fn questions(&self, id: TaskId) -> Vec<Approval> {
        let filter = ApprovalFilter { status: Some(ApprovalStatus::Pending), task_id: Some(id) };
        self.tenant.approvals(&filter).await.unwrap()
    }

    pub async fn answer(&self, question: &Approval, answer: Answer) {
        self.answer_with(question, answer, None).await;
    }

    pub async fn answer_with(&self, question: &Approval, answer: Answer, note: Option<&str>) {
        let resolve =
            Resolve { answer, by: "terminal".to_owned(), note: note.map(str::to_owned), always: false };
        self.tenant.resolve_approval(question.id, resolve).await.unwrap();
    }

    /// Why it is paused, as the journal says.
    pub async fn pause_reason(&self, id: TaskId) -> PauseReason {
        let journal = self.journal(id).await;
        let reasons = journal.iter().rev().find_map(|envelope| match &envelope.event {
            Event::Paused { reason, .. } => Some(reason.clone()),
            _ => None,
        });
        reasons.expect("a pause")
    }
}

pub fn name(event: &Event) -> String {
    serde_json::to_value(event).unwrap()["type"].as_str().unwrap().to_owned()
}

pub fn count(names: &[String], wanted: &str) -> usize {
    names.iter().filter(|name| *name == wanted).count()
}
