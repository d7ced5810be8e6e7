//! Processes that are measured: each leads a group, whose time and memory are summed.

use std::io::{BufRead, BufReader, Lines};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// Ticks a second of the times in `/proc/PID/stat`, on every Linux of today.
const TICKS: f64 = 100.0;

/// Killed with its group when dropped.
pub struct Process(Child);

impl Process {
    /// Starts it with nothing to read and nothing shown.
    pub fn start(command: &mut Command) -> std::io::Result<Self> {
        command.process_group(0).stdin(Stdio::null());
        Ok(Self(command.spawn()?))
    }

    /// The same, with its output to read.
    pub fn speaking(command: &mut Command) -> (Self, Lines<BufReader<ChildStdout>>) {
        let mut process = Self::start(command.stdout(Stdio::piped())).expect("starts");
        let lines = BufReader::new(process.0.stdout.take().expect("piped")).lines();
        (process, lines)
    }

    /// Seconds of processor time of the group so far.
    pub fn cpu(&self) -> f64 {
        // Fields 14 and 15 of the manual page, counted after the name in parentheses.
        self.stats().map(|fields| (number(&fields, 11) + number(&fields, 12)) / TICKS).sum()
    }

    /// Resident memory of the group, MB.
    pub fn rss_mb(&self) -> f64 {
        self.stats().map(|fields| number(&fields, 21) * 4096.0 / 1e6).sum()
    }

    fn stats(&self) -> impl Iterator<Item = Vec<String>> {
        let group = self.0.id().to_string();
        let folders = std::fs::read_dir("/proc").expect("Linux").flatten();
        folders.filter_map(move |folder| {
            let text = std::fs::read_to_string(folder.path().join("stat")).ok()?;
            let fields: Vec<_> = text.rsplit_once(')')?.1.split_whitespace().map(str::to_owned).collect();
            (fields.get(2)? == &group).then_some(fields)
        })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The group, so that no child of a peer stays behind.
        let _ = Command::new("kill").args(["-KILL", "--", &format!("-{}", self.0.id())]).status();
        let _ = self.0.wait();
    }
}

/// A port that is free now.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|it| it.local_addr()).expect("a port").port()
}

/// Waits until somebody listens.
pub fn listens(port: u16, at_most: Duration) -> bool {
    let until = Instant::now() + at_most;
    while Instant::now() < until {
        if TcpStream::connect(SocketAddr::from(([127, 0, 0, 1], port))).is_ok() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    false
}

fn number(fields: &[String], index: usize) -> f64 {
    fields.get(index).and_then(|text| text.parse().ok()).unwrap_or_default()
}
