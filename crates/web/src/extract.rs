//! Extractors whose refusals are problems that say where the request is wrong.

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::Problem;
use crate::state::AppState;

/// A JSON body.
pub(crate) struct Body<T>(pub T);

/// A JSON body that may be left out.
pub(crate) struct OptionalBody<T>(pub T);

/// Path parameters.
pub(crate) struct Path<T>(pub T);

/// Query parameters.
pub(crate) struct Query<T>(pub T);

impl<T: DeserializeOwned> FromRequest<AppState> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        match axum::Json::<T>::from_request(request, state).await {
            Ok(axum::Json(value)) => Ok(Self(value)),
            Err(rejection) => Err(body_problem(&rejection, state.config.body_bytes_max)),
        }
    }
}

impl<T: DeserializeOwned + Default> FromRequest<AppState> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        use axum::body::HttpBody as _;
        if request.body().is_end_stream() {
            return Ok(Self(T::default()));
        }
        let Body(value) = Body::from_request(request, state).await?;
        Ok(Self(value))
    }
}

impl<T: DeserializeOwned + Send> FromRequestParts<AppState> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(rejection) => Err(path_problem(&rejection)),
        }
    }
}

impl<T: DeserializeOwned> FromRequestParts<AppState> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        match axum::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(value)) => Ok(Self(value)),
            Err(rejection) => Err(query_problem(&rejection)),
        }
    }
}

fn body_problem(rejection: &JsonRejection, body_bytes_max: usize) -> Problem {
    match rejection {
        JsonRejection::MissingJsonContentType(_) => content_type_problem(),
        JsonRejection::BytesRejection(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "body_too_large",
                format!(
                    "The body is larger than {body_bytes_max} bytes. Send less, or raise `body_bytes_max` in [web]."
                ),
            )
        }
        // The text names the field, or the line and column.
        _ => Problem::new(rejection.status(), "invalid", rejection.body_text()),
    }
}

/// Only JSON is taken: a form of a foreign page cannot send it without asking first.
pub(crate) fn content_type_problem() -> Problem {
    Problem::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "unsupported_media_type",
        "Send the body as JSON, with `Content-Type: application/json`.",
    )
}

fn path_problem(rejection: &PathRejection) -> Problem {
    Problem::invalid(format!("The address is not right: {}. Ids are UUIDs.", rejection.body_text()))
}

fn query_problem(rejection: &QueryRejection) -> Problem {
    Problem::invalid(format!("The query is not right: {}.", rejection.body_text()))
}
