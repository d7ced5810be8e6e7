//! A home of its own for each test, and a running `up` in it.

pub mod api;
pub mod receiver;
pub mod script_server;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Folders of one imaginary person.
pub struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    pub fn new() -> Self {
        let home = Self { dir: tempfile::tempdir().expect("a temporary folder") };
        std::fs::create_dir_all(home.workspace()).expect("the workspace");
        home
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// An empty folder to work in.
    pub fn workspace(&self) -> PathBuf {
        self.dir.path().join("work")
    }

    pub fn data_dir(&self) -> PathBuf {
        self.dir.path().join("share/bailiwick")
    }

    pub fn config_file(&self) -> PathBuf {
        self.dir.path().join("config/bailiwick/config.toml")
    }

    pub fn write_config(&self, text: &str) {
        let file = self.config_file();
        std::fs::create_dir_all(file.parent().expect("a parent")).expect("the folder");
        std::fs::write(file, text).expect("the configuration");
    }

    /// `bailiwick` with nothing of this machine's person in its environment.
    pub fn bailiwick(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bailiwick"));
        command
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.dir.path())
            .env("XDG_DATA_HOME", self.dir.path().join("share"))
            .env("XDG_CONFIG_HOME", self.dir.path().join("config"))
            .current_dir(self.workspace())
            .stdin(Stdio::null());
        command
    }

    /// Runs to the end.
    pub fn run(&self, args: &[&str]) -> Ended {
        Ended::from(self.bailiwick(args).output().expect("bailiwick starts"))
    }

    /// Runs to the end with this text as its standard input.
    pub fn run_with_input(&self, args: &[&str], input: &str) -> Ended {
        let mut command = self.bailiwick(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("bailiwick starts");
        child.stdin.take().expect("piped").write_all(input.as_bytes()).expect("it reads");
        Ended::from(child.wait_with_output().expect("it ends"))
    }

    /// The newest task as `task show --json` has it.
    pub fn newest_task(&self) -> Value {
        let ended = self.run(&["task", "show", "--json"]);
        assert_eq!(ended.code, 0, "{ended:?}");
        serde_json::from_str(&ended.out).expect("JSON")
    }

    /// Starts `bailiwick up` and waits until it serves.
    pub fn up(&self) -> Up {
        self.up_with(&[])
    }

    pub fn up_with(&self, more: &[&str]) -> Up {
        let mut command = self.bailiwick(&["up", "--no-open", "--port", "0"]);
        command.args(more).stdout(Stdio::piped());
        Up::start(command)
    }
}

/// What a finished command said.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A serving process. Killed when dropped.
pub struct Up {
    pub child: Child,
    /// The one-time link it printed.
    pub link: String,
}

impl Up {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("bailiwick up starts");
        let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
        let link = loop {
            let line = lines.next().expect("up says where it serves").expect("text");
            if let Some(at) = line.find("http://") {
                break line[at..].trim().to_owned();
            }
        };
        // Keep reading, or a full pipe would stop the server.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, link }
    }

    /// `kill -9`: no destructor, no drain.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("reaped");
    }

    /// SIGTERM, and how long it took to end.
    pub fn terminate(mut self) -> (Duration, i32) {
        let began = Instant::now();
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill").success());
        let status = self.child.wait().expect("reaped");
        (began.elapsed(), status.code().unwrap_or(-1))
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until `check` gives something; panics with `what` after half a minute.
pub fn eventually<T>(what: &str, mut check: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(value) = check() {
            return value;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// The events of a `task show --json` of one type.
pub fn events<'a>(task: &'a Value, kind: &str) -> Vec<&'a Value> {
    let all = task["events"].as_array().expect("events");
    all.iter().map(|envelope| &envelope["event"]).filter(|event| event["type"] == kind).collect()
}
