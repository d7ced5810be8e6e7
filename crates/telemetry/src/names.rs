//! Names of spans, attributes and metrics, in one place (OpenTelemetry GenAI and MCP semantic conventions).
