//! A vendor said no. How vendors word it, and what it means.

use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::model::ModelErrorKind;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

use super::{Failure, Retry};
use crate::names::did_you_mean;
use crate::vendor::Target;

/// An error answer, in the vendor's words.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Refusal {
    /// Zero for an error inside of a stream that names no status.
    status: u16,
    /// Type, code and status words of the vendor, in lower case.
    codes: String,
    message: String,
    retry_after: Option<Duration>,
}

/// Of a vendor's own words, no more than this is repeated: some quote the request.
const QUOTED_CHARS_MAX: usize = 300;

impl Refusal {
    /// From an answer with an error status.
    pub fn read(status: u16, headers: &HeaderMap, body: &str) -> Self {
        let mut refusal = match serde_json::from_str::<Value>(body) {
            Ok(body) => Self::from_body(&body),
            // Proxies in front of vendors answer with pages; their text says nothing to a person.
            Err(_) if body.trim_start().starts_with('<') => Self::default(),
            Err(_) => Self { message: body.trim().to_owned(), ..Self::default() },
        };
        refusal.status = status;
        refusal.retry_after = retry_after(headers, Utc::now()).or(refusal.retry_after);
        refusal
    }

    /// From an error that a stream carried.
    pub fn inside_stream(body: &Value) -> Self {
        Self::from_body(body)
    }

    /// `{"error": {…}}`, `{"error": "text"}`, the inner object alone, or any of them in a list.
    fn from_body(body: &Value) -> Self {
        let body = body.as_array().and_then(|list| list.first()).unwrap_or(body);
        let error = body.get("error").filter(|error| !error.is_null()).unwrap_or(body);
        let word = |name: &str| match error.get(name) {
            Some(Value::String(word)) => word.to_lowercase(),
            Some(Value::Number(number)) => number.to_string(),
            _ => String::new(),
        };
        let details = error.get("details").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let reasons = details.iter().flat_map(|detail| {
            let quotas = detail.pointer("/violations").and_then(Value::as_array).into_iter().flatten();
            quotas
                .filter_map(|violation| violation.get("quotaId")?.as_str())
                .chain(detail.get("reason").and_then(Value::as_str))
        });
        // Anthropic has details that are one object with a code.
        let cause = error.pointer("/details/error_code").and_then(Value::as_str).unwrap_or_default();
        let mut codes = [word("type"), word("code"), word("status"), cause.to_owned()].join(" ");
        for reason in reasons {
            codes.push(' ');
            codes.push_str(&reason.to_lowercase());
        }
        let message = error.as_str().or_else(|| error.get("message")?.as_str()).unwrap_or_default();
        Self {
            status: 0,
            codes,
            message: message.trim().to_owned(),
            retry_after: details.iter().find_map(|detail| seconds(detail.get("retryDelay")?.as_str()?)),
        }
    }

    /// What it means for the task.
    pub fn into_failure(self, target: &Target) -> Failure {
        let kind = self.kind();
        let retry = match kind {
            ModelErrorKind::RateLimited | ModelErrorKind::Unavailable => Retry::After(self.retry_after),
            ModelErrorKind::BadResponse => Retry::After(None),
            _ => Retry::Never,
        };
        let message = format!("{} {}{}", self.verdict(target, kind), self.advice(target, kind), self.quote());
        Failure::new(target, kind, retry, &message)
    }

    fn kind(&self) -> ModelErrorKind {
        let message = self.message.to_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
        let is = |words: &[&str]| words.iter().any(|word| self.codes.contains(word));
        if is(&["context_length_exceeded", "exceed_context_size", "request_too_large"])
            || self.status == 413
            || says(&[
                "prompt is too long",
                "maximum context length",
                "exceeds the context window",
                "exceed context limit",
                "context size",
                "context window",
            ])
            || (says(&["token count"]) && says(&["exceeds the maximum"]))
        {
            ModelErrorKind::ContextTooLong
        } else if is(&["insufficient_quota", "billing", "spend_limit", "perday"])
            || self.status == 402
            || says(&["credit balance is too low", "exceeded your current quota, please check your plan"])
                && !is(&["perminute"])
        {
            ModelErrorKind::QuotaExhausted
        } else if self.status == 401
            || is(&["invalid_api_key", "api_key_invalid", "authentication_error", "unauthenticated"])
            || (self.status == 403 || is(&["permission"]))
        {
            ModelErrorKind::WrongKey
        } else if self.status == 404 || is(&["model_not_found", "not_found"]) {
            ModelErrorKind::UnknownModel
        } else if self.status == 429 || is(&["rate_limit", "resource_exhausted"]) {
            ModelErrorKind::RateLimited
        } else if matches!(self.status, 408 | 409 | 425 | 500..)
            || is(&["overloaded", "server_error", "api_error", "unavailable", "internal", "timeout"])
        {
            ModelErrorKind::Unavailable
        } else if self.status == 0 {
            // A complaint without a code in the middle of an answer: nothing says the request was at fault.
            ModelErrorKind::Unavailable
        } else if (300..400).contains(&self.status) {
            ModelErrorKind::BadResponse
        } else {
            ModelErrorKind::BadRequest
        }
    }

    fn verdict(&self, target: &Target, kind: ModelErrorKind) -> String {
        let (provider, model) = (&target.provider, &target.model);
        match kind {
            ModelErrorKind::WrongKey if target.key.is_none() => {
                format!("{provider} wants a key and has none.")
            }
            ModelErrorKind::WrongKey if self.status == 403 => {
                format!("{provider} does not allow this key to use `{model}`.")
            }
            ModelErrorKind::WrongKey => format!("{provider} does not accept the key."),
            ModelErrorKind::UnknownModel => format!("{provider} does not know the model `{model}`."),
            ModelErrorKind::QuotaExhausted => format!("The quota or the credit at {provider} is used up."),
            ModelErrorKind::RateLimited => format!("{provider} limits how often it may be asked."),
            ModelErrorKind::ContextTooLong => format!("The conversation is too long for `{model}`."),
            ModelErrorKind::Unavailable if self.status != 0 => {
                format!("{provider} cannot answer now (status {}).", self.status)
            }
            ModelErrorKind::Unavailable => format!("{provider} broke off its answer."),
            ModelErrorKind::BadResponse => format!("{provider} sends elsewhere (status {}).", self.status),
            ModelErrorKind::BadRequest => format!("{provider} refuses the request (status {}).", self.status),
        }
    }

    /// What to do; ends with a space when there is anything.
    fn advice(&self, target: &Target, kind: ModelErrorKind) -> String {
        let provider = &target.provider;
        match kind {
            ModelErrorKind::WrongKey => format!("{} ", target.key_hint),
            ModelErrorKind::UnknownModel if self.message.contains("try pulling") => {
                format!("Get it with `ollama pull {}`. ", target.model)
            }
            ModelErrorKind::UnknownModel => format!(
                "{}Is the name right, and may this key use it? Or is `base_url` ({}) wrong? ",
                did_you_mean(&target.model, target.known.iter().map(String::as_str)),
                target.shown_address()
            ),
            ModelErrorKind::QuotaExhausted => {
                format!(
                    "Look at the billing page of {provider}, or choose another model; then resume the task. "
                )
            }
            ModelErrorKind::BadResponse => {
                format!("Set `base_url` of `[models.providers.{provider}]` to the final address. ")
            }
            _ => String::new(),
        }
    }

    fn quote(&self) -> String {
        if self.message.is_empty() {
            return String::new();
        }
        let quoted: String = self.message.chars().take(QUOTED_CHARS_MAX).collect();
        let more = if quoted.len() < self.message.len() { "…" } else { "" };
        format!("It says: “{quoted}{more}”")
    }
}

/// `retry-after-ms`, or `Retry-After` in seconds or as a date.
fn retry_after(headers: &HeaderMap, now: DateTime<Utc>) -> Option<Duration> {
    let read = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(wait) = read("retry-after-ms").and_then(|ms| ms.parse().ok()).and_then(positive) {
        return Some(wait / 1_000);
    }
    let text = read(RETRY_AFTER.as_str())?;
    if let Ok(number) = text.parse() {
        return positive(number);
    }
    let until = DateTime::parse_from_rfc2822(text).ok()?;
    Some((until.with_timezone(&Utc) - now).to_std().unwrap_or_default())
}

/// Google writes `34s` or `0.5s`.
fn seconds(text: &str) -> Option<Duration> {
    positive(text.strip_suffix('s')?.parse().ok()?)
}

/// Seconds as a duration; what cannot be one is none.
fn positive(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_wait_asked_for_is_understood_in_all_its_forms() {
        let now = DateTime::parse_from_rfc3339("2026-11-23T10:00:00Z").expect("date").with_timezone(&Utc);
        for (name, value, wait) in [
            ("retry-after", "7", Some(7_000)),
            ("retry-after", "0.25", Some(250)),
            ("retry-after", "Mon, 23 Nov 2026 10:00:30 GMT", Some(30_000)),
            ("retry-after", "Mon, 23 Nov 2026 09:00:00 GMT", Some(0)),
            ("retry-after-ms", "1500", Some(1_500)),
            ("retry-after", "soon", None),
            ("retry-after", "-3", None),
            ("retry-after", "NaN", None),
            ("retry-after", "1e300", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().expect("header"));
            assert_eq!(retry_after(&headers, now), wait.map(Duration::from_millis), "{name}: {value}");
        }
    }

    #[test]
    fn googles_wait_lies_in_the_body() {
        let body = json!([{"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "slow down", "details": [
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}]}}]);
        let refusal = Refusal::read(429, &HeaderMap::new(), &body.to_string());
        assert_eq!(refusal.retry_after, Some(Duration::from_millis(34_500)));
        assert_eq!(refusal.kind(), ModelErrorKind::RateLimited);
    }

    #[test]
    fn a_spending_limit_is_no_matter_of_waiting() {
        let body = json!({"type": "error", "error": {"type": "rate_limit_error", "message": "Limit reached.",
            "details": {"error_code": "enforced_spend_limit_reached"}}});
        let refusal = Refusal::read(429, &HeaderMap::new(), &body.to_string());
        assert_eq!(refusal.kind(), ModelErrorKind::QuotaExhausted);
    }

    #[test]
    fn odd_bodies_are_no_trouble() {
        for body in
            ["", "null", "[]", "{}", "\"text\"", "{\"error\":null}", "{\"error\":[1]}", "<html>nginx</html>"]
        {
            let refusal = Refusal::read(502, &HeaderMap::new(), body);
            assert_eq!(refusal.kind(), ModelErrorKind::Unavailable, "{body}");
            assert!(!refusal.quote().contains('<'), "{body}");
        }
        assert_eq!(Refusal::read(503, &HeaderMap::new(), "Loading model").message, "Loading model");
    }
}
