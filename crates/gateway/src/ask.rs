//! The policy's answer, and what people said before where it asks.

use domain::approval::{Approval, ApprovalKind, ApprovalStatus, Binding};
use domain::decision::{Decision, Reason, Verdict};
use domain::digest::Digest;
use domain::{ApprovalId, CallId};
use policy::{Answer, Question};

use crate::approvals::{Asked, Standing, standing};
use crate::call::{Caller, GatewayError};
use crate::gateway::Gateway;
use crate::record::decision;

/// Names of the reasons with which a person's yes allows.
const GIVEN: &str = "approval.given";
const GOES_ON: &str = "approval.goes_on";

/// A question, and what an approval of it is bound to.
pub(crate) struct Matter {
    pub(crate) question: Question,
    pub(crate) call_id: CallId,
    pub(crate) arguments_digest: Digest,
    /// An approval that the caller names.
    pub(crate) approval: Option<ApprovalId>,
    /// A call that a person said yes to goes on, after its server asked for something in between: what the yes was
    /// bound to.
    pub(crate) goes_on: Option<Binding>,
}

/// What came of a matter, recorded.
pub(crate) struct Ruled {
    pub(crate) question: Question,
    pub(crate) decision: Decision,
    /// To be put to a person; there when the verdict is `ask`.
    pub(crate) approval: Option<Box<Approval>>,
}

impl Ruled {
    /// What the next round of this call is bound to, when a person said yes to it.
    pub(crate) fn goes_on(&self, caller: &Caller, arguments_digest: &Digest) -> Option<Binding> {
        let question = &self.question;
        bound_yes(caller, &self.decision, &question.tool.digest, arguments_digest)
    }
}

/// What a person's yes that stands in this decision is bound to.
pub(crate) fn bound_yes(
    caller: &Caller,
    decision: &Decision,
    tool_digest: &Digest,
    arguments_digest: &Digest,
) -> Option<Binding> {
    let approved =
        decision.reasons.first().is_some_and(|first| matches!(first.rule.as_str(), GIVEN | GOES_ON));
    approved.then(|| Binding {
        caller: caller.key(),
        tool_digest: tool_digest.clone(),
        arguments_digest: arguments_digest.clone(),
        policy_revision: decision.policy_revision.clone(),
    })
}

impl Gateway {
    /// Asks the policy, and people's earlier answers where it says `ask`, and records what it came to.
    pub(crate) async fn rule_on(&self, caller: &Caller, matter: Matter) -> Result<Ruled, GatewayError> {
        let decider = self.decider();
        let revision = decider.revision();
        let mut answer = decider.decide(&matter.question).await;
        let approval = match answer.verdict {
            Verdict::Ask => self.ask_people(caller, &matter, &revision, &mut answer).await?,
            Verdict::Allow | Verdict::Deny => None,
        };
        let decision = decision(&matter.question, answer, revision);
        let approval = approval.map(|mut approval| {
            self.hide(&mut approval.arguments, &decision);
            approval
        });
        let question = self.record(caller, Some(matter.call_id), matter.question, &decision).await?;
        Ok(Ruled { question, decision, approval })
    }

    /// What people said before may answer it, and is then written into the answer. Otherwise gives the question for a
    /// person, its arguments not yet redacted.
    async fn ask_people(
        &self,
        caller: &Caller,
        matter: &Matter,
        revision: &str,
        answer: &mut Answer,
    ) -> Result<Option<Box<Approval>>, GatewayError> {
        let binding = Binding {
            caller: caller.key(),
            tool_digest: matter.question.tool.digest.clone(),
            arguments_digest: matter.arguments_digest.clone(),
            policy_revision: revision.to_owned(),
        };
        if caller.task.is_some() {
            return ask_of_task(caller, matter, binding, answer).await;
        }
        if caller.session.is_none() {
            let message = "a person would have to be asked, but this call belongs to no task";
            settle(answer, Verdict::Deny, "gateway.no_task", message.into());
            return Ok(None);
        }
        if matter.goes_on.as_ref() == Some(&binding) {
            let message = "approved when the call began, which now goes on";
            settle(answer, Verdict::Allow, GOES_ON, message.into());
            return Ok(None);
        }
        if let Some(used) = caller.tenant.take_call_approval(&binding).await? {
            let by = used.answered_by.unwrap_or_else(|| "someone".into());
            settle(answer, Verdict::Allow, GIVEN, format!("approved by {by}"));
            return Ok(None);
        }
        let mut approval = pending(matter, binding, answer);
        let valid = chrono::Duration::seconds(
            i64::try_from(self.inner.config.approval_valid_seconds_max).unwrap_or(i64::MAX / 1_000),
        );
        approval.expires_at = Some(approval.created_at + valid);
        Ok(Some(approval))
    }
}

async fn ask_of_task(
    caller: &Caller,
    matter: &Matter,
    binding: Binding,
    answer: &mut Answer,
) -> Result<Option<Box<Approval>>, GatewayError> {
    let Some(task) = &caller.task else { return Ok(None) };
    if let Some(id) = matter.approval {
        match standing(&caller.tenant, id, task.id, matter.call_id, &binding).await? {
            Standing::Approved { by } => {
                settle(answer, Verdict::Allow, GIVEN, format!("approved by {by}"));
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
    let asked = asked(matter, answer);
    let rules = caller.tenant.task_rules(task.id).await?;
    // A rule is made by whoever may approve; where the policy names roles, each call is theirs to approve.
    let rule = asked.covering(&rules).filter(|_| answer.obligations.approval_roles.is_empty());
    if let Some(rule) = rule {
        let message = format!("{} said for this task: {}", rule.created_by, rule.scope.description);
        settle(answer, Verdict::Allow, "task.rule", message);
        return Ok(None);
    }
    let always = asked.scope().filter(|_| answer.obligations.approval_roles.is_empty());
    let mut approval = pending(matter, binding, answer);
    approval.task_id = Some(task.id);
    approval.always = always;
    Ok(Some(approval))
}

fn asked<'a>(matter: &'a Matter, answer: &'a Answer) -> Asked<'a> {
    Asked {
        server: &matter.question.server.name,
        tool: &matter.question.tool.name,
        resources: &matter.question.resources,
        reasons: &answer.reasons,
    }
}

fn pending(matter: &Matter, binding: Binding, answer: &Answer) -> Box<Approval> {
    Box::new(Approval {
        id: ApprovalId::new(),
        task_id: None,
        call_id: matter.call_id,
        kind: ApprovalKind::ToolCall,
        server: matter.question.server.name.clone(),
        tool: matter.question.tool.name.clone(),
        arguments: matter.question.arguments.clone(),
        reasons: answer.reasons.clone(),
        binding,
        always: None,
        status: ApprovalStatus::Pending,
        answer: None,
        answered_by: None,
        note: None,
        roles: answer.obligations.approval_roles.clone(),
        created_at: chrono::Utc::now(),
        resolved_at: None,
        expires_at: None,
        used_at: None,
    })
}

/// Replaces the verdict and puts its reason before what the rules said.
pub(crate) fn settle(answer: &mut Answer, verdict: Verdict, rule: &str, message: String) {
    answer.verdict = verdict;
    answer.reasons.insert(0, Reason { verdict, rule: rule.into(), message });
}
