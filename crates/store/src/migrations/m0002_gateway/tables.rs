//! New tables.

use sea_orm_migration::schema::{
    big_integer, big_integer_null, binary, boolean, text, text_null, uuid, uuid_null,
};
use sea_orm_migration::sea_query::{Index, Table, TableCreateStatement};

use super::super::m0001_first::{of_tenant, reference};
use super::super::row_security::Access;

pub(super) const INDEXES: [&str; 6] = [
    "CREATE UNIQUE INDEX record_decision ON record (tenant_id, decision_id) WHERE decision_id IS NOT NULL",
    "CREATE INDEX record_task ON record (tenant_id, task_id, seq) WHERE task_id IS NOT NULL",
    "CREATE INDEX record_call ON record (tenant_id, call_id) WHERE call_id IS NOT NULL",
    "CREATE INDEX record_session ON record (tenant_id, session, seq) WHERE session IS NOT NULL",
    "CREATE UNIQUE INDEX policies_active ON policies (tenant_id) WHERE active",
    "CREATE INDEX session_labels_seen ON session_labels (tenant_id, seen_at)",
];

/// In the order in which they are made: the heads before the record, which is filled from the old decisions.
pub(super) fn tables() -> [(&'static str, Access, TableCreateStatement); 8] {
    use Access::{AppendOnly, ReadWrite, Update};
    [
        ("record_heads", Update, record_heads()),
        ("record", AppendOnly, record()),
        ("pins", ReadWrite, pins()),
        ("servers", ReadWrite, servers()),
        ("secrets", ReadWrite, secrets()),
        ("policies", ReadWrite, policies()),
        ("approval_links", ReadWrite, approval_links()),
        ("session_labels", ReadWrite, session_labels()),
    ]
}

fn record_heads() -> TableCreateStatement {
    Table::create()
        .table("record_heads")
        .col(uuid("tenant_id"))
        .col(big_integer("seq"))
        .col(binary("hash"))
        .col(big_integer("at"))
        .primary_key(Index::create().col("tenant_id"))
        .foreign_key(&mut of_tenant("record_heads"))
        .to_owned()
}

fn record() -> TableCreateStatement {
    Table::create()
        .table("record")
        .col(uuid("tenant_id"))
        .col(big_integer("seq"))
        .col(big_integer("at"))
        .col(text("kind"))
        .col(binary("prev"))
        .col(binary("hash"))
        .col(uuid_null("decision_id"))
        .col(uuid_null("task_id"))
        .col(uuid_null("call_id"))
        .col(text_null("point"))
        .col(text_null("verdict"))
        .col(uuid_null("principal_id"))
        .col(text_null("server"))
        .col(text_null("tool"))
        .col(text_null("session"))
        .col(text_null("subject"))
        // Last: SQLite reads a row from the front, and bodies are long.
        .col(text("body"))
        .primary_key(Index::create().col("tenant_id").col("seq"))
        .foreign_key(&mut of_tenant("record"))
        .foreign_key(&mut reference("record", "task_id", "tasks"))
        .to_owned()
}

fn pins() -> TableCreateStatement {
    Table::create()
        .table("pins")
        .col(uuid("tenant_id"))
        .col(text("server"))
        .col(text("tool"))
        .col(text("digest"))
        .col(text("definition"))
        .col(text("approved_by"))
        .col(big_integer("approved_at"))
        .primary_key(Index::create().col("tenant_id").col("server").col("tool"))
        .foreign_key(&mut of_tenant("pins"))
        .to_owned()
}

fn servers() -> TableCreateStatement {
    Table::create()
        .table("servers")
        .col(uuid("tenant_id"))
        .col(text("name"))
        .col(text("spec"))
        .col(text("put_by"))
        .col(big_integer("created_at"))
        .col(big_integer("updated_at"))
        .primary_key(Index::create().col("tenant_id").col("name"))
        .foreign_key(&mut of_tenant("servers"))
        .to_owned()
}

fn secrets() -> TableCreateStatement {
    Table::create()
        .table("secrets")
        .col(uuid("tenant_id"))
        .col(text("name"))
        .col(binary("sealed"))
        .col(big_integer("created_at"))
        .col(big_integer("updated_at"))
        .primary_key(Index::create().col("tenant_id").col("name"))
        .foreign_key(&mut of_tenant("secrets"))
        .to_owned()
}

fn policies() -> TableCreateStatement {
    Table::create()
        .table("policies")
        .col(uuid("tenant_id"))
        .col(text("id"))
        .col(text("files"))
        .col(text("note"))
        .col(text("created_by"))
        .col(big_integer("created_at"))
        .col(boolean("active"))
        .col(text_null("activated_by"))
        .col(big_integer_null("activated_at"))
        .primary_key(Index::create().col("tenant_id").col("id"))
        .foreign_key(&mut of_tenant("policies"))
        .to_owned()
}

fn approval_links() -> TableCreateStatement {
    Table::create()
        .table("approval_links")
        .col(uuid("tenant_id"))
        .col(text("hash"))
        .col(uuid("approval_id"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("used_at"))
        .primary_key(Index::create().col("tenant_id").col("hash"))
        .foreign_key(&mut reference("approval_links", "approval_id", "approvals"))
        .to_owned()
}

fn session_labels() -> TableCreateStatement {
    Table::create()
        .table("session_labels")
        .col(uuid("tenant_id"))
        .col(text("conversation"))
        .col(text("labels"))
        .col(big_integer("seen_at"))
        .primary_key(Index::create().col("tenant_id").col("conversation"))
        .foreign_key(&mut of_tenant("session_labels"))
        .to_owned()
}
