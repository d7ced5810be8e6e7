//! What one evaluation may still use.
//!
//! The machine looks at the clock between instructions and cannot look inside one. So each built-in whose time or
//! memory grows with what it is given says beforehand what it will cost (see [`crate::costs`]), and the evaluation ends
//! when that is more than is left.

use std::cell::Cell;
use std::time::{Duration, Instant};

use regorus::LimitError;

thread_local! {
    static LEFT: Cell<Option<Left>> = const { Cell::new(None) };
}

#[derive(Clone, Copy)]
struct Left {
    bytes: u64,
    bytes_max: u64,
    start: Instant,
    time_max: Duration,
}

/// Costs below which the clock is not looked at, bytes.
const FREE_BYTES: u64 = 4_096;

/// Metes one evaluation on this thread until it is dropped.
pub(crate) struct Metered;

impl Metered {
    pub(crate) fn start(bytes_max: u64, time_max: Duration) -> Self {
        let start = Instant::now();
        LEFT.set(Some(Left { bytes: bytes_max, bytes_max, start, time_max }));
        Self
    }
}

impl Drop for Metered {
    fn drop(&mut self) {
        LEFT.set(None);
    }
}

/// Bytes that are left; tests of rules, which are not metered, have as many as they like.
pub(crate) fn left() -> u64 {
    LEFT.get().map_or(u64::MAX, |left| left.bytes)
}

/// Takes `bytes`, or ends the evaluation.
pub(crate) fn spend(bytes: u64) -> Result<(), LimitError> {
    let Some(mut left) = LEFT.get() else { return Ok(()) };
    let Some(rest) = left.bytes.checked_sub(bytes) else {
        let usage = (left.bytes_max - left.bytes).saturating_add(bytes);
        return Err(LimitError::MemoryLimitExceeded { usage, limit: left.bytes_max });
    };
    if bytes > FREE_BYTES {
        let elapsed = left.start.elapsed();
        if elapsed > left.time_max {
            return Err(LimitError::TimeLimitExceeded { elapsed, limit: left.time_max });
        }
    }
    left.bytes = rest;
    LEFT.set(Some(left));
    Ok(())
}
