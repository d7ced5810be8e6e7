//! Servers of others as children: each knows its own secrets, and nobody else does.

// The binary has no library; what it wires servers with is compiled into the tests as it stands.
#[path = "../../src/wiring/children.rs"]
mod children;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex};

use domain::TenantId;
use domain::server::{Grants, ServerLimits, ServerSpec, Sharing, Transport};
use fence::Fence;
use mcp::upstream::{Child, Spawn};
use secrets::{Keys, MemoryRows, Scrubber, Vault};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

use children::FencedServer;

use crate::support::Home;

const NAMES: [&str; 3] = ["server-a", "server-b", "server-c"];

/// Put together at run time, so that no program's code or this file's text holds them.
fn canary(name: &str) -> String {
    format!("canary{}{}", "=/+".repeat(2), name.replace("server", "7d1f-0c2e-9b44"))
}

fn fence() -> Fence {
    let helper = Some(env!("CARGO_BIN_EXE_bailiwick").into());
    Fence::new(fence::Config { helper, ..fence::Config::default() })
}

fn vault() -> Vault {
    let keys = Keys::generate().expect("random numbers");
    Vault::new(Arc::new(MemoryRows::default()), TenantId::LOCAL, keys, Scrubber::default())
}

fn spec(command: &[&str], environment: &[(&str, &str)], grants: Grants) -> ServerSpec {
    let environment: BTreeMap<_, _> =
        environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    ServerSpec {
        transport: Transport::Stdio {
            command: command.iter().map(|part| (*part).to_owned()).collect(),
            environment,
            grants,
        },
        enabled: true,
        sharing: Sharing::default(),
        limits: ServerLimits::default(),
    }
}

/// Says that it is up, complains with its secret in the text, then waits for the end of its input.
const SCRIPT: &str =
    "echo up; echo \"the token $TOKEN was refused\" >&2; while read -r line; do echo \"$line\"; done";

#[tokio::test]
async fn a_secret_is_in_the_child_it_is_for_and_nowhere_else() {
    let log = Log::default();
    // For the whole process: what is logged may be logged by any thread.
    tracing_subscriber::fmt().with_max_level(tracing::Level::DEBUG).with_writer(log.clone()).init();
    let (fence, vault) = (fence(), vault());
    let mut running = Vec::new();
    for name in NAMES {
        vault.set(name, canary(name).into(), &[]).await.expect("set");
        let reference = format!("secret://{name}");
        let environment: &[(&str, &str)] = match name {
            "server-c" => &[("TOKEN", "none")],
            _ => &[("TOKEN", &reference)],
        };
        let spec = spec(&["sh", "-c", SCRIPT, name], environment, Grants::default());
        let server = FencedServer::new(name, &spec, fence.clone(), vault.clone()).expect("may be added");
        assert!(!server.sentences().join("").contains("canary"));
        let mut child = server.spawn().await.expect("starts");
        let mut stdout = BufReader::new(std::mem::replace(&mut child.stdout, Box::new(tokio::io::empty())));
        let mut line = String::new();
        stdout.read_line(&mut line).await.expect("says that it is up");
        assert_eq!(line, "up\n");
        running.push((name, child, stdout));
    }

    let processes = processes();
    for name in NAMES {
        let tree = tree_of(name, &processes);
        assert!(!tree.is_empty(), "{name} runs");
        let found: BTreeSet<_> = tree.iter().flat_map(|id| canaries_in(*id)).collect();
        let expected: &[_] = if name == "server-c" { &[] } else { &[name] };
        assert!(found.iter().eq(expected), "in the memory and environments of {name}: {found:?}");
    }

    for (name, child, mut stdout) in running {
        let Child { mut stdin, mut stderr, done, kill, .. } = child;
        stdin.write_all(b"still here\n").await.expect("is read");
        let mut line = String::new();
        stdout.read_line(&mut line).await.expect("answers");
        assert_eq!(line, "still here\n");
        drop(kill);
        assert_eq!(done.await, "ended by signal 9");
        let mut complaint = String::new();
        stderr.read_to_string(&mut complaint).await.expect("read");
        let said = if name == "server-c" { "none".to_owned() } else { format!("[secret {name}]") };
        assert_eq!(complaint, format!("the token {said} was refused\n"));
    }
    let log = log.text();
    assert!(log.contains("server-a"), "something was logged, or this says nothing: {log}");
    assert!(NAMES.iter().all(|name| !log.contains(&canary(name))), "{log}");
}

#[tokio::test]
async fn what_cannot_be_started_says_why_without_the_secret() {
    let (fence, vault) = (fence(), vault());
    let new = |spec: &ServerSpec| FencedServer::new("notes", spec, fence.clone(), vault.clone());
    let none = Grants::default;

    let missing = new(&spec(&["true"], &[("TOKEN", "secret://nope")], none())).expect("may be added");
    let error = missing.spawn().await.err().expect("no such secret").to_string();
    assert!(error.contains("`notes`") && error.contains("`bailiwick secret set nope`"), "{error}");

    for (spec, why) in [
        (spec(&["serve", "--token=secret://t"], &[], none()), "`environment`"),
        (spec(&["serve"], &[("TOKEN", "secret://T")], none()), "`TOKEN`"),
        (spec(&["serve"], &[], Grants { read: vec!["/etc".into()], ..none() }), "password hashes"),
        (spec(&[], &[], none()), "empty"),
    ] {
        let error = new(&spec).err().expect("is refused");
        assert!(error.contains(why), "{error}");
    }

    let absent = new(&spec(&["no-such-program"], &[], none())).expect("may be added");
    let child = absent.spawn().await.expect("the fence starts");
    assert!(child.done.await.contains("no-such-program"));
}

#[test]
fn what_belongs_to_bailiwick_is_granted_to_no_server() {
    let home = Home::new();
    home.write_config("");
    let config_folder = home.config_file().parent().expect("a folder").to_owned();
    for path in [home.data_dir(), home.config_file(), config_folder, home.path().to_owned()] {
        for grant in ["--read", "--write"] {
            let path = path.to_str().expect("text");
            let ended = home.run(&["gateway", "add", "notes", "--yes", grant, path, "--", "cat"]);
            assert_ne!(ended.code, 0, "{grant} {path}: {ended:?}");
            assert!(ended.err.contains("Bailiwick itself"), "{grant} {path}: {ended:?}");
        }
    }
}

#[tokio::test]
async fn a_flood_of_complaints_holds_nobody_up() {
    let (fence, vault) = (fence(), vault());
    let script = "head -c 3000000 /dev/zero | tr '\\0' x >&2; echo >&2; echo after >&2; echo done";
    let spec = spec(&["sh", "-c", script], &[], Grants::default());
    let server = FencedServer::new("loud", &spec, fence, vault).expect("may be added");
    let Child { mut stdout, mut stderr, kill, .. } = server.spawn().await.expect("starts");
    let mut said = String::new();
    stdout.read_to_string(&mut said).await.expect("read");
    assert_eq!(said, "done\n");
    let mut complaints = String::new();
    stderr.read_to_string(&mut complaints).await.expect("read");
    assert_eq!(complaints, "[a line of more than 65536 bytes]\nafter\n");
    drop(kill);
}

/// Process to parent.
fn processes() -> BTreeMap<u32, u32> {
    let entries = fs::read_dir("/proc").expect("there is /proc").flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter_map(|id: u32| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        let parent = stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()?;
        Some((id, parent))
    })
    .collect()
}

/// Everything that was started for a server, helpers included: all beneath the child of ours whose tree has a
/// process with the name among its arguments.
fn tree_of(name: &str, processes: &BTreeMap<u32, u32>) -> Vec<u32> {
    let ours = processes.iter().filter(|(_, parent)| **parent == std::process::id());
    for (helper, _) in ours {
        let tree: Vec<u32> =
            processes.keys().copied().filter(|id| is_beneath(*id, *helper, processes)).collect();
        let named = |id: &u32| {
            let arguments = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
            arguments.split(|byte| *byte == 0).any(|argument| argument == name.as_bytes())
        };
        if tree.iter().any(named) {
            return tree;
        }
    }
    Vec::new()
}

fn is_beneath(mut id: u32, ancestor: u32, processes: &BTreeMap<u32, u32>) -> bool {
    while id != ancestor {
        match processes.get(&id) {
            Some(parent) => id = *parent,
            None => return false,
        }
    }
    true
}

/// Read at once.
const PIECE_BYTES: usize = 64 << 10;

/// Which of the canaries a process has in its environment or anywhere in its memory.
fn canaries_in(id: u32) -> BTreeSet<&'static str> {
    let canaries = NAMES.map(|name| (name, canary(name).into_bytes()));
    let mut found = BTreeSet::new();
    let mut look = |bytes: &[u8]| {
        // Memory that nobody wrote to is most of it, and takes no search.
        if bytes != &[0; PIECE_BYTES][..bytes.len().min(PIECE_BYTES)] {
            let planted = canaries.iter().filter(|(_, canary)| holds(bytes, canary));
            found.extend(planted.map(|(name, _)| *name));
        }
    };
    for piece in fs::read(format!("/proc/{id}/environ")).unwrap_or_default().chunks(PIECE_BYTES) {
        look(piece);
    }
    // Helpers let nobody but root look at them, not even us.
    let (Ok(maps), Ok(memory)) =
        (fs::read_to_string(format!("/proc/{id}/maps")), File::open(format!("/proc/{id}/mem")))
    else {
        return found;
    };
    let mut piece = vec![0; PIECE_BYTES];
    for (from, to) in maps.lines().filter_map(written) {
        // Overlapping by more than a canary: one that lies across two pieces is whole in the second.
        for at in (from..to).step_by(PIECE_BYTES - 256) {
            let length = PIECE_BYTES.min((to - at) as usize);
            if memory.read_exact_at(&mut piece[..length], at).is_ok() {
                look(&piece[..length]);
            }
        }
    }
    found
}

/// A line of `maps`, when something may have been written there at run time.
fn written(line: &str) -> Option<(u64, u64)> {
    let (range, rest) = line.split_once(' ')?;
    let (from, to) = range.split_once('-')?;
    let bound = |text| u64::from_str_radix(text, 16).ok();
    rest.starts_with("rw").then_some((bound(from)?, bound(to)?))
}

fn holds(bytes: &[u8], needle: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == needle[0]) {
        if rest[at..].starts_with(needle) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().expect("no panic")).into_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("no panic").extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> tracing_subscriber::fmt::MakeWriter<'a> for Log {
    type Writer = Log;

    fn make_writer(&'a self) -> Log {
        self.clone()
    }
}
