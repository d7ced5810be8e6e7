//! Exporters to an OTLP/HTTP receiver.

use opentelemetry_otlp::{ExporterBuildError, MetricExporter, Protocol, SpanExporter, WithExportConfig};

use crate::InitError;

pub(crate) fn span_exporter(endpoint: &str) -> Result<SpanExporter, InitError> {
    SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(signal(endpoint, "v1/traces"))
        .build()
        .map_err(|error| failed(endpoint, &error))
}

pub(crate) fn metric_exporter(endpoint: &str) -> Result<MetricExporter, InitError> {
    MetricExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(signal(endpoint, "v1/metrics"))
        .build()
        .map_err(|error| failed(endpoint, &error))
}

/// An address set in code is taken as it is, so the path of the signal is ours to add.
fn signal(endpoint: &str, path: &str) -> String {
    format!("{}/{path}", endpoint.trim_end_matches('/'))
}

fn failed(endpoint: &str, error: &ExporterBuildError) -> InitError {
    InitError::Endpoint { endpoint: endpoint.to_owned(), why: error.to_string() }
}
