//! MCP servers that people use, in the fence: they start, answer, and get at nothing else.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;
use std::time::Duration;

use fence::{Kill, Level, ServerChild, ServerCommand};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::unix::pipe;
use tokio::process::ChildStdout;

use crate::place::{LEVELS, Place, at};

/// A busy machine takes its time to start an interpreter.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(60);

pub fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for level in &LEVELS[..2] {
        trials.push(at(*level, "servers::everything", everything));
        trials.push(at(*level, "servers::filesystem", filesystem));
        trials.push(at(*level, "servers::git", git));
        trials.push(at(*level, "servers::time", time));
        trials.push(at(*level, "servers::node_reaches_the_network_only_with_the_grant", network));
    }
    trials
}

/// Where the servers are; installed when they are not, from the registries.
fn installed() -> &'static Path {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/servers/install.sh");
        let output = Command::new("bash").arg(script).output().expect("the tests need bash");
        assert!(
            output.status.success(),
            "the MCP servers could not be installed; run {script} by hand: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap().trim().into()
    })
}

fn node() -> PathBuf {
    let search = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default())
        .map(|folder| folder.join("node"))
        .find(|node| node.is_file())
        .expect("the tests need Node 20 or newer in PATH");
    search.canonicalize().unwrap()
}

fn node_server(place: &Place, package: &str, arguments: &[&str]) -> ServerCommand {
    let (node, npm) = (node(), installed().join("npm"));
    let script = npm.join("node_modules/@modelcontextprotocol").join(package).join("dist/index.js");
    let mut argv = vec![node.to_str().unwrap(), script.to_str().unwrap()];
    argv.extend(arguments);
    ServerCommand { read: vec![node.clone(), npm], ..place.server(&argv) }
}

/// A virtual environment and, outside of it, the Python that it was made with.
fn python_server(place: &Place, module: &str, arguments: &[&str]) -> ServerCommand {
    let venv = installed().join("python");
    let python = venv.join("bin/python").canonicalize().unwrap();
    let base = python.parent().and_then(Path::parent).unwrap().to_owned();
    let interpreter = venv.join("bin/python");
    let mut argv = vec![interpreter.to_str().unwrap(), "-m", module];
    argv.extend(arguments);
    let mut read = vec![venv];
    // The system's own is there for everybody.
    if !base.starts_with("/usr") {
        read.push(base);
    }
    ServerCommand { read, ..place.server(&argv) }
}

/// As much of an MCP client as it takes.
struct Client {
    stdin: pipe::Sender,
    lines: Lines<BufReader<ChildStdout>>,
    kill: Kill,
    exit: std::pin::Pin<Box<dyn Future<Output = Result<fence::Exit, fence::FenceError>> + Send>>,
    complaints: tokio::task::JoinHandle<String>,
    next_id: u64,
}

impl Client {
    async fn start(place: &Place, server: ServerCommand) -> Self {
        let ServerChild { stdin, stdout, mut stderr, exit, kill } = place.fence.serve(server).await.unwrap();
        let complaints = tokio::spawn(async move {
            let mut text = String::new();
            let _ = stderr.read_to_string(&mut text).await;
            text
        });
        let lines = BufReader::new(stdout).lines();
        let mut client = Self { stdin, lines, kill, exit, complaints, next_id: 1 };
        let hello = json!({
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "fence-tests", "version": "1"}
        });
        let answer = client.ask("initialize", hello).await;
        assert!(answer["serverInfo"]["name"].is_string(), "{answer}");
        client.send(&json!({"jsonrpc": "2.0", "method": "notifications/initialized"})).await;
        client
    }

    async fn send(&mut self, message: &Value) {
        self.stdin.write_all(format!("{message}\n").as_bytes()).await.unwrap();
    }

    async fn ask(&mut self, method: &str, params: Value) -> Value {
        let id = self.next_id;
        self.next_id += 1;
        self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params})).await;
        loop {
            let line = tokio::time::timeout(ANSWER_WAIT_MAX, self.lines.next_line()).await.unwrap().unwrap();
            let Some(line) = line else {
                let complaints = (&mut self.complaints).await.unwrap();
                panic!("the server ended: {complaints}");
            };
            let message: Value = serde_json::from_str(&line).unwrap();
            if message["id"] == id && message.get("method").is_none() {
                assert!(message.get("error").is_none(), "{message}");
                return message["result"].clone();
            }
        }
    }

    async fn tools(&mut self) -> Vec<String> {
        let answer = self.ask("tools/list", json!({})).await;
        let tools = answer["tools"].as_array().unwrap().iter();
        tools.map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
    }

    /// The text of the answer, and whether it is an error.
    async fn call(&mut self, tool: &str, arguments: Value) -> (String, bool) {
        let answer = self.ask("tools/call", json!({"name": tool, "arguments": arguments})).await;
        (answer["content"].to_string(), answer["isError"] == true)
    }

    async fn end(self) {
        drop(self.kill);
        self.exit.await.unwrap();
    }
}

async fn everything(level: Level) {
    let place = Place::shared(level);
    let mut client = Client::start(&place, node_server(&place, "server-everything", &["stdio"])).await;
    assert!(client.tools().await.iter().any(|name| name == "echo"));
    let (text, _) = client.call("echo", json!({"message": "through the fence"})).await;
    assert!(text.contains("through the fence"), "{text}");
    // It has a tool that shows its environment: nothing of ours is in it.
    let (text, _) = client.call("get-env", json!({})).await;
    assert!(text.contains("TMPDIR") && !text.contains(crate::escape::CANARY_VARIABLE), "{text}");
    client.end().await;
}

async fn filesystem(level: Level) {
    let place = Place::shared(level);
    let (granted, other) = (place.workspace.clone(), place.outside.join("other"));
    std::fs::create_dir(&other).unwrap();
    std::fs::write(other.join("secret.txt"), "canary").unwrap();
    // It is told that it may serve what is its parent; the fence grants less.
    let parent = granted.parent().unwrap();
    let mut server = node_server(&place, "server-filesystem", &[granted.to_str().unwrap(), "/tmp"]);
    server.write = vec![granted.clone()];
    std::os::unix::fs::symlink(parent, granted.join("way-out")).unwrap();
    let mut client = Client::start(&place, server).await;
    assert!(client.tools().await.iter().any(|name| name == "write_file"));
    let file = granted.join("hello.txt");
    let (text, failed) = client.call("write_file", json!({"path": file, "content": "hello"})).await;
    assert!(!failed, "{text}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "hello");
    for path in [other.join("secret.txt"), granted.join("way-out/outside/other/secret.txt")] {
        let (text, failed) = client.call("read_text_file", json!({"path": path})).await;
        assert!(failed && !text.contains("canary"), "{text}");
    }
    client.end().await;
}

async fn git(level: Level) {
    let place = Place::shared(level);
    let repository = place.workspace.clone();
    let run = |arguments: &[&str]| {
        let status = Command::new("git").arg("-C").arg(&repository).args(arguments).status().unwrap();
        assert!(status.success());
    };
    run(&["init", "--quiet"]);
    run(&["config", "user.email", "test@example.com"]);
    run(&["config", "user.name", "Test"]);
    std::fs::write(repository.join("file"), "content").unwrap();
    let path = repository.to_str().unwrap();
    let mut server = python_server(&place, "mcp_server_git", &["--repository", path]);
    server.write = vec![repository.clone()];
    let mut client = Client::start(&place, server).await;
    assert!(client.tools().await.iter().any(|name| name == "git_status"));
    let (text, failed) = client.call("git_add", json!({"repo_path": path, "files": ["file"]})).await;
    assert!(!failed, "{text}");
    let (text, failed) =
        client.call("git_commit", json!({"repo_path": path, "message": "From inside"})).await;
    assert!(!failed, "{text}");
    client.end().await;
    let log = Command::new("git").args(["-C", path, "log", "--format=%s"]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&log.stdout), "From inside\n");
}

async fn time(level: Level) {
    let place = Place::shared(level);
    let mut client = Client::start(&place, python_server(&place, "mcp_server_time", &[])).await;
    assert!(client.tools().await.iter().any(|name| name == "get_current_time"));
    let (text, failed) = client.call("get_current_time", json!({"timezone": "Europe/Zurich"})).await;
    assert!(!failed && text.contains("Zurich"), "{text}");
    client.end().await;
}

/// `fetch` of Node reserves far more memory than it uses, so the limit of memory must leave room for it.
async fn network(level: Level) {
    let place = Place::shared(level);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 1024];
            let _ = stream.read(&mut request).await;
            let _ = stream
                .write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\nreached")
                .await;
        }
    });
    let script = format!(
        "fetch('http://{address}').then(answer => answer.text(), error => String(error.cause ?? error))\
         .then(console.log)"
    );
    let node = node();
    for granted in [false, true] {
        let server = ServerCommand {
            read: vec![node.clone()],
            network: granted,
            ..place.server(&[node.to_str().unwrap(), "-e", &script])
        };
        let ran = place.serve_to_the_end(server).await.unwrap();
        assert_eq!(ran.stdout.trim() == "reached", granted, "{ran:?}");
    }
}
