//! May this result be handed over?

use domain::CallId;
use domain::decision::{Decision, Obligations, Point, Verdict};
use policy::Question;
use serde_json::Value;
use tracing::Instrument;

use crate::call::{Caller, GatewayError};
use crate::gateway::Gateway;
use crate::record::{decision, refusal};
use crate::redact::redact;

/// A result that came back, and what was decided about the request it answers.
pub(crate) struct Answered<'a> {
    pub(crate) caller: &'a Caller,
    pub(crate) call_id: CallId,
    /// Where the policy is asked.
    pub(crate) point: Point,
    /// The question about the request.
    pub(crate) question: Question,
    /// The decision about the request: its limits and detectors hold for the result too.
    pub(crate) asked: &'a Decision,
    pub(crate) result: Value,
    /// Size of the result as it came, bytes.
    pub(crate) size: usize,
    /// What is handed over is what was judged, and not the text it was read from: another reader could see something
    /// else in that.
    pub(crate) rewrite: bool,
}

/// What may be handed over.
pub(crate) enum Passed {
    /// Nothing was taken out.
    AsItWas,
    Changed(Value),
    /// Why not, as a sentence without a full stop.
    Withheld(String),
}

pub(crate) struct Judged {
    pub(crate) decision: Decision,
    pub(crate) passed: Passed,
}

impl Gateway {
    /// Asks the policy about a result, takes out what it wants out of sight, adds labels to the session, and records.
    /// An error means that the result must not be handed over.
    pub(crate) async fn judge(&self, answered: Answered<'_>) -> Result<Judged, GatewayError> {
        let span = telemetry::spans::decision(answered.point, &answered.question.tool.name);
        let judged = self.judge_now(answered).instrument(span.clone()).await?;
        telemetry::spans::decided(&span, &judged.decision);
        Ok(judged)
    }

    async fn judge_now(&self, answered: Answered<'_>) -> Result<Judged, GatewayError> {
        let Answered { caller, call_id, point, mut question, asked, result, size, rewrite } = answered;
        let decider = self.decider();
        question.point = point;
        question.result = Some(result);
        let mut answer = decider.decide(&question).await;
        let mut result = question.result.take().unwrap_or_default();
        let mut changed = rewrite;
        if answer.verdict == Verdict::Allow {
            match self.fulfil(&asked.obligations, &answer.obligations, &mut result, size) {
                Ok(redacted) => changed |= redacted,
                Err((rule, why)) => {
                    let obligations = std::mem::take(&mut answer.obligations);
                    answer = policy::Answer { obligations, took: answer.took, ..refusal(rule, why) };
                }
            }
        }
        let decision = decision(&question, answer, decider.revision());
        let mut shown = std::mem::take(&mut question.arguments);
        self.hide(&mut shown, asked);
        let passed = match decision.verdict {
            Verdict::Allow => {
                self.add_labels(caller, &decision.obligations).await?;
                if changed { Passed::Changed(result.clone()) } else { Passed::AsItWas }
            }
            Verdict::Ask | Verdict::Deny => Passed::Withheld(reasons(&decision)),
        };
        self.record_shown(caller, Some(call_id), question, &decision, shown, Some(result)).await?;
        Ok(Judged { decision, passed })
    }

    /// A result that has no point of its own: limits and detectors of its request hold for it. The error is a sentence
    /// without a full stop.
    pub(crate) fn limited(
        &self,
        obligations: &Obligations,
        mut result: Value,
        size: usize,
        rewrite: bool,
    ) -> Result<Passed, String> {
        let done = self.fulfil(obligations, &Obligations::default(), &mut result, size);
        let changed = done.map_err(|(_, why)| why)?;
        Ok(if changed || rewrite { Passed::Changed(result) } else { Passed::AsItWas })
    }

    /// Does to a result what the policy obliges to. True when something was taken out; the error is the rule and the
    /// sentence of a refusal.
    fn fulfil(
        &self,
        of_call: &Obligations,
        of_result: &Obligations,
        result: &mut Value,
        size: usize,
    ) -> Result<bool, (&'static str, String)> {
        let limits = [of_call.result_bytes_max, of_result.result_bytes_max];
        if let Some(max) = limits.into_iter().flatten().min()
            && size as u64 > max
        {
            let why = format!("it has {size} bytes, of which the policy lets {max} pass (result_bytes_max)");
            return Err(("gateway.result_size", why));
        }
        let detectors = self
            .inner
            .detectors
            .chosen(of_call.detectors.iter().chain(&of_result.detectors))
            .map_err(|why| ("gateway.detector", why))?;
        let pointed = redact(result, &of_result.redact);
        Ok(detectors.clean(result) | pointed)
    }
}

/// What the rules said for the verdict; at a result, `ask` withholds as well, because the person would be asked
/// after the fact.
pub(crate) fn reasons(decision: &Decision) -> String {
    let said: Vec<&str> = decision
        .reasons
        .iter()
        .filter(|reason| reason.verdict == decision.verdict)
        .map(|reason| reason.message.trim_end_matches('.'))
        .collect();
    said.join("; ")
}
