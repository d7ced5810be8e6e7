use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use domain::TaskId;
use secrecy::SecretString;
use serde_json::Value;

use super::*;
use crate::init::{log_filter, subscriber, tracer_provider};

#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is logged during `work`.
fn logged(filter: &str, format: Format, work: impl FnOnce()) -> String {
    let page = Page::default();
    let writer = page.clone();
    let tracer = tracer_provider().build();
    let subscriber = subscriber(log_filter(filter).unwrap(), format, move || writer.clone(), &tracer);
    tracing::subscriber::with_default(subscriber, work);
    String::from_utf8(page.0.lock().unwrap().clone()).unwrap()
}

#[test]
fn json_lines_name_the_trace_of_their_task() {
    let id = TaskId::new();
    let page = logged("", Format::Json, || {
        crate::spans::task(id, "demo").in_scope(|| {
            tracing::warn!(count = 3, ok = true, path = "/srv/\u{1b}[31m", "two\nlines");
        });
        tracing::info!("outside");
        tracing::debug!("not shown by default");
    });
    let lines: Vec<Value> = page.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [inside, outside] = &lines[..] else { panic!("{page}") };
    assert_eq!(inside["level"], "WARN");
    assert_eq!(inside["message"], "two\nlines");
    assert_eq!(inside["fields"], serde_json::json!({"count": 3, "ok": true, "path": "/srv/\u{1b}[31m"}));
    assert_eq!(inside["trace_id"], id.0.simple().to_string());
    assert_eq!(inside["span_id"].as_str().unwrap().len(), 16);
    assert!(inside["target"].as_str().unwrap().starts_with("telemetry::"));
    assert!(chrono::DateTime::parse_from_rfc3339(inside["timestamp"].as_str().unwrap()).is_ok());
    assert_eq!(outside["message"], "outside");
    assert_eq!(outside.get("trace_id"), None);
}

#[test]
fn human_lines_are_one_line_each_and_harmless() {
    let page = logged("debug", Format::human(false), || {
        tracing::info!(port = 7878, name = "a b", "serving");
        tracing::error!("bad \u{1b}[2J\nINFO forged");
    });
    let lines: Vec<&str> = page.lines().collect();
    let [serving, bad] = lines[..] else { panic!("{page}") };
    assert!(serving.ends_with(" INFO serving port=7878 name=a b"), "{serving}");
    assert!(
        bad.contains("ERROR bad \\u{1b}[2J\\nINFO forged") && bad.ends_with("(telemetry::logs::tests)"),
        "{bad}"
    );
}

#[test]
fn color_is_only_there_when_wanted() {
    let line = |color| logged("", Format::human(color), || tracing::warn!("x"));
    assert!(line(true).contains("\u{1b}[33m"));
    assert!(!line(false).contains('\u{1b}'));
}

#[test]
fn secrets_do_not_print() {
    #[derive(Debug)]
    #[expect(dead_code, reason = "read by its Debug")]
    struct Provider {
        key: SecretString,
    }
    for format in [Format::Json, Format::human(false)] {
        let page = logged("trace", format, || {
            let key = SecretString::from("hunter2");
            tracing::info!(?key, "a key");
            tracing::info!(provider = ?Provider { key }, "a provider");
        });
        assert!(page.contains("REDACTED") && !page.contains("hunter2"), "{page}");
    }
}

#[test]
fn the_filter_is_the_one_asked_for() {
    let page = logged("warn,telemetry=debug", Format::Json, || {
        tracing::debug!("ours");
        tracing::info!(target: "elsewhere", "theirs");
    });
    assert!(page.contains("ours") && !page.contains("theirs"), "{page}");

    let error = log_filter("gateway=loud").unwrap_err().to_string();
    assert!(error.contains("telemetry.log") && error.contains("gateway=debug"), "{error}");
}
