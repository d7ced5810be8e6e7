//! A gate that lets every call through but two: `delicate` asks a person, `forbidden` is denied.

use agent::ports::{CallContext, Forwarded, GateCall, GateModelCall};
use agent::{Gate, GateError, Permit, Ruling};
use async_trait::async_trait;
use domain::decision::{Decision, Point, Verdict};
use domain::digest::Digest;
use domain::journal::{CallEnd, CallTarget};
use domain::task::Workspace;
use domain::tool::{ProgressSink, ServerKind, Tool, ToolOutcome, ToolProgress};
use gateway::{ServerError, ToolServer};
use serde_json::{Value, json};

use super::samples;

pub struct ScriptedGate;

#[async_trait]
impl Gate for ScriptedGate {
    async fn tools(&self, _: &CallContext) -> Result<Vec<Tool>, GateError> {
        Ok(vec![tool("plain"), tool("delicate"), tool("forbidden")])
    }

    async fn rule(&self, context: &CallContext, call: &GateCall) -> Result<Ruling, GateError> {
        let target = CallTarget {
            server: "workspace".into(),
            tool: call.name.clone(),
            tool_digest: Digest::of(&call.name),
            arguments_digest: Digest::of(&call.arguments),
            read_only: false,
            safe_to_repeat: false,
        };
        let ruled = |verdict| samples::decision(Point::ToolCall, verdict);
        Ok(match (call.name.as_str(), call.approval) {
            ("delicate", None) => {
                let mut approval = samples::approval(context.task_id);
                approval.call_id = call.id;
                approval.tool = call.name.clone();
                Ruling::Ask { decision: ruled(Verdict::Ask), target, approval: Box::new(approval) }
            }
            ("forbidden", _) => Ruling::Deny { decision: ruled(Verdict::Deny), target },
            _ => Ruling::Allow { decision: ruled(Verdict::Allow), target, permit: Box::new(ScriptedPermit) },
        })
    }

    async fn rule_model_call(&self, _: &CallContext, _: &GateModelCall) -> Result<Decision, GateError> {
        Ok(samples::decision(Point::ModelCall, Verdict::Allow))
    }
}

struct ScriptedPermit;

#[async_trait]
impl Permit for ScriptedPermit {
    async fn forward(self: Box<Self>, progress: ProgressSink) -> Forwarded {
        progress(ToolProgress::Stdout { text: "working\n".into() });
        Forwarded { outcome: ToolOutcome::text("worked"), end: CallEnd::Completed, decision: None }
    }
}

/// What the gateway lists.
pub struct ScriptedServer;

#[async_trait]
impl ToolServer for ScriptedServer {
    fn name(&self) -> &str {
        "workspace"
    }

    fn kind(&self) -> ServerKind {
        ServerKind::Builtin
    }

    async fn tools(&self) -> Result<Vec<Tool>, ServerError> {
        let mut listed = tool("read_file");
        listed.annotations.read_only_hint = Some(true);
        Ok(vec![listed])
    }

    async fn call(
        &self,
        _: &Workspace,
        _: &str,
        _: Value,
        _: ProgressSink,
    ) -> Result<ToolOutcome, ServerError> {
        Err(ServerError("this server only lists".into()))
    }
}

fn tool(name: &str) -> Tool {
    Tool {
        name: name.into(),
        description: format!("The tool {name}."),
        input_schema: json!({"type": "object"}),
        output_schema: None,
        annotations: Default::default(),
    }
}
