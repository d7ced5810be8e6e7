//! The real program, with the server added and its tool approved, as a person would.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::process::Process;
use super::{Era, Subject, Target};

pub struct Variant {
    pub name: &'static str,
    rules: Rules,
    durability: &'static str,
}

/// Which policy is in force.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rules {
    /// The shipped pack, with the server trusted: its results are searched for keys and tokens.
    Shipped,
    /// The same without that search.
    WithoutDetectors,
    /// One rule that allows everything.
    AllowAll,
}

pub const VARIANTS: [Variant; 4] = [
    Variant { name: "bailiwick: policy, record, redaction", rules: Rules::Shipped, durability: "process" },
    Variant { name: "bailiwick: policy, record", rules: Rules::WithoutDetectors, durability: "process" },
    Variant { name: "bailiwick: one rule, record", rules: Rules::AllowAll, durability: "process" },
    Variant { name: "bailiwick: all, record to the disk", rules: Rules::Shipped, durability: "power_loss" },
];

impl Variant {
    pub fn start(&self, upstream: &str) -> Subject {
        // Left behind for the life of the run: the process writes into it until it is killed.
        let home = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder").keep();
        let policy = home.join("rules");
        self.rules.write(&policy);
        let mut command = bailiwick(&home);
        command
            .env("BAILIWICK_POLICY_DIR", &policy)
            .env("BAILIWICK_STORE_RECORD_DURABILITY", self.durability)
            .args(["up", "--no-open", "--port", "0"]);
        let (process, mut lines) = Process::speaking(&mut command);
        lines
            .find(|line| line.as_ref().is_ok_and(|line| line.contains("http://")))
            .expect("starts")
            .expect("text");
        std::thread::spawn(move || lines.for_each(drop));
        let added = bailiwick(&home)
            .args(["gateway", "add", "bench", "--url", upstream, "--allow-private", "--yes"])
            .stdout(Stdio::null())
            .status();
        assert!(added.expect("runs").success(), "the server is added");
        let instance = fs::read(home.join("data/instance.json")).expect("it serves");
        let instance: Value = serde_json::from_slice(&instance).expect("JSON");
        let (address, token) = (&instance["address"], &instance["token"]);
        let target = Target {
            url: format!("http://{}/mcp", address.as_str().expect("an address")),
            headers: format!("Authorization: Bearer {}\r\n", token.as_str().expect("a token")),
            tool: "echo".into(),
        };
        Subject {
            name: self.name.into(),
            process,
            target,
            eras: vec![Era::Modern, Era::Legacy],
            abandon: self.rules == Rules::Shipped && self.durability == "process",
        }
    }
}

impl Rules {
    fn write(self, folder: &Path) {
        fs::create_dir(folder).expect("a folder");
        if self == Rules::AllowAll {
            let rule = "package bailiwick\n\nverdict := \"allow\"\n\n\
                        allow contains {\"rule\": \"bench\", \"message\": \"everything may be done\"}\n";
            fs::write(folder.join("bench.rego"), rule).expect("written");
            return;
        }
        let pack = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
        for file in fs::read_dir(pack).expect("the shipped pack").flatten() {
            let name = file.file_name().into_string().expect("text");
            if name.ends_with("_test.rego") {
                continue;
            }
            let mut text = fs::read_to_string(file.path()).expect("read");
            if name == "private.rego" {
                text = replaced(&text, "trusted_servers := set()", "trusted_servers := {\"bench\"}");
            }
            if name == "results.rego" && self == Rules::WithoutDetectors {
                text = replaced(&text, "some name in {\"keys\", \"tokens\"}", "some name in set()");
            }
            fs::write(folder.join(name), text).expect("written");
        }
    }
}

fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "the shipped pack no longer says `{from}`");
    text.replace(from, to)
}

fn bailiwick(home: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bailiwick"));
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("BAILIWICK_LOG", "warn")
        .env("BAILIWICK_DATA_DIR", home.join("data"))
        .current_dir(home)
        .stdin(Stdio::null());
    command
}
