//! `[web]` of the configuration.

use serde::{Deserialize, Serialize};

/// Limits of the face, and the names it answers to. The error of each limit names the setting.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Host names besides `localhost`, `127.0.0.1` and `[::1]` under which this server may be reached, like
    /// `desk.example.org` (any port) or `desk.example.org:8443` (that port only).
    pub allowed_hosts: Vec<String>,
    /// Largest request body.
    pub body_bytes_max: usize,
    /// Largest part of a file that the workspace browser shows.
    pub file_bytes_max: u64,
    /// Most entries of a folder that the workspace browser shows.
    pub entries_max: usize,
    /// Life of a one-time sign-in link.
    pub sign_in_link_seconds_max: u64,
    /// Life of a session, counted from its sign-in.
    pub session_days_max: u32,
    /// Event streams open at the same time.
    pub watchers_max: usize,
    /// How long a stopping server waits for requests under way.
    pub drain_seconds_max: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            allowed_hosts: Vec::new(),
            body_bytes_max: 1 << 20,
            file_bytes_max: 2 << 20,
            entries_max: 2_000,
            sign_in_link_seconds_max: 600,
            session_days_max: 30,
            watchers_max: 256,
            drain_seconds_max: 10,
        }
    }
}
