//! One tool call, from the model's wish to its end.

use domain::approval::{Answer, ApprovalKind};
use domain::decision::{Decision, Verdict};
use domain::journal::{CallEnd, CallTarget};
use domain::tool::ToolOutcome;
use domain::{ApprovalId, CallId, ModelRequestId};
use serde_json::Value;

use crate::tokens;

#[derive(Clone, Debug, PartialEq)]
pub struct Call {
    pub id: CallId,
    pub request_id: ModelRequestId,
    pub provider_call_id: String,
    pub name: String,
    pub arguments: Value,
    pub phase: CallPhase,
    /// What the gate took it for, at its last ruling.
    pub target: Option<CallTarget>,
    /// Revision of the policy at the last ruling.
    pub policy_revision: String,
    /// The approval a person gave for this call.
    pub approval: Option<ApprovalId>,
    /// Estimated tokens of name and arguments.
    pub tokens: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub enum CallPhase {
    /// To be ruled on: new, approved, to be retried, or ruled on by a process that is gone.
    Proposed,
    /// Ruled: it may run. The leave itself is not durable; who does not hold it asks again.
    Allowed,
    /// Ruled: a person must be asked. The question is not stored yet.
    Asked,
    AwaitingApproval(ApprovalId),
    Started {
        safe_to_repeat: bool,
    },
    /// It had started when the process died; a person must say what became of it.
    AwaitingOutcome(ApprovalId),
    /// The person said that it was done; to be journalled as finished.
    CountAsDone,
    Settled(Settled),
}

/// The end of a call. Final.
#[derive(Clone, Debug, PartialEq)]
pub enum Settled {
    Finished {
        outcome: ToolOutcome,
        end: CallEnd,
    },
    /// By the policy or by a person; `text` is for the model.
    Denied {
        text: String,
    },
    /// The task ended first.
    Dropped {
        had_started: bool,
    },
}

impl Call {
    pub(super) fn proposed(
        id: CallId,
        request_id: ModelRequestId,
        provider_call_id: &str,
        name: &str,
        arguments: &Value,
    ) -> Self {
        Self {
            id,
            request_id,
            provider_call_id: provider_call_id.to_owned(),
            name: name.to_owned(),
            arguments: arguments.clone(),
            phase: CallPhase::Proposed,
            target: None,
            policy_revision: String::new(),
            approval: None,
            tokens: tokens::of_text(name) + tokens::of_json(arguments),
        }
    }

    /// Whether the gate took it for a call that only reads.
    pub fn read_only(&self) -> bool {
        self.target.as_ref().is_some_and(|target| target.read_only)
    }

    /// The policy has ruled.
    pub fn decided(&mut self, decision: &Decision, target: &CallTarget) {
        let open_question = matches!(
            self.phase,
            CallPhase::Started { safe_to_repeat: false }
                | CallPhase::AwaitingOutcome(_)
                | CallPhase::CountAsDone
                | CallPhase::AwaitingApproval(_)
        );
        if open_question {
            return; // Only a person's answer leads on from there.
        }
        self.target = Some(target.clone());
        self.policy_revision.clone_from(&decision.policy_revision);
        self.phase = match decision.verdict {
            Verdict::Allow => CallPhase::Allowed,
            Verdict::Ask => CallPhase::Asked,
            Verdict::Deny => CallPhase::Settled(Settled::Denied { text: denied_by_policy(decision) }),
        };
    }

    pub(super) fn asked(&mut self, id: ApprovalId, kind: ApprovalKind) {
        match (kind, &self.phase) {
            (ApprovalKind::ToolCall, CallPhase::Proposed | CallPhase::Allowed | CallPhase::Asked) => {
                self.phase = CallPhase::AwaitingApproval(id);
            }
            (ApprovalKind::OutcomeUnknown, CallPhase::Started { .. }) => {
                self.phase = CallPhase::AwaitingOutcome(id);
            }
            _ => {}
        }
    }

    /// A person has answered. `true`: the person wants the task to stop.
    pub(super) fn answered(
        &mut self,
        id: ApprovalId,
        kind: ApprovalKind,
        answer: Answer,
        by: &str,
        note: Option<&str>,
    ) -> bool {
        let asked = match kind {
            ApprovalKind::ToolCall => self.phase == CallPhase::AwaitingApproval(id),
            ApprovalKind::OutcomeUnknown => self.phase == CallPhase::AwaitingOutcome(id),
        };
        if !asked || !answer.fits(kind) {
            return false;
        }
        match answer {
            Answer::Approve => {
                self.approval = Some(id);
                self.phase = CallPhase::Proposed;
            }
            Answer::Deny => {
                self.phase = CallPhase::Settled(Settled::Denied { text: denied_by_person(by, note) });
            }
            Answer::Retry => self.phase = CallPhase::Proposed,
            Answer::CountAsDone => self.phase = CallPhase::CountAsDone,
            Answer::Stop => return true,
        }
        false
    }

    /// The question, or the leave it gave, counts no longer.
    pub(super) fn voided(&mut self, id: ApprovalId) {
        self.approval.take_if(|approval| *approval == id);
        if self.phase == CallPhase::AwaitingApproval(id) {
            self.phase = CallPhase::Proposed;
        } else if self.phase == CallPhase::AwaitingOutcome(id) {
            self.phase = CallPhase::Started { safe_to_repeat: false };
        }
    }

    /// The task ended before this call did.
    pub(super) fn drop_unfinished(&mut self) {
        if self.phase.settled().is_some() {
            return;
        }
        let had_started = matches!(
            self.phase,
            CallPhase::Started { .. } | CallPhase::AwaitingOutcome(_) | CallPhase::CountAsDone
        );
        self.phase = CallPhase::Settled(Settled::Dropped { had_started });
    }

    /// Frees what is no longer sent to the model. That the call is settled stays known.
    pub(super) fn forget_contents(&mut self) {
        self.arguments = Value::Null;
        if let CallPhase::Settled(Settled::Finished { outcome, .. }) = &mut self.phase {
            *outcome = ToolOutcome { is_error: outcome.is_error, ..ToolOutcome::default() };
        }
    }
}

impl CallPhase {
    pub fn settled(&self) -> Option<&Settled> {
        match self {
            Self::Settled(settled) => Some(settled),
            _ => None,
        }
    }

    pub(super) fn outcome_tokens(&self) -> u64 {
        self.settled().map_or(0, |settled| match settled {
            Settled::Finished { outcome, .. } => tokens::of_outcome(outcome),
            Settled::Denied { text } => tokens::of_text(text),
            Settled::Dropped { .. } => tokens::of_outcome(&settled.for_model()),
        })
    }
}

impl Settled {
    /// What the model is told.
    pub fn for_model(&self) -> ToolOutcome {
        match self {
            Self::Finished { outcome, .. } => outcome.clone(),
            Self::Denied { text } => ToolOutcome::error(text),
            Self::Dropped { had_started: false } => {
                ToolOutcome::error("This call did not run: the task was ended before.")
            }
            Self::Dropped { had_started: true } => ToolOutcome::error(
                "This call had started when the task was ended. Whether it took effect is not known: look \
                 before you repeat it.",
            ),
        }
    }

    pub fn failed(&self) -> bool {
        match self {
            Self::Finished { outcome, .. } => outcome.is_error,
            Self::Denied { .. } | Self::Dropped { .. } => true,
        }
    }
}

fn denied_by_policy(decision: &Decision) -> String {
    let reasons: Vec<_> = decision.reasons.iter().filter(|reason| reason.verdict == Verdict::Deny).collect();
    if reasons.is_empty() {
        return "Denied by policy: no rule allows this call. It did not run. Find another way within your \
                limits, or tell the person what you need."
            .to_owned();
    }
    let mut text = "Denied by policy; the call did not run:".to_owned();
    for reason in reasons {
        text.push_str("\n- ");
        text.push_str(&reason.message);
    }
    text.push_str("\nDo not try to get around this. Find another way within it, or tell the person.");
    text
}

fn denied_by_person(by: &str, note: Option<&str>) -> String {
    let note = note.map(str::trim).filter(|note| !note.is_empty());
    match note {
        Some(note) => format!("Denied by the person ({by}); the call did not run. They say: {note}"),
        None => format!(
            "Denied by the person ({by}); the call did not run. Do not repeat it; ask what they want instead \
             when it is not clear."
        ),
    }
}
