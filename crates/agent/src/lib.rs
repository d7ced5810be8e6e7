//! The durable loop: a fold over a journal, a pure next step, and an executor.
//!
//! `state.rs` folds events into a [`state::State`], `next.rs` says what to do, `executor.rs` does it and
//! appends what happened. [`Tasks`] runs one executor per unfinished task and is what the face talks to.

pub mod budget;
pub mod compaction;
pub mod conversation;
mod executor;
pub mod live;
pub mod next;
pub mod ports;
pub mod prompt;
pub mod state;
mod steer;
mod supervisor;
pub mod tasks;
mod text;
mod tokens;

pub use live::{Live, LiveEvent};
pub use ports::{Gate, GateError, Permit, Ruling};
pub use tasks::{LimitsChange, NewTask, TaskError, Tasks};

use domain::limits::Limits;
use serde::{Deserialize, Serialize};

/// `[agent]` of the configuration.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Model of tasks that name none; empty means: the first configured one, else `demo`.
    pub model: String,
    /// Limits of tasks that name none.
    pub limits: Limits,
    /// Text put in front of `AGENTS.md` in the system prompt; empty means the shipped one.
    pub system_prompt: String,
    /// Compact the conversation when it fills more than this share of the window, in percent.
    pub compact_percent: u8,
    /// Tasks that run at the same time; further ones wait. A task that waits for a person does not count.
    pub concurrent_tasks_max: usize,
    /// Longest `AGENTS.md` read, bytes.
    pub agents_md_bytes_max: u64,
    /// Longest answer asked of a model, tokens. It is reserved before each call, so a higher one pauses
    /// tasks earlier that are near their limits.
    pub output_tokens_max: u32,
    /// Longest prompt or message of a person, bytes.
    pub message_bytes_max: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            model: String::new(),
            limits: Limits::default(),
            system_prompt: String::new(),
            compact_percent: 80,
            concurrent_tasks_max: 8,
            agents_md_bytes_max: 64 << 10,
            output_tokens_max: 16_384,
            message_bytes_max: 256 << 10,
        }
    }
}
