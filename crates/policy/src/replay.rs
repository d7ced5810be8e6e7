//! Recorded decisions put to a draft.

mod question;

use std::collections::BTreeMap;

use domain::decision::{Obligations, Reason, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Policy;

pub use question::{Inexact, Read, read_question};

/// A decision as it was recorded.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recorded {
    /// What the caller knows it by.
    pub id: String,
    /// The question, as the record has it.
    pub question: Value,
    pub verdict: Verdict,
    #[serde(default)]
    pub reasons: Vec<Reason>,
    #[serde(default)]
    pub obligations: Obligations,
    /// RFC 3339.
    pub at: String,
}

/// What would become of recorded decisions.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Replay {
    /// Put to the draft.
    pub replayed: usize,
    /// Of these, not just as they were: parts had been redacted or shortened, so the draft may answer otherwise.
    pub inexact: usize,
    pub unchanged: usize,
    /// Decisions that would change, by from and to.
    pub groups: Vec<Group>,
    /// Not put to the draft, each with the reason.
    pub skipped: Vec<Skipped>,
}

/// Decisions that would change in the same way.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    pub from: Verdict,
    pub to: Verdict,
    pub changes: Vec<Changed>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Changed {
    pub id: String,
    pub at: String,
    pub point: String,
    pub server: String,
    pub tool: String,
    /// What was said then and what would be said, the rules of the verdict first.
    pub before: Vec<Reason>,
    pub after: Vec<Reason>,
    /// Given where they differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub obligations: Option<ObligationsChanged>,
    /// Why the recorded question was not just what was asked; empty when it was.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inexact: Vec<Inexact>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ObligationsChanged {
    pub before: Obligations,
    pub after: Obligations,
}

#[derive(Clone, Debug, Serialize)]
pub struct Skipped {
    pub id: String,
    pub why: String,
}

impl Replay {
    /// How many decisions would change.
    pub fn changed(&self) -> usize {
        self.groups.iter().map(|group| group.changes.len()).sum()
    }

    /// One sentence, like `4 of 500 decisions would change: 3 from allow to deny, 1 from ask to allow.`
    pub fn summary(&self) -> String {
        let parts: Vec<String> = self
            .groups
            .iter()
            .map(|group| match group.from == group.to {
                true => format!("{} still {} with other obligations", group.changes.len(), word(group.to)),
                false => format!("{} from {} to {}", group.changes.len(), word(group.from), word(group.to)),
            })
            .collect();
        let mut text = match parts.is_empty() {
            true => format!("None of {} decisions would change", self.replayed),
            false => format!(
                "{} of {} decisions would change: {}",
                self.changed(),
                self.replayed,
                parts.join(", ")
            ),
        };
        if self.inexact > 0 {
            text.push_str(&format!("; {} could not be replayed exactly", self.inexact));
        }
        if !self.skipped.is_empty() {
            text.push_str(&format!("; {} could not be replayed at all", self.skipped.len()));
        }
        text + "."
    }
}

/// Puts recorded decisions to a draft. Rules that changed without another outcome make no difference.
pub fn replay(draft: &Policy, recorded: impl IntoIterator<Item = Recorded>) -> Replay {
    let mut replay = Replay::default();
    let mut groups: BTreeMap<(Verdict, Verdict), Vec<Changed>> = BTreeMap::new();
    for was in recorded {
        if let Some(why) = not_by_policy(&was) {
            replay.skipped.push(Skipped { id: was.id, why });
            continue;
        }
        let Read { question, inexact } = match read_question(&was.question) {
            Ok(read) => read,
            Err(why) => {
                replay.skipped.push(Skipped { id: was.id, why });
                continue;
            }
        };
        replay.replayed += 1;
        replay.inexact += usize::from(!inexact.is_empty());
        let now = draft.decide(&question);
        if now.verdict == was.verdict && now.obligations == was.obligations {
            replay.unchanged += 1;
            continue;
        }
        let obligations = (now.obligations != was.obligations)
            .then(|| ObligationsChanged { before: was.obligations.clone(), after: now.obligations.clone() });
        groups.entry((was.verdict, now.verdict)).or_default().push(Changed {
            id: was.id,
            at: was.at,
            point: question.point.as_str().to_owned(),
            server: question.server.name,
            tool: question.tool.name,
            before: was.reasons,
            after: now.reasons,
            obligations,
            inexact,
        });
    }
    replay.groups = groups.into_iter().map(|((from, to), changes)| Group { from, to, changes }).collect();
    // What would newly be refused or let through comes before what only changes its obligations.
    replay.groups.sort_by_key(|group| group.from == group.to);
    replay
}

/// A decision that no rule made cannot be compared with one.
fn not_by_policy(was: &Recorded) -> Option<String> {
    let rule = &was.reasons.first()?.rule;
    let own = [
        "gateway.",
        "policy.error",
        "policy.time_limit",
        "policy.question_size",
        "policy.opa",
        "policy.busy",
    ];
    own.iter().any(|own| rule.starts_with(own)).then(|| format!("it was decided without a rule, by {rule}"))
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Ask => "ask",
        Verdict::Deny => "deny",
    }
}
