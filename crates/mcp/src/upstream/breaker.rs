//! Leaves a server alone that fails again and again.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use backon::{BackoffBuilder, ExponentialBuilder};

use super::UpstreamError;

/// Wait before the next attempt to connect after the first failure; doubled with each, and never longer than
const PAUSE_MIN: Duration = Duration::from_millis(100);
const PAUSE_MAX: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(crate) struct Breaker {
    failures_max: u32,
    state: Mutex<State>,
}

#[derive(Clone, Debug, Default)]
struct State {
    failures: u32,
    last_error: String,
    /// Nothing is connected before, and once there are too many failures nothing is asked before.
    not_before: Option<Instant>,
    last_success: Option<Instant>,
    /// The one request that is let through to see whether the server is well again.
    trial: bool,
}

/// Permission to ask. Dropped without a report it says nothing about the server.
pub(crate) struct Admission<'a> {
    breaker: &'a Breaker,
    trial: bool,
    since: Instant,
}

impl Breaker {
    pub fn new(failures_max: u32) -> Self {
        Self { failures_max: failures_max.max(1), state: Mutex::default() }
    }

    /// Refuses at once while the server is left alone.
    pub fn admit(&self) -> Result<Admission<'_>, UpstreamError> {
        let mut state = self.lock();
        if state.failures < self.failures_max {
            return Ok(Admission { breaker: self, trial: false, since: Instant::now() });
        }
        let wait = state.wait();
        if state.trial || !wait.is_zero() {
            return Err(UpstreamError::Refused {
                failures: state.failures,
                retry_in: wait,
                last: state.last_error.clone(),
            });
        }
        state.trial = true;
        Ok(Admission { breaker: self, trial: true, since: Instant::now() })
    }

    /// How long to wait before connecting again.
    pub fn pause(&self) -> Duration {
        self.lock().wait()
    }

    pub fn failures(&self) -> u32 {
        self.lock().failures
    }

    pub fn last_error(&self) -> Option<String> {
        Some(self.lock().last_error.clone()).filter(|text| !text.is_empty())
    }

    /// How long it is still left alone, when it is.
    pub fn refuses_for(&self) -> Option<Duration> {
        let state = self.lock();
        (state.failures >= self.failures_max).then(|| state.wait()).filter(|wait| !wait.is_zero())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn wait(&self) -> Duration {
        self.not_before.map_or(Duration::ZERO, |at| at.saturating_duration_since(Instant::now()))
    }
}

impl Admission<'_> {
    /// True when the server has just failed too often: whatever connection there is should not be used again.
    pub fn report<T>(&self, outcome: &Result<T, UpstreamError>) -> bool {
        let mut state = self.breaker.lock();
        match outcome {
            // Slow at this, but it answered others meanwhile: one client's slow calls are no reason to refuse the rest.
            Err(UpstreamError::TimedOut { .. }) if state.last_success.is_some_and(|at| at > self.since) => {
                false
            }
            Err(error) if error.is_failure() => {
                state.failures = state.failures.saturating_add(1);
                state.last_error = error.to_string();
                state.not_before = Some(Instant::now() + pause(state.failures));
                state.failures >= self.breaker.failures_max
            }
            // What the server refused itself is at least an answer. Our own refusals say nothing.
            Ok(_) | Err(UpstreamError::Rpc(_) | UpstreamError::Unauthorized { .. }) => {
                state.failures = 0;
                state.not_before = None;
                state.last_success = Some(Instant::now());
                false
            }
            Err(_) => false,
        }
    }
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        if self.trial {
            self.breaker.lock().trial = false;
        }
    }
}

fn pause(failures: u32) -> Duration {
    let backoff = ExponentialBuilder::default()
        .with_min_delay(PAUSE_MIN)
        .with_max_delay(PAUSE_MAX)
        .with_jitter()
        .without_max_times();
    let nth = failures.saturating_sub(1).min(32) as usize;
    backoff.build().nth(nth).unwrap_or(PAUSE_MAX).min(PAUSE_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed() -> Result<(), UpstreamError> {
        Err(UpstreamError::unavailable("gone"))
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_lets_one_trial_through() {
        let breaker = Breaker::new(2);
        assert!(!breaker.admit().unwrap().report(&failed()));
        assert!(!breaker.admit().unwrap().report(&Ok(())));
        assert!(!breaker.admit().unwrap().report(&failed()));
        assert!(breaker.pause() > Duration::ZERO);
        assert!(breaker.admit().unwrap().report(&failed()));
        assert!(matches!(breaker.admit(), Err(UpstreamError::Refused { failures: 2, .. })));
        breaker.lock().not_before = Some(Instant::now());
        let trial = breaker.admit().unwrap();
        assert!(breaker.admit().is_err(), "one trial at a time");
        trial.report(&Ok(()));
        drop(trial);
        assert!(breaker.admit().is_ok());
    }

    #[test]
    fn calls_that_are_slow_while_others_are_answered_are_no_failures() {
        let breaker = Breaker::new(1);
        let slow: Result<(), _> =
            Err(UpstreamError::TimedOut { doing: "answer", limit: "call_ms_max", after_ms: 1 });
        let admitted = breaker.admit().unwrap();
        assert!(!breaker.admit().unwrap().report(&Ok(())));
        assert!(!admitted.report(&slow));
        assert!(breaker.admit().unwrap().report(&slow));
    }

    #[test]
    fn errors_of_the_servers_own_are_no_failures() {
        let breaker = Breaker::new(1);
        let refused: Result<(), _> = Err(crate::message::RpcError::internal("no").into());
        assert!(!breaker.admit().unwrap().report(&refused));
        assert!(breaker.admit().is_ok());
    }

    #[test]
    fn pauses_grow_and_end_growing() {
        assert!(pause(1) >= PAUSE_MIN && pause(1) <= PAUSE_MIN * 2);
        assert!(pause(5) >= PAUSE_MIN * 16);
        assert!(pause(100) <= PAUSE_MAX);
    }
}
