//! The load: clients that each call the echo tool again as soon as they have their answer.

use std::io;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::http::{Connection, find};

/// What the tool is told; an answer without it does not count.
const TEXT: &str = "the quick brown fox jumps over the lazy dog";
const MODERN: &str = "2026-07-28";
const LEGACY: &str = "2025-11-25";
/// Ids have ten digits, so that all requests have one length.
const FIRST_ID: u64 = 1_000_000_000;
const ID: &[u8] = b"\"id\":1000000000";

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Era {
    Modern,
    Legacy,
}

/// Whom the load is put on.
#[derive(Clone)]
pub struct Target {
    pub url: String,
    /// Lines of an HTTP head, as of authorization.
    pub headers: String,
    pub tool: String,
}

pub struct Figures {
    pub calls: usize,
    pub wrong: usize,
    pub seconds: f64,
    pub p50: Duration,
    pub p99: Duration,
}

impl Figures {
    pub fn per_second(&self) -> f64 {
        self.calls as f64 / self.seconds
    }
}

impl Era {
    pub fn name(self) -> &'static str {
        match self {
            Era::Modern => MODERN,
            Era::Legacy => LEGACY,
        }
    }
}

/// Puts load on the target for `duration`, from this many connections.
pub async fn measure(
    target: &Target,
    era: Era,
    connections: usize,
    duration: Duration,
) -> io::Result<Figures> {
    let mut clients = Vec::new();
    for _ in 0..connections {
        clients.push(Client::open(target, era).await?);
    }
    let began = Instant::now();
    let until = began + duration;
    let running: Vec<_> = clients.into_iter().map(|client| tokio::spawn(client.call_until(until))).collect();
    let (mut times, mut wrong) = (Vec::new(), 0);
    for client in running {
        let (its_times, its_wrong) = client.await.expect("no client panics");
        times.extend(its_times);
        wrong += its_wrong;
    }
    let seconds = began.elapsed().as_secs_f64();
    times.sort_unstable();
    let at = |part: f64| times.get((times.len() as f64 * part) as usize).copied().unwrap_or_default();
    Ok(Figures { calls: times.len(), wrong, seconds, p50: at(0.5), p99: at(0.99) })
}

/// Opens sessions and leaves them, as clients do that are closed without a word.
pub async fn abandon(target: &Target, sessions: usize) -> io::Result<()> {
    let mut connection = Connection::new(&target.url);
    for _ in 0..sessions {
        initialize(&mut connection, target).await?;
    }
    Ok(())
}

/// The name under which the target lists the echo tool.
pub async fn tool(target: &Target, era: Era) -> io::Result<String> {
    let mut connection = Connection::new(&target.url);
    let (headers, params) = match era {
        Era::Modern => (
            format!("{}MCP-Protocol-Version: {MODERN}\r\nMcp-Method: tools/list\r\n", target.headers),
            json!({"_meta": meta()}),
        ),
        Era::Legacy => (initialize(&mut connection, target).await?, json!({})),
    };
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": params}).to_string();
    let request = connection.post(&headers, &body);
    let answer = connection.send(&request).await?;
    let text = String::from_utf8_lossy(answer.body);
    let names = text.split("\"name\":").skip(1).filter_map(|rest| rest.trim_start().split('"').nth(1));
    let echo = names.map(str::to_owned).find(|name| name.to_lowercase().ends_with("echo"));
    echo.ok_or_else(|| io::Error::other(format!("{}: no echo tool in {text}", answer.status)))
}

struct Client {
    connection: Connection,
    request: Vec<u8>,
    id_at: usize,
}

impl Client {
    async fn open(target: &Target, era: Era) -> io::Result<Self> {
        let mut connection = Connection::new(&target.url);
        let mut params = json!({"name": target.tool, "arguments": {"text": TEXT}});
        let headers = match era {
            Era::Modern => {
                params["_meta"] = meta();
                format!(
                    "{}MCP-Protocol-Version: {MODERN}\r\nMcp-Method: tools/call\r\nMcp-Name: {}\r\n",
                    target.headers, target.tool
                )
            }
            Era::Legacy => initialize(&mut connection, target).await?,
        };
        let body = json!({"jsonrpc": "2.0", "id": FIRST_ID, "method": "tools/call", "params": params});
        let request = connection.post(&headers, &body.to_string());
        let id_at = find(&request, ID).expect("it has one") + ID.len() - 10;
        let mut client = Self { connection, request, id_at };
        // Connected, and the path warm.
        for id in 0..20 {
            if !client.call(id).await? {
                let text =
                    String::from_utf8_lossy(client.connection.send(&client.request).await?.body).into_owned();
                return Err(io::Error::other(format!("the first call failed: {text}")));
            }
        }
        Ok(client)
    }

    async fn call_until(mut self, until: Instant) -> (Vec<Duration>, usize) {
        let (mut times, mut wrong) = (Vec::new(), 0);
        for id in 100.. {
            let began = Instant::now();
            if began >= until {
                break;
            }
            match self.call(id).await {
                Ok(true) => times.push(began.elapsed()),
                Ok(false) | Err(_) => wrong += 1,
            }
        }
        (times, wrong)
    }

    /// Whether the answer is the echo.
    async fn call(&mut self, id: u64) -> io::Result<bool> {
        let digits = (FIRST_ID + id).to_string();
        self.request[self.id_at..self.id_at + 10].copy_from_slice(digits.as_bytes());
        let answer = self.connection.send(&self.request).await?;
        Ok(answer.status == 200 && find(answer.body, TEXT.as_bytes()).is_some())
    }
}

/// Begins a session; gives the headers of its requests.
async fn initialize(connection: &mut Connection, target: &Target) -> io::Result<String> {
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": LEGACY, "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"},
    }});
    let request = connection.post(&target.headers, &body.to_string());
    let answer = connection.send(&request).await?;
    if answer.status != 200 {
        let text = String::from_utf8_lossy(answer.body);
        return Err(io::Error::other(format!("initialize: {} {text}", answer.status)));
    }
    // A server may do without sessions.
    let session = answer.session.map(|id| format!("Mcp-Session-Id: {id}\r\n")).unwrap_or_default();
    let headers = format!("{}{session}MCP-Protocol-Version: {LEGACY}\r\n", target.headers);
    let body = json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string();
    let request = connection.post(&headers, &body);
    connection.send(&request).await?;
    Ok(headers)
}

fn meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": {"name": "bench", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}
