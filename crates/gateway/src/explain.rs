//! A decision in sentences.

use domain::decision::{Decision, Point, Reason, Verdict};

/// Which rules spoke and what it came to, for a person. One sentence a line.
pub fn explain(decision: &Decision, server: &str, tool: &str) -> String {
    let what = match decision.point {
        Point::ToolsList => format!("Showing {tool}"),
        Point::ToolCall => format!("The call of {}", named(server, tool)),
        Point::ToolResult => format!("The result of {}", named(server, tool)),
        Point::ResourcesList => format!("Showing the resource {tool}"),
        Point::ResourceRead => format!("Reading {}", named(server, tool)),
        Point::ResourceResult => format!("What was read of {}", named(server, tool)),
        Point::PromptsList => format!("Showing the prompt {tool}"),
        Point::PromptGet => format!("The use of the prompt {}", named(server, tool)),
        Point::PromptResult => format!("The text of the prompt {}", named(server, tool)),
        Point::McpRequest => format!("The request {}", named(server, tool)),
        Point::Egress => format!("The connection of {}", named(server, tool)),
        Point::ModelCall => format!("The call of the model {tool}"),
    };
    let came_to = match decision.verdict {
        Verdict::Allow => "is allowed",
        Verdict::Ask => "waits for a person",
        Verdict::Deny => "is denied",
    };
    let mut lines = vec![format!("{what} {came_to}.")];
    lines.extend(decision.reasons.iter().map(sentence));
    let obligations = &decision.obligations;
    if !obligations.labels.is_empty() {
        lines.push(format!("From then on the task carries: {}.", obligations.labels.join(", ")));
    }
    if !obligations.redact.is_empty() {
        lines.push(format!("Kept out of sight: {}.", obligations.redact.join(", ")));
    }
    if !obligations.detectors.is_empty() {
        lines.push(format!("Taken out of texts wherever they stand: {}.", obligations.detectors.join(", ")));
    }
    if let Some(limit) = obligations.time_limit_ms {
        lines.push(format!("It may take {limit} ms."));
    }
    if let Some(max) = obligations.result_bytes_max {
        lines.push(format!("Its result may have {max} bytes."));
    }
    if !obligations.approval_roles.is_empty() {
        lines.push(format!("It can be approved by: {}.", obligations.approval_roles.join(", ")));
    }
    lines.push(format!(
        "Decided by the policy {} in {} µs.",
        short(&decision.policy_revision),
        decision.took_us
    ));
    lines.join("\n")
}

fn named(server: &str, tool: &str) -> String {
    if server.is_empty() { tool.to_owned() } else { format!("{tool} of {server}") }
}

fn sentence(reason: &Reason) -> String {
    let says = match reason.verdict {
        Verdict::Allow => "allows it",
        Verdict::Ask => "asks",
        Verdict::Deny => "denies it",
    };
    match reason.rule.as_str() {
        "" => format!("A rule {says}: {}.", reason.message.trim_end_matches('.')),
        rule => format!("{rule} {says}: {}.", reason.message.trim_end_matches('.')),
    }
}

/// Enough of a digest to tell two policies apart.
fn short(revision: &str) -> &str {
    &revision[..revision.floor_char_boundary(19)]
}
