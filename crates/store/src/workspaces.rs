//! Folders that tasks work in.

use std::path::{Path, PathBuf};

use domain::WorkspaceId;
use domain::task::Workspace;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::columns::{micros, now, time, to_text};
use crate::entities::workspaces;
use crate::{StoreError, TenantStore};

impl TenantStore {
    /// The workspace of this canonical root, made if new. A root that is not UTF-8 is `Invalid`: neither JSON
    /// nor the tables can name it.
    pub async fn ensure_workspace(&self, root: &Path, name: &str) -> Result<Workspace, StoreError> {
        let Some(root) = root.to_str() else {
            return Err(StoreError::Invalid(format!(
                "the path {} is not UTF-8: rename the folder, or work in another",
                root.display()
            )));
        };
        let tx = self.writing().await?;
        let row = workspaces::Model {
            tenant_id: tx.tenant(),
            id: WorkspaceId::new().0,
            root: root.to_owned(),
            name: to_text(name),
            created_at: micros(now()),
        };
        let same_root = OnConflict::columns([workspaces::Column::TenantId, workspaces::Column::Root])
            .do_nothing()
            .to_owned();
        workspaces::Entity::insert(workspaces::ActiveModel::from(row))
            .on_conflict(same_root)
            .try_insert()
            .exec_without_returning(tx.db())
            .await?;
        let row = tx
            .find::<workspaces::Entity>()
            .filter(workspaces::Column::Root.eq(root))
            .one(tx.db())
            .await?
            .ok_or(StoreError::NotFound { what: "workspace" })?;
        tx.commit().await?;
        to_workspace(row)
    }

    pub async fn workspace(&self, id: WorkspaceId) -> Result<Workspace, StoreError> {
        let tx = self.reading().await?;
        let row =
            tx.find::<workspaces::Entity>().filter(workspaces::Column::Id.eq(id.0)).one(tx.db()).await?;
        to_workspace(row.ok_or(StoreError::NotFound { what: "workspace" })?)
    }

    /// Oldest first.
    pub async fn workspaces(&self) -> Result<Vec<Workspace>, StoreError> {
        let tx = self.reading().await?;
        let rows = tx.find::<workspaces::Entity>().order_by_asc(workspaces::Column::Id).all(tx.db()).await?;
        rows.into_iter().map(to_workspace).collect()
    }
}

fn to_workspace(row: workspaces::Model) -> Result<Workspace, StoreError> {
    Ok(Workspace {
        id: WorkspaceId(row.id),
        root: PathBuf::from(row.root),
        name: row.name,
        created_at: time(row.created_at)?,
    })
}
