//! Errors as each vendor words them.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::script::{Api, Fault};

/// What is wrong, before a vendor has worded it.
#[derive(Clone, Debug)]
pub(super) enum Problem {
    WrongKey,
    MissingKey,
    Forbidden,
    UnknownModel(String),
    RateLimited(Option<u64>),
    Quota,
    Server,
    Overloaded,
    ContextTooLong,
    /// A malformed request, with the words of the vendor.
    Invalid(String),
}

/// An error answer.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub status: StatusCode,
    pub retry_after: Option<u64>,
    pub body: Value,
}

impl Refusal {
    fn new(status: u16, body: Value) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, retry_after: None, body }
    }
}

/// The problem of a fault, when it is one with a status of its own.
pub(super) fn of_fault(fault: &Fault, model: &str) -> Option<Problem> {
    Some(match fault {
        Fault::WrongKey => Problem::WrongKey,
        Fault::Forbidden => Problem::Forbidden,
        Fault::UnknownModel => Problem::UnknownModel(model.to_owned()),
        Fault::RateLimited { retry_after_seconds } => Problem::RateLimited(*retry_after_seconds),
        Fault::QuotaExhausted => Problem::Quota,
        Fault::ServerError => Problem::Server,
        Fault::Overloaded => Problem::Overloaded,
        Fault::ContextTooLong => Problem::ContextTooLong,
        _ => return None,
    })
}

pub(super) fn word(api: Api, problem: &Problem) -> Refusal {
    let mut refusal = match api {
        Api::OpenaiChat | Api::OpenaiResponses => openai(api, problem),
        Api::Anthropic => anthropic(problem),
        Api::Gemini => gemini(problem),
    };
    if let Problem::RateLimited(seconds) = problem {
        refusal.retry_after = *seconds;
    }
    refusal
}

fn openai(api: Api, problem: &Problem) -> Refusal {
    let error = |status, kind: &str, code: Value, param: Value, message: &str| {
        Refusal::new(
            status,
            json!({"error": {"message": message, "type": kind, "param": param, "code": code}}),
        )
    };
    let invalid = "invalid_request_error";
    match problem {
        Problem::WrongKey => error(
            401,
            invalid,
            json!("invalid_api_key"),
            Value::Null,
            "Incorrect API key provided: sk-te**************-key. You can find your API key at \
             https://platform.openai.com/account/api-keys.",
        ),
        Problem::MissingKey => error(
            401,
            invalid,
            Value::Null,
            Value::Null,
            "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer \
             auth (i.e. Authorization: Bearer YOUR_KEY).",
        ),
        Problem::Forbidden => error(
            403,
            invalid,
            Value::Null,
            Value::Null,
            "You have insufficient permissions for this operation. Missing scopes: model.request.",
        ),
        Problem::UnknownModel(model) => error(
            404,
            invalid,
            json!("model_not_found"),
            Value::Null,
            &format!("The model `{model}` does not exist or you do not have access to it."),
        ),
        Problem::RateLimited(_) => error(
            429,
            "tokens",
            json!("rate_limit_exceeded"),
            Value::Null,
            "Rate limit reached for this model in organization org-test on tokens per min (TPM): Limit 30000, Used \
             29000, Requested 5000. Please try again in 8s.",
        ),
        Problem::Quota => error(
            429,
            "insufficient_quota",
            json!("insufficient_quota"),
            Value::Null,
            "You exceeded your current quota, please check your plan and billing details.",
        ),
        Problem::Server => error(
            500,
            "server_error",
            Value::Null,
            Value::Null,
            "The server had an error while processing your request. Sorry about that!",
        ),
        Problem::Overloaded => error(
            503,
            "service_unavailable_error",
            json!("server_is_overloaded"),
            Value::Null,
            "Our servers are currently overloaded. Please try again later.",
        ),
        Problem::ContextTooLong if api == Api::OpenaiChat => error(
            400,
            invalid,
            json!("context_length_exceeded"),
            json!("messages"),
            "This model's maximum context length is 128000 tokens. However, your messages resulted in 150123 tokens. \
             Please reduce the length of the messages.",
        ),
        Problem::ContextTooLong => error(
            400,
            invalid,
            json!("context_length_exceeded"),
            json!("input"),
            "Your input exceeds the context window of this model. Please adjust your input and try again.",
        ),
        Problem::Invalid(message) => error(400, invalid, Value::Null, Value::Null, message),
    }
}

fn anthropic(problem: &Problem) -> Refusal {
    let error = |status, kind: &str, message: &str| {
        let error = json!({"type": kind, "message": message});
        Refusal::new(
            status,
            json!({"type": "error", "error": error, "request_id": "req_011CSHoEeqs5C35K2UUqR7Fy"}),
        )
    };
    let invalid = "invalid_request_error";
    match problem {
        Problem::WrongKey => error(401, "authentication_error", "invalid x-api-key"),
        Problem::MissingKey => error(401, "authentication_error", "x-api-key header is required"),
        Problem::Forbidden => error(
            403,
            "permission_error",
            "Your API key does not have permission to use the specified resource.",
        ),
        Problem::UnknownModel(model) => error(404, "not_found_error", &format!("model: {model}")),
        Problem::RateLimited(_) => error(
            429,
            "rate_limit_error",
            "This request would exceed your organization's rate limit of 40,000 input tokens per minute.",
        ),
        Problem::Quota => error(
            400,
            invalid,
            "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or \
             purchase credits.",
        ),
        Problem::Server => error(500, "api_error", "Internal server error"),
        Problem::Overloaded => error(529, "overloaded_error", "Overloaded"),
        Problem::ContextTooLong => error(400, invalid, "prompt is too long: 212345 tokens > 200000 maximum"),
        Problem::Invalid(message) => error(400, invalid, message),
    }
}

fn gemini(problem: &Problem) -> Refusal {
    let error = |code: u16, status: &str, message: &str, details: Value| {
        let mut error = json!({"code": code, "message": message, "status": status});
        if !details.is_null() {
            error["details"] = details;
        }
        Refusal::new(code, json!({"error": error}))
    };
    let info = "type.googleapis.com/google.rpc.ErrorInfo";
    match problem {
        Problem::WrongKey => error(
            400,
            "INVALID_ARGUMENT",
            "API key not valid. Please pass a valid API key.",
            json!([{"@type": info, "reason": "API_KEY_INVALID", "domain": "googleapis.com"}]),
        ),
        Problem::MissingKey => error(
            403,
            "PERMISSION_DENIED",
            "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or \
             other form of API consumer identity to call this API.",
            Value::Null,
        ),
        Problem::Forbidden => {
            error(403, "PERMISSION_DENIED", "The caller does not have permission", Value::Null)
        }
        Problem::UnknownModel(model) => error(
            404,
            "NOT_FOUND",
            &format!(
                "models/{model} is not found for API version v1beta, or is not supported for generateContent. Call \
                 ListModels to see the list of available models and their supported methods."
            ),
            Value::Null,
        ),
        Problem::RateLimited(seconds) => error(
            429,
            "RESOURCE_EXHAUSTED",
            "Resource has been exhausted (e.g. check quota).",
            match seconds {
                Some(seconds) => json!([
                    quota("GenerateRequestsPerMinutePerProjectPerModel"),
                    {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": format!("{seconds}s")},
                ]),
                None => json!([quota("GenerateRequestsPerMinutePerProjectPerModel")]),
            },
        ),
        Problem::Quota => error(
            429,
            "RESOURCE_EXHAUSTED",
            "You exceeded your current quota, please check your plan and billing details.",
            json!([quota("GenerateRequestsPerDayPerProjectPerModel-FreeTier")]),
        ),
        Problem::Server => error(
            500,
            "INTERNAL",
            "An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting",
            Value::Null,
        ),
        Problem::Overloaded => {
            error(503, "UNAVAILABLE", "The model is overloaded. Please try again later.", Value::Null)
        }
        Problem::ContextTooLong => error(
            400,
            "INVALID_ARGUMENT",
            "The input token count (1200345) exceeds the maximum number of tokens allowed (1048576).",
            Value::Null,
        ),
        Problem::Invalid(message) => error(400, "INVALID_ARGUMENT", message, Value::Null),
    }
}

fn quota(id: &str) -> Value {
    json!({
        "@type": "type.googleapis.com/google.rpc.QuotaFailure",
        "violations": [{
            "quotaMetric": "generativelanguage.googleapis.com/generate_content_requests",
            "quotaId": id,
        }],
    })
}
