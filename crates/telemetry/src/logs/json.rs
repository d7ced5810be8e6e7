//! One JSON object a line.

use std::fmt;

use chrono::{SecondsFormat, Utc};
use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;
use serde_json::{Map, Value};
use tracing::Event;
use tracing_subscriber::fmt::format::Writer;

use super::fields::Fields;

pub(super) fn write(mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
    let Fields { message, others } = Fields::of(event);
    let mut line = Map::new();
    let mut put = |name: &str, value: String| line.insert(name.to_owned(), Value::String(value));
    put("timestamp", Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true));
    put("level", event.metadata().level().to_string());
    put("target", event.metadata().target().to_owned());
    put("message", message);
    // Entering a span makes it OpenTelemetry's current one.
    let current = Context::current();
    let span = current.span();
    if span.span_context().is_valid() {
        put("trace_id", span.span_context().trace_id().to_string());
        put("span_id", span.span_context().span_id().to_string());
    }
    if !others.is_empty() {
        line.insert("fields".to_owned(), Value::Object(others));
    }
    writeln!(writer, "{}", Value::Object(line))
}
