//! Servers that hang, die, flood and talk nonsense, and clients that never say goodbye: nobody else notices, and nothing
//! is left of them.

use std::fs;
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT, AUTHORIZATION};
use serde_json::{Value, json};

use crate::support::api::Api;
use crate::support::script_server::home_with_rules;
use crate::support::{Home, Up, eventually};

/// A server of 2025-06-18 with one tool, which is named after what happens when it is called.
const SERVER: &str = r#"
import json, sys

def say(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()

mode = sys.argv[1]
for line in sys.stdin:
    asked = json.loads(line)
    if "id" not in asked:
        continue
    method, answer = asked.get("method"), {"jsonrpc": "2.0", "id": asked["id"]}
    if method == "initialize":
        server = {"name": mode, "version": "1"}
        capabilities = {"tools": {}, "logging": {}}
        answer["result"] = {
            "protocolVersion": "2025-06-18", "capabilities": capabilities, "serverInfo": server,
        }
    elif method == "tools/list":
        tool = {"name": mode, "description": "A tool.", "inputSchema": {"type": "object"}}
        answer["result"] = {"tools": [tool]}
    elif method == "tools/call":
        text = "fine"
        if mode == "die":
            sys.exit(1)
        if mode == "hang":
            continue
        while mode == "flood":
            note = {"level": "error", "data": "x" * 1000}
            say({"jsonrpc": "2.0", "method": "notifications/message", "params": note})
        if mode == "garbage":
            sys.stdout.write("} no JSON \0 {\n" * 1000)
            continue
        if mode == "huge":
            text = "x" * (100 << 20)
        answer["result"] = {"content": [{"type": "text", "text": text}]}
        if mode == "twice":
            say(answer)
    else:
        answer["error"] = {"code": -32601, "message": "unknown method"}
    say(answer)
"#;

/// What the bad ones may take; the one that hangs takes longer than all calls of the good one together.
const LIMIT_MS: u64 = 2_500;
const HANG_MS: u64 = 15_000;
const MESSAGE_BYTES_MAX: u64 = 1 << 20;
/// A machine that is busy with other tests.
const SLACK: Duration = Duration::from_secs(20);

/// `[servers.MODE]`. Its processes are known by `mark`.
fn server(mode: &str, mark: &str, more: &str) -> String {
    let call_ms_max = if mode == "hang" { HANG_MS } else { LIMIT_MS };
    format!(
        "[servers.{mode}]\ntransport = \"stdio\"\ncommand = [\"python3\", \"-c\", '''{SERVER}''', \"{mode}\", \
         \"{mark}-{mode}\"]\n{more}\n[servers.{mode}.limits]\ncall_ms_max = {call_ms_max}\n\
         message_bytes_max = {MESSAGE_BYTES_MAX}\n"
    )
}

/// Of this test alone.
fn mark(home: &Home) -> String {
    let name = home.path().file_name().expect("a name").to_string_lossy();
    format!("rough{}", name.replace(|c: char| !c.is_ascii_alphanumeric(), "0"))
}

fn configure(home: &Home, text: &str) {
    let file = home.config_file();
    let rules = fs::read_to_string(&file).expect("the configuration");
    home.write_config(&format!("{rules}\n{text}"));
}

fn approve(home: &Home, mode: &str) {
    let ended = home.run(&["gateway", "approve", mode, "--yes"]);
    assert_eq!(ended.code, 0, "{mode}: {ended:?}");
}

/// Processes with this in their command line.
fn running(mark: &str) -> Vec<u32> {
    let processes = fs::read_dir("/proc").expect("/proc").flatten();
    let ids = processes.filter_map(|entry| entry.file_name().to_string_lossy().parse::<u32>().ok());
    ids.filter(|id| {
        let line = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains(mark)
    })
    .collect()
}

fn gone(mark: &str) {
    eventually(&format!("the end of {mark}"), || running(mark).is_empty().then_some(()));
}

/// `VmRSS` or `VmHWM` of a serving process, MiB.
fn memory_mib(up: &Up, which: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", up.child.id())).expect("it runs");
    let line = status.lines().find(|line| line.starts_with(which)).expect("a line");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).expect("a number") / 1024
}

#[test]
fn a_bad_server_harms_nobody_else_and_leaves_nothing_behind() {
    const BAD: [&str; 5] = ["hang", "die", "flood", "garbage", "huge"];
    let home = home_with_rules("");
    let mark = mark(&home);
    // Takes connections and never says a word.
    let deaf = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = deaf.local_addr().expect("an address");
    let mut config = format!(
        "[servers.deaf]\ntransport = \"http\"\nurl = \"http://{address}/mcp\"\nallow_private = true\n\
         [servers.deaf.limits]\nconnect_ms_max = {LIMIT_MS}\nlist_ms_max = {LIMIT_MS}\n"
    );
    for mode in BAD.iter().chain(&["good", "twice"]) {
        config.push_str(&server(mode, &mark, ""));
    }
    configure(&home, &config);
    let up = home.up();
    for mode in BAD.iter().chain(&["good", "twice"]) {
        approve(&home, mode);
    }

    let began = Instant::now();
    let tools = Api::of(&home).tools();
    assert!(began.elapsed() < Duration::from_millis(2 * LIMIT_MS) + SLACK, "{:?}", began.elapsed());
    assert!(["good", "hang", "twice"].iter().all(|tool| tools.iter().any(|name| name == tool)), "{tools:?}");

    let before_mib = memory_mib(&up, "VmHWM");
    thread::scope(|scope| {
        let calls: Vec<_> = BAD
            .iter()
            .map(|mode| {
                let api = Api::of(&home);
                scope.spawn(move || (*mode, api.call(mode, json!({}))))
            })
            .collect();
        let api = Api::of(&home);
        for _ in 0..30 {
            assert_eq!(api.call("good", json!({})), ("fine".to_owned(), false));
            assert_eq!(api.call("twice", json!({})), ("fine".to_owned(), false));
        }
        assert!(
            !calls[0].is_finished(),
            "the good ones were answered while a bad one kept its caller waiting"
        );
        for call in calls {
            let (mode, (text, is_error)) = call.join().expect("an answer");
            assert!(is_error, "{mode}: {}", text.chars().take(200).collect::<String>());
            assert!(!text.is_empty() && text.len() < 10_000, "{mode} says why, in short");
        }
    });
    let grown_mib = memory_mib(&up, "VmHWM") - before_mib;
    assert!(grown_mib < 80, "an answer of 100 MB was kept: {grown_mib} MiB more at the peak");
    assert_eq!(Api::of(&home).call("good", json!({})), ("fine".to_owned(), false));

    let extra = format!("{mark}-extra");
    let command = ["gateway", "add", "extra", "--yes", "--", "python3", "-c", SERVER, "extra", &extra];
    let added = home.run(&command);
    assert_eq!(added.code, 0, "{added:?}");
    assert_eq!(Api::of(&home).call("extra", json!({})), ("fine".to_owned(), false));
    assert!(!running(&extra).is_empty(), "it runs, or this test says nothing");
    assert_eq!(home.run(&["gateway", "remove", "extra"]).code, 0);
    gone(&extra);
    assert!(!running(&format!("{mark}-good")).is_empty(), "the others stay");

    let (_, code) = up.terminate();
    assert_eq!(code, 0);
    gone(&mark);
}

#[test]
fn a_server_that_is_killed_takes_its_children_with_it() {
    let home = home_with_rules("");
    let mark = mark(&home);
    configure(&home, &server("good", &mark, ""));
    let up = home.up();
    approve(&home, "good");
    assert_eq!(Api::of(&home).call("good", json!({})), ("fine".to_owned(), false));
    assert!(!running(&mark).is_empty());
    up.kill();
    gone(&mark);
}

/// A client of 2025-06-18 that begins a session.
struct Legacy {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Legacy {
    fn of(home: &Home) -> Self {
        let api = Api::of(home);
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        Self { http, url: format!("{}/mcp", api.base), token: api.token.clone() }
    }

    async fn post(&self, session: Option<&str>, method: &str, params: Value) -> reqwest::Response {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": method, "params": params});
        let mut request = self
            .http
            .post(&self.url)
            .header(AUTHORIZATION, format!("Bearer {}", self.token))
            .header(ACCEPT, "application/json, text/event-stream")
            .json(&body);
        if let Some(session) = session {
            request = request.header("mcp-session-id", session).header("mcp-protocol-version", "2025-06-18");
        }
        request.send().await.expect("an answer")
    }

    async fn begin(&self) -> String {
        let client = json!({"name": "leaver", "version": "1"});
        let params = json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client});
        let response = self.post(None, "initialize", params).await;
        assert_eq!(response.status(), 200);
        let session = response.headers().get("mcp-session-id").expect("a session");
        session.to_str().expect("text").to_owned()
    }
}

#[test]
fn sessions_that_nobody_ends_are_freed_with_their_children() {
    const ROUNDS: usize = 3;
    const SESSIONS: usize = 500;
    let home = home_with_rules("");
    let mark = mark(&home);
    let clients = "[clients]\nsession_idle_seconds_max = 1\n";
    configure(&home, &format!("{clients}{}", server("own", &mark, "sharing = \"per_client\"")));
    let up = home.up();
    approve(&home, "own");
    let legacy = Legacy::of(&home);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let ask_for = |session: String| {
        let legacy = &legacy;
        async move { legacy.post(Some(&session), "ping", json!({})).await.status().as_u16() }
    };

    let mut after_mib = Vec::new();
    for _ in 0..ROUNDS {
        let sessions = runtime.block_on(async {
            let mut sessions = Vec::with_capacity(SESSIONS);
            for _ in 0..SESSIONS {
                sessions.push(legacy.begin().await);
            }
            // Two of them have a child of their own.
            for session in &sessions[SESSIONS - 2..] {
                let called =
                    legacy.post(Some(session), "tools/call", json!({"name": "own", "arguments": {}}));
                let text = called.await.text().await.expect("a body");
                assert!(text.contains("fine"), "{text}");
            }
            sessions
        });
        assert!(running(&mark).len() >= 2, "their children run, or this test says nothing");
        // A request keeps a session alive: each is asked for once, when its time is over.
        thread::sleep(Duration::from_secs(3));
        let statuses = runtime.block_on(async {
            let mut statuses = Vec::with_capacity(SESSIONS);
            for session in sessions {
                statuses.push(ask_for(session).await);
            }
            statuses
        });
        assert!(statuses.iter().all(|status| *status == 404), "{statuses:?}");
        after_mib.push(memory_mib(&up, "VmRSS"));
    }
    eventually("the end of the clients' children", || (running(&mark).len() <= 2).then_some(()));
    let grown_mib = after_mib[ROUNDS - 1].saturating_sub(after_mib[0]);
    assert!(grown_mib < 16, "{after_mib:?} MiB after each round of {SESSIONS} sessions");
}
