//! Work on a thread of its own, with a deep stack and an end.
//!
//! A thread cannot be ended from outside. One that is late is left to itself, without a right to be waited for, and
//! whoever counts them ([`Late`]) starts no more beside it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::Duration;

/// Stack of such a thread, bytes: address space, of which only what is used becomes memory.
const STACK_BYTES: usize = 256 << 20;

/// How many threads are running, those that nobody waits for any more among them.
#[derive(Clone, Default)]
pub(crate) struct Late(Arc<AtomicUsize>);

/// Why there is no result.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum NoResult {
    /// It took longer than it may.
    Slow,
    /// As many as may be are still at work.
    Busy,
    /// It panicked, or the thread could not be started.
    Failed,
}

/// Does `work` and waits for it, no longer than `time_max`. At most `at_once_max` threads of `late` run at a time.
pub(crate) fn run<R: Send + 'static>(
    late: &Late,
    at_once_max: usize,
    time_max: Duration,
    work: impl FnOnce() -> R + Send + 'static,
) -> Result<R, NoResult> {
    struct Running(Late);
    impl Drop for Running {
        fn drop(&mut self) {
            self.0.0.fetch_sub(1, Ordering::AcqRel);
        }
    }
    if late.0.fetch_add(1, Ordering::AcqRel) >= at_once_max {
        late.0.fetch_sub(1, Ordering::AcqRel);
        return Err(NoResult::Busy);
    }
    let running = Running(late.clone());
    let (send, receive) = mpsc::sync_channel(1);
    let spawned = thread::Builder::new().name("policy".into()).stack_size(STACK_BYTES).spawn(move || {
        let result = catch_unwind(AssertUnwindSafe(work));
        drop(running);
        // Nobody may be waiting any more.
        let _ = send.send(result);
    });
    if spawned.is_err() {
        return Err(NoResult::Failed);
    }
    match receive.recv_timeout(time_max) {
        Ok(Ok(result)) => Ok(result),
        Ok(Err(_)) | Err(mpsc::RecvTimeoutError::Disconnected) => Err(NoResult::Failed),
        Err(mpsc::RecvTimeoutError::Timeout) => Err(NoResult::Slow),
    }
}
