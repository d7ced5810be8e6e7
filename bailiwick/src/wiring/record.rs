//! The record with its signed heads.
//!
//! The chain in the database shows that nothing in it was touched, unless someone writes it anew from some entry on.
//! Against that, heads are signed with a key of the data folder and kept in a file beside the database; whoever copies
//! that file, or an export, elsewhere can tell later.

mod head;
mod heads;
mod key;

use std::path::Path;

use async_trait::async_trait;
use bytes::Bytes;
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use store::{Entry, TenantStore, Verification};
use web::ports::{Record, RecordEntry, RecordExport, SettingsError, Verification as Found};

pub use head::{SignedHead, fingerprint};
pub use heads::Heads;
pub use key::SigningKey;

use crate::exit::Failure;

/// Entries read at a time for an export.
const PAGE: u32 = 500;

/// The record of the desk's tenant.
#[derive(Clone)]
pub struct SignedRecord {
    tenant: TenantStore,
    heads: Heads,
}

impl SignedRecord {
    pub fn open(tenant: TenantStore, data_dir: &Path) -> Result<Self, Failure> {
        let heads = Heads::open(data_dir, tenant.tenant_id(), SigningKey::load(data_dir)?);
        Ok(Self { tenant, heads })
    }

    /// Signs the head as it is now and keeps it, if there is anything new.
    pub async fn sign_head(&self) -> Result<SignedHead, SettingsError> {
        let head = self.tenant.audit_head().await.map_err(unavailable)?;
        self.heads.add(&head).map_err(|error| SettingsError::Unavailable(error.to_string()))
    }

    async fn last_line(&self) -> Result<Bytes, SettingsError> {
        let head = self.sign_head().await?;
        line(&serde_json::json!({ "head": head }))
    }
}

#[async_trait]
impl Record for SignedRecord {
    async fn entries(&self, before: Option<u64>, limit: u32) -> Result<Vec<RecordEntry>, SettingsError> {
        let last = self.tenant.audit_head().await.map_err(unavailable)?.seq;
        let until = before.map_or(last, |before| last.min(before.saturating_sub(1)));
        let from = until.saturating_sub(u64::from(limit));
        let wanted = u32::try_from(until - from).unwrap_or(limit);
        if wanted == 0 {
            return Ok(Vec::new());
        }
        let entries = self.tenant.audit_entries(from, wanted).await.map_err(unavailable)?;
        entries.into_iter().rev().map(shown).collect()
    }

    async fn verify(&self) -> Result<Found, SettingsError> {
        let trusted = self.heads.trusted().map_err(|error| SettingsError::Unavailable(error.to_string()))?;
        let found = self.tenant.audit_verify(&trusted, |_| {}).await.map_err(unavailable)?;
        if matches!(found, Verification::Sound { .. }) {
            self.sign_head().await?;
        }
        Ok(told(found))
    }

    fn export(&self) -> RecordExport {
        let this = self.clone();
        let pages = stream::try_unfold((this, 0), |(this, after)| async move {
            let entries = this.tenant.audit_entries(after, PAGE).await.map_err(unavailable)?;
            let Some(last) = entries.last().map(|entry| entry.seq) else { return Ok(None) };
            let mut lines = Vec::new();
            for entry in &entries {
                lines.extend_from_slice(&line(entry)?);
            }
            Ok(Some((Bytes::from(lines), (this, last))))
        });
        let this = self.clone();
        let end = stream::once(async move { this.last_line().await });
        let whole: BoxStream<'static, Result<Bytes, SettingsError>> = pages.chain(end).boxed();
        whole
    }
}

/// What was found, as the API and the terminal tell it.
pub fn told(found: Verification) -> Found {
    match found {
        Verification::Sound { head } => {
            Found { whole: true, entries: head.seq, head: head.hash.to_string(), first_bad: None, why: None }
        }
        Verification::FirstBad { seq, fault, why } => {
            let fault = serde_json::to_value(fault).ok();
            let fault = fault.as_ref().and_then(|word| word.as_str()).unwrap_or("wrong").to_owned();
            Found {
                whole: false,
                entries: seq.saturating_sub(1),
                head: String::new(),
                first_bad: Some(seq),
                why: Some(format!("{fault}: {why}")),
            }
        }
    }
}

fn shown(entry: Entry) -> Result<RecordEntry, SettingsError> {
    let unreadable =
        || SettingsError::Unavailable(format!("entry {} of the record is unreadable", entry.seq));
    Ok(RecordEntry {
        seq: entry.seq,
        at: chrono::DateTime::from_timestamp_micros(entry.at_us).ok_or_else(unreadable)?,
        kind: entry.kind.clone(),
        body: serde_json::from_str(&entry.body).map_err(|_| unreadable())?,
        hash: entry.hash.to_string(),
    })
}

fn line(value: &impl serde::Serialize) -> Result<Bytes, SettingsError> {
    let mut text =
        serde_json::to_vec(value).map_err(|error| SettingsError::Unavailable(error.to_string()))?;
    text.push(b'\n');
    Ok(text.into())
}

fn unavailable(error: store::StoreError) -> SettingsError {
    SettingsError::Unavailable(error.to_string())
}
