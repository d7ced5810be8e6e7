//! The gateway: the record as a hash chain, questions without a task, and what stands behind the gateway.

mod approvals;
mod chain_decisions;
mod tables;

use sea_orm::{ConnectionTrait, DbErr, DeriveMigrationName};
use sea_orm_migration::{MigrationTrait, SchemaManager, async_trait};

use super::row_security::protect;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[expect(
    elided_lifetimes_in_paths,
    reason = "async_trait sees a named lifetime here, and the trait has none"
)]
#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        approvals::mend(manager).await?;
        for (name, access, table) in tables::tables() {
            manager.create_table(table).await?;
            if name == "record" {
                chain_decisions::run(manager).await?;
            }
            protect(manager, name, access).await?;
        }
        for sql in tables::INDEXES {
            manager.get_connection().execute_unprepared(sql).await?;
        }
        Ok(())
    }
}
