//! Rows as they lie in the tables. Times are microseconds since 1970 (UTC); structured values are JSON text,
//! which both engines keep byte for byte.

pub mod approval_links;
pub mod approvals;
pub mod journal;
pub mod pins;
pub mod policies;
pub mod record;
pub mod record_heads;
pub mod rules;
pub mod secrets;
pub mod servers;
pub mod session_labels;
pub mod sessions;
pub mod tasks;
pub mod tenants;
pub mod workspaces;

use sea_orm::EntityTrait;

/// A table whose rows belong to a tenant. There is no other kind.
pub trait TenantTable: EntityTrait {
    const TENANT: Self::Column;
}

macro_rules! tenant_tables {
    ($($table:ident)*) => {
        $(impl TenantTable for $table::Entity {
            const TENANT: Self::Column = $table::Column::TenantId;
        })*
    };
}

tenant_tables! {
    approval_links approvals journal pins policies record record_heads rules secrets servers session_labels
    sessions tasks tenants workspaces
}
