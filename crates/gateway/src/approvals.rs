//! What a person said before: an approval of this very call, or a rule for the whole task.

use domain::approval::{Answer, Approval, ApprovalKind, ApprovalStatus, Binding, RuleScope, TaskRule};
use domain::decision::{Reason, Verdict};
use domain::{ApprovalId, CallId, TaskId};
use policy::Resources;
use store::{StoreError, TenantStore};

/// Programs of which the word after the name says what they do.
const MULTI_TOOLS: &[&str] = &[
    "apt",
    "apt-get",
    "aws",
    "az",
    "brew",
    "bun",
    "bundle",
    "cargo",
    "deno",
    "docker",
    "dotnet",
    "gcloud",
    "gem",
    "gh",
    "git",
    "glab",
    "go",
    "gradle",
    "helm",
    "just",
    "kubectl",
    "make",
    "mvn",
    "npm",
    "npx",
    "pip",
    "pip3",
    "pnpm",
    "podman",
    "poetry",
    "rustup",
    "systemctl",
    "terraform",
    "uv",
    "yarn",
    "zig",
];

/// What an approval of this call comes to now.
pub(crate) enum Standing {
    /// It stands: who gave it.
    Approved { by: String },
    /// The person said no.
    Denied { by: String, note: Option<String> },
    /// It is not answered yet.
    Pending(Box<Approval>),
    /// It does not count; the question has to be asked again.
    None,
}

/// Looks an approval up and holds it against the call. One that was given for something else is made void.
pub(crate) async fn standing(
    tenant: &TenantStore,
    id: ApprovalId,
    task_id: TaskId,
    call_id: CallId,
    binding: &Binding,
) -> Result<Standing, StoreError> {
    let approval = match tenant.approval(id).await {
        Ok(approval) => approval,
        Err(StoreError::NotFound { .. }) => return Ok(Standing::None),
        Err(error) => return Err(error),
    };
    // An approval of another call is that call's affair and stays as it is.
    if (approval.task_id, approval.call_id, approval.kind) != (Some(task_id), call_id, ApprovalKind::ToolCall)
        || approval.status == ApprovalStatus::Void
    {
        return Ok(Standing::None);
    }
    if let Some(why) = difference(&approval.binding, binding) {
        tenant.void_approval(id, why).await?;
        return Ok(Standing::None);
    }
    let by = approval.answered_by.clone().unwrap_or_else(|| "someone".into());
    Ok(match (approval.status, approval.answer) {
        (ApprovalStatus::Pending, _) => Standing::Pending(Box::new(approval)),
        (ApprovalStatus::Resolved, Some(Answer::Approve)) => Standing::Approved { by },
        (ApprovalStatus::Resolved, Some(Answer::Deny)) => Standing::Denied { by, note: approval.note },
        _ => Standing::None,
    })
}

fn difference(given: &Binding, now: &Binding) -> Option<&'static str> {
    if given.tool_digest != now.tool_digest {
        Some("the tool is no longer the one that was approved")
    } else if given.arguments_digest != now.arguments_digest {
        Some("the arguments are no longer the ones that were approved")
    } else if given.policy_revision != now.policy_revision {
        Some("the policy has changed since the approval")
    } else {
        None
    }
}

/// The call, as far as rules of a task are concerned.
pub(crate) struct Asked<'a> {
    pub(crate) server: &'a str,
    pub(crate) tool: &'a str,
    pub(crate) resources: &'a Resources,
    pub(crate) reasons: &'a [Reason],
}

impl Asked<'_> {
    /// What "always for this task" would allow; `None` when that could not be said in words that stay true: the
    /// command is not wholly known, a host is named, or a rule that asked has no name.
    pub(crate) fn scope(&self) -> Option<RuleScope> {
        if self.resources.opaque || !self.resources.hosts.is_empty() {
            return None;
        }
        let rules = self.asking_rules()?;
        let mut command_prefixes = Vec::new();
        for command in &self.resources.commands {
            let prefix = prefix(command)?;
            if !command_prefixes.contains(&prefix) {
                command_prefixes.push(prefix);
            }
        }
        let description = if command_prefixes.is_empty() {
            format!("use `{}` without being asked ({})", self.tool, rules.join(", "))
        } else {
            let shown: Vec<String> =
                command_prefixes.iter().map(|prefix| format!("`{}`", prefix.join(" "))).collect();
            format!("run commands beginning with {}", shown.join(" or "))
        };
        Some(RuleScope {
            server: self.server.into(),
            tool: self.tool.into(),
            rules,
            command_prefixes,
            description,
        })
    }

    /// The first rule of the task that covers this call.
    pub(crate) fn covering<'r>(&self, rules: &'r [TaskRule]) -> Option<&'r TaskRule> {
        rules.iter().find(|rule| rule.revoked_at.is_none() && self.covered_by(&rule.scope))
    }

    fn covered_by(&self, scope: &RuleScope) -> bool {
        let same_tool = scope.server == self.server && scope.tool == self.tool;
        let wholly_known = !self.resources.opaque && self.resources.hosts.is_empty();
        let same_rules =
            self.asking_rules().is_some_and(|rules| rules.iter().all(|rule| scope.rules.contains(rule)));
        let begins = |command: &Vec<String>| {
            scope.command_prefixes.iter().any(|prefix| !prefix.is_empty() && command.starts_with(prefix))
        };
        // A rule about commands covers no call without any, and the other way round.
        let same_kind = scope.command_prefixes.is_empty() == self.resources.commands.is_empty();
        same_tool && wholly_known && same_rules && same_kind && self.resources.commands.iter().all(begins)
    }

    fn asking_rules(&self) -> Option<Vec<String>> {
        let mut rules: Vec<String> = Vec::new();
        for reason in self.reasons.iter().filter(|reason| reason.verdict == Verdict::Ask) {
            if reason.rule.is_empty() {
                return None;
            }
            if !rules.contains(&reason.rule) {
                rules.push(reason.rule.clone());
            }
        }
        Some(rules)
    }
}

/// The words that say what a command does. `None` where an option or nothing stands in the place of such a word: `make`
/// alone would let `make deploy` pass.
fn prefix(command: &[String]) -> Option<Vec<String>> {
    let program = command.first()?;
    let name = program.rsplit('/').next().unwrap_or(program);
    if !MULTI_TOOLS.contains(&name) {
        return Some(vec![program.clone()]);
    }
    let subcommand = command.get(1)?;
    (!subcommand.starts_with('-')).then(|| vec![program.clone(), subcommand.clone()])
}
