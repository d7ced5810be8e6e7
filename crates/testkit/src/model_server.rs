//! A scripted model server that speaks the vendors' wire formats.
//!
//! It answers `/v1/chat/completions`, `/v1/responses`, `/v1/messages` and
//! `/v1beta/models/{model}:generateContent` (and `:streamGenerateContent`), streaming or whole, and the lists of
//! models. What it answers is a [`Script`]: turns of text, reasoning, parallel tool calls, usage and faults, with
//! texts and error bodies worded as each vendor words them. Requests are checked as strictly as the vendors do
//! (roles, pairing of results, schemas, signatures that must come back) and recorded for tests to look at.
//!
//! ```no_run
//! # async fn example() -> anyhow::Result<()> {
//! use serde_json::json;
//! use testkit::model_server::{Api, ModelServer, Script, Turn};
//!
//! let server = ModelServer::start(Script::new([
//!     Turn::call("read_file", json!({"path": "README.md"})),
//!     Turn::text("It is a tide table.").when("Tide table"),
//! ]))
//! .await?;
//! let base_url = server.url(Api::OpenaiChat);
//! // … ask …
//! assert_eq!(server.requests().len(), 2);
//! # Ok(()) }
//! ```
//!
//! The same as a program, for browsers and the vendors' own clients:
//! `cargo run -p testkit --example model_server -- --script FILE.json --port 8080`. A script file is the JSON of
//! [`Script`], every field but `turns` may be left out; `crates/testkit/scripts/` has one that mends the sample project
//! of the scripted guide, step by step, each turn waiting for the result of the one before.

mod answer;
mod anthropic;
mod check;
mod gemini;
mod openai_chat;
mod openai_responses;
mod problem;
mod record;
mod routes;
mod script;
mod stream;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use record::Recorded;
pub use script::{Api, Call, Fault, LastRole, Reply, Script, Stop, Turn, Usage, When};

/// A running server; dropping it stops it.
#[derive(Debug)]
pub struct ModelServer {
    address: SocketAddr,
    state: Arc<record::State>,
    task: JoinHandle<()>,
}

impl ModelServer {
    /// Starts on a free port of this machine.
    pub async fn start(script: Script) -> std::io::Result<Self> {
        Self::start_on(0, script).await
    }

    /// Starts on a port of this machine; 0 takes a free one.
    pub async fn start_on(port: u16, script: Script) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let state = Arc::new(record::State::new(script));
        let router = routes::router(state.clone());
        // Without this, small events wait for each other.
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        let task = tokio::spawn(async move {
            // Serving ends only when the task is aborted.
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self { address, state, task })
    }

    /// Address of the API as that vendor's own client wants it: with `/v1` for OpenAI, without for the others.
    pub fn url(&self, api: Api) -> String {
        match api {
            Api::OpenaiChat | Api::OpenaiResponses => format!("http://{}/v1", self.address),
            Api::Anthropic | Api::Gemini => format!("http://{}", self.address),
        }
    }

    /// All requests so far, refused ones as well, oldest first.
    pub fn requests(&self) -> Vec<Recorded> {
        self.state.requests()
    }

    /// Turns that nobody has asked for yet.
    pub fn turns_left(&self) -> usize {
        self.state.turns_left()
    }

    /// Waits until the server is stopped from outside.
    pub async fn run(mut self) {
        // The task ends only by being aborted, which is what is waited for.
        let _ = (&mut self.task).await;
    }
}

impl Drop for ModelServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}
