//! The whole desk: start to first served page, memory after a task, size of the binary.
//!
//! `cargo bench -p bailiwick --bench desk`. Every figure is of the binary as this profile builds it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Starts measured; the median and the slowest are shown.
const STARTS: usize = 15;

fn main() {
    let binary = env!("CARGO_BIN_EXE_bailiwick");
    println!("binary: {:.1} MB", std::fs::metadata(binary).expect("built").len() as f64 / 1e6);

    let mut to_link = Vec::new();
    let mut to_page = Vec::new();
    for _ in 0..STARTS {
        let home = tempfile::tempdir().expect("a folder");
        let began = Instant::now();
        let (mut child, address) = up(binary, home.path());
        to_link.push(began.elapsed());
        let page = get(&address, "/");
        to_page.push(began.elapsed());
        assert!(page.starts_with("HTTP/1.1 200"), "{}", page.lines().next().unwrap_or_default());
        child.kill().expect("killed");
        child.wait().expect("reaped");
    }
    show("start to the address printed, fresh data folder", &mut to_link);
    show("start to the first page served, fresh data folder", &mut to_page);

    let home = tempfile::tempdir().expect("a folder");
    let (mut child, _) = up(binary, home.path());
    println!("memory before any task: {:.1} MB resident", rss_mb(child.id()));
    let status = bailiwick(binary, home.path())
        .args(["run", "--model", "demo", "--approve", "all", "show me around"])
        .stdout(Stdio::null())
        .status()
        .expect("runs");
    assert!(status.success());
    std::thread::sleep(Duration::from_secs(2));
    println!("memory idle after a task: {:.1} MB resident", rss_mb(child.id()));
    child.kill().expect("killed");
    child.wait().expect("reaped");
}

fn bailiwick(binary: &str, home: &Path) -> Command {
    let mut command = Command::new(binary);
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", home)
        .env("BAILIWICK_LOG", "warn")
        .current_dir(home)
        .stdin(Stdio::null());
    command
}

fn up(binary: &str, home: &Path) -> (Child, String) {
    let mut child = bailiwick(binary, home)
        .args(["up", "--no-open", "--port", "0"])
        .stdout(Stdio::piped())
        .spawn()
        .expect("starts");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let address = loop {
        let line = lines.next().expect("says where").expect("text");
        if let Some(at) = line.find("http://") {
            break line[at + 7..].split('/').next().unwrap_or_default().to_owned();
        }
    };
    std::thread::spawn(move || lines.for_each(drop));
    (child, address)
}

fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("connects");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").expect("sent");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("read");
    String::from_utf8_lossy(&answer).into_owned()
}

fn rss_mb(pid: u32) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("alive");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("VmRSS");
    let kib: f64 = line.split_whitespace().nth(1).and_then(|text| text.parse().ok()).expect("a number");
    kib * 1024.0 / 1e6
}

fn show(what: &str, times: &mut [Duration]) {
    times.sort();
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!(
        "{what}: median {:.0} ms, slowest of {} {:.0} ms",
        ms(times[times.len() / 2]),
        times.len(),
        ms(times[times.len() - 1])
    );
}
