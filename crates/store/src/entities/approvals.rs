//! Questions put to a person.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "approvals")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// `None`: asked by an MCP client, outside of any task.
    pub task_id: Option<Uuid>,
    pub call_id: Uuid,
    pub kind: String,
    /// What does not change any more, as JSON.
    pub question: String,
    pub status: String,
    pub answer: Option<String>,
    pub answered_by: Option<String>,
    pub note: Option<String>,
    pub created_at: i64,
    pub resolved_at: Option<i64>,
    /// Who may answer, as a JSON array; empty: anybody.
    pub roles: String,
    pub expires_at: Option<i64>,
    pub used_at: Option<i64>,
    /// Digest of the binding, of questions without a task: what the call is known by when it comes again.
    pub binding_key: Option<String>,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
