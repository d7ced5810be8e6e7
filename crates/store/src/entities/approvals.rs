//! Questions put to a person.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "approvals")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub task_id: Uuid,
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
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
