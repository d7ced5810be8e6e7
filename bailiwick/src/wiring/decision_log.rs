//! Decisions in OPA's format, besides the record.

use std::sync::Arc;

use chrono::SecondsFormat;
use gateway::{Gateway, Observer};
use opa::{DecisionLog, DecisionLogConfig, FileConfig, UploadConfig};
use outbound::{Outbound, Reach};
use policy::decision_log::{LogEvent, Made, Mask};
use secrets::Vault;
use serde_json::json;
use store::DecisionRecord;

use crate::config;
use crate::exit::Failure;
use crate::wiring::policies::source::{address, opened};

/// Begins the log and has the gateway tell it of every decision; `None` when none is configured.
pub async fn start(
    config: &config::DecisionLog,
    gateway: &Gateway,
    outbound: &Outbound,
    vault: &Vault,
) -> Result<Option<DecisionLog>, Failure> {
    if config.file.as_os_str().is_empty() && config.url.is_empty() {
        return Ok(None);
    }
    let reach = if config.allow_private { Reach::Private } else { Reach::Public };
    let mut sinks = DecisionLogConfig::default();
    if !config.url.is_empty() {
        let url = address("[policy.decision_log]", &config.url, outbound, reach)?;
        let token = opened(&config.token, vault).await?;
        sinks.upload = Some(UploadConfig { token, ..UploadConfig::to(url) });
    }
    if !config.file.as_os_str().is_empty() {
        let file: FileConfig = serde_json::from_value(json!({"path": config.file}))?;
        sinks.file = Some(file);
    }
    let mask = Mask { remove: config.erase.clone(), ..Mask::default() };
    mask.check()?;
    let log = DecisionLog::start(sinks, outbound.client(reach)?)?;
    let (to, labels) = (log.clone(), config.labels.clone());
    let observer: Observer = Arc::new(move |record| to.log(&LogEvent::of(made(record), &labels, &mask)));
    gateway.set_observer(observer);
    Ok(Some(log))
}

fn made(record: &DecisionRecord) -> Made<'_> {
    let kind = record.question["principal"]["kind"].as_str().unwrap_or_default();
    Made {
        decision: &record.decision,
        question: &record.question,
        at: record.at.to_rfc3339_opts(SecondsFormat::Micros, true),
        requested_by: format!("{kind} {}", record.principal_id),
        trace_id: String::new(),
        span_id: String::new(),
        bundles: Default::default(),
    }
}
