//! The decisions recorded so far become the first entries of each tenant's record, in the order of their ids,
//! and their old table goes.

use sea_orm::prelude::Uuid;
use sea_orm::sea_query::{Expr, ExprTrait, Order, Query};
use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::{SchemaManager, SchemaManagerConnection};

use crate::columns::{from_json, micros, seq_param, time};
use crate::entities::record;
use crate::record::{Draft, Head};
use crate::{DecisionRecord, StoreError};

/// Decisions held in memory at once.
const PAGE: u64 = 500;

pub(super) async fn run(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let db = manager.get_connection();
    if db.get_database_backend() == DbBackend::Postgres {
        // Whoever migrates sees no tenant's rows while these tables are closed to their owner too.
        for table in ["tenants", "decisions", "record_heads"] {
            db.execute_unprepared(&format!("ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")).await?;
        }
    }
    let all = Query::select().column("tenant_id").column("created_at").from("tenants").to_owned();
    for row in db.query_all(&all).await? {
        let (tenant_id, created_at): (Uuid, i64) =
            (row.try_get("", "tenant_id")?, row.try_get("", "created_at")?);
        chain(db, tenant_id, created_at).await?;
    }
    if db.get_database_backend() == DbBackend::Postgres {
        for table in ["tenants", "record_heads"] {
            db.execute_unprepared(&format!("ALTER TABLE {table} FORCE ROW LEVEL SECURITY")).await?;
        }
    }
    db.execute_unprepared("DROP TABLE decisions").await?;
    Ok(())
}

/// Chains what one tenant has, and says where that ends.
async fn chain(db: &SchemaManagerConnection<'_>, tenant_id: Uuid, created_at: i64) -> Result<(), DbErr> {
    let mut head = Head::start(time(created_at).map_err(unreadable)?);
    let mut after = None;
    loop {
        let mut page = Query::select();
        page.columns(["id", "record", "at"])
            .from("decisions")
            .and_where(Expr::col("tenant_id").eq(tenant_id));
        if let Some(id) = after {
            page.and_where(Expr::col("id").gt(Expr::value::<Uuid>(id)));
        }
        let rows = db.query_all(page.order_by("id", Order::Asc).limit(PAGE)).await?;
        for row in &rows {
            after = Some(row.try_get("", "id")?);
            let draft = draft(row.try_get("", "record")?, row.try_get("", "at")?).map_err(unreadable)?;
            insert(db, draft.chained(tenant_id, &mut head)).await?;
        }
        if rows.is_empty() {
            break;
        }
    }
    let mut end = Query::insert();
    end.into_table("record_heads").columns(["tenant_id", "seq", "hash", "at"]).values_panic([
        Expr::value(tenant_id),
        Expr::value(seq_param(head.seq)),
        Expr::value(head.hash.0.to_vec()),
        Expr::value(micros(head.at)),
    ]);
    db.execute(&end).await?;
    Ok(())
}

/// The text stays as it was stored: it is what the hash is over.
fn draft(body: String, at: i64) -> Result<Draft, StoreError> {
    let record: DecisionRecord = from_json("decision", &body)?;
    Ok(Draft { at: time(at)?, body, ..Draft::of_decision(&record)? })
}

/// The columns are written out: they are those of this version of the schema, whatever comes later.
async fn insert(db: &SchemaManagerConnection<'_>, row: record::Model) -> Result<(), DbErr> {
    let mut insert = Query::insert();
    insert
        .into_table("record")
        .columns([
            "tenant_id",
            "seq",
            "at",
            "kind",
            "prev",
            "hash",
            "decision_id",
            "task_id",
            "call_id",
            "point",
            "verdict",
            "principal_id",
            "server",
            "tool",
            "session",
            "body",
        ])
        .values_panic([
            Expr::value(row.tenant_id),
            Expr::value(row.seq),
            Expr::value(row.at),
            Expr::value(row.kind),
            Expr::value(row.prev),
            Expr::value(row.hash),
            Expr::value(row.decision_id),
            Expr::value(row.task_id),
            Expr::value(row.call_id),
            Expr::value(row.point),
            Expr::value(row.verdict),
            Expr::value(row.principal_id),
            Expr::value(row.server),
            Expr::value(row.tool),
            Expr::value(row.session),
            Expr::value(row.body),
        ]);
    db.execute(&insert).await?;
    Ok(())
}

fn unreadable(error: StoreError) -> DbErr {
    DbErr::Migration(format!("a recorded decision cannot be taken over into the record: {error}"))
}
