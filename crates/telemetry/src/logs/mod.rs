//! How a log line looks.

mod fields;
mod human;
mod json;

use std::fmt;

use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

/// One of the two forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// For eyes: time of day, level, sentence, fields.
    Human { color: bool },
    /// For programs: one JSON object a line, with the ids of trace and span.
    Json,
}

impl Format {
    pub(crate) fn human(color: bool) -> Self {
        Format::Human { color }
    }
}

impl<S, N> FormatEvent<S, N> for Format
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
{
    fn format_event(
        &self,
        _context: &FmtContext<'_, S, N>,
        writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        match *self {
            Format::Human { color } => human::write(writer, event, color),
            Format::Json => json::write(writer, event),
        }
    }
}

#[cfg(test)]
mod tests;
