//! The secrets of one tenant.

use std::fmt;
use std::sync::Arc;

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};
use domain::TenantId;
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use tokio::sync::Mutex;

use crate::seal::{self, Owner};
use crate::{Keys, Row, Rows, Scrubber, SecretError, check_name};

/// Size of one value, in bytes: keys and certificates are smaller by far.
pub const VALUE_BYTES_MAX: usize = 32 << 10;

/// Sealed secrets. Cheap to clone.
#[derive(Clone)]
pub struct Vault {
    shared: Arc<Shared>,
}

struct Shared {
    tenant: TenantId,
    rows: Arc<dyn Rows>,
    keys: ArcSwap<Keys>,
    scrubber: Scrubber,
    /// Writers take turns: each reads a row, and writes what follows from it.
    writing: Mutex<()>,
}

/// A secret as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Listed {
    pub name: String,
    /// Where it may be sent; empty: wherever the server goes whose settings name it.
    pub hosts: Vec<String>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl Vault {
    /// Values opened here become known to `scrubber`, which may be shared by many vaults.
    pub fn new(rows: Arc<dyn Rows>, tenant: TenantId, keys: Keys, scrubber: Scrubber) -> Self {
        let (keys, writing) = (ArcSwap::from_pointee(keys), Mutex::default());
        Self { shared: Arc::new(Shared { tenant, rows, keys, scrubber, writing }) }
    }

    /// Stores a value, in place of what had the name before. With `hosts`, it is only ever sent to them
    /// (`api.example.com`, or `*.example.com` for all beneath); without, the settings that name it decide.
    pub async fn set(&self, name: &str, value: SecretString, hosts: &[String]) -> Result<(), SecretError> {
        check_name(name)?;
        check_value(name, value.expose_secret())?;
        let hosts = hosts.iter().map(|host| plain_host(host)).collect::<Result<Vec<_>, _>>()?;
        let _turn = self.shared.writing.lock().await;
        let before = self.shared.rows.get(&self.shared.tenant, name).await?;
        let sealed = self.seal(name, &hosts, value.expose_secret())?;
        let now = Utc::now();
        let created_at = before.map_or(now, |row| row.created_at);
        let row = Row { name: name.to_owned(), sealed, created_at, updated_at: now };
        Ok(self.shared.rows.put(&self.shared.tenant, row).await?)
    }

    /// The value, for something that may do with it what it likes, such as a child process. A secret that is
    /// bound to hosts is refused: nobody could hold it to them.
    pub async fn open(&self, name: &str) -> Result<SecretString, SecretError> {
        let (value, hosts) = self.open_any(name).await?;
        if hosts.is_empty() { Ok(value) } else { Err(bound(name, &hosts, "a program of its own")) }
    }

    /// The value, to be sent to `host`. Refused when it is bound to others.
    pub async fn open_for(&self, name: &str, host: &str) -> Result<SecretString, SecretError> {
        let (value, hosts) = self.open_any(name).await?;
        let to = host.trim_end_matches('.').to_ascii_lowercase();
        let permitted = |bound: &String| match bound.strip_prefix("*.") {
            Some(parent) => to.strip_suffix(parent).is_some_and(|rest| rest.len() > 1 && rest.ends_with('.')),
            None => *bound == to,
        };
        if hosts.is_empty() || hosts.iter().any(permitted) {
            Ok(value)
        } else {
            Err(bound(name, &hosts, host))
        }
    }

    /// All secrets by name; no values.
    pub async fn list(&self) -> Result<Vec<Listed>, SecretError> {
        let rows = self.shared.rows.list(&self.shared.tenant).await?;
        let listed = |row: Row| Listed {
            hosts: seal::hosts_unchecked(&row.sealed),
            name: row.name,
            created_at: row.created_at,
            updated_at: row.updated_at,
        };
        Ok(rows.into_iter().map(listed).collect())
    }

    /// False when there was none of that name. A value that was opened before stays known to the scrubber.
    pub async fn remove(&self, name: &str) -> Result<bool, SecretError> {
        check_name(name)?;
        let _turn = self.shared.writing.lock().await;
        Ok(self.shared.rows.delete(&self.shared.tenant, name).await?)
    }

    /// Replaces values that were opened from here by the names of their secrets.
    pub fn scrub(&self, text: &mut String) {
        self.shared.scrubber.scrub(text);
    }

    pub fn scrubber(&self) -> &Scrubber {
        &self.shared.scrubber
    }

    /// Seals every secret with the newest of `keys`, which must also hold those that were used so far. Says how
    /// many were sealed anew. Interrupted, it can be run again; what was done stays done and opens.
    pub async fn rekey(&self, keys: Keys) -> Result<u64, SecretError> {
        let _turn = self.shared.writing.lock().await;
        // From here on both kinds open.
        self.shared.keys.store(Arc::new(keys));
        let keys = self.shared.keys.load_full();
        let mut count = 0;
        for row in self.shared.rows.list(&self.shared.tenant).await? {
            if seal::key_id(&row.sealed) == Some(keys.newest().id) {
                continue;
            }
            let (value, hosts) = self.unseal(&row.name, &row.sealed)?;
            let sealed = self.seal(&row.name, &hosts, value.expose_secret())?;
            self.shared.rows.put(&self.shared.tenant, Row { sealed, ..row }).await?;
            count += 1;
        }
        Ok(count)
    }

    async fn open_any(&self, name: &str) -> Result<(SecretString, Vec<String>), SecretError> {
        check_name(name)?;
        let row = self.shared.rows.get(&self.shared.tenant, name).await?;
        let row = row.ok_or_else(|| SecretError::Unknown(name.to_owned()))?;
        let (value, hosts) = self.unseal(name, &row.sealed)?;
        self.shared.scrubber.learn(name, value.expose_secret());
        Ok((value, hosts))
    }

    fn seal(&self, name: &str, hosts: &[String], value: &str) -> Result<Vec<u8>, SecretError> {
        seal::seal(&self.shared.keys.load(), &self.owner(name), hosts, value).map_err(|_| {
            SecretError::Value { name: name.to_owned(), why: "could not be encrypted".to_owned() }
        })
    }

    fn unseal(&self, name: &str, sealed: &[u8]) -> Result<(SecretString, Vec<String>), SecretError> {
        let wrong = || SecretError::Sealed(name.to_owned());
        let (bytes, hosts) =
            seal::open(&self.shared.keys.load(), &self.owner(name), sealed).map_err(|_| wrong())?;
        let text = std::str::from_utf8(&bytes).map_err(|_| wrong())?;
        Ok((SecretString::from(text), hosts))
    }

    fn owner<'a>(&'a self, name: &'a str) -> Owner<'a> {
        Owner { tenant: &self.shared.tenant, name }
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Vault").field("tenant", &self.shared.tenant).finish_non_exhaustive()
    }
}

fn check_value(name: &str, value: &str) -> Result<(), SecretError> {
    let wrong = |why: String| Err(SecretError::Value { name: name.to_owned(), why });
    match value.len() {
        0 => wrong("is empty".to_owned()),
        1..=VALUE_BYTES_MAX if value.contains('\0') => wrong("holds a NUL character".to_owned()),
        1..=VALUE_BYTES_MAX => Ok(()),
        bytes => wrong(format!("has {bytes} bytes; at most {VALUE_BYTES_MAX} can be kept")),
    }
}

/// As hosts are compared: in lower case, no dot at the end, no port.
fn plain_host(host: &str) -> Result<String, SecretError> {
    let plain = host.trim_end_matches('.').to_ascii_lowercase();
    let name = plain.strip_prefix("*.").unwrap_or(&plain);
    let is_ipv6 = name.starts_with('[') && name.ends_with(']');
    let forbidden = |c: char| c.is_whitespace() || c.is_control() || "*/@?#%\\".contains(c);
    if name.is_empty() || name.contains(forbidden) || (name.contains(':') && !is_ipv6) {
        return Err(SecretError::Host(host.to_owned()));
    }
    Ok(plain)
}

fn bound(name: &str, hosts: &[String], to: &str) -> SecretError {
    SecretError::Bound { name: name.to_owned(), hosts: hosts.join(", "), to: to.to_owned() }
}
