//! The schema, one file a version. A shipped migration never changes; the next one mends it.

mod m0001_first;
mod m0002_gateway;
mod row_security;

pub(crate) use row_security::APP_ROLE;

use sea_orm::{DatabaseTransaction, DbErr, EntityTrait, QueryOrder};
use sea_orm_migration::{
    IntoSchemaManagerConnection, MigrationTrait, MigratorTrait, SchemaManager, async_trait, seaql_migrations,
};

struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![Box::new(m0001_first::Migration), Box::new(m0002_gateway::Migration)]
    }
}

/// What a database says about its schema.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// No migration was ever applied.
    Empty,
    /// Ours, with something left to apply.
    Older,
    Current,
    /// Holds a migration that this program does not know: its name, and the newest one known here.
    Newer {
        found: String,
        known: String,
    },
}

/// Reads where a database stands, changing nothing.
pub(crate) async fn standing<'c>(db: impl IntoSchemaManagerConnection<'c>) -> Result<Standing, DbErr> {
    let manager = SchemaManager::new(db);
    if !manager.has_table("seaql_migrations").await? {
        return Ok(Standing::Empty);
    }
    let applied = seaql_migrations::Entity::find()
        .order_by_asc(seaql_migrations::Column::Version)
        .all(manager.get_connection())
        .await?;
    let known: Vec<String> = Migrator::migrations().iter().map(|known| known.name().to_owned()).collect();
    // The library's own check fails on an unknown migration too, but not with an error to tell it by.
    if let Some(unknown) = applied.iter().rev().find(|row| !known.contains(&row.version)) {
        let known = known.last().cloned().unwrap_or_default();
        return Ok(Standing::Newer { found: unknown.version.clone(), known });
    }
    Ok(match applied.len() {
        0 => Standing::Empty,
        count if count < known.len() => Standing::Older,
        _ => Standing::Current,
    })
}

/// Applies what is pending. Inside one transaction, so that a migration that fails leaves the schema as it was.
pub(crate) async fn migrate(tx: &DatabaseTransaction) -> Result<(), DbErr> {
    Migrator::up(tx, None).await
}
