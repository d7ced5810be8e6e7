//! The question that is put to the policy.

use domain::decision::Point;
use domain::digest::Digest;
use domain::tool::{ServerKind, ToolAnnotations};
use policy::{PrincipalFacts, Question, Resources, ServerFacts, TaskFacts, TenantFacts, ToolFacts};
use serde_json::Value;

use crate::call::Caller;
use crate::identify::Entry;

/// What a question is about.
#[derive(Clone, Debug)]
pub(crate) struct Subject {
    pub(crate) server: ServerFacts,
    pub(crate) tool: ToolFacts,
}

impl Subject {
    pub(crate) fn of(entry: &Entry) -> Self {
        let kind = entry.server.kind();
        Self {
            server: ServerFacts { name: entry.server.name().to_owned(), kind },
            tool: ToolFacts {
                name: entry.known.tool.name.clone(),
                annotations: entry.known.tool.annotations.clone(),
                digest: entry.known.digest.clone(),
                // The built-in tools are this program; nobody has confirmed a description of any other yet.
                pinned: kind == ServerKind::Builtin,
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
        &self,
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
                roles: Vec::new(),
            },
            task: caller.task.as_ref().map(|task| TaskFacts {
                id: task.id.to_string(),
                step: task.step,
                cost_usd: task.cost.usd(),
                labels: task.labels.clone(),
            }),
            session: None,
            server: self.server.clone(),
            tool: self.tool.clone(),
            arguments,
            resources,
            result: None,
        }
    }
}
