//! A journal that cannot be followed.

use domain::journal::{EVENT_VERSION, Envelope};

/// The journal holds what this version must not guess about. The task pauses; nothing is skipped silently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// Written by a newer Bailiwick.
    Newer { seq: u64, version: u16 },
    /// Events are missing before this one.
    Gap { expected: u64, found: u64 },
}

impl Damage {
    pub(super) fn found_in(envelope: &Envelope, last_seq: u64) -> Option<Self> {
        if envelope.version > EVENT_VERSION {
            return Some(Self::Newer { seq: envelope.seq, version: envelope.version });
        }
        (envelope.seq != last_seq.saturating_add(1))
            .then(|| Self::Gap { expected: last_seq.saturating_add(1), found: envelope.seq })
    }

    /// For the person: what is wrong and what to do.
    pub fn text(&self) -> String {
        match self {
            Self::Newer { seq, version } => format!(
                "The journal of this task was continued by a newer Bailiwick (event {seq} has version \
                 {version}, this one knows up to {EVENT_VERSION}). Install that version or a newer one, then \
                 resume the task."
            ),
            Self::Gap { expected, found } => format!(
                "The journal of this task is damaged: event {expected} is missing, the next one is {found}. \
                 Restore a backup of the data folder, then resume the task."
            ),
        }
    }
}
