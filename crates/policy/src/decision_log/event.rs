//! One event.

use std::collections::BTreeMap;

use domain::decision::{Decision, Obligations, Reason, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::Mask;
use super::mask::escaped;

/// What stands where the gateway took a value out.
const REDACTED: &str = "[redacted]";

/// One decision, as OPA writes it down. See [`super`] for the members.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogEvent {
    pub labels: BTreeMap<String, String>,
    pub decision_id: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub trace_id: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub span_id: String,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub bundles: BTreeMap<String, BundleRevision>,
    pub path: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<Value>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub erased: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub masked: Vec<String>,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub requested_by: String,
    /// RFC 3339, UTC.
    pub timestamp: String,
    pub metrics: BTreeMap<String, u64>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleRevision {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub revision: String,
}

/// A decision that was made and recorded, and what is to be said of it besides.
#[derive(Clone, Debug)]
pub struct Made<'a> {
    pub decision: &'a Decision,
    /// The question as it was recorded: redacted already.
    pub question: &'a Value,
    /// RFC 3339, UTC.
    pub at: String,
    /// Who asked, like `agent 0190…`.
    pub requested_by: String,
    /// Of the span in which the decision was made, in hex; empty when there is none.
    pub trace_id: String,
    pub span_id: String,
    /// Revision of the policy by the name of its bundle; the digest of the files when there was no bundle.
    pub bundles: BTreeMap<String, BundleRevision>,
}

impl LogEvent {
    /// The event of a decision, masked. `labels` name the process: `id`, `version`, and what the configuration adds.
    pub fn of(made: Made<'_>, labels: &BTreeMap<String, String>, mask: &Mask) -> Self {
        let decision = made.decision;
        let mut event = Self {
            labels: labels.clone(),
            decision_id: decision.id.to_string(),
            trace_id: made.trace_id,
            span_id: made.span_id,
            bundles: made.bundles,
            path: "bailiwick".into(),
            masked: replaced(made.question, &decision.obligations),
            input: Some(made.question.clone()),
            result: Some(result(decision)),
            erased: Vec::new(),
            requested_by: made.requested_by,
            timestamp: made.at,
            metrics: BTreeMap::from([(
                "timer_rego_query_eval_ns".to_owned(),
                decision.took_us.saturating_mul(1_000),
            )]),
        };
        mask.apply(&mut event);
        event
    }
}

/// What the package came to: sets as arrays, numbers where a rule gave one.
fn result(decision: &Decision) -> Value {
    let said = |verdict: Verdict| -> Vec<Value> {
        decision.reasons.iter().filter(|reason| reason.verdict == verdict).map(member).collect()
    };
    let obligations = &decision.obligations;
    let mut result = Map::new();
    result.insert("verdict".into(), json!(decision.verdict));
    for (set, verdict) in [("deny", Verdict::Deny), ("ask", Verdict::Ask), ("allow", Verdict::Allow)] {
        result.insert(set.into(), said(verdict).into());
    }
    let detectors = obligations.detectors.iter().map(|name| json!({"detector": name}));
    let redact: Vec<Value> =
        obligations.redact.iter().map(|pointer| json!(pointer)).chain(detectors).collect();
    for (set, members) in [
        ("redact", redact),
        ("label", obligations.labels.iter().map(|label| json!(label)).collect()),
        ("approval_role", obligations.approval_roles.iter().map(|role| json!(role)).collect()),
    ] {
        if !members.is_empty() {
            result.insert(set.into(), members.into());
        }
    }
    for (name, number) in
        [("time_limit_ms", obligations.time_limit_ms), ("result_bytes_max", obligations.result_bytes_max)]
    {
        if let Some(number) = number {
            result.insert(name.into(), number.into());
        }
    }
    Value::Object(result)
}

/// As the rule added it to its set.
fn member(reason: &Reason) -> Value {
    match reason.rule.is_empty() {
        true => json!(reason.message),
        false => json!({"message": reason.message, "rule": reason.rule}),
    }
}

/// Where the gateway has replaced values before anything was recorded.
fn replaced(question: &Value, obligations: &Obligations) -> Vec<String> {
    let part = if question.get("result").is_some() { "result" } else { "arguments" };
    let is_replaced = |pointer: &&String| {
        question.pointer(&format!("/{part}{pointer}")).is_some_and(|value| value == REDACTED)
    };
    obligations
        .redact
        .iter()
        .filter(is_replaced)
        .map(|pointer| escaped(&["/input/", part, pointer].concat()))
        .collect()
}
