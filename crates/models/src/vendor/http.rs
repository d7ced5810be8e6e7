//! One request, until its answer begins.

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{RequestBuilder, Response};
use secrecy::ExposeSecret;
use serde_json::Value;
use url::Url;

use crate::config::Api;
use crate::errors::{Failure, Refusal};
use crate::vendor::Target;

/// Of an error body, no more than this is read.
const ERROR_BYTES_MAX: usize = 64 << 10;

/// The version of Anthropic's API that this code was written for.
const ANTHROPIC_VERSION: &str = "2023-06-01";

/// Sends a request and returns its answer once the vendor has begun to stream one.
pub(crate) async fn send(target: &Target, body: &Value) -> Result<Response, Failure> {
    let request = target.client.post(endpoint(target)).header(ACCEPT, "text/event-stream").json(body);
    let response =
        with_key(target, request)?.send().await.map_err(|error| Failure::from_transport(target, &error))?;
    let status = response.status();
    if !status.is_success() {
        let headers = response.headers().clone();
        let text = beginning(response).await;
        return Err(Refusal::read(status.as_u16(), &headers, &text).into_failure(target));
    }
    let kind = response.headers().get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("nothing");
    if !kind.starts_with("text/event-stream") {
        let kind = kind.to_owned();
        return Err(Failure::nonsense(
            target,
            &format!("it answered with `{kind}`, not with an event stream"),
        ));
    }
    Ok(response)
}

/// Where the request goes.
fn endpoint(target: &Target) -> Url {
    let mut url = target.base.clone();
    let last = match target.api {
        Api::OpenaiChat => "chat/completions".to_owned(),
        Api::OpenaiResponses => "responses".to_owned(),
        Api::AnthropicMessages => "messages".to_owned(),
        Api::Gemini => format!("models/{}:streamGenerateContent", target.model.trim_start_matches("models/")),
    };
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty();
        // Two segments at most: a model name with a slash in it is one segment, escaped.
        match last.split_once('/') {
            Some((first, rest)) => segments.push(first).push(rest),
            None => segments.push(&last),
        };
    }
    if target.api == Api::Gemini {
        url.query_pairs_mut().append_pair("alt", "sse");
    }
    url
}

/// Adds the key the way the vendor wants it. Marked sensitive, so that no `Debug` of a request shows it.
fn with_key(target: &Target, mut request: RequestBuilder) -> Result<RequestBuilder, Failure> {
    if target.api == Api::AnthropicMessages {
        request = request.header("anthropic-version", ANTHROPIC_VERSION);
    }
    let Some(key) = &target.key else { return Ok(request) };
    let (name, value) = match target.api {
        Api::OpenaiChat | Api::OpenaiResponses => {
            (AUTHORIZATION.as_str(), format!("Bearer {}", key.expose_secret()))
        }
        Api::AnthropicMessages => ("x-api-key", key.expose_secret().to_owned()),
        Api::Gemini => ("x-goog-api-key", key.expose_secret().to_owned()),
    };
    let mut value = HeaderValue::from_str(&value).map_err(|_| Failure::unusable_key(target))?;
    value.set_sensitive(true);
    Ok(request.header(name, value))
}

/// The beginning of a body, as text.
async fn beginning(mut response: Response) -> String {
    let mut bytes = Vec::new();
    while bytes.len() < ERROR_BYTES_MAX {
        // A body that breaks off still says more than none.
        let Ok(Some(chunk)) = response.chunk().await else { break };
        bytes.extend_from_slice(&chunk);
    }
    bytes.truncate(ERROR_BYTES_MAX);
    String::from_utf8_lossy(&bytes).into_owned()
}
