//! The record of a decision, made before anyone acts on it.

use std::time::Duration;

use domain::CallId;
use domain::DecisionId;
use domain::decision::{Decision, Reason, Verdict};
use domain::digest::Digest;
use policy::{Answer, Question};
use store::{DecisionRecord, StoreError};

use crate::call::Caller;
use crate::redact::{redact, shorten};

/// Longest name that is kept of a tool that does not exist.
const NAME_BYTES_MAX: usize = 200;

/// The policy's answer as it is recorded.
pub(crate) fn decision(question: &Question, answer: Answer, policy_revision: &str) -> Decision {
    Decision {
        id: DecisionId::new(),
        point: question.point,
        verdict: answer.verdict,
        reasons: answer.reasons,
        obligations: answer.obligations,
        policy_revision: policy_revision.to_owned(),
        took_us: u64::try_from(answer.took.as_micros()).unwrap_or(u64::MAX),
    }
}

/// A deny of the gateway's own, without asking the policy.
pub(crate) fn refusal(rule: &str, message: String) -> Answer {
    Answer {
        verdict: Verdict::Deny,
        reasons: vec![Reason { verdict: Verdict::Deny, rule: rule.into(), message }],
        obligations: Default::default(),
        took: Default::default(),
    }
}

/// Stores the decision with its question, secrets redacted and long results shortened.
pub(crate) async fn record(
    caller: &Caller,
    call_id: Option<CallId>,
    question: Question,
    decision: &Decision,
    recorded_text_bytes_max: usize,
) -> Result<(), StoreError> {
    telemetry::metrics().decision(decision.point, decision.verdict, Duration::from_micros(decision.took_us));
    let server = question.server.name.clone();
    let tool = question.tool.name[..question.tool.name.floor_char_boundary(NAME_BYTES_MAX)].to_owned();
    let stored = stored_question(question, decision, recorded_text_bytes_max)?;
    caller
        .tenant
        .record_decision(DecisionRecord {
            decision: decision.clone(),
            task_id: caller.task.as_ref().map(|task| task.id),
            call_id,
            principal_id: caller.principal_id,
            server,
            tool,
            question: stored,
            at: chrono::Utc::now(),
        })
        .await
}

fn stored_question(
    mut question: Question,
    decision: &Decision,
    recorded_text_bytes_max: usize,
) -> Result<serde_json::Value, StoreError> {
    match &mut question.result {
        // At `tool.result` the pointers lead into the result.
        // What was withheld from the model is not kept either.
        Some(result) if decision.verdict != Verdict::Allow => {
            *result = serde_json::json!({"withheld": Digest::of(result)});
        }
        Some(result) => {
            redact(result, &decision.obligations.redact);
            shorten(result, recorded_text_bytes_max);
        }
        None => redact(&mut question.arguments, &decision.obligations.redact),
    }
    serde_json::to_value(&question)
        .map_err(|error| StoreError::Corrupt(format!("the question cannot be written: {error}")))
}
