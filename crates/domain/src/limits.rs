//! What a task may spend, and what it has spent.

use serde::{Deserialize, Serialize};

use crate::money::MicroUsd;

/// Limits of one task. Reaching one pauses the task; raising it lets it go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Model turns.
    pub steps_max: u32,
    /// Input and output tokens of all model calls together.
    pub tokens_max: u64,
    /// Cost of all model calls together, in millionths of a US dollar.
    pub cost_max: MicroUsd,
    /// Seconds of work. Time spent waiting for a person does not count.
    pub wall_seconds_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { steps_max: 100, tokens_max: 2_000_000, cost_max: MicroUsd(5_000_000), wall_seconds_max: 3_600 }
    }
}

/// Which limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    Steps,
    Tokens,
    Cost,
    WallTime,
}

/// Spent so far. Sums of what the journal says; reservations of calls under way are counted apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spent {
    pub steps: u32,
    pub tokens: u64,
    pub cost: MicroUsd,
    pub wall_ms: u64,
}

/// Tokens of one model call, by kind. `input` counts everything sent, the cached part included; `output`
/// everything received, reasoning included. The detail fields are parts of those sums, not additions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    pub input: u64,
    pub output: u64,
    #[serde(default)]
    pub cache_read: u64,
    #[serde(default)]
    pub cache_write: u64,
    #[serde(default)]
    pub reasoning: u64,
}

impl Usage {
    pub fn total(&self) -> u64 {
        self.input + self.output
    }
}
