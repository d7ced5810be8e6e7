//! Rego decisions over whole tool calls, without I/O.
//!
//! A [`Policy`] is compiled once from files and answers [`Question`]s; it is `Send + Sync` and cheap to clone.
//! Deny beats ask beats allow; nothing said, an error and a time-out are deny.
//!
//! The rules live in the package `bailiwick` and add to sets: `deny`, `ask` and `allow` (a sentence, or an object
//! `{"rule": "commands.unknown", "message": "…"}`), `redact` (JSON pointers and `{"detector": "emails"}`), `label` and
//! `approval_role` (words); `time_limit_ms` and `result_bytes_max` are numbers. A member that makes no sense is deny.
//! The same rules hold at every [point](domain::decision::Point), `tool.result` included: a result
//! that no rule allows is withheld, so a pack says `allow` at each point it serves.
//!
//! As in OPA, a built-in that fails (`lower(null)`) is undefined and its rule does not speak.

mod answer;
mod aside;
mod builtins;
pub mod bundle;
pub mod check;
mod compile;
mod contradictions;
mod costs;
pub mod coverage;
mod decide;
pub mod decision_log;
mod definite;
pub mod diff;
mod error;
pub mod explain;
mod extensions;
mod foreign;
pub mod format;
mod growth;
mod input;
mod meter;
mod patterns;
mod programs;
mod question;
mod recursion;
pub mod replay;
mod shape;
mod shipped;
mod speakers;
mod syntax;
mod tests_of_rules;

pub use compile::Policy;
pub use decide::{Answer, Config};
pub use error::PolicyError;
pub use question::{
    PathFact, PrincipalFacts, Question, Resources, ServerFacts, SessionFacts, TaskFacts, TenantFacts,
    ToolFacts,
};
pub use shipped::{shipped_files, shipped_tests};
pub use tests_of_rules::{TestReport, test, test_with_data};

/// One file of a policy. Files whose name ends in `_test.rego` hold tests of the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyFile {
    pub path: String,
    pub text: String,
}

impl PolicyFile {
    /// Whether it holds tests of the others, by its name.
    pub fn is_test(&self) -> bool {
        self.path.ends_with("_test.rego")
    }
}
