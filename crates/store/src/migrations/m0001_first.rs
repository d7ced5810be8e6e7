//! The first schema. Every key begins with the tenant, so that one tenant's ids cannot even collide with
//! another's, and a reference cannot cross from one to the other.

use sea_orm::{ConnectionTrait, DbErr, DeriveMigrationName};
use sea_orm_migration::schema::{big_integer, big_integer_null, integer, text, text_null, uuid, uuid_null};
use sea_orm_migration::sea_query::{
    ForeignKey, ForeignKeyCreateStatement, Index, Table, TableCreateStatement,
};
use sea_orm_migration::{MigrationTrait, SchemaManager, async_trait};

use super::row_security::{Access, create_app_role, protect};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[expect(
    elided_lifetimes_in_paths,
    reason = "async_trait sees a named lifetime here, and the trait has none"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create_app_role(manager).await?;
        for (name, access, table) in tables() {
            manager.create_table(table).await?;
            protect(manager, name, access).await?;
        }
        for sql in INDEXES {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}

const INDEXES: [&str; 8] = [
    "CREATE UNIQUE INDEX workspaces_root ON workspaces (tenant_id, root)",
    "CREATE INDEX tasks_status ON tasks (tenant_id, status, id)",
    "CREATE INDEX tasks_workspace ON tasks (tenant_id, workspace_id, id)",
    "CREATE INDEX approvals_status ON approvals (tenant_id, status, created_at)",
    // One open question about one call: what two simultaneous askers rely on.
    "CREATE UNIQUE INDEX approvals_pending ON approvals (tenant_id, task_id, call_id, kind) \
     WHERE status = 'pending'",
    "CREATE INDEX approvals_task ON approvals (tenant_id, task_id, created_at)",
    "CREATE INDEX rules_task ON rules (tenant_id, task_id, id)",
    "CREATE INDEX decisions_task ON decisions (tenant_id, task_id, id)",
];

fn tables() -> [(&'static str, Access, TableCreateStatement); 8] {
    use Access::{AppendOnly, ReadWrite};
    [
        ("tenants", ReadWrite, tenants()),
        ("workspaces", ReadWrite, workspaces()),
        ("tasks", ReadWrite, tasks()),
        ("journal", AppendOnly, journal()),
        ("approvals", ReadWrite, approvals()),
        ("rules", ReadWrite, rules()),
        ("decisions", AppendOnly, decisions()),
        ("sessions", ReadWrite, sessions()),
    ]
}

fn tenants() -> TableCreateStatement {
    Table::create()
        .table("tenants")
        .col(uuid("tenant_id").primary_key())
        .col(big_integer("created_at"))
        .to_owned()
}

fn workspaces() -> TableCreateStatement {
    Table::create()
        .table("workspaces")
        .col(uuid("tenant_id"))
        .col(uuid("id"))
        .col(text("root"))
        .col(text("name"))
        .col(big_integer("created_at"))
        .primary_key(Index::create().col("tenant_id").col("id"))
        .foreign_key(&mut of_tenant("workspaces"))
        .to_owned()
}

fn tasks() -> TableCreateStatement {
    Table::create()
        .table("tasks")
        .col(uuid("tenant_id"))
        .col(uuid("id"))
        .col(uuid("workspace_id"))
        .col(text("title"))
        .col(text("search_text"))
        .col(text("model"))
        .col(text("status"))
        .col(text_null("status_text"))
        .col(text("limits"))
        .col(text("spent"))
        .col(big_integer("last_seq"))
        .col(big_integer("created_at"))
        .col(big_integer("updated_at"))
        .primary_key(Index::create().col("tenant_id").col("id"))
        .foreign_key(&mut reference("tasks", "workspace_id", "workspaces"))
        .to_owned()
}

fn journal() -> TableCreateStatement {
    Table::create()
        .table("journal")
        .col(uuid("tenant_id"))
        .col(uuid("task_id"))
        .col(big_integer("seq"))
        .col(big_integer("at"))
        .col(integer("version"))
        .col(text("event"))
        .primary_key(Index::create().col("tenant_id").col("task_id").col("seq"))
        .foreign_key(&mut reference("journal", "task_id", "tasks"))
        .to_owned()
}

fn approvals() -> TableCreateStatement {
    Table::create()
        .table("approvals")
        .col(uuid("tenant_id"))
        .col(uuid("id"))
        .col(uuid("task_id"))
        .col(uuid("call_id"))
        .col(text("kind"))
        .col(text("question"))
        .col(text("status"))
        .col(text_null("answer"))
        .col(text_null("answered_by"))
        .col(text_null("note"))
        .col(big_integer("created_at"))
        .col(big_integer_null("resolved_at"))
        .primary_key(Index::create().col("tenant_id").col("id"))
        .foreign_key(&mut reference("approvals", "task_id", "tasks"))
        .to_owned()
}

fn rules() -> TableCreateStatement {
    Table::create()
        .table("rules")
        .col(uuid("tenant_id"))
        .col(uuid("id"))
        .col(uuid("task_id"))
        .col(text("scope"))
        .col(text("created_by"))
        .col(big_integer("created_at"))
        .col(big_integer_null("revoked_at"))
        .primary_key(Index::create().col("tenant_id").col("id"))
        .foreign_key(&mut reference("rules", "task_id", "tasks"))
        .to_owned()
}

fn decisions() -> TableCreateStatement {
    Table::create()
        .table("decisions")
        .col(uuid("tenant_id"))
        .col(uuid("id"))
        .col(uuid_null("task_id"))
        .col(uuid_null("call_id"))
        .col(text("point"))
        .col(text("record"))
        .col(big_integer("at"))
        .primary_key(Index::create().col("tenant_id").col("id"))
        .foreign_key(&mut reference("decisions", "task_id", "tasks"))
        .to_owned()
}

fn sessions() -> TableCreateStatement {
    Table::create()
        .table("sessions")
        .col(uuid("tenant_id"))
        .col(text("token_hash"))
        .col(uuid("principal_id"))
        .col(text("label"))
        .col(big_integer("created_at"))
        .col(big_integer("expires_at"))
        .primary_key(Index::create().col("tenant_id").col("token_hash"))
        .foreign_key(&mut of_tenant("sessions"))
        .to_owned()
}

pub(super) fn of_tenant(table: &'static str) -> ForeignKeyCreateStatement {
    ForeignKey::create().from(table, "tenant_id").to("tenants", "tenant_id").to_owned()
}

/// A reference inside the tenant.
pub(super) fn reference(
    table: &'static str,
    column: &'static str,
    to: &'static str,
) -> ForeignKeyCreateStatement {
    ForeignKey::create().from(table, ("tenant_id", column)).to(to, ("tenant_id", "id")).to_owned()
}
