//! The question that is put to the policy.

use domain::decision::Point;
use domain::digest::Digest;
use domain::tool::{ServerKind, ToolAnnotations};
use policy::{
    PrincipalFacts, Question, Resources, ServerFacts, SessionFacts, TaskFacts, TenantFacts, ToolFacts,
};
use serde_json::Value;

use crate::call::Caller;
use crate::identify::Entry;
use crate::servers::Slot;

/// What a question is about.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) server: ServerFacts,
    pub(crate) tool: ToolFacts,
}

impl Subject {
    pub(crate) fn of(entry: &Entry) -> Self {
        Self {
            server: facts(&entry.slot),
            tool: ToolFacts {
                name: entry.known.tool.name.clone(),
                annotations: entry.known.tool.annotations.clone(),
                digest: entry.known.digest.clone(),
                // What is not pinned is in no catalogue.
                pinned: true,
            },
        }
    }

    /// A tool that is held: it stands here so that its refusal is recorded with its name.
    pub(crate) fn held(held: &crate::identify::Held) -> Self {
        Self {
            server: facts(&held.slot),
            tool: ToolFacts {
                name: held.known.tool.name.clone(),
                annotations: held.known.tool.annotations.clone(),
                digest: held.known.digest.clone(),
                pinned: false,
            },
        }
    }

    /// A resource (by URI), a prompt (by name) or a request (by method) of a server.
    pub(crate) fn other(slot: &Slot, name: &str, digest: Digest) -> Self {
        let annotations = ToolAnnotations::default();
        let tool = ToolFacts { name: name.to_owned(), annotations, digest, pinned: slot.trusted() };
        Self { server: facts(slot), tool }
    }

    /// Something that the gateway answers itself.
    pub(crate) fn gateway(name: &str) -> Self {
        Self {
            server: ServerFacts { name: crate::search::SERVER.into(), kind: ServerKind::Builtin },
            tool: ToolFacts {
                name: name.to_owned(),
                annotations: ToolAnnotations::default(),
                digest: Digest::of_bytes(&[]),
                pinned: true,
            },
        }
    }

    /// A name that means no tool: nothing is known of it, so everything is as bad as it can be.
    pub(crate) fn unknown(name: &str) -> Self {
        Self {
            server: ServerFacts { name: String::new(), kind: ServerKind::Http },
            tool: ToolFacts {
                name: name.to_owned(),
                annotations: ToolAnnotations::default(),
                digest: Digest::of_bytes(&[]),
                pinned: false,
            },
        }
    }

    pub(crate) fn question(
        self,
        point: Point,
        caller: &Caller,
        arguments: Value,
        resources: Resources,
    ) -> Question {
        Question {
            point,
            tenant: TenantFacts { id: caller.tenant.tenant_id().to_string(), plan: "desk".into() },
            principal: PrincipalFacts {
                id: caller.principal_id.to_string(),
                kind: caller.principal_kind.clone(),
                roles: caller.roles.clone(),
            },
            task: caller.task.as_ref().map(|task| TaskFacts {
                id: task.id.to_string(),
                step: task.step,
                cost_usd: task.cost.usd(),
                labels: task.labels.clone(),
            }),
            session: caller.session.as_ref().map(|session| SessionFacts {
                id: session.conversation.clone(),
                client: session.client.clone(),
                labels: session.labels.clone(),
            }),
            server: self.server,
            tool: self.tool,
            arguments,
            resources,
            result: None,
        }
    }
}

fn facts(slot: &Slot) -> ServerFacts {
    ServerFacts { name: slot.name.clone(), kind: slot.kind }
}
