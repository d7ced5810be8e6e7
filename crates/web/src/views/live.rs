//! What happens between two journal events.

use uuid::Uuid;

use super::{ToolProgress, mirror};

mirror! {
    /// One thing to show now; `data` of the stream's `live` events. The journal event that ends the model or tool
    /// call supersedes it.
    #[serde(tag = "type", rename_all = "snake_case")]
    enum LiveEvent of agent::LiveEvent {
        Text { request_id: Uuid, delta: String },
        Reasoning { request_id: Uuid, delta: String },
        Retrying { request_id: Uuid, attempt: u32, wait_ms: u64, why: String },
        ToolProgress { call_id: Uuid, progress: ToolProgress },
    }
}
