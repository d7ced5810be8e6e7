//! May this call happen?

use std::sync::Arc;

use domain::approval::Binding;
use domain::decision::{Point, Verdict};
use domain::digest::Digest;
use domain::journal::CallTarget;
use policy::Answer;
use serde_json::{Value, json};
use tracing::Instrument;

use crate::ask::{Matter, Ruled};
use crate::call::{Call, Caller, GatewayError, Ruling};
use crate::forward::{Allowed, Permit};
use crate::gateway::Gateway;
use crate::identify::{Catalogue, Entry};
use crate::question::Subject;
use crate::record::{decision, refusal};
use crate::resources::resources_of;
use crate::schema;
use crate::search;
use crate::servers::{Freshness, Kind, KnownTool};
use crate::trust::PinState;

/// Longest name that is repeated in a sentence.
const SHOWN_NAME_BYTES_MAX: usize = 100;

impl Gateway {
    /// Identifies the tool, asks the policy and what people said before, and records the answer. An error means that
    /// nothing was decided and nothing may run.
    pub async fn decide(&self, caller: &Caller, call: &Call) -> Result<Ruling, GatewayError> {
        self.decide_call(caller, call.clone(), None).await
    }

    pub(crate) async fn decide_call(
        &self,
        caller: &Caller,
        call: Call,
        goes_on: Option<Binding>,
    ) -> Result<Ruling, GatewayError> {
        let span = telemetry::spans::decision(Point::ToolCall, shown(&call.name));
        let ruling = self.rule(caller, call, goes_on).instrument(span.clone()).await?;
        let (decision, target) = ruling.decided();
        telemetry::spans::decided(&span, decision);
        telemetry::metrics().tool_call(&target.server, &target.tool, decision.verdict);
        Ok(ruling)
    }

    async fn rule(
        &self,
        caller: &Caller,
        mut call: Call,
        goes_on: Option<Binding>,
    ) -> Result<Ruling, GatewayError> {
        let (mut catalogue, mut found) = self.identify(caller, &call.name).await?;
        let mut through_search = false;
        if let Some(entry) = found.take_if(|entry| is_call_tool(entry)) {
            // Decided on as what it calls, never as itself.
            if let Err(answer) = self.check_arguments(&entry, &call.arguments) {
                return self.refuse(caller, &call, Subject::of(&entry), *answer).await;
            }
            unwrap_call(&mut call);
            through_search = true;
            (catalogue, found) = self.identify(caller, &call.name).await?;
            found = found.filter(|entry| !is_call_tool(entry));
        }
        let Some(entry) = found else {
            let (subject, answer) = nothing(&catalogue, &call.name);
            return self.refuse(caller, &call, subject, answer).await;
        };
        if let Err(answer) = self.check_arguments(&entry, &call.arguments) {
            return self.refuse(caller, &call, Subject::of(&entry), *answer).await;
        }

        let resources =
            resources_of(entry.slot.kind, &entry.known.tool, &call.arguments, &caller.workspace.root);
        let target = target_of(&entry, &call);
        let (call_id, approval) = (call.id, call.approval);
        let question = Subject::of(&entry).question(Point::ToolCall, caller, call.arguments, resources);
        let matter = Matter {
            question,
            call_id,
            arguments_digest: target.arguments_digest.clone(),
            approval,
            goes_on,
        };
        let Ruled { question, decision, approval } = self.rule_on(caller, matter).await?;
        Ok(match (decision.verdict, approval) {
            (Verdict::Ask, Some(approval)) => Ruling::Ask { decision, target, approval },
            (Verdict::Allow, _) => {
                let permit = Permit::new(Allowed {
                    gateway: self.clone(),
                    caller: caller.clone(),
                    call_id,
                    entry,
                    question,
                    decision: decision.clone(),
                    through_search,
                });
                Ruling::Allow { decision, target, permit }
            }
            (Verdict::Ask | Verdict::Deny, _) => Ruling::Deny { decision, target },
        })
    }

    /// The tool that a name means. Asks a server only when the name cannot be answered from what is known.
    async fn identify(
        &self,
        caller: &Caller,
        name: &str,
    ) -> Result<(Arc<Catalogue>, Option<Arc<Entry>>), GatewayError> {
        let catalogue = self.known_catalogue(&caller.tenant).await?;
        let servers = &self.inner.servers;
        match catalogue.find(name).cloned() {
            Some(entry) => {
                if entry.slot.freshness::<KnownTool>(Kind::Tools) == Freshness::Current {
                    return Ok((catalogue, Some(entry)));
                }
                servers.settle_one(&entry.slot, Kind::Tools).await;
            }
            None => servers.settle(Kind::Tools).await,
        }
        let catalogue = self.known_catalogue(&caller.tenant).await?;
        let found = catalogue.find(name).cloned();
        Ok((catalogue, found))
    }

    fn check_arguments(&self, entry: &Entry, arguments: &Value) -> Result<(), Box<Answer>> {
        let tool = &entry.known.tool.name;
        let max = self.inner.config.arguments_bytes_max;
        let size = domain::json_bytes(arguments);
        if size > max {
            let message = format!(
                "the arguments of {tool} have {size} bytes, of which {max} are taken; send less at a time, or \
                 raise gateway.arguments_bytes_max"
            );
            return Err(Box::new(refusal("gateway.arguments_size", message)));
        }
        let wrong = match entry.known.validator() {
            Ok(validator) => schema::problems(validator, arguments),
            Err(why) => vec![why.to_owned()],
        };
        if wrong.is_empty() {
            return Ok(());
        }
        let message = format!("the arguments of {tool} do not fit its schema: {}", wrong.join("; "));
        Err(Box::new(refusal("gateway.invalid_arguments", message)))
    }

    /// Records a deny of the gateway's own.
    async fn refuse(
        &self,
        caller: &Caller,
        call: &Call,
        subject: Subject,
        answer: Answer,
    ) -> Result<Ruling, GatewayError> {
        let max = self.inner.config.arguments_bytes_max;
        let size = domain::json_bytes(&call.arguments);
        let arguments =
            if size > max { json!({"left_out": format!("{size} bytes")}) } else { call.arguments.clone() };
        let known = !subject.server.name.is_empty();
        let target = CallTarget {
            server: subject.server.name.clone(),
            tool: if known { subject.tool.name.clone() } else { shown(&call.name).to_owned() },
            tool_digest: subject.tool.digest.clone(),
            arguments_digest: Digest::of(&call.arguments),
            read_only: subject.tool.annotations.read_only(),
            safe_to_repeat: subject.tool.annotations.safe_to_repeat(),
        };
        let question = subject.question(Point::ToolCall, caller, arguments, Default::default());
        let decision = decision(&question, answer, self.decider().revision());
        self.record(caller, Some(call.id), question, &decision).await?;
        Ok(Ruling::Deny { decision, target })
    }
}

fn is_call_tool(entry: &Entry) -> bool {
    entry.slot.name == search::SERVER && entry.known.tool.name == search::CALL
}

/// `call_tool {name, arguments}` becomes the call it stands for.
fn unwrap_call(call: &mut Call) {
    let Value::Object(mut members) = std::mem::take(&mut call.arguments) else { return };
    if let Some(Value::String(name)) = members.remove("name") {
        call.name = name;
    }
    call.arguments = members.remove("arguments").unwrap_or_else(|| json!({}));
}

/// Why a name means no tool that can be called.
fn nothing(catalogue: &Catalogue, name: &str) -> (Subject, Answer) {
    if let Some(held) = catalogue.held(name) {
        let (server, tool) = (&held.slot.name, &held.known.tool.name);
        let why = match held.state {
            PinState::Changed => "has changed since it was approved",
            PinState::New | PinState::Pinned => "is new and was not approved yet",
            PinState::Twice => {
                let message = format!(
                    "the server {server} lists the tool {tool} more than once, so it cannot be told which would run"
                );
                return (Subject::held(held), refusal("gateway.quarantined", message));
            }
        };
        let message = format!(
            "the tool {tool} of the server {server} {why}; a person can look at it and approve it with \
             `bailiwick gateway approve {server} {tool}`"
        );
        return (Subject::held(held), refusal("gateway.quarantined", message));
    }
    if let Some(why) = catalogue.failure(name) {
        let message = format!("the tool `{}` cannot be called now: {why}", shown(name));
        return (Subject::unknown(name), refusal("gateway.server_failed", message));
    }
    let message = format!("there is no tool `{}`; {}", shown(name), catalogue.nearest(name));
    (Subject::unknown(name), refusal("gateway.unknown_tool", message))
}

fn target_of(entry: &Entry, call: &Call) -> CallTarget {
    CallTarget {
        server: entry.slot.name.clone(),
        tool: entry.known.tool.name.clone(),
        tool_digest: entry.known.digest.clone(),
        arguments_digest: Digest::of(&call.arguments),
        read_only: entry.known.tool.annotations.read_only(),
        safe_to_repeat: entry.known.tool.annotations.safe_to_repeat(),
    }
}

pub(crate) fn shown(name: &str) -> &str {
    &name[..name.floor_char_boundary(SHOWN_NAME_BYTES_MAX)]
}
