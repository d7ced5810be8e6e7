//! What people, and the program on its own, do besides calls.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Draft;
use crate::{StoreError, TenantStore};

/// Something done that the record keeps. Secrets have no place in it: nothing is ever taken out again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Act {
    /// What was done: one of [`kinds`], or another pair of words like `noun.done`.
    pub kind: Cow<'static, str>,
    /// Who did it: `dashboard`, `terminal`, `api`, a link …; `bailiwick` for what the program does on its own.
    pub by: String,
    /// What it was done to: a server, a tool, the id of an approval or a policy.
    pub subject: String,
    /// All else that there is to know.
    #[serde(default)]
    pub detail: Value,
}

/// Kinds of acts that the store itself records.
pub mod kinds {
    pub const APPROVAL_ANSWERED: &str = "approval.answered";
    pub const APPROVAL_VOIDED: &str = "approval.voided";
    pub const APPROVAL_USED: &str = "approval.used";
    pub const LINK_MADE: &str = "link.made";
    pub const LINK_USED: &str = "link.used";
    pub const PIN_SET: &str = "pin.set";
    pub const PIN_REMOVED: &str = "pin.removed";
    pub const POLICY_ADDED: &str = "policy.added";
    pub const POLICY_ACTIVATED: &str = "policy.activated";
    pub const POLICY_DEACTIVATED: &str = "policy.deactivated";
    pub const SECRET_SET: &str = "secret.set";
    pub const SECRET_REMOVED: &str = "secret.removed";
    pub const SERVER_PUT: &str = "server.put";
    pub const SERVER_REMOVED: &str = "server.removed";
}

impl Act {
    pub(crate) fn new(kind: &'static str, by: &str, subject: impl Into<String>, detail: Value) -> Self {
        Self { kind: Cow::Borrowed(kind), by: by.to_owned(), subject: subject.into(), detail }
    }
}

impl TenantStore {
    /// Records what was done. The store's own methods record what they do themselves.
    pub async fn record_act(&self, act: Act) -> Result<(), StoreError> {
        self.record(vec![Draft::of_act(&act)?]).await
    }
}
