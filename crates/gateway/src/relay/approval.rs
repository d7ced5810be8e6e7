//! Waiting for a person's answer while the client waits.

use std::time::Duration;

use domain::approval::{Answer, Approval, ApprovalStatus};
use mcp::exchange::Outbox;
use mcp::message::RpcError;
use serde_json::value::RawValue;
use store::Subject;
use tokio::time::{Instant, MissedTickBehavior};

use super::Relay;
use super::caller::out_of_order;
use crate::forward::note;

/// A client that shows progress sees this often that the call still waits.
const TELL_EVERY: Duration = Duration::from_secs(5);
/// Progress has to grow, and the server's own begins later: ours stays below all of it.
const STEP: f64 = 1e-6;

/// What a person said, as far as they said something in time.
pub(super) enum Answered {
    Yes,
    /// Why not.
    No(String),
    /// Where it can be approved.
    NotYet(String),
}

impl Relay {
    /// Puts the question to people and waits, no longer than `gateway.approval_wait_seconds_max`.
    pub(super) async fn ask(
        &self,
        approval: Approval,
        token: Option<&RawValue>,
        out: &Outbox,
    ) -> Result<Answered, RpcError> {
        // Before the question is there: no answer can be missed.
        let mut notices = self.store.notices();
        let asked = self.tenant.request_call_approval(approval).await.map_err(|e| out_of_order(e.into()))?;
        let id = asked.id;
        let wait = Duration::from_secs(self.gateway.inner.config.approval_wait_seconds_max);
        let end = Instant::now() + wait;
        let mut tell = tokio::time::interval(TELL_EVERY);
        tell.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told = 0.0;
        let mut now = asked;
        loop {
            if let Some(answered) = answer(&now) {
                return Ok(answered);
            }
            tokio::select! {
                () = tokio::time::sleep_until(end) => return Ok(Answered::NotYet(how(&now))),
                () = out.gone() => return Ok(Answered::NotYet(how(&now))),
                notice = notices.recv() => {
                    if notice.is_ok_and(|notice| notice.subject != Subject::Approval(id)) {
                        continue;
                    }
                }
                _ = tell.tick() => {
                    if let Some(token) = token {
                        told += STEP;
                        out.send(note(token, told, &waiting(&now))).await;
                    }
                }
            }
            now = self.tenant.approval(id).await.map_err(|error| out_of_order(error.into()))?;
        }
    }
}

fn answer(approval: &Approval) -> Option<Answered> {
    match (approval.status, approval.answer) {
        (ApprovalStatus::Pending, _) => None,
        (ApprovalStatus::Resolved, Some(Answer::Approve)) => Some(Answered::Yes),
        (ApprovalStatus::Resolved, _) => {
            let by = approval.answered_by.as_deref().unwrap_or("someone");
            let note = approval.note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
            Some(Answered::No(format!("denied by {by}{note}")))
        }
        (ApprovalStatus::Void, _) => Some(Answered::No("the question was withdrawn; ask again".into())),
    }
}

fn waiting(approval: &Approval) -> String {
    format!("waiting for a person to approve {} of {}", approval.tool, approval.server)
}

/// What the caller is told when nobody answered in time.
fn how(approval: &Approval) -> String {
    let why: Vec<&str> = approval.reasons.iter().map(|reason| reason.message.trim_end_matches('.')).collect();
    let roles = match approval.roles.as_slice() {
        [] => String::new(),
        roles => format!(" Only a person with the role {} can approve it.", roles.join(" or ")),
    };
    format!(
        "A person has to approve this first ({}). It can be approved in the dashboard under Approvals, or with \
         `bailiwick task approve {}`.{roles} Then make exactly the same call again: the approval counts once, \
         and for this call only.",
        why.join("; "),
        approval.id
    )
}
