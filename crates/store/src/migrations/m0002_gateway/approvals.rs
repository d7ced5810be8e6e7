//! Questions may belong to no task, expire, be used up, and be for certain roles only.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};
use sea_orm_migration::SchemaManager;

pub(super) async fn mend(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let statements: &[&str] = match manager.get_database_backend() {
        DbBackend::Postgres => &POSTGRES,
        _ => &SQLITE,
    };
    for sql in statements.iter().chain(&INDEXES) {
        manager.get_connection().execute_unprepared(sql).await?;
    }
    Ok(())
}

/// One open question about one call of a client, as `approvals_pending` says it of calls in a task.
const INDEXES: [&str; 2] = [
    "CREATE UNIQUE INDEX approvals_call_pending ON approvals (tenant_id, binding_key) \
     WHERE task_id IS NULL AND status = 'pending'",
    "CREATE INDEX approvals_call ON approvals (tenant_id, binding_key, created_at) WHERE task_id IS NULL",
];

const POSTGRES: [&str; 2] = [
    "ALTER TABLE approvals ALTER COLUMN task_id DROP NOT NULL",
    "ALTER TABLE approvals ADD COLUMN roles text NOT NULL DEFAULT '[]', ADD COLUMN expires_at bigint, \
     ADD COLUMN used_at bigint, ADD COLUMN binding_key text",
];

/// Like the first version's, but for `task_id` and the last four columns. SQLite cannot take NOT NULL from a
/// column, so the table is made anew. Nothing refers to it yet.
const SQLITE: [&str; 7] = [
    r#"CREATE TABLE approvals_new (
        "tenant_id" uuid_text NOT NULL, "id" uuid_text NOT NULL, "task_id" uuid_text, "call_id" uuid_text NOT NULL,
        "kind" text NOT NULL, "question" text NOT NULL, "status" text NOT NULL, "answer" text, "answered_by" text,
        "note" text, "created_at" integer NOT NULL, "resolved_at" integer,
        "roles" text NOT NULL DEFAULT '[]', "expires_at" integer, "used_at" integer, "binding_key" text,
        PRIMARY KEY ("tenant_id", "id"),
        FOREIGN KEY ("tenant_id", "task_id") REFERENCES "tasks" ("tenant_id", "id"))"#,
    "INSERT INTO approvals_new (tenant_id, id, task_id, call_id, kind, question, status, answer, answered_by, note, \
     created_at, resolved_at) SELECT tenant_id, id, task_id, call_id, kind, question, status, answer, answered_by, \
     note, created_at, resolved_at FROM approvals",
    "DROP TABLE approvals",
    "ALTER TABLE approvals_new RENAME TO approvals",
    "CREATE INDEX approvals_status ON approvals (tenant_id, status, created_at)",
    "CREATE UNIQUE INDEX approvals_pending ON approvals (tenant_id, task_id, call_id, kind) \
     WHERE status = 'pending'",
    "CREATE INDEX approvals_task ON approvals (tenant_id, task_id, created_at)",
];
