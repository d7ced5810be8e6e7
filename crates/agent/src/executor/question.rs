//! Questions to the person, and what follows from an answer that no tool can give.

use chrono::Utc;
use domain::approval::{Approval, ApprovalKind, ApprovalStatus, Binding};
use domain::decision::{Reason, Verdict};
use domain::digest::Digest;
use domain::journal::{CallEnd, Event, PauseReason};
use domain::tool::ToolOutcome;
use domain::{ApprovalId, CallId, TaskId};

use super::{Executor, Outcome};
use crate::state::{Call, CallPhase};

impl Executor {
    /// Stores a question for the person, and takes in that it was asked.
    pub(super) async fn put(&mut self, question: Approval) -> Outcome {
        let id = question.call_id;
        let requested = Event::ApprovalRequested {
            approval_id: question.id,
            call_id: question.call_id,
            kind: question.kind,
        };
        let projection = self.journal.projection_after(&[requested]);
        self.shared.tenant.request_approval(question, Some(projection)).await?;
        self.journal.catch_up().await?;
        // Whatever came in between, a call that is still to be asked about must not be asked about again
        // and again: that would be a defect of the store or of the fold.
        let phase = self.journal.state.call(id).map(|call| &call.phase);
        if matches!(phase, Some(CallPhase::Asked | CallPhase::Started { safe_to_repeat: false })) {
            let text = "The question to the person was stored, but the journal does not show it. Resume the \
                        task to ask again.";
            return self.pause(PauseReason::Fault, text.to_owned()).await;
        }
        Ok(())
    }

    /// Asks the person about a call that had started in a process that is gone.
    pub(super) async fn ask_outcome_unknown(&mut self, id: CallId) -> Outcome {
        let Some(call) = self.journal.state.call(id) else { return Ok(()) };
        let question = outcome_unknown(self.journal.task_id, call);
        self.put(question).await
    }

    pub(super) async fn count_as_done(&mut self, call_id: CallId) -> Outcome {
        let finished = Event::ToolCallFinished {
            call_id,
            outcome: ToolOutcome::text(
                "Bailiwick was stopped while this call ran, so there is no output. The person says to count \
                 it as done. Look at the result yourself if you need to know it.",
            ),
            end: CallEnd::CountedAsDone,
            took_ms: 0,
            decision: None,
        };
        self.journal.choose(vec![finished]).await?;
        Ok(())
    }
}

fn outcome_unknown(task_id: TaskId, call: &Call) -> Approval {
    let arguments_digest = || Digest::of(&call.arguments);
    let target = call.target.as_ref();
    Approval {
        id: ApprovalId::new(),
        task_id: Some(task_id),
        call_id: call.id,
        kind: ApprovalKind::OutcomeUnknown,
        server: target.map_or_else(String::new, |target| target.server.clone()),
        tool: target.map_or_else(|| call.name.clone(), |target| target.tool.clone()),
        arguments: call.arguments.clone(),
        reasons: vec![Reason {
            verdict: Verdict::Ask,
            rule: "outcome_unknown".to_owned(),
            message: "Bailiwick was stopped while this call ran, and running it twice may do harm. Look \
                      whether it took effect, then choose: retry, count as done, or stop the task."
                .to_owned(),
        }],
        binding: Binding {
            caller: format!("task:{task_id}"),
            tool_digest: target.map_or_else(|| Digest::of_bytes(&[]), |target| target.tool_digest.clone()),
            arguments_digest: target.map_or_else(arguments_digest, |target| target.arguments_digest.clone()),
            policy_revision: call.policy_revision.clone(),
        },
        always: None,
        status: ApprovalStatus::Pending,
        answer: None,
        answered_by: None,
        note: None,
        roles: Vec::new(),
        created_at: Utc::now(),
        resolved_at: None,
        expires_at: None,
        used_at: None,
    }
}
