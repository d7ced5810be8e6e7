//! How it stands with a source.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::Active;

/// How it stands with a source, as status pages and the API show it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Status {
    pub name: String,
    /// What the manifest of the policy in force calls itself; `None` when none is in force.
    pub active_revision: Option<String>,
    /// Digest of the policy in force.
    pub policy_revision: Option<String>,
    pub signed_by: Option<String>,
    pub etag: Option<String>,
    /// When the policy in force came into force.
    pub last_activation: Option<DateTime<Utc>>,
    /// When it was last looked for a newer one.
    pub last_request: Option<DateTime<Utc>>,
    /// When a look last ended well, with or without something new.
    pub last_success: Option<DateTime<Utc>>,
    /// Why the last look failed; `None` when it did not.
    pub last_error: Option<String>,
    /// Looks that failed since one ended well.
    pub failures: u32,
}

impl Status {
    pub(super) fn activated(&mut self, active: &Active) {
        self.active_revision = Some(active.manifest.revision.clone());
        self.policy_revision = Some(active.policy.revision().to_owned());
        self.signed_by = active.signed_by.clone();
        self.etag = active.etag.clone();
        self.last_activation = Some(active.activated_at);
    }

    pub(super) fn succeeded(&mut self) {
        self.last_success = Some(Utc::now());
        self.last_error = None;
        self.failures = 0;
    }

    pub(super) fn failed(&mut self, why: String) {
        self.last_error = Some(why);
        self.failures = self.failures.saturating_add(1);
    }
}
