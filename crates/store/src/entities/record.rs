//! Entries of the record. Rows are never changed.

use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "record")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub tenant_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub seq: i64,
    pub at: i64,
    /// `decision`, or what was done.
    pub kind: String,
    pub prev: Vec<u8>,
    pub hash: Vec<u8>,
    /// From here to `subject`: said by the body too, and here to find the entry by.
    pub decision_id: Option<Uuid>,
    pub task_id: Option<Uuid>,
    pub call_id: Option<Uuid>,
    pub point: Option<String>,
    pub verdict: Option<String>,
    pub principal_id: Option<Uuid>,
    pub server: Option<String>,
    pub tool: Option<String>,
    pub session: Option<String>,
    pub subject: Option<String>,
    /// [`crate::DecisionRecord`] or [`crate::Act`] as JSON, hashed byte for byte.
    pub body: String,
}

#[derive(Clone, Copy, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
