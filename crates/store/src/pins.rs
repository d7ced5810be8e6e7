//! Tools as a person approved them.

use domain::Timestamp;
use domain::digest::Digest;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::columns::{from_json, micros, time, to_json, to_text};
use crate::entities::pins;
use crate::record::{Act, kinds};
use crate::{StoreError, Subject, TenantStore};

/// Pins of one INSERT. Seven parameters each, and SQLite takes 32,766.
const INSERT_ROWS_MAX: usize = 1_000;

/// A tool of a server, as it was when a person approved it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pin {
    pub server: String,
    pub tool: String,
    /// Digest of the definition.
    pub digest: Digest,
    /// Kept to show what changed when the server says something else one day.
    pub definition: Value,
    pub approved_by: String,
    pub approved_at: Timestamp,
}

impl TenantStore {
    /// Pins of one server, by tool.
    pub async fn pins(&self, server: &str) -> Result<Vec<Pin>, StoreError> {
        let tx = self.reading().await?;
        let rows = tx
            .find::<pins::Entity>()
            .filter(pins::Column::Server.eq(to_text(server)))
            .order_by_asc(pins::Column::Tool)
            .all(tx.db())
            .await?;
        rows.into_iter().map(to_pin).collect()
    }

    /// Pins a tool, in the place of what was approved before.
    pub async fn pin(&self, pin: Pin) -> Result<(), StoreError> {
        self.pin_all(vec![pin]).await
    }

    /// Pins several tools of one server: all or none.
    pub async fn pin_all(&self, pins: Vec<Pin>) -> Result<(), StoreError> {
        let this = self.clone();
        self.to_the_end(async move { this.pin_now(pins).await }).await
    }

    async fn pin_now(&self, mut pins: Vec<Pin>) -> Result<(), StoreError> {
        // In one order everywhere, so that two that pin the same tools do not wait for each other.
        pins.sort_by(|a, b| a.tool.cmp(&b.tool));
        let Some(first) = pins.first() else { return Ok(()) };
        let (server, by) = (first.server.clone(), first.approved_by.clone());
        if pins.iter().any(|pin| pin.server != server) {
            return Err(StoreError::Invalid("pins of several servers at once".to_owned()));
        }
        let tx = self.writing().await?;
        for chunk in pins.chunks(INSERT_ROWS_MAX) {
            let rows = chunk.iter().map(|pin| {
                Ok(pins::ActiveModel::from(pins::Model {
                    tenant_id: tx.tenant(),
                    server: to_text(&pin.server),
                    tool: to_text(&pin.tool),
                    digest: to_text(&pin.digest.0),
                    definition: to_json(&pin.definition)?,
                    approved_by: to_text(&pin.approved_by),
                    approved_at: micros(pin.approved_at),
                }))
            });
            let replace =
                OnConflict::columns([pins::Column::TenantId, pins::Column::Server, pins::Column::Tool])
                    .update_columns([
                        pins::Column::Digest,
                        pins::Column::Definition,
                        pins::Column::ApprovedBy,
                        pins::Column::ApprovedAt,
                    ])
                    .to_owned();
            pins::Entity::insert_many(rows.collect::<Result<Vec<_>, StoreError>>()?)
                .on_conflict(replace)
                .exec_without_returning(tx.db())
                .await?;
        }
        let tools: Vec<Value> =
            pins.iter().map(|pin| json!({"tool": pin.tool, "digest": pin.digest})).collect();
        tx.append_act(Act::new(kinds::PIN_SET, &by, server.clone(), json!({"tools": tools}))).await?;
        tx.commit().await?;
        self.notify(Subject::Pins(server));
        Ok(())
    }

    /// Takes back the approval of one tool, or with `None` of all tools of a server; of how many.
    pub async fn unpin(&self, server: &str, tool: Option<&str>, by: &str) -> Result<u64, StoreError> {
        let tx = self.writing().await?;
        let mut delete = tx.delete::<pins::Entity>().filter(pins::Column::Server.eq(to_text(server)));
        if let Some(tool) = tool {
            delete = delete.filter(pins::Column::Tool.eq(to_text(tool)));
        }
        let removed = delete.exec(tx.db()).await?.rows_affected;
        if removed > 0 {
            let detail = json!({"tool": tool, "removed": removed});
            tx.append_act(Act::new(kinds::PIN_REMOVED, by, server, detail)).await?;
            tx.commit().await?;
            self.notify(Subject::Pins(server.to_owned()));
        }
        Ok(removed)
    }
}

fn to_pin(row: pins::Model) -> Result<Pin, StoreError> {
    Ok(Pin {
        server: row.server,
        tool: row.tool,
        digest: Digest(row.digest),
        definition: from_json("pin", &row.definition)?,
        approved_by: row.approved_by,
        approved_at: time(row.approved_at)?,
    })
}
