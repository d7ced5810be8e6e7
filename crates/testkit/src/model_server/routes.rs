//! The addresses of the vendors.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State as Shared};
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::answer::Event;
use super::problem::{self, Problem};
use super::record::{Recorded, State, readable};
use super::script::{Api, Fault, Turn};
use super::{anthropic, check, gemini, openai_chat, openai_responses, stream};

pub(super) fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/v1/chat/completions", post(chat))
        .route("/v1/responses", post(responses))
        .route("/v1/messages", post(messages))
        .route("/v1/models", get(models))
        // Google's own client asks under `v1`, most others under `v1beta`.
        .route("/v1/models/{call}", post(generate))
        .route("/v1beta/models", get(gemini_models))
        .route("/v1beta/models/{call}", post(generate))
        .with_state(state)
}

async fn chat(Shared(state): Shared<Arc<State>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    answer(&state, Asked::new(Api::OpenaiChat, &uri, headers, &body)).await
}

async fn responses(Shared(state): Shared<Arc<State>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    answer(&state, Asked::new(Api::OpenaiResponses, &uri, headers, &body)).await
}

async fn messages(Shared(state): Shared<Arc<State>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    answer(&state, Asked::new(Api::Anthropic, &uri, headers, &body)).await
}

async fn generate(
    Shared(state): Shared<Arc<State>>,
    Path(call): Path<String>,
    RawQuery(query): RawQuery,
    uri: Uri,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response {
    let query = query.unwrap_or_default();
    // The key may also lie in the address.
    let key = query.split('&').find_map(|pair| pair.strip_prefix("key="));
    if let Some(key) = key.and_then(|key| HeaderValue::from_str(key).ok()) {
        headers.entry("x-goog-api-key").or_insert(key);
    }
    let mut asked = Asked::new(Api::Gemini, &uri, headers, &body);
    let (model, method) = call.rsplit_once(':').unwrap_or((&call, ""));
    asked.model = model.to_owned();
    asked.stream = match method {
        "generateContent" => false,
        // Without this the vendor streams one JSON list, which nobody reads.
        "streamGenerateContent" if query.split('&').any(|pair| pair == "alt=sse") => true,
        _ => return refuse(Api::Gemini, &Problem::UnknownModel(call.clone())),
    };
    answer(&state, asked).await
}

/// A request, before it is checked.
struct Asked {
    api: Api,
    path: String,
    headers: HeaderMap,
    model: String,
    stream: bool,
    /// `None` when it is no JSON.
    body: Option<Value>,
}

impl Asked {
    fn new(api: Api, uri: &Uri, headers: HeaderMap, body: &Bytes) -> Self {
        let body: Option<Value> = serde_json::from_slice(body).ok();
        let field = |name: &str| body.as_ref().and_then(|body| body.get(name));
        Self {
            api,
            path: uri.path().to_owned(),
            headers,
            model: field("model").and_then(Value::as_str).unwrap_or_default().to_owned(),
            stream: field("stream").and_then(Value::as_bool).unwrap_or(false),
            body,
        }
    }
}

async fn answer(state: &State, asked: Asked) -> Response {
    let body = asked.body.clone().unwrap_or_default();
    let checked = match &asked.body {
        Some(body) => check::request(asked.api, &asked.model, &asked.headers, body, state),
        None => Err(Problem::Invalid("We could not parse the JSON body of your request.".to_owned())),
    };
    let chosen = checked.and_then(|last| {
        state.take(&last).ok_or_else(|| {
            let shown: String = last.text.chars().take(200).collect();
            Problem::Invalid(format!(
                "the script has no turn left for a {:?} message like: {shown}",
                last.role
            ))
        })
    });
    state.record(Recorded {
        api: asked.api,
        path: asked.path.clone(),
        headers: readable(&asked.headers),
        body: body.clone(),
        stream: asked.stream,
        refused: match &chosen {
            Err(Problem::Invalid(why)) => Some(why.clone()),
            Err(other) => Some(format!("{other:?}")),
            Ok(_) => None,
        },
    });
    match chosen {
        Err(problem) => refuse(asked.api, &problem),
        Ok(turn) => perform(state, &asked, &body, &turn).await,
    }
}

async fn perform(state: &State, asked: &Asked, body: &Value, turn: &Turn) -> Response {
    tokio::time::sleep(Duration::from_millis(turn.delay_ms)).await;
    if let Some(problem) = turn.fault.as_ref().and_then(|fault| problem::of_fault(fault, &asked.model)) {
        return refuse(asked.api, &problem);
    }
    if turn.fault == Some(Fault::Garbage) {
        return Html("<!doctype html><title>Welcome to nginx!</title><h1>Welcome to nginx!</h1>")
            .into_response();
    }
    if !asked.stream {
        return Json(match asked.api {
            Api::OpenaiChat => openai_chat::whole(&asked.model, body, &turn.reply, state),
            Api::OpenaiResponses => openai_responses::whole(&asked.model, body, &turn.reply, state),
            Api::Anthropic => anthropic::whole(&asked.model, body, &turn.reply, state),
            Api::Gemini => gemini::whole(&asked.model, body, &turn.reply, state),
        })
        .into_response();
    }
    let events = match asked.api {
        Api::OpenaiChat => openai_chat::events(&asked.model, body, &turn.reply, state),
        Api::OpenaiResponses => openai_responses::events(&asked.model, body, &turn.reply, state),
        Api::Anthropic => anthropic::events(&asked.model, body, &turn.reply, state),
        Api::Gemini => gemini::events(&asked.model, body, &turn.reply, state),
    };
    let pause = Duration::from_millis(turn.pause_ms);
    let body = stream::body(&events, turn.fault.as_ref(), error_event(asked.api), pause);
    ([(header::CONTENT_TYPE, "text/event-stream; charset=utf-8")], body).into_response()
}

/// The vendor's error in the middle of a stream.
fn error_event(api: Api) -> Event {
    let body = problem::word(api, &Problem::Overloaded).body;
    match api {
        Api::OpenaiChat | Api::Gemini => Event::unnamed(&body),
        Api::OpenaiResponses => Event::typed(&json!({
            "type": "error",
            "code": "server_is_overloaded",
            "message": "Our servers are currently overloaded. Please try again later.",
            "param": null,
            "sequence_number": 3,
        })),
        Api::Anthropic => Event::typed(&body),
    }
}

fn refuse(api: Api, problem: &Problem) -> Response {
    let refusal = problem::word(api, problem);
    let mut response = (refusal.status, Json(refusal.body)).into_response();
    if let Some(seconds) = refusal.retry_after {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// OpenAI's list, or that of the vendor whose headers are sent: three of them list under the same address.
async fn models(state: Shared<Arc<State>>, headers: HeaderMap) -> Response {
    if headers.contains_key("x-goog-api-key") {
        return gemini_models(state, headers).await;
    }
    let Shared(state) = state;
    let anthropic = headers.contains_key("anthropic-version");
    let api = if anthropic { Api::Anthropic } else { Api::OpenaiChat };
    if let Err(problem) = check::key(api, &headers, state.script.key.as_deref()) {
        return refuse(api, &problem);
    }
    let names = &state.script.models;
    Json(if anthropic {
        let data: Vec<Value> = names
            .iter()
            .map(|id| json!({"type": "model", "id": id, "display_name": id, "created_at": "2026-01-01T00:00:00Z"}))
            .collect();
        json!({"data": data, "has_more": false, "first_id": names.first(), "last_id": names.last()})
    } else {
        let data: Vec<Value> = names
            .iter()
            .map(|id| json!({"id": id, "object": "model", "created": 1_767_225_600, "owned_by": "testkit"}))
            .collect();
        json!({"object": "list", "data": data})
    })
    .into_response()
}

async fn gemini_models(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Response {
    if let Err(problem) = check::key(Api::Gemini, &headers, state.script.key.as_deref()) {
        return refuse(Api::Gemini, &problem);
    }
    let models: Vec<Value> = state
        .script
        .models
        .iter()
        .map(|id| {
            json!({
                "name": format!("models/{id}"),
                "displayName": id,
                "inputTokenLimit": 1_048_576,
                "outputTokenLimit": 65_536,
                "supportedGenerationMethods": ["generateContent"],
            })
        })
        .collect();
    Json(json!({"models": models})).into_response()
}
