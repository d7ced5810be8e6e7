//! One modern request, from the client it names to the last message about it.

use std::sync::Arc;

use serde_json::{Value, json};

use super::client::supported;
use super::listen::Listen;
use crate::exchange::{Client, Request, Service};
use crate::message::{Json, RpcError};
use crate::serve::Options;
use crate::serve::exchange::{Exchange, Outcome, Step};
use crate::serve::incoming::Call;
use crate::serve::members::raw;
use crate::serve::reply;

/// Methods that ended with the legacy era: in a modern request they name nothing.
const REMOVED: [&str; 5] =
    ["initialize", "ping", "logging/setLevel", "resources/subscribe", "resources/unsubscribe"];

/// Dropping it cancels the request.
pub(in crate::serve) struct Answer {
    pub(in crate::serve) id: Json,
    source: Source,
}

enum Source {
    Ready(Option<Outcome>),
    Running(Exchange),
    Listening(Box<Listen>, Exchange),
}

/// What the client is told next.
pub(in crate::serve) enum Told {
    /// A message before the last one, written.
    Message(String),
    Last(Outcome),
}

impl Answer {
    pub(in crate::serve) async fn start(
        service: &Arc<dyn Service>,
        call: Call,
        client: Client,
        options: &Options,
    ) -> Self {
        let id = call.id.clone();
        let source = match call.method.as_str() {
            "server/discover" => Source::Ready(Some(discover(service, &client).await)),
            "subscriptions/listen" => match Listen::open(service, &call, &client, options).await {
                Ok(listen) => Source::Listening(Box::new(listen), run(service, call, client)),
                Err(error) => Source::Ready(Some(Err(error))),
            },
            method if REMOVED.contains(&method) => {
                Source::Ready(Some(Err(RpcError::method_not_found(method))))
            }
            _ => Source::Running(run(service, call, client)),
        };
        Self { id, source }
    }

    /// Nothing is lost when this future is dropped.
    pub(in crate::serve) async fn next(&mut self) -> Told {
        match &mut self.source {
            Source::Ready(outcome) => Told::Last(
                outcome.take().unwrap_or_else(|| Err(RpcError::internal("the request was answered before"))),
            ),
            Source::Running(exchange) => match exchange.next().await {
                Step::Told(notification) => Told::Message(reply::notification(&notification)),
                Step::Answered(outcome) => Told::Last(outcome),
            },
            Source::Listening(listen, exchange) => loop {
                if let Some(acknowledgment) = listen.acknowledgment() {
                    return Told::Message(acknowledgment);
                }
                match exchange.next().await {
                    Step::Told(notification) => {
                        if let Some(message) = listen.message(&notification) {
                            return Told::Message(message);
                        }
                    }
                    Step::Answered(outcome) => {
                        return Told::Last(outcome.and_then(|result| listen.ended(&result)));
                    }
                }
            },
        }
    }
}

impl Answer {
    /// What ends a subscription in good order; none for other requests.
    pub(in crate::serve) fn farewell(&self) -> Option<String> {
        let Source::Listening(listen, _) = &self.source else { return None };
        let result = listen.ended(&raw(r#"{"resultType":"complete"}"#.into())).ok()?;
        Some(reply::result(&self.id, &result))
    }
}

fn run(service: &Arc<dyn Service>, call: Call, client: Client) -> Exchange {
    let request = Request { method: call.method, params: call.params, client: Arc::new(client) };
    Exchange::start(Arc::clone(service), request)
}

/// What the service offers; the versions are the adapter's to say.
async fn discover(service: &Arc<dyn Service>, client: &Client) -> Outcome {
    let mut result = service.discover(client).await?.result;
    let Some(members) = result.as_object_mut() else {
        return Err(RpcError::internal("the service described itself by something that is no object"));
    };
    members.insert("supportedVersions".into(), json!(supported()));
    for (name, value) in
        [("resultType", "complete".into()), ("ttlMs", Value::from(0)), ("cacheScope", "private".into())]
    {
        members.entry(name).or_insert(value);
    }
    crate::message::json(&result)
}
