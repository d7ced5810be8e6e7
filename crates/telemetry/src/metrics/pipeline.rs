//! From instruments to whoever reads them: Prometheus always, an OTLP receiver when asked for.

use std::sync::OnceLock;

use opentelemetry::metrics::MeterProvider;
use opentelemetry_sdk::metrics::{PeriodicReader, SdkMeterProvider};
use prometheus::{Registry, TextEncoder};

use super::Metrics;
use crate::{InitError, otlp};

/// The metrics of this process. Safe to use before [`crate::init`], and in tests that never call it.
pub fn metrics() -> &'static Metrics {
    &pipeline().metrics
}

/// All metrics in Prometheus' text format, for `/metrics`.
pub fn prometheus_text() -> String {
    let families = pipeline().registry.gather();
    TextEncoder::new().encode_to_string(&families).unwrap_or_else(|error| {
        tracing::error!(%error, "the metrics cannot be written as text");
        String::new()
    })
}

/// Instruments, and where their values are gathered.
pub(crate) struct Pipeline {
    metrics: Metrics,
    registry: Registry,
    pub(crate) provider: SdkMeterProvider,
}

static PIPELINE: OnceLock<Pipeline> = OnceLock::new();

fn pipeline() -> &'static Pipeline {
    PIPELINE.get_or_init(|| Pipeline::new(None))
}

/// Sends metrics to `endpoint` too, when it is not empty. Has to come before the first metric.
pub(crate) fn start(endpoint: &str) -> Result<&'static Pipeline, InitError> {
    if endpoint.is_empty() {
        return Ok(pipeline());
    }
    let exporter = otlp::metric_exporter(endpoint)?;
    let reader = PeriodicReader::builder(exporter).build();
    PIPELINE.set(Pipeline::new(Some(reader))).map_err(|_| InitError::Twice)?;
    Ok(pipeline())
}

impl Pipeline {
    fn new(otlp: Option<PeriodicReader<opentelemetry_otlp::MetricExporter>>) -> Self {
        let registry = Registry::new();
        let mut builder = SdkMeterProvider::builder().with_resource(crate::resource());
        match opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .scope_info_enabled(false)
            .build()
        {
            Ok(exporter) => builder = builder.with_reader(exporter),
            // Only a registry that has it already refuses the exporter, and this one is new.
            Err(error) => tracing::error!(%error, "/metrics will be empty"),
        }
        if let Some(reader) = otlp {
            builder = builder.with_reader(reader);
        }
        let provider = builder.build();
        Self { metrics: Metrics::new(&provider.meter("bailiwick")), registry, provider }
    }
}
