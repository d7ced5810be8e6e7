//! A gate that rules and tools that run as the arguments of a call say: `{"verdict": "ask"}`,
//! `{"fail": true}`, `{"panic": true}`, `{"label": "x"}`, `{"result_label": "x"}`, `{"sleep_ms": 5}`.
//! Tools: `read` reads only, `put` is idempotent, `write` is neither.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use agent::ports::{CallContext, Forwarded, Gate, GateCall, GateError, GateModelCall, Permit, Ruling};
use async_trait::async_trait;
use domain::approval::{Answer, Approval, ApprovalKind, ApprovalStatus, Binding};
use domain::decision::{Decision, Obligations, Point as PolicyPoint, Reason, Verdict};
use domain::digest::Digest;
use domain::journal::{CallEnd, CallTarget};
use domain::tool::{ProgressSink, Tool, ToolAnnotations, ToolOutcome, ToolProgress};
use domain::{ApprovalId, CallId, DecisionId};
use serde_json::{Value, json};

use super::{Point, StopAt};

pub struct ScriptedGate {
    log: Arc<Log>,
    /// What the policy says about model calls.
    pub model_verdict: Mutex<Verdict>,
    /// Makes every question to the gate fail.
    pub broken: Mutex<bool>,
    /// Closed at the next ruling, before it is given.
    pub closes: Mutex<Option<store::Store>>,
}

pub struct Log {
    stop: Arc<StopAt>,
    /// Calls that took effect, in order.
    ran: Mutex<Vec<(CallId, Value)>>,
    /// Rulings that were asked for: the arguments, and the labels the task had.
    ruled: Mutex<Vec<(Value, Vec<String>)>>,
    /// Calls that were dropped before they ended.
    stopped: Mutex<Vec<CallId>>,
    running: AtomicUsize,
    running_max: AtomicUsize,
}

impl ScriptedGate {
    pub fn new(stop: Arc<StopAt>) -> Self {
        let log = Log {
            stop,
            ran: Mutex::default(),
            ruled: Mutex::default(),
            stopped: Mutex::default(),
            running: AtomicUsize::new(0),
            running_max: AtomicUsize::new(0),
        };
        Self {
            log: Arc::new(log),
            model_verdict: Mutex::new(Verdict::Allow),
            broken: Mutex::new(false),
            closes: Mutex::default(),
        }
    }

    pub fn ran(&self) -> Vec<(CallId, Value)> {
        self.log.ran.lock().unwrap().clone()
    }

    /// Arguments of the calls that took effect, by their `"n"`.
    pub fn ran_numbers(&self) -> Vec<i64> {
        self.ran().iter().filter_map(|(_, arguments)| arguments["n"].as_i64()).collect()
    }

    pub fn ruled(&self) -> Vec<(Value, Vec<String>)> {
        self.log.ruled.lock().unwrap().clone()
    }

    pub fn stopped(&self) -> Vec<CallId> {
        self.log.stopped.lock().unwrap().clone()
    }

    pub fn running_max(&self) -> usize {
        self.log.running_max.load(Ordering::SeqCst)
    }

    fn check(&self) -> Result<(), GateError> {
        match *self.broken.lock().unwrap() {
            true => Err(GateError("The policy cannot be read.".to_owned())),
            false => Ok(()),
        }
    }
}

#[async_trait]
impl Gate for ScriptedGate {
    async fn tools(&self, _: &CallContext) -> Result<Vec<Tool>, GateError> {
        self.log.stop.pass(Point::ListTools).await;
        self.check()?;
        Ok(["read", "put", "write"].map(tool).to_vec())
    }

    async fn rule(&self, context: &CallContext, call: &GateCall) -> Result<Ruling, GateError> {
        self.log.stop.pass(Point::Rule).await;
        self.check()?;
        let closes = self.closes.lock().unwrap().take();
        if let Some(store) = closes {
            store.close().await;
        }
        self.log.ruled.lock().unwrap().push((call.arguments.clone(), context.labels.clone()));
        let approved = match call.approval {
            Some(id) => {
                let approval = context.tenant.approval(id).await.map_err(|e| GateError(e.to_string()))?;
                approval.status == ApprovalStatus::Resolved && approval.answer == Some(Answer::Approve)
            }
            None => false,
        };
        let guarded = context.labels.iter().any(|label| call.arguments["deny_with"] == label.as_str());
        let verdict = match call.arguments["verdict"].as_str() {
            _ if guarded => Verdict::Deny,
            Some("deny") => Verdict::Deny,
            Some("ask") if !approved => Verdict::Ask,
            _ => Verdict::Allow,
        };
        let decision = decision(PolicyPoint::ToolCall, verdict, labels(&call.arguments["label"]));
        let target = target(call);
        Ok(match verdict {
            Verdict::Deny => Ruling::Deny { decision, target },
            Verdict::Ask => {
                let approval = Box::new(question(context, call, &decision, &target));
                Ruling::Ask { decision, target, approval }
            }
            Verdict::Allow => {
                let permit = ScriptedPermit { log: self.log.clone(), call: call.clone() };
                Ruling::Allow { decision, target, permit: Box::new(permit) }
            }
        })
    }

    async fn rule_model_call(&self, _: &CallContext, _: &GateModelCall) -> Result<Decision, GateError> {
        self.log.stop.pass(Point::RuleModelCall).await;
        self.check()?;
        let verdict = *self.model_verdict.lock().unwrap();
        Ok(decision(PolicyPoint::ModelCall, verdict, Vec::new()))
    }
}

struct ScriptedPermit {
    log: Arc<Log>,
    call: GateCall,
}

#[async_trait]
impl Permit for ScriptedPermit {
    async fn forward(self: Box<Self>, progress: ProgressSink) -> Forwarded {
        let (log, arguments) = (self.log, self.call.arguments);
        let mut running = Running { log: log.clone(), call: Some(self.call.id) };
        let now = log.running.fetch_add(1, Ordering::SeqCst) + 1;
        log.running_max.fetch_max(now, Ordering::SeqCst);
        log.stop.pass(Point::BeforeEffect).await;
        progress(ToolProgress::Stdout { text: "working\n".to_owned() });
        if let Some(ms) = arguments["sleep_ms"].as_u64() {
            tokio::time::sleep(Duration::from_millis(ms)).await;
        }
        assert!(arguments["panic"] != true, "the script says so");
        log.ran.lock().unwrap().push((self.call.id, arguments.clone()));
        log.stop.pass(Point::AfterEffect).await;
        if arguments["hang"] == true {
            std::future::pending::<()>().await;
        }
        running.call = None;
        let text = match &arguments["output_bytes"] {
            Value::Number(bytes) => "x".repeat(bytes.as_u64().unwrap() as usize),
            _ => format!("done {}", arguments["n"]),
        };
        let outcome = match arguments["fail"] == true {
            true => ToolOutcome::error("no such file"),
            false => ToolOutcome::text(text),
        };
        let result_labels = labels(&arguments["result_label"]);
        let decision = decision(PolicyPoint::ToolResult, Verdict::Allow, result_labels);
        Forwarded { outcome, end: CallEnd::Completed, decision: Some(decision) }
    }
}

/// Notices when a call is dropped before its end.
struct Running {
    log: Arc<Log>,
    call: Option<CallId>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.log.running.fetch_sub(1, Ordering::SeqCst);
        if let Some(call) = self.call {
            self.log.stopped.lock().unwrap().push(call);
        }
    }
}

fn tool(name: &str) -> Tool {
    Tool {
        name: name.to_owned(),
        description: format!("{name} something"),
        input_schema: json!({"type": "object"}),
        output_schema: None,
        annotations: ToolAnnotations {
            read_only_hint: Some(name == "read"),
            idempotent_hint: Some(name == "put"),
            ..ToolAnnotations::default()
        },
    }
}

pub fn decision(point: PolicyPoint, verdict: Verdict, labels: Vec<String>) -> Decision {
    let rule = format!("script.{verdict:?}").to_lowercase();
    Decision {
        id: DecisionId::new(),
        point,
        verdict,
        reasons: vec![Reason { verdict, rule, message: format!("The script says {verdict:?}.") }],
        obligations: Obligations { labels, ..Obligations::default() },
        policy_revision: "script-1".to_owned(),
        took_us: 1,
    }
}

fn target(call: &GateCall) -> CallTarget {
    let annotations = tool(&call.name).annotations;
    CallTarget {
        server: "script".to_owned(),
        tool: call.name.clone(),
        tool_digest: tool(&call.name).digest(),
        arguments_digest: Digest::of(&call.arguments),
        read_only: annotations.read_only(),
        safe_to_repeat: annotations.safe_to_repeat(),
    }
}

fn question(context: &CallContext, call: &GateCall, decision: &Decision, target: &CallTarget) -> Approval {
    Approval {
        id: ApprovalId::new(),
        task_id: Some(context.task_id),
        call_id: call.id,
        kind: ApprovalKind::ToolCall,
        server: target.server.clone(),
        tool: target.tool.clone(),
        arguments: call.arguments.clone(),
        reasons: decision.reasons.clone(),
        binding: Binding {
            caller: format!("task:{}", context.task_id),
            tool_digest: target.tool_digest.clone(),
            arguments_digest: target.arguments_digest.clone(),
            policy_revision: decision.policy_revision.clone(),
        },
        always: None,
        status: ApprovalStatus::Pending,
        answer: None,
        answered_by: None,
        note: None,
        created_at: chrono::Utc::now(),
        resolved_at: None,
        roles: Vec::new(),
        expires_at: None,
        used_at: None,
    }
}

fn labels(value: &Value) -> Vec<String> {
    value.as_str().map(str::to_owned).into_iter().collect()
}
