//! The record of a decision, made before anyone acts on it.

use std::time::Duration;

use domain::CallId;
use domain::DecisionId;
use domain::decision::{Decision, Point, Reason, Verdict};
use domain::digest::Digest;
use policy::{Answer, Question};
use serde_json::Value;
use store::{DecisionRecord, StoreError};

use crate::call::Caller;
use crate::gateway::Gateway;
use crate::question::Subject;
use crate::redact::{redact, shorten};

/// Longest name that is kept of a tool that does not exist.
const NAME_BYTES_MAX: usize = 200;

/// The policy's answer as it is recorded.
pub(crate) fn decision(question: &Question, answer: Answer, policy_revision: String) -> Decision {
    Decision {
        id: DecisionId::new(),
        point: question.point,
        verdict: answer.verdict,
        reasons: answer.reasons,
        obligations: answer.obligations,
        policy_revision,
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

impl Gateway {
    /// Stores a decision about a call with its question, secrets redacted. The question comes back whole.
    pub(crate) async fn record(
        &self,
        caller: &Caller,
        call_id: Option<CallId>,
        question: Question,
        decision: &Decision,
    ) -> Result<Question, StoreError> {
        let mut shown = question.arguments.clone();
        self.hide(&mut shown, decision);
        self.record_shown(caller, call_id, question, decision, shown, None).await
    }

    /// Records a deny of the gateway's own about a request of which not enough is clear to ask the policy.
    pub(crate) async fn record_refusal(
        &self,
        caller: &Caller,
        point: Point,
        subject: Subject,
        rule: &str,
        message: &str,
    ) -> Result<(), StoreError> {
        let question = subject.question(point, caller, Value::Null, Default::default());
        let answer = refusal(rule, message.to_owned());
        let decision = decision(&question, answer, self.decider().revision());
        self.record(caller, None, question, &decision).await.map(drop)
    }

    /// Records that a list was shown. Each entry was asked about by itself.
    pub(crate) async fn record_list(
        &self,
        caller: &Caller,
        point: Point,
        shown: usize,
        hidden: &[&str],
    ) -> Result<(), StoreError> {
        let arguments = serde_json::json!({"shown": shown, "hidden": hidden});
        let subject = Subject::gateway(point.as_str());
        let question = subject.question(point, caller, arguments, Default::default());
        let message = format!("{shown} shown, {} hidden", hidden.len());
        let answer = Answer {
            verdict: Verdict::Allow,
            reasons: vec![Reason { verdict: Verdict::Allow, rule: "gateway.list".into(), message }],
            obligations: Default::default(),
            took: Default::default(),
        };
        let decision = decision(&question, answer, self.decider().revision());
        self.record(caller, None, question, &decision).await.map(drop)
    }

    /// Takes out of arguments what the policy wants out of sight.
    pub(crate) fn hide(&self, arguments: &mut Value, decision: &Decision) {
        redact(arguments, &decision.obligations.redact);
        // A detector that is not there withholds the result later; the arguments stay readable until then.
        if let Ok(detectors) = self.inner.detectors.chosen(&decision.obligations.detectors) {
            detectors.clean(arguments);
        }
    }

    /// Stores a decision with its question as it may be seen: `arguments` and `result` in place of the real ones. Long
    /// texts of the result are shortened.
    pub(crate) async fn record_shown(
        &self,
        caller: &Caller,
        call_id: Option<CallId>,
        mut question: Question,
        decision: &Decision,
        arguments: Value,
        result: Option<Value>,
    ) -> Result<Question, StoreError> {
        let took = Duration::from_micros(decision.took_us);
        telemetry::metrics().decision(decision.point, decision.verdict, took);
        let server = question.server.name.clone();
        let tool = question.tool.name[..question.tool.name.floor_char_boundary(NAME_BYTES_MAX)].to_owned();
        let real = std::mem::take(&mut question.arguments);
        question.result = None;
        let mut stored = serde_json::to_value(&question)
            .map_err(|error| StoreError::Corrupt(format!("the question cannot be written: {error}")))?;
        question.arguments = real;
        stored["arguments"] = arguments;
        if let Some(mut result) = result {
            if decision.verdict == Verdict::Allow {
                shorten(&mut result, self.inner.config.recorded_text_bytes_max);
            } else {
                // What was withheld from the caller is not kept either.
                result = serde_json::json!({"withheld": Digest::of(&result)});
            }
            stored["result"] = result;
        }
        let record = DecisionRecord {
            decision: decision.clone(),
            task_id: caller.task.as_ref().map(|task| task.id),
            call_id,
            principal_id: caller.principal_id,
            server,
            tool,
            question: stored,
            at: chrono::Utc::now(),
        };
        match self.observer() {
            None => caller.tenant.record_decision(record).await?,
            Some(observe) => {
                caller.tenant.record_decision(record.clone()).await?;
                observe(&record);
            }
        }
        Ok(question)
    }
}
