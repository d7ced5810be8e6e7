//! What `store` promises, on both engines. Each case gets a database of its own.

mod approvals;
mod call_approvals;
mod decisions;
mod fixtures;
mod journal;
mod labels;
mod links;
mod pins;
mod policies;
mod record;
mod rules;
mod secret_rows;
mod servers;
mod sessions;
mod tasks;
mod tenants;
mod workspaces;

mod backup;
mod crash;
mod disk_full;
mod migration;
mod opening;
mod row_security;
mod tampering;

/// Makes two tests of each case: one on SQLite, one on PostgreSQL.
macro_rules! on_both_engines {
    ($($case:ident)*) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case(crate::fixtures::sqlite().await).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $case() {
                super::$case(crate::fixtures::postgres().await).await;
            })*
        }
    };
}
pub(crate) use on_both_engines;
