//! May this model be called?

use domain::decision::{Decision, Point, Reason, Verdict};
use domain::digest::Digest;
use domain::tool::{ServerKind, ToolAnnotations};
use policy::{Resources, ServerFacts, ToolFacts};
use serde_json::json;
use tracing::Instrument;

use crate::call::{Caller, GatewayError, ModelCall};
use crate::gateway::Gateway;
use crate::question::Subject;
use crate::record::decision;

/// What a policy sees as the server of models.
const SERVER: &str = "model";

impl Gateway {
    /// Asks the policy at `model.call` and records the answer. Nobody can be asked about a model call, so `ask`
    /// comes back as a deny that says so.
    pub async fn decide_model_call(
        &self,
        caller: &Caller,
        call: &ModelCall,
    ) -> Result<Decision, GatewayError> {
        let span = telemetry::spans::decision(Point::ModelCall, &call.model);
        let decision = self.ask_about_model(caller, call).instrument(span.clone()).await?;
        telemetry::spans::decided(&span, &decision);
        Ok(decision)
    }

    async fn ask_about_model(&self, caller: &Caller, call: &ModelCall) -> Result<Decision, GatewayError> {
        let decider = self.decider();
        let kind = if call.host.is_some() { ServerKind::Http } else { ServerKind::Builtin };
        let subject = Subject {
            server: ServerFacts { name: SERVER.into(), kind },
            tool: ToolFacts {
                name: call.model.clone(),
                annotations: ToolAnnotations::default(),
                digest: Digest::of(&call.model),
                // A person chose the model.
                pinned: true,
            },
        };
        let arguments = json!({
            "model": call.model,
            "input_tokens": call.input_tokens,
            "max_output_tokens": call.max_output_tokens,
            "max_cost_usd": call.max_cost.usd(),
        });
        let resources = Resources {
            hosts: call.host.iter().map(|host| host.to_lowercase()).collect(),
            ..Resources::default()
        };
        let question = subject.question(Point::ModelCall, caller, arguments, resources);
        let mut answer = decider.decide(&question).await;
        if answer.verdict == Verdict::Ask {
            answer.verdict = Verdict::Deny;
            let message = "the policy asks for a person, which is not possible for model calls".into();
            answer
                .reasons
                .insert(0, Reason { verdict: Verdict::Deny, rule: "gateway.model_ask".into(), message });
        }
        let decision = decision(&question, answer, decider.revision());
        self.record(caller, None, question, &decision).await?;
        Ok(decision)
    }
}
