//! Setting it all up, once a process.

use std::io::{self, IsTerminal};
use std::time::Duration;

use opentelemetry::trace::TracerProvider;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{SdkTracerProvider, TracerProviderBuilder};
use tracing::{Metadata, Subscriber};
use tracing_subscriber::filter::{FilterFn, filter_fn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use crate::logs::Format;
use crate::trace_ids::TaskIdGenerator;
use crate::{Config, metrics, otlp};

/// What is logged when nothing else is asked for. Libraries that talk at `info` are held back.
const LOG_DEFAULT: &str = "info,sea_orm_migration=warn,rmcp=warn,opentelemetry=warn,opentelemetry_sdk=warn";

/// How long the last spans and metrics may take to leave.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(3);

/// Targets of the spans that are traced: our rooms. Spans of libraries stay out.
const ROOMS: [&str; 12] = [
    "agent",
    "bailiwick",
    "domain",
    "fence",
    "gateway",
    "models",
    "policy",
    "store",
    "telemetry",
    "testkit",
    "toolbox",
    "web",
];

/// Keeps telemetry going; flushes when dropped.
#[derive(Debug)]
#[must_use = "dropping it ends the export of traces and metrics"]
pub struct Guard {
    tracer: SdkTracerProvider,
    meter: opentelemetry_sdk::metrics::SdkMeterProvider,
}

/// Why telemetry could not be set up.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    #[error("telemetry.log is {text:?}: {why}; write it like `info` or `info,gateway=debug`")]
    Filter { text: String, why: String },
    #[error("telemetry.log_format is {0:?}: write `human` or `json`, or leave it empty")]
    Format(String),
    #[error("telemetry.otlp_endpoint is {endpoint:?}: {why}; write it like http://localhost:4318")]
    Endpoint { endpoint: String, why: String },
    #[error("telemetry is set up once a process, before anything is logged or counted")]
    Twice,
}

/// Sets up logs on stderr, traces and metrics. Comes first in `main`, behind the installation of the TLS
/// provider, which the export to an `https` address needs.
pub fn init(config: &Config) -> Result<Guard, InitError> {
    let format = match config.log_format.as_str() {
        "" if io::stderr().is_terminal() => Format::human(color_wanted()),
        "human" => Format::human(color_wanted() && io::stderr().is_terminal()),
        "" | "json" => Format::Json,
        other => return Err(InitError::Format(other.to_owned())),
    };
    let filter = log_filter(&config.log)?;
    let mut tracer = tracer_provider();
    if !config.otlp_endpoint.is_empty() {
        tracer = tracer.with_batch_exporter(otlp::span_exporter(&config.otlp_endpoint)?);
    }
    let tracer = tracer.build();
    let meter = metrics::start(&config.otlp_endpoint)?.provider.clone();
    subscriber(filter, format, io::stderr, &tracer).try_init().map_err(|_| InitError::Twice)?;
    opentelemetry::global::set_tracer_provider(tracer.clone());
    opentelemetry::global::set_text_map_propagator(TraceContextPropagator::new());
    Ok(Guard { tracer, meter })
}

impl Drop for Guard {
    fn drop(&mut self) {
        // A receiver that is away must not hold up the end of the program; its loss is worth a line.
        if let Err(error) = self.tracer.shutdown_with_timeout(FLUSH_TIMEOUT) {
            tracing::debug!(%error, "the last spans did not leave");
        }
        if let Err(error) = self.meter.shutdown_with_timeout(FLUSH_TIMEOUT) {
            tracing::debug!(%error, "the last metrics did not leave");
        }
    }
}

/// Logs by `filter`, and every span of ours to the tracer, whatever the logs show. Without an exporter there
/// still are trace ids, to find the lines of a task by.
pub(crate) fn subscriber<W>(
    filter: EnvFilter,
    format: Format,
    writer: W,
    tracer: &SdkTracerProvider,
) -> impl Subscriber + for<'span> LookupSpan<'span> + Send + Sync
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let traces = tracing_opentelemetry::layer()
        .with_tracer(tracer.tracer("bailiwick"))
        .with_location(false)
        .with_threads(false)
        .with_target(false)
        .with_tracked_inactivity(false)
        .with_filter(our_spans());
    let logs = tracing_subscriber::fmt::layer().event_format(format).with_writer(writer).with_filter(filter);
    // Traces first: the log lines inside a span ask for its id.
    Registry::default().with(traces).with(logs)
}

/// A provider whose traces of tasks are found by the task's id.
pub(crate) fn tracer_provider() -> TracerProviderBuilder {
    SdkTracerProvider::builder()
        .with_resource(crate::resource())
        .with_id_generator(TaskIdGenerator::default())
}

pub(crate) fn log_filter(text: &str) -> Result<EnvFilter, InitError> {
    let directives = if text.trim().is_empty() { LOG_DEFAULT } else { text };
    EnvFilter::try_new(directives)
        .map_err(|error| InitError::Filter { text: text.to_owned(), why: error.to_string() })
}

fn our_spans() -> FilterFn<fn(&Metadata<'_>) -> bool> {
    filter_fn(|metadata| {
        let room = metadata.target().split("::").next().unwrap_or_default();
        metadata.is_span() && ROOMS.contains(&room)
    })
}

/// <https://no-color.org>
fn color_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}
