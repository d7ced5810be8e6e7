//! A policy that passed everything.

use chrono::{DateTime, Utc};
use policy::bundle::{Bundle, Manifest};
use policy::{Config, Policy};

use super::SourceError;

/// A policy in force.
#[derive(Clone, Debug)]
pub struct Active {
    pub policy: Policy,
    pub manifest: Manifest,
    /// The id of the key whose signature held.
    pub signed_by: Option<String>,
    pub etag: Option<String>,
    pub activated_at: DateTime<Utc>,
}

/// Compiles the bundle and runs its tests; takes as long as they do.
pub(super) fn activate(bundle: &Bundle, etag: Option<String>, config: Config) -> Result<Active, SourceError> {
    let policy = bundle.compile(config)?;
    let report = bundle.test()?;
    if !report.failed.is_empty() {
        return Err(SourceError::Tests(report.failed));
    }
    Ok(Active {
        policy,
        manifest: bundle.manifest.clone(),
        signed_by: bundle.signed_by.clone(),
        etag,
        activated_at: Utc::now(),
    })
}
