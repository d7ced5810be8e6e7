//! May this call happen?

use domain::ApprovalId;
use domain::approval::{Approval, ApprovalKind, ApprovalStatus, Binding};
use domain::decision::{Point, Reason, Verdict};
use domain::digest::Digest;
use domain::journal::CallTarget;
use policy::{Answer, Policy, Question};
use serde_json::{Value, json};
use tracing::Instrument;

use crate::approvals::{Asked, Standing, standing};
use crate::call::{Call, Caller, GatewayError, Ruling};
use crate::forward::{Allowed, Permit};
use crate::gateway::Gateway;
use crate::identify::Entry;
use crate::question::Subject;
use crate::record::{decision, record, refusal};
use crate::redact::redact;
use crate::resources::resources_of;
use crate::schema;

/// Longest name that is repeated in a sentence.
const SHOWN_NAME_BYTES_MAX: usize = 100;

impl Gateway {
    /// Identifies the tool, asks the policy and what people said before, and records the answer. An error means that
    /// nothing was decided and nothing may run.
    pub async fn decide(&self, caller: &Caller, call: &Call) -> Result<Ruling, GatewayError> {
        let span = telemetry::spans::decision(Point::ToolCall, shown(&call.name));
        let ruling = self.rule(caller, call).instrument(span.clone()).await?;
        let (decision, target) = ruling.decided();
        telemetry::spans::decided(&span, decision);
        telemetry::metrics().tool_call(&target.server, &target.tool, decision.verdict);
        Ok(ruling)
    }

    async fn rule(&self, caller: &Caller, call: &Call) -> Result<Ruling, GatewayError> {
        let policy = self.policy();
        let catalogue = self.catalogue(caller).await?;
        let Some(entry) = catalogue.find(&call.name) else {
            let message =
                format!("there is no tool `{}`; {}", shown(&call.name), catalogue.nearest(&call.name));
            let answer = refusal("gateway.unknown_tool", message);
            return self.refuse(caller, call, &policy, None, answer).await;
        };
        if let Err(answer) = self.check_arguments(entry, &call.arguments) {
            return self.refuse(caller, call, &policy, Some(entry), answer).await;
        }

        let kind = entry.server.kind();
        let resources = resources_of(kind, &entry.known.tool, &call.arguments, &caller.workspace.root);
        let question =
            Subject::of(entry).question(Point::ToolCall, caller, call.arguments.clone(), resources);
        let target = target_of(Some(entry), call);
        let mut answer = policy.decide(&question);
        let approval = match answer.verdict {
            Verdict::Ask => ask_people(caller, call, &question, &target, &policy, &mut answer).await?,
            Verdict::Allow | Verdict::Deny => None,
        };
        let decision = decision(&question, answer, policy.revision());
        let text_max = self.inner.config.recorded_text_bytes_max;
        record(caller, Some(call.id), question.clone(), &decision, text_max).await?;

        Ok(match (decision.verdict, approval) {
            (Verdict::Ask, Some(approval)) => Ruling::Ask { decision, target, approval },
            (Verdict::Allow, _) => {
                let permit = Permit::new(Allowed {
                    gateway: self.clone(),
                    caller: caller.clone(),
                    call_id: call.id,
                    entry: entry.clone(),
                    question,
                    obligations: decision.obligations.clone(),
                });
                Ruling::Allow { decision, target, permit }
            }
            (Verdict::Ask | Verdict::Deny, _) => Ruling::Deny { decision, target },
        })
    }

    fn check_arguments(&self, entry: &Entry, arguments: &Value) -> Result<(), Answer> {
        let tool = &entry.known.tool.name;
        let max = self.inner.config.arguments_bytes_max;
        let size = domain::json_bytes(arguments);
        if size > max {
            let message = format!(
                "the arguments of {tool} have {size} bytes, of which {max} are taken; send less at a time, or \
                 raise gateway.arguments_bytes_max"
            );
            return Err(refusal("gateway.arguments_size", message));
        }
        let wrong = match &entry.known.validator {
            Ok(validator) => schema::problems(validator, arguments),
            Err(why) => vec![why.clone()],
        };
        if wrong.is_empty() {
            return Ok(());
        }
        let message = format!("the arguments of {tool} do not fit its schema: {}", wrong.join("; "));
        Err(refusal("gateway.invalid_arguments", message))
    }

    /// Records a deny of the gateway's own.
    async fn refuse(
        &self,
        caller: &Caller,
        call: &Call,
        policy: &Policy,
        entry: Option<&Entry>,
        answer: Answer,
    ) -> Result<Ruling, GatewayError> {
        let max = self.inner.config.arguments_bytes_max;
        let size = domain::json_bytes(&call.arguments);
        let arguments =
            if size > max { json!({"left_out": format!("{size} bytes")}) } else { call.arguments.clone() };
        let subject = entry.map_or_else(|| Subject::unknown(&call.name), Subject::of);
        let question = subject.question(Point::ToolCall, caller, arguments, Default::default());
        let decision = decision(&question, answer, policy.revision());
        let text_max = self.inner.config.recorded_text_bytes_max;
        record(caller, Some(call.id), question, &decision, text_max).await?;
        Ok(Ruling::Deny { decision, target: target_of(entry, call) })
    }
}

/// The policy said `ask`: what people said before may answer it, and is then written into the answer. Otherwise gives
/// the question for a person.
async fn ask_people(
    caller: &Caller,
    call: &Call,
    question: &Question,
    target: &CallTarget,
    policy: &Policy,
    answer: &mut Answer,
) -> Result<Option<Box<Approval>>, GatewayError> {
    let Some(task) = &caller.task else {
        let message = "a person would have to be asked, but this call belongs to no task";
        settle(answer, Verdict::Deny, "gateway.no_task", message.into());
        return Ok(None);
    };
    let binding = Binding {
        caller: format!("task:{}", task.id),
        tool_digest: target.tool_digest.clone(),
        arguments_digest: target.arguments_digest.clone(),
        policy_revision: policy.revision().to_owned(),
    };
    if let Some(id) = call.approval {
        match standing(&caller.tenant, id, task.id, call.id, &binding).await? {
            Standing::Approved { by } => {
                settle(answer, Verdict::Allow, "approval.given", format!("approved by {by}"));
                return Ok(None);
            }
            Standing::Denied { by, note } => {
                let note = note.map(|note| format!(": {note}")).unwrap_or_default();
                settle(answer, Verdict::Deny, "approval.denied", format!("denied by {by}{note}"));
                return Ok(None);
            }
            Standing::Pending(approval) => return Ok(Some(approval)),
            Standing::None => {}
        }
    }
    let asked = Asked {
        server: &target.server,
        tool: &target.tool,
        resources: &question.resources,
        reasons: &answer.reasons,
    };
    let rules = caller.tenant.task_rules(task.id).await?;
    if let Some(rule) = asked.covering(&rules) {
        let message = format!("{} said for this task: {}", rule.created_by, rule.scope.description);
        settle(answer, Verdict::Allow, "task.rule", message);
        return Ok(None);
    }
    let mut shown = call.arguments.clone();
    redact(&mut shown, &answer.obligations.redact);
    Ok(Some(Box::new(Approval {
        id: ApprovalId::new(),
        task_id: Some(task.id),
        call_id: call.id,
        kind: ApprovalKind::ToolCall,
        server: target.server.clone(),
        tool: target.tool.clone(),
        arguments: shown,
        reasons: answer.reasons.clone(),
        binding,
        always: asked.scope(),
        status: ApprovalStatus::Pending,
        answer: None,
        answered_by: None,
        note: None,
        roles: Vec::new(),
        created_at: chrono::Utc::now(),
        resolved_at: None,
        expires_at: None,
        used_at: None,
    })))
}

/// Replaces the verdict and puts its reason before what the rules said.
fn settle(answer: &mut Answer, verdict: Verdict, rule: &str, message: String) {
    answer.verdict = verdict;
    answer.reasons.insert(0, Reason { verdict, rule: rule.into(), message });
}

fn target_of(entry: Option<&Entry>, call: &Call) -> CallTarget {
    let arguments_digest = Digest::of(&call.arguments);
    match entry {
        Some(entry) => CallTarget {
            server: entry.server.name().to_owned(),
            tool: entry.known.tool.name.clone(),
            tool_digest: entry.known.digest.clone(),
            arguments_digest,
            read_only: entry.known.tool.annotations.read_only(),
            safe_to_repeat: entry.known.tool.annotations.safe_to_repeat(),
        },
        None => CallTarget {
            server: String::new(),
            tool: shown(&call.name).to_owned(),
            tool_digest: Digest::of_bytes(&[]),
            arguments_digest,
            read_only: false,
            safe_to_repeat: false,
        },
    }
}

fn shown(name: &str) -> &str {
    &name[..name.floor_char_boundary(SHOWN_NAME_BYTES_MAX)]
}
