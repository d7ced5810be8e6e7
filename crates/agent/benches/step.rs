//! Own overhead of one agent step with the journal durable: a model and a tool that take no time, on a real
//! SQLite file. A step is a model call and the tool call it asks for, from one request to the next.
//!
//! `cargo bench -p agent` prints the median and the 99th percentile; goal: at most 2 ms.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use agent::ports::{CallContext, Forwarded, Gate, GateCall, GateError, GateModelCall, Permit, Ruling};
use agent::{Config, LimitsChange, NewTask, Tasks};
use async_trait::async_trait;
use domain::decision::{Decision, Obligations, Point, Verdict};
use domain::digest::Digest;
use domain::journal::{CallEnd, CallTarget};
use domain::limits::Usage;
use domain::model::{
    Model, ModelCall, ModelError, ModelEvent, ModelInfo, ModelRequest, ModelResponse, ModelSource, OpenModel,
    StopReason,
};
use domain::tool::{ProgressSink, Tool, ToolOutcome};
use domain::{DecisionId, TenantId};
use futures::stream::{self, BoxStream, StreamExt as _};
use store::Store;

/// Steps of one task: the conversation grows as it does in real ones.
const STEPS: u32 = 100;
const TASKS: usize = 5;

#[tokio::main]
async fn main() {
    // `cargo test --benches` only wants to know that it runs.
    let measuring = std::env::args().any(|argument| argument == "--bench");
    let (tasks, steps) = if measuring { (TASKS, STEPS) } else { (1, 3) };
    // Beside the target folder, so on a disk and not in memory.
    let data = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for the database");
    let mut took = Vec::new();
    for _ in 0..tasks {
        took.extend(run_task(data.path(), steps).await);
    }
    report("agent step, own overhead", &mut took);

    // What the disk itself takes, for comparison.
    let mut took = Vec::new();
    let file = std::fs::File::create(data.path().join("sync")).expect("a file");
    for _ in 0..tasks * steps as usize {
        let began = Instant::now();
        std::io::Write::write_all(&mut &file, &[0; 4096]).expect("a write");
        file.sync_data().expect("a sync");
        took.push(began.elapsed());
    }
    report("one write and fdatasync", &mut took);
}

fn report(what: &str, took: &mut [Duration]) {
    took.sort();
    let at = |percent: usize| took[(took.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    println!("{what}: median {:.2} ms, p99 {:.2} ms, of {}", at(50), at(99), took.len());
}

/// The times between the requests of one task.
async fn run_task(data: &Path, steps: u32) -> Vec<Duration> {
    let store = Store::open(&store::Config::default(), data).await.expect("a store");
    let tenant = store.tenant(TenantId::LOCAL).await.expect("a tenant");
    let workspace = tenant.ensure_workspace(data, "bench").await.expect("a workspace");
    let model = Arc::new(Instantly { steps, asked: Mutex::default() });
    let models = Arc::new(Source(model.clone()));
    let tasks = Tasks::start(Config::default(), store.clone(), tenant.clone(), models, Arc::new(Yes))
        .await
        .expect("tasks");
    let limits = LimitsChange { steps_max: Some(steps + 2), ..LimitsChange::default() };
    let new = NewTask { prompt: "Go".to_owned(), workspace, model: "instant".to_owned(), limits };
    let id = tasks.create(new).await.expect("a task").id;
    loop {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let task = tenant.task(id).await.expect("the task");
        if task.status.ended() {
            break;
        }
        assert!(task.status == domain::task::TaskStatus::Running, "{:?}", task.status_text);
    }
    tasks.shutdown(Duration::from_secs(1)).await;
    store.close().await;
    let asked = model.asked.lock().expect("no panic").clone();
    asked.windows(2).map(|pair| pair[1] - pair[0]).collect()
}

struct Source(Arc<Instantly>);

impl ModelSource for Source {
    fn open(&self, name: &str) -> Result<OpenModel, ModelError> {
        let info = ModelInfo {
            name: name.to_owned(),
            context_tokens: 1_000_000,
            max_output_tokens: 8_000,
            price: Some(domain::model::Price::default()),
            host: None,
        };
        Ok(OpenModel { model: self.0.clone(), info })
    }
}

/// Asks for one call at once, until it has been asked often enough.
struct Instantly {
    steps: u32,
    asked: Mutex<Vec<Instant>>,
}

impl fmt::Debug for Instantly {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Instantly")
    }
}

impl Model for Instantly {
    fn stream(&self, _: ModelRequest) -> BoxStream<'static, Result<ModelEvent, ModelError>> {
        let mut asked = self.asked.lock().expect("no panic");
        asked.push(Instant::now());
        let call = ModelCall {
            provider_call_id: "call_0".to_owned(),
            name: "read_file".to_owned(),
            arguments: serde_json::json!({"path": "src/main.rs", "from_line": asked.len()}),
            repaired: None,
        };
        let done = asked.len() > self.steps as usize;
        let response = ModelResponse {
            text: "Let me look at the next part of this file.".to_owned(),
            reasoning: None,
            calls: if done { Vec::new() } else { vec![call] },
            usage: Usage { input: 2, output: 1, ..Usage::default() },
            stop: StopReason::End,
            opaque: None,
        };
        stream::iter([Ok(ModelEvent::Done(response))]).boxed()
    }
}

struct Yes;

#[async_trait]
impl Gate for Yes {
    async fn tools(&self, _: &CallContext) -> Result<Vec<Tool>, GateError> {
        Ok(Vec::new())
    }

    async fn rule(&self, _: &CallContext, call: &GateCall) -> Result<Ruling, GateError> {
        let target = CallTarget {
            server: "workspace".to_owned(),
            tool: call.name.clone(),
            tool_digest: Digest::of_bytes(b"tool"),
            arguments_digest: Digest::of(&call.arguments),
            read_only: true,
            safe_to_repeat: true,
        };
        Ok(Ruling::Allow { decision: yes(Point::ToolCall), target, permit: Box::new(Yes) })
    }

    async fn rule_model_call(&self, _: &CallContext, _: &GateModelCall) -> Result<Decision, GateError> {
        Ok(yes(Point::ModelCall))
    }
}

#[async_trait]
impl Permit for Yes {
    async fn forward(self: Box<Self>, _: ProgressSink) -> Forwarded {
        let outcome = ToolOutcome::text("fn main() {}\n".repeat(100));
        Forwarded { outcome, end: CallEnd::Completed, decision: Some(yes(Point::ToolResult)) }
    }
}

fn yes(point: Point) -> Decision {
    Decision {
        id: DecisionId::new(),
        point,
        verdict: Verdict::Allow,
        reasons: Vec::new(),
        obligations: Obligations::default(),
        policy_revision: "bench".to_owned(),
        took_us: 1,
    }
}
