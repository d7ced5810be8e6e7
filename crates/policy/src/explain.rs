//! Why a question is answered as it is: which rules spoke, and what kept the others from it.

mod probes;
mod sentences;

use domain::decision::{Obligations, Reason, Verdict};
use serde::Serialize;
use serde_json::Value as Json;

use crate::{Policy, PolicyError, Question};

/// Solutions of one rule that are shown.
const FOUND_MAX: usize = 3;

/// Why a question is answered as it is.
#[derive(Clone, Debug, Serialize)]
pub struct Explanation {
    pub verdict: Verdict,
    pub reasons: Vec<Reason>,
    pub obligations: Obligations,
    pub policy_revision: String,
    /// Rules that added to a set, in the order of their files.
    pub spoke: Vec<Spoke>,
    /// Rules that did not, those that came nearest first.
    pub silent: Vec<Silent>,
    /// All of it for a person, one sentence each.
    pub sentences: Vec<String>,
}

/// A rule as it stands in a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// `deny`, `ask`, `allow`, `redact`, `label` and so on.
    pub set: String,
    /// Its stable name; empty when it gives only a sentence.
    pub rule: String,
    pub file: String,
    pub line: u32,
    pub line_end: u32,
}

#[derive(Clone, Debug, Serialize)]
pub struct Spoke {
    #[serde(flatten)]
    pub place: Place,
    /// What it added to the set.
    pub said: Vec<Json>,
    /// Its conditions, with what they looked at in the question.
    pub conditions: Vec<Condition>,
    /// Its variables, for each way in which the conditions held; the first few.
    pub found: Vec<Json>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Silent {
    #[serde(flatten)]
    pub place: Place,
    /// How many of its conditions held, from the first on, and how many it has.
    pub held: usize,
    pub of: usize,
    /// The first that did not hold.
    pub failed: Condition,
    /// Its variables as far as the conditions held; the first few.
    pub found: Vec<Json>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Condition {
    /// As it is written.
    pub text: String,
    pub line: u32,
    /// Members of the question that it names, like `input.point`; `null` also where there is no such member.
    pub values: Vec<Named>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Named {
    pub name: String,
    pub value: Json,
}

/// Explains the answer to one question. The rules are interpreted anew, which takes milliseconds; the answer itself is
/// that of [`Policy::decide`].
pub fn explain(policy: &Policy, question: &Question) -> Result<Explanation, PolicyError> {
    let answer = policy.decide(question);
    let input = serde_json::to_value(question).map_err(|error| PolicyError::new(error.to_string()))?;
    let (spoke, mut silent) = probes::run(policy, &input)?;
    silent.sort_by(|a, b| nearness(b).total_cmp(&nearness(a)));
    let sentences = sentences::of(&answer, policy.revision(), &spoke, &silent);
    Ok(Explanation {
        verdict: answer.verdict,
        reasons: answer.reasons,
        obligations: answer.obligations,
        policy_revision: policy.revision().to_owned(),
        spoke,
        silent,
        sentences,
    })
}

/// The part of its conditions that held.
fn nearness(silent: &Silent) -> f64 {
    silent.held as f64 / silent.of.max(1) as f64
}
