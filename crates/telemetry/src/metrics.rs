//! Metrics, with a method for each thing that is counted. What may be a label is a parameter; ids are not.

mod pipeline;

use std::time::Duration;

use domain::MicroUsd;
use domain::decision::{Point, Verdict};
use domain::limits::Usage;
use domain::model::{ModelErrorKind, ModelInfo};
use domain::task::TaskStatus;
use opentelemetry::KeyValue;
use opentelemetry::metrics::{Counter, Histogram, Meter, UpDownCounter};

pub(crate) use self::pipeline::start;
pub use self::pipeline::{metrics, prometheus_text};
use crate::names;

/// Boundaries that the GenAI conventions advise for tokens of one request.
const TOKENS: [f64; 14] = [
    1.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1_024.0,
    4_096.0,
    16_384.0,
    65_536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];

/// Boundaries in seconds for what a person or a model waits for.
const SECONDS: [f64; 14] =
    [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92];

/// Boundaries in seconds for what should take microseconds.
const FAST_SECONDS: [f64; 10] = [10e-6, 25e-6, 50e-6, 100e-6, 250e-6, 500e-6, 1e-3, 5e-3, 25e-3, 250e-3];

/// What is counted. Labels have few values by nature: tools that exist, models that were opened, routes.
#[derive(Debug)]
pub struct Metrics {
    tool_calls: Counter<u64>,
    tool_duration: Histogram<f64>,
    decision_duration: Histogram<f64>,
    model_duration: Histogram<f64>,
    token_usage: Histogram<u64>,
    model_cost: Counter<f64>,
    tasks: UpDownCounter<i64>,
    fence_duration: Histogram<f64>,
    http_duration: Histogram<f64>,
}

impl Metrics {
    /// A call of a tool that exists, as it was ruled on. Calls of names that mean nothing count under an empty
    /// server and tool, so that a model cannot invent labels.
    pub fn tool_call(&self, server: &str, tool: &str, verdict: Verdict) {
        let tool = if server.is_empty() { "" } else { tool };
        self.tool_calls.add(
            1,
            &[
                text(names::TOOL_SERVER, server),
                text(names::TOOL_NAME, tool),
                word(names::DECISION_VERDICT, self::verdict(verdict)),
            ],
        );
    }

    /// How long a call that was let through took; `failed` also when the tool answered with an error.
    pub fn tool_finished(&self, server: &str, tool: &str, failed: bool, took: Duration) {
        let mut labels = vec![text(names::TOOL_SERVER, server), text(names::TOOL_NAME, tool)];
        labels.extend(failed.then(|| word(names::ERROR_TYPE, "tool_error")));
        self.tool_duration.record(took.as_secs_f64(), &labels);
    }

    /// An answer of the policy, and how long it took.
    pub fn decision(&self, point: Point, verdict: Verdict, took: Duration) {
        self.decision_duration.record(
            took.as_secs_f64(),
            &[
                word(names::DECISION_POINT, point.as_str()),
                word(names::DECISION_VERDICT, self::verdict(verdict)),
            ],
        );
    }

    /// A request to a model that came to its end, retries included.
    pub fn model_call(&self, model: &ModelInfo, error: Option<ModelErrorKind>, took: Duration) {
        let mut labels = of_model(model).to_vec();
        labels.extend(error.map(|kind| text(names::ERROR_TYPE, &format!("{kind:?}"))));
        self.model_duration.record(took.as_secs_f64(), &labels);
    }

    /// What a model call used and cost.
    pub fn model_usage(&self, model: &ModelInfo, usage: &Usage, cost: MicroUsd) {
        let labels = of_model(model);
        for (kind, tokens) in [("input", usage.input), ("output", usage.output)] {
            let mut labels = labels.to_vec();
            labels.push(word(names::TOKEN_TYPE, kind));
            self.token_usage.record(tokens, &labels);
        }
        self.model_cost.add(cost.usd().max(0.0), &labels);
    }

    /// A task went from one status to another: `from` is none for one that is new to this process, `to` is
    /// none for one that this process lets go.
    pub fn task_moved(&self, from: Option<TaskStatus>, to: Option<TaskStatus>) {
        if from == to {
            return;
        }
        for (status, change) in [(from, -1), (to, 1)] {
            if let Some(status) = status {
                self.tasks.add(change, &[word(names::TASK_STATUS, status.as_str())]);
            }
        }
    }

    /// A fenced command came to its end. `outcome` is one of a few words, like `exited`, `killed`, `timed_out`.
    pub fn fence_launch(&self, outcome: &'static str, took: Duration) {
        self.fence_duration.record(took.as_secs_f64(), &[word(names::FENCE_OUTCOME, outcome)]);
    }

    /// An HTTP request was answered. `route` is the template (`/api/v1/tasks/{id}`), never the path.
    pub fn http_request(&self, method: &str, route: &str, status: u16, took: Duration) {
        self.http_duration.record(
            took.as_secs_f64(),
            &[
                word(names::HTTP_METHOD, known_method(method)),
                text(names::HTTP_ROUTE, route),
                KeyValue::new(names::HTTP_STATUS, i64::from(status)),
            ],
        );
    }

    fn new(meter: &Meter) -> Self {
        let histogram = |name: &'static str, what: &'static str, boundaries: &[f64]| {
            meter
                .f64_histogram(name)
                .with_unit("s")
                .with_description(what)
                .with_boundaries(boundaries.to_vec())
                .build()
        };
        Self {
            tool_calls: meter
                .u64_counter(names::TOOL_CALLS)
                .with_description("Tool calls by what the policy said")
                .build(),
            tool_duration: histogram(names::TOOL_DURATION, "Time of tool calls that ran", &SECONDS),
            decision_duration: histogram(names::DECISION_DURATION, "Time of policy decisions", &FAST_SECONDS),
            model_duration: histogram(names::MODEL_DURATION, "Time of model calls", &SECONDS),
            token_usage: meter
                .u64_histogram(names::TOKEN_USAGE)
                .with_unit("{token}")
                .with_description("Tokens of model calls")
                .with_boundaries(TOKENS.to_vec())
                .build(),
            model_cost: meter
                .f64_counter(names::MODEL_COST)
                .with_unit("{USD}")
                .with_description("Cost of model calls, US dollars")
                .build(),
            tasks: meter
                .i64_up_down_counter(names::TASKS)
                .with_description("Tasks that this process looks after, by status")
                .build(),
            fence_duration: histogram(names::FENCE_DURATION, "Time of fenced commands", &SECONDS),
            http_duration: histogram(names::HTTP_DURATION, "Time of HTTP requests", &SECONDS),
        }
    }
}

/// A verdict as it stands on labels and spans.
pub(crate) fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Ask => "ask",
        Verdict::Deny => "deny",
    }
}

fn of_model(model: &ModelInfo) -> [KeyValue; 3] {
    let provider = model.name.split('/').next().unwrap_or_default();
    [
        word(names::OPERATION, names::CHAT),
        text(names::PROVIDER, provider),
        text(names::REQUEST_MODEL, &model.name),
    ]
}

/// A client may send any word as a method; the conventions fold unknown ones into one.
fn known_method(method: &str) -> &'static str {
    ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"]
        .into_iter()
        .find(|known| *known == method)
        .unwrap_or("_OTHER")
}

fn word(name: &'static str, value: &'static str) -> KeyValue {
    KeyValue::new(name, value)
}

fn text(name: &'static str, value: &str) -> KeyValue {
    KeyValue::new(name, value.to_owned())
}

#[cfg(test)]
mod tests;
