//! Ids of traces and spans: random, but for the trace of a task, which has the task's id.

use std::cell::Cell;

use domain::TaskId;
use opentelemetry::trace::{SpanId, TraceId};
use opentelemetry_sdk::trace::{IdGenerator, RandomIdGenerator};

thread_local! {
    static FIXED: Cell<Option<TraceId>> = const { Cell::new(None) };
}

/// Runs `make`; a trace begun in it gets the task's id. Both are 128 bits, and neither is ever zero.
pub(crate) fn with_trace_of<T>(id: TaskId, make: impl FnOnce() -> T) -> T {
    FIXED.set(Some(TraceId::from_bytes(id.0.into_bytes())));
    let made = make();
    FIXED.set(None);
    made
}

#[derive(Debug, Default)]
pub(crate) struct TaskIdGenerator(RandomIdGenerator);

impl IdGenerator for TaskIdGenerator {
    fn new_trace_id(&self) -> TraceId {
        FIXED.get().unwrap_or_else(|| self.0.new_trace_id())
    }

    fn new_span_id(&self) -> SpanId {
        self.0.new_span_id()
    }
}
