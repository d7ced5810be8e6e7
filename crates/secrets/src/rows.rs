//! Where sealed values lie.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::TenantId;

/// One secret as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub name: String,
    /// What only a [`Vault`](crate::Vault) can read.
    pub sealed: Vec<u8>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// Why the rows could not be reached.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct RowsError(pub String);

/// Keeps rows by tenant and name. `Ok` means durable.
#[async_trait]
pub trait Rows: Send + Sync {
    async fn get(&self, tenant: &TenantId, name: &str) -> Result<Option<Row>, RowsError>;

    /// Adds or replaces the row of that name.
    async fn put(&self, tenant: &TenantId, row: Row) -> Result<(), RowsError>;

    /// False when there was none.
    async fn delete(&self, tenant: &TenantId, name: &str) -> Result<bool, RowsError>;

    /// All of a tenant, by name.
    async fn list(&self, tenant: &TenantId) -> Result<Vec<Row>, RowsError>;
}

/// Rows that end with the process.
#[derive(Debug, Default)]
pub struct MemoryRows {
    rows: Mutex<BTreeMap<(TenantId, String), Row>>,
}

impl MemoryRows {
    fn with<T>(&self, work: impl FnOnce(&mut BTreeMap<(TenantId, String), Row>) -> T) -> T {
        work(&mut self.rows.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[async_trait]
impl Rows for MemoryRows {
    async fn get(&self, tenant: &TenantId, name: &str) -> Result<Option<Row>, RowsError> {
        Ok(self.with(|rows| rows.get(&(*tenant, name.to_owned())).cloned()))
    }

    async fn put(&self, tenant: &TenantId, row: Row) -> Result<(), RowsError> {
        self.with(|rows| rows.insert((*tenant, row.name.clone()), row));
        Ok(())
    }

    async fn delete(&self, tenant: &TenantId, name: &str) -> Result<bool, RowsError> {
        Ok(self.with(|rows| rows.remove(&(*tenant, name.to_owned())).is_some()))
    }

    async fn list(&self, tenant: &TenantId) -> Result<Vec<Row>, RowsError> {
        let of_tenant = |(key, row): (&(TenantId, String), &Row)| (key.0 == *tenant).then(|| row.clone());
        Ok(self.with(|rows| rows.iter().filter_map(of_tenant).collect()))
    }
}
