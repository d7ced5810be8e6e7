//! `[policy]`: which rules are in force, who evaluates them, and how far one evaluation may go.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Folder with rules that replace the shipped pack and are read anew when they change; empty: those that were put
    /// in force with `bailiwick policy activate`, else the shipped pack.
    pub dir: PathBuf,
    /// Who evaluates.
    pub engine: Engine,
    /// See [`policy::Config::evaluation_ms_max`].
    pub evaluation_ms_max: u64,
    /// See [`policy::Config::question_bytes_max`].
    pub question_bytes_max: usize,
    pub opa: Opa,
    pub bundle: Bundle,
    pub decision_log: DecisionLog,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// This process.
    #[default]
    Embedded,
    /// The OPA server of `[policy.opa]`, with the same rules.
    Opa,
}

/// `[policy.opa]`: a real OPA server.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Opa {
    /// Like `http://127.0.0.1:8181`.
    pub url: String,
    /// `secret://name`, sent as a bearer token; empty: none.
    pub token: String,
    /// Time one answer may take, milliseconds; longer is deny. 0: the default, one second.
    pub timeout_ms: u64,
    /// What to record as the policy's revision while the server names none.
    pub revision: String,
}

/// `[policy.bundle]`: rules as an OPA bundle. One of `archive` and `url`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Bundle {
    /// A `.tar.gz`, read anew when it changes.
    pub archive: PathBuf,
    /// A bundle server.
    pub url: String,
    /// `secret://name`, sent as a bearer token; empty: none.
    pub token: String,
    /// Lets the address be on this machine or in a private network.
    pub allow_private: bool,
    /// Seconds between two looks. 0: the default, thirty.
    pub poll_seconds: f64,
    /// Files with public keys (PEM) by key id; with one, a bundle that is not signed is refused.
    pub keys: BTreeMap<String, PathBuf>,
    /// Algorithm of the keys. Empty: RS256.
    pub algorithm: String,
    /// What the claim `scope` of a signature must say.
    pub scope: String,
}

/// `[policy.decision_log]`: decisions in OPA's format, besides the record.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DecisionLog {
    /// JSON Lines; empty: none.
    pub file: PathBuf,
    /// Takes `POST …/logs` as OPA sends it; empty: none.
    pub url: String,
    /// `secret://name`, sent as a bearer token; empty: none.
    pub token: String,
    /// Lets the address be on this machine or in a private network.
    pub allow_private: bool,
    /// JSON pointers that are erased, like `/input/arguments/password`.
    pub erase: Vec<String>,
    /// Labels of every event.
    pub labels: BTreeMap<String, String>,
}

impl Default for Policy {
    fn default() -> Self {
        let policy::Config { evaluation_ms_max, question_bytes_max, .. } = policy::Config::default();
        Self {
            dir: PathBuf::new(),
            engine: Engine::default(),
            evaluation_ms_max,
            question_bytes_max,
            opa: Opa::default(),
            bundle: Bundle::default(),
            decision_log: DecisionLog::default(),
        }
    }
}

impl Policy {
    pub fn evaluation(&self) -> policy::Config {
        policy::Config {
            evaluation_ms_max: self.evaluation_ms_max,
            question_bytes_max: self.question_bytes_max,
            ..policy::Config::default()
        }
    }
}
