//! Other gateways, as `peers.sh` installs them, each in front of the same server.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use super::load::tool;
use super::process::{Process, free_port, listens};
use super::{Era, Subject, Target};

/// Time to start; interpreters load hundreds of modules.
const START_MAX: Duration = Duration::from_secs(60);

pub struct Peer {
    pub name: &'static str,
    /// Below the folder of `peers.sh`.
    program: &'static str,
    path: &'static str,
    arguments: fn(&Place<'_>) -> Vec<String>,
}

/// What a peer is told.
struct Place<'a> {
    url: &'a str,
    /// The program that speaks as the server over its pipes, for peers that reach servers only so.
    server: &'a Path,
    port: u16,
    /// For a file of its own.
    folder: &'a Path,
}

pub const PEERS: [Peer; 4] = [
    Peer {
        name: "crates.io mcp-proxy",
        program: "cargo/bin/mcp-proxy",
        path: "/",
        arguments: |place| {
            let config = format!(
                "[proxy]\nname = \"bench\"\n\n[proxy.listen]\nhost = \"127.0.0.1\"\nport = {}\n\n\
                 [[backends]]\nname = \"bench\"\ntransport = \"http\"\nurl = \"{}\"\n",
                place.port, place.url
            );
            let file = place.folder.join("proxy.toml");
            std::fs::write(&file, config).expect("written");
            words(&["--config", &file.to_string_lossy()])
        },
    },
    Peer {
        name: "FastMCP proxy",
        program: "fastmcp/bin/python",
        path: "/mcp",
        arguments: |place| {
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/gateway/fastmcp_proxy.py");
            words(&[&script.to_string_lossy(), place.url, &place.port.to_string()])
        },
    },
    Peer {
        name: "npm mcp-proxy (server over pipes)",
        program: "npm/node_modules/.bin/mcp-proxy",
        path: "/mcp",
        arguments: |place| {
            let (port, server) = (place.port.to_string(), place.server.to_string_lossy());
            words(&[
                "--host",
                "127.0.0.1",
                "--port",
                &port,
                "--server",
                "stream",
                "--",
                &server,
                "upstream",
                "--stdio",
            ])
        },
    },
    Peer {
        name: "PyPI mcp-proxy (server over pipes)",
        program: "pyproxy/bin/mcp-proxy",
        path: "/mcp",
        arguments: |place| {
            let (port, server) = (place.port.to_string(), place.server.to_string_lossy());
            words(&["--port", &port, "--log-level", "ERROR", "--", &server, "upstream", "--stdio"])
        },
    },
];

impl Peer {
    pub async fn start(&self, url: &str, server: &Path) -> Result<Subject, String> {
        let program = installed().join(self.program);
        if !program.exists() {
            return Err("it is not installed; bailiwick/benches/gateway/peers.sh does that".into());
        }
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder").keep();
        let port = free_port();
        let arguments = (self.arguments)(&Place { url, server, port, folder: &folder });
        let log = std::fs::File::create(folder.join("log")).expect("a file");
        let mut command = Command::new(program);
        command
            .args(arguments)
            .current_dir(&folder)
            .env("RUST_LOG", "warn")
            .stdout(Stdio::null())
            .stderr(log);
        let process = Process::start(&mut command).map_err(|error| error.to_string())?;
        let said = || std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        if !listens(port, START_MAX) {
            return Err(format!("it does not listen: {}", said()));
        }
        let url = format!("http://127.0.0.1:{port}{}", self.path);
        let mut target = Target { url, headers: String::new(), tool: String::new() };
        let mut eras = Vec::new();
        for era in [Era::Modern, Era::Legacy] {
            match tokio::time::timeout(START_MAX, tool(&target, era)).await {
                Ok(Ok(name)) => {
                    target.tool = name;
                    eras.push(era);
                }
                Ok(Err(why)) => println!("{:<40} {:<10} not served: {why}", self.name, era.name()),
                Err(_) => println!("{:<40} {:<10} not served: no answer", self.name, era.name()),
            }
        }
        if eras.is_empty() {
            return Err(format!("it serves neither era: {}", said()));
        }
        Ok(Subject { name: self.name.into(), process, target, eras, abandon: true })
    }
}

fn installed() -> PathBuf {
    let home = std::env::var_os("HOME").expect("HOME");
    Path::new(&home).join(".cache/bailiwick/bench-peers")
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
