//! The vault over rows of the store, and the face's way to it.

use std::sync::Arc;

use async_trait::async_trait;
use domain::TenantId;
use domain::server::{HttpTarget, ServerSpec, Transport};
use mcp::oauth::{StoreFailed, TokenStore};
use secrecy::{ExposeSecret as _, SecretString};
use secrets::{Keys, Row, Rows, RowsError, Scrubber, SecretError, Template, Vault};
use store::{SecretRow, StoreError, TenantStore};
use web::ports::{Secret, Secrets, SettingsError};

/// Names of our own secrets begin with this; a person's may not.
const OURS: &str = "bailiwick.";

/// Makes vaults that put different names on record, over the same rows and keys.
#[derive(Clone)]
pub struct Vaults {
    tenant: TenantStore,
    keys: Keys,
    scrubber: Scrubber,
}

impl Vaults {
    pub fn new(tenant: TenantStore, keys: Keys) -> Self {
        Self { tenant, keys, scrubber: Scrubber::default() }
    }

    /// For whoever the record shall name.
    pub fn by(&self, by: &str) -> Vault {
        let rows = StoreRows { tenant: self.tenant.clone(), by: by.to_owned() };
        Vault::new(Arc::new(rows), self.tenant.tenant_id(), self.keys.clone(), self.scrubber.clone())
    }

    pub fn scrubber(&self) -> &Scrubber {
        &self.scrubber
    }
}

/// Rows of one tenant's store.
struct StoreRows {
    tenant: TenantStore,
    by: String,
}

#[async_trait]
impl Rows for StoreRows {
    async fn get(&self, _: &TenantId, name: &str) -> Result<Option<Row>, RowsError> {
        Ok(self.tenant.secret_row(name).await.map_err(failed)?.map(row))
    }

    async fn put(&self, _: &TenantId, row: Row) -> Result<(), RowsError> {
        self.tenant.put_secret_row(&row.name, row.sealed, &self.by).await.map_err(failed)
    }

    async fn delete(&self, _: &TenantId, name: &str) -> Result<bool, RowsError> {
        self.tenant.delete_secret_row(name, &self.by).await.map_err(failed)
    }

    async fn list(&self, _: &TenantId) -> Result<Vec<Row>, RowsError> {
        Ok(self.tenant.secret_rows().await.map_err(failed)?.into_iter().map(row).collect())
    }
}

fn row(row: SecretRow) -> Row {
    Row { name: row.name, sealed: row.sealed, created_at: row.created_at, updated_at: row.updated_at }
}

fn failed(error: StoreError) -> RowsError {
    RowsError(error.to_string())
}

/// Tokens of servers, sealed like secrets and not shown among them.
#[async_trait]
impl TokenStore for Vaults {
    async fn get(&self, key: &str) -> Result<Option<SecretString>, StoreFailed> {
        match self.by("bailiwick").open(&token_name(key)).await {
            Ok(value) => Ok(Some(value)),
            Err(SecretError::Unknown(_)) => Ok(None),
            Err(error) => Err(StoreFailed(error.to_string())),
        }
    }

    async fn put(&self, key: &str, record: SecretString) -> Result<(), StoreFailed> {
        let kept = self.by("bailiwick").set(&token_name(key), record, &[]).await;
        kept.map_err(|error| StoreFailed(error.to_string()))
    }

    async fn remove(&self, key: &str) -> Result<(), StoreFailed> {
        let removed = self.by("bailiwick").remove(&token_name(key)).await;
        removed.map(drop).map_err(|error| StoreFailed(error.to_string()))
    }

    fn learned(&self, name: &str, secret: &SecretString) {
        self.scrubber.learn(name, secret.expose_secret());
    }
}

/// Keys of the OAuth room are free texts, names of secrets are not.
fn token_name(key: &str) -> String {
    use sha2::Digest as _;
    let digest = sha2::Sha256::digest(key.as_bytes());
    format!("{OURS}oauth.{}", hex::encode(&digest[..16]))
}

/// The face's secrets.
#[derive(Clone)]
pub struct VaultSecrets {
    vaults: Vaults,
    /// Servers of the configuration file, for "used by".
    configured: Arc<Vec<(String, ServerSpec)>>,
}

impl VaultSecrets {
    pub fn new(vaults: Vaults, configured: Vec<(String, ServerSpec)>) -> Self {
        Self { vaults, configured: Arc::new(configured) }
    }

    async fn servers(&self) -> Result<Vec<(String, ServerSpec)>, SettingsError> {
        let added = self.vaults.tenant.servers().await;
        let added = added.map_err(|error| SettingsError::Unavailable(error.to_string()))?;
        let added = added.into_iter().map(|row| (row.name, row.spec));
        Ok(self.configured.iter().cloned().chain(added).collect())
    }
}

#[async_trait]
impl Secrets for VaultSecrets {
    async fn list(&self) -> Result<Vec<Secret>, SettingsError> {
        let servers = self.servers().await?;
        let listed = self.vaults.by("api").list().await.map_err(refused)?;
        let ours = listed.into_iter().filter(|secret| !secret.name.starts_with(OURS));
        Ok(ours
            .map(|secret| Secret {
                used_by: servers
                    .iter()
                    .filter(|(_, spec)| names(spec).contains(&secret.name))
                    .map(|(server, _)| server.clone())
                    .collect(),
                name: secret.name,
                hosts: secret.hosts,
                updated_at: secret.updated_at,
            })
            .collect())
    }

    async fn set(
        &self,
        name: &str,
        value: SecretString,
        hosts: Vec<String>,
        by: &str,
    ) -> Result<(), SettingsError> {
        if name.starts_with(OURS) {
            return Err(SettingsError::Invalid(format!("names that begin with `{OURS}` are taken")));
        }
        self.vaults.by(by).set(name, value, &hosts).await.map_err(refused)
    }

    async fn remove(&self, name: &str, by: &str) -> Result<(), SettingsError> {
        let there = !name.starts_with(OURS) && self.vaults.by(by).remove(name).await.map_err(refused)?;
        match there {
            true => Ok(()),
            false => Err(SettingsError::NotFound(format!("there is no secret `{name}`"))),
        }
    }
}

/// Secrets that a server's settings name.
fn names(spec: &ServerSpec) -> Vec<String> {
    let texts: Vec<&String> = match &spec.transport {
        Transport::Stdio { environment, .. } => environment.values().collect(),
        Transport::Http(HttpTarget { headers, oauth, .. })
        | Transport::Sse(HttpTarget { headers, oauth, .. }) => {
            headers.values().chain([&oauth.client_secret]).collect()
        }
    };
    let templates = texts.into_iter().filter_map(|text| Template::parse(text).ok());
    templates.flat_map(|template| template.names().map(str::to_owned).collect::<Vec<_>>()).collect()
}

fn refused(error: SecretError) -> SettingsError {
    match error {
        SecretError::Unknown(_) => SettingsError::NotFound(error.to_string()),
        SecretError::Rows(_) => SettingsError::Unavailable(error.to_string()),
        error => SettingsError::Invalid(error.to_string()),
    }
}
