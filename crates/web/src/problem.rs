//! Errors as a client sees them: RFC 9457 problem details with a stable `code`.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::model::{ModelError, ModelErrorKind};
use serde::Serialize;
use utoipa::ToSchema;

use crate::ports::SettingsError;

/// What went wrong and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Problem {
    pub status: StatusCode,
    /// Stable, for programs.
    pub code: &'static str,
    /// For the person: what happened, and what to do.
    pub detail: String,
}

/// Problem details (RFC 9457), sent as `application/problem+json`.
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemView {
    /// Always `about:blank`: `code` says what it is.
    r#type: &'static str,
    /// The phrase of the status.
    title: &'static str,
    status: u16,
    /// What happened, and what to do about it.
    detail: String,
    /// Stable word for programs, like `not_found` or `already_resolved`.
    code: &'static str,
}

impl Problem {
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into() }
    }

    /// The request cannot be meant: says what would be right.
    pub fn invalid(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid", detail)
    }

    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// Our fault. `detail` goes to the client and so must not hold secrets.
    pub fn internal(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    pub fn unauthenticated() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthenticated",
            "Sign in first: `bailiwick sign-in` prints a new link for the browser. Programs send the token of \
             instance.json as `Authorization: Bearer …`.",
        )
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        if self.status.is_server_error() {
            tracing::error!(status = self.status.as_u16(), code = self.code, "{}", self.detail);
        }
        let view = ProblemView {
            r#type: "about:blank",
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            detail: self.detail,
            code: self.code,
        };
        let mut response = (self.status, Json(view)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"bailiwick\""));
        }
        response
    }
}

impl From<store::StoreError> for Problem {
    fn from(error: store::StoreError) -> Self {
        use store::StoreError as E;
        let (status, code) = match &error {
            E::NotFound { .. } => (StatusCode::NOT_FOUND, "not_found"),
            E::Conflict { .. } => (StatusCode::CONFLICT, "conflict"),
            E::AlreadyResolved { .. } => (StatusCode::CONFLICT, "already_resolved"),
            E::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid"),
            E::WrongAnswer => (StatusCode::UNPROCESSABLE_ENTITY, "wrong_answer"),
            E::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "store_unavailable"),
            E::Corrupt(_) => (StatusCode::INTERNAL_SERVER_ERROR, "store_corrupt"),
        };
        Self::new(status, code, error.to_string())
    }
}

impl From<agent::TaskError> for Problem {
    fn from(error: agent::TaskError) -> Self {
        use agent::TaskError as E;
        match error {
            E::Store(error) => error.into(),
            E::Model(error) => error.into(),
            E::Invalid(why) => Self::new(StatusCode::CONFLICT, "conflict", why),
            E::ShuttingDown => Self::new(StatusCode::SERVICE_UNAVAILABLE, "shutting_down", error.to_string()),
        }
    }
}

impl From<ModelError> for Problem {
    fn from(error: ModelError) -> Self {
        let code = match error.kind {
            ModelErrorKind::UnknownModel => "unknown_model",
            ModelErrorKind::WrongKey => "wrong_key",
            _ => "model_unavailable",
        };
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, error.message)
    }
}

impl From<gateway::GatewayError> for Problem {
    fn from(error: gateway::GatewayError) -> Self {
        match error {
            gateway::GatewayError::Store(error) => error.into(),
            error => Self::new(StatusCode::SERVICE_UNAVAILABLE, "tool_server_unavailable", error.to_string()),
        }
    }
}

impl From<SettingsError> for Problem {
    fn from(error: SettingsError) -> Self {
        match error {
            SettingsError::Invalid(why) => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", why),
            SettingsError::NotFound(why) => Self::not_found(why),
            SettingsError::Unavailable(why) => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "settings_unavailable", why)
            }
        }
    }
}
