//! MCP servers that were added by API or terminal.

use domain::Timestamp;
use domain::digest::Digest;
use domain::server::{ServerSpec, Transport};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;
use serde_json::json;

use crate::columns::{from_json, micros, now, time, to_json, to_text};
use crate::entities::servers;
use crate::record::{Act, kinds};
use crate::{StoreError, Subject, TenantStore};

/// A server with the name it is called by.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ServerRow {
    pub name: String,
    pub spec: ServerSpec,
    /// Who added or last changed it.
    pub put_by: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

impl TenantStore {
    /// By name.
    pub async fn servers(&self) -> Result<Vec<ServerRow>, StoreError> {
        let tx = self.reading().await?;
        let rows = tx.find::<servers::Entity>().order_by_asc(servers::Column::Name).all(tx.db()).await?;
        rows.into_iter().map(to_server).collect()
    }

    /// Adds a server, or replaces the one of that name.
    pub async fn put_server(&self, name: &str, spec: &ServerSpec, by: &str) -> Result<(), StoreError> {
        let tx = self.writing().await?;
        let at = micros(now());
        let row = servers::Model {
            tenant_id: tx.tenant(),
            name: to_text(name),
            spec: to_json(spec)?,
            put_by: to_text(by),
            created_at: at,
            updated_at: at,
        };
        let replace = OnConflict::columns([servers::Column::TenantId, servers::Column::Name])
            .update_columns([servers::Column::Spec, servers::Column::PutBy, servers::Column::UpdatedAt])
            .to_owned();
        servers::Entity::insert(servers::ActiveModel::from(row))
            .on_conflict(replace)
            .exec_without_returning(tx.db())
            .await?;
        // Headers and environment may hold what should have been a secret, and the record never forgets.
        let transport = match spec.transport {
            Transport::Stdio { .. } => "stdio",
            Transport::Http(_) => "http",
            Transport::Sse(_) => "sse",
        };
        let detail = json!({"transport": transport, "enabled": spec.enabled, "digest": Digest::of(spec)});
        tx.append_act(Act::new(kinds::SERVER_PUT, by, name, detail)).await?;
        tx.commit().await?;
        self.notify(Subject::Server(name.to_owned()));
        Ok(())
    }

    /// Removes a server; whether it was there. Its pins stay, for the day it comes back.
    pub async fn delete_server(&self, name: &str, by: &str) -> Result<bool, StoreError> {
        let tx = self.writing().await?;
        let deleted = tx
            .delete::<servers::Entity>()
            .filter(servers::Column::Name.eq(to_text(name)))
            .exec(tx.db())
            .await?;
        if deleted.rows_affected == 0 {
            return Ok(false);
        }
        tx.append_act(Act::new(kinds::SERVER_REMOVED, by, name, json!({}))).await?;
        tx.commit().await?;
        self.notify(Subject::Server(name.to_owned()));
        Ok(true)
    }
}

fn to_server(row: servers::Model) -> Result<ServerRow, StoreError> {
    Ok(ServerRow {
        name: row.name,
        spec: from_json("server", &row.spec)?,
        put_by: row.put_by,
        created_at: time(row.created_at)?,
        updated_at: time(row.updated_at)?,
    })
}
