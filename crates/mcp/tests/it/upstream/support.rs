//! Servers written by hand, and a client to ask them with.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use domain::server::{ServerLimits, Sharing};
use futures::FutureExt;
use mcp::exchange::{Client, Inbox, Outbox, Request};
use mcp::message::{Json, json as to_json};
use mcp::upstream::{Child, HttpParts, Parts, Spawn, TransportParts, Upstream, UpstreamError};
use mcp::version::Version;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, DuplexStream, Lines};

/// The far end of a child's standard streams.
pub struct Peer {
    lines: Lines<BufReader<DuplexStream>>,
    out: DuplexStream,
    pub errors: DuplexStream,
}

impl Peer {
    /// The next message; none when the near end closed its side.
    pub async fn heard(&mut self) -> Option<Value> {
        let line = self.lines.next_line().await.ok()??;
        Some(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{line}: {error}")))
    }

    /// The next message, which has to be this.
    pub async fn expect(&mut self, method: &str) -> Value {
        let message = self.heard().await.unwrap_or_else(|| panic!("the end instead of {method}"));
        assert_eq!(message["method"], method, "{message}");
        message
    }

    pub async fn raw(&mut self, text: &str) {
        // A test may be over before its server.
        let _ = self.out.write_all(text.as_bytes()).await;
    }

    pub async fn say(&mut self, message: Value) {
        self.raw(&format!("{message}\n")).await;
    }

    pub async fn answer(&mut self, request: &Value, result: Value) {
        self.say(json!({"jsonrpc": "2.0", "id": request["id"], "result": result})).await;
    }

    pub async fn fail(&mut self, request: &Value, code: i64, message: &str) {
        let error = json!({"code": code, "message": message});
        self.say(json!({"jsonrpc": "2.0", "id": request["id"], "error": error})).await;
    }

    /// Greets as a server of the newest version.
    pub async fn greet(&mut self) {
        let request = self.expect("server/discover").await;
        self.answer(&request, discovery()).await;
    }

    /// Greets as a server of 2025-11-25 with these capabilities. Only the first is asked which era it is of.
    pub async fn greet_legacy(&mut self, capabilities: Value) {
        let mut request = self.heard().await.expect("a greeting");
        if request["method"] == "server/discover" {
            self.fail(&request, -32601, "what?").await;
            request = self.expect("initialize").await;
        }
        assert_eq!(request["method"], "initialize");
        assert!(request["params"].get("_meta").is_none(), "{request}");
        let result = json!({
            "protocolVersion": "2025-11-25",
            "capabilities": capabilities,
            "serverInfo": {"name": "old", "version": "1"},
        });
        self.answer(&request, result).await;
        self.expect("notifications/initialized").await;
    }

    /// Reads until the near end closes its side.
    pub async fn rest(&mut self) {
        while self.heard().await.is_some() {}
    }
}

pub fn discovery() -> Value {
    json!({
        "resultType": "complete",
        "supportedVersions": ["2026-07-28"],
        "capabilities": {"tools": {}},
        "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "new", "version": "1"}},
    })
}

type Script = Box<dyn Fn(usize, Peer) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

/// Starts a script as if it were a child; the number says how many were started before.
pub struct Scripted {
    script: Script,
    pub started: AtomicUsize,
    pub killed: Arc<AtomicUsize>,
}

impl Scripted {
    pub fn new<F>(script: impl Fn(usize, Peer) -> F + Send + Sync + 'static) -> Arc<Self>
    where
        F: Future<Output = ()> + Send + 'static,
    {
        Arc::new(Self {
            script: Box::new(move |nth, peer| Box::pin(script(nth, peer))),
            started: AtomicUsize::new(0),
            killed: Arc::default(),
        })
    }
}

struct Kill(tokio::task::AbortHandle, Arc<AtomicUsize>);

impl Drop for Kill {
    fn drop(&mut self) {
        self.0.abort();
        self.1.fetch_add(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Spawn for Scripted {
    async fn spawn(&self) -> Result<Child, UpstreamError> {
        let (stdin, theirs_in) = tokio::io::duplex(64 << 10);
        let (stdout, theirs_out) = tokio::io::duplex(64 << 10);
        let (stderr, errors) = tokio::io::duplex(1 << 10);
        let peer = Peer { lines: BufReader::new(theirs_in).lines(), out: theirs_out, errors };
        let nth = self.started.fetch_add(1, Ordering::SeqCst);
        let task = tokio::spawn((self.script)(nth, peer));
        let kill = Kill(task.abort_handle(), self.killed.clone());
        let done = task.map(|ended| match ended {
            Ok(()) => "exit status: 0".to_owned(),
            Err(error) if error.is_panic() => "exit status: 101".to_owned(),
            Err(_) => "killed".to_owned(),
        });
        Ok(Child {
            stdin: Box::new(stdin),
            stdout: Box::new(stdout),
            stderr: Box::new(stderr),
            done: done.boxed(),
            kill: Box::new(kill),
        })
    }
}

/// Small enough that tests are quick, large enough for a busy machine.
pub fn limits() -> ServerLimits {
    ServerLimits {
        connect_ms_max: 20_000,
        call_ms_max: 20_000,
        message_bytes_max: 1 << 20,
        ..Default::default()
    }
}

pub fn over_pipe(spawn: Arc<Scripted>, limits: ServerLimits, sharing: Sharing) -> Upstream {
    Upstream::new(Parts {
        name: "scripted".to_owned(),
        transport: TransportParts::Stdio(spawn),
        limits,
        sharing,
    })
}

pub fn over_http(url: &str, limits: ServerLimits) -> Upstream {
    Upstream::new(Parts {
        name: "web".to_owned(),
        transport: TransportParts::Http(http_parts(url)),
        limits,
        sharing: Sharing::Shared,
    })
}

pub fn http_parts(url: &str) -> HttpParts {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let http = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .tcp_nodelay(true)
        .build()
        .unwrap();
    HttpParts { url: url.parse().unwrap(), http, headers: Arc::new(http::HeaderMap::new()) }
}

/// Serves a router on a free port, and gives the address of `/mcp`.
pub async fn serve(router: axum::Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    format!("http://{address}/mcp")
}

/// A client that can be asked for forms and samples.
pub fn client(conversation: &str) -> Arc<Client> {
    client_with(conversation, json!({"elicitation": {"form": {}}, "sampling": {}}))
}

pub fn client_with(conversation: &str, capabilities: Value) -> Arc<Client> {
    Arc::new(Client {
        version: Version::LATEST,
        info: json!({"name": "tester", "version": "1"}),
        capabilities,
        conversation: conversation.to_owned(),
        extensions: http::Extensions::new(),
    })
}

pub fn request(client: &Arc<Client>, method: &str, params: Value) -> Request {
    Request { method: method.to_owned(), params: Some(to_json(&params).unwrap()), client: client.clone() }
}

pub fn raw_request(client: &Arc<Client>, method: &str, params: &str) -> Request {
    let params = RawValue::from_string(params.to_owned()).unwrap();
    Request { method: method.to_owned(), params: Some(params), client: client.clone() }
}

pub async fn ask(
    upstream: &Upstream,
    client: &Arc<Client>,
    method: &str,
    params: Value,
) -> Result<Value, UpstreamError> {
    let result = upstream.request(request(client, method, params), Outbox::closed()).await?;
    Ok(value(&result))
}

pub async fn call(upstream: &Upstream, tool: &str) -> Result<Value, UpstreamError> {
    ask(upstream, &client("one"), "tools/call", json!({"name": tool})).await
}

pub fn value(json: &Json) -> Value {
    serde_json::from_str(json.get()).unwrap()
}

/// Runs a request in the background, with what is told on the way.
pub fn start(
    upstream: &Upstream,
    request: Request,
) -> (tokio::task::JoinHandle<Result<Value, UpstreamError>>, Inbox) {
    let (out, inbox) = Outbox::new();
    let upstream = upstream.clone();
    (tokio::spawn(async move { upstream.request(request, out).await.map(|result| value(&result)) }), inbox)
}

/// Waits for something that has to come, however slow the machine is.
pub async fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..3_000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("never: {what}");
}
