//! A real OPA server for tests, and one connection to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use policy::PolicyFile;
use serde_json::{Value, json};

/// How long a server may take to answer the first time.
const START_MAX: Duration = Duration::from_secs(30);

/// The folder with the program `opa` and the `cases` of its version; built when it is not there yet.
pub fn folder() -> &'static Path {
    static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/opa/build.sh");
        let built = Command::new("sh").arg(script).stderr(Stdio::inherit()).output().unwrap();
        assert!(built.status.success(), "{script} failed: it needs Go 1.26 and, once, its module proxy");
        PathBuf::from(String::from_utf8(built.stdout).unwrap().trim())
    });
    &FOLDER
}

/// Ends with it.
pub struct OpaServer {
    process: Child,
    port: u16,
    files: PathBuf,
}

impl OpaServer {
    /// Serves the files on a free port of this machine.
    pub fn start(files: &[PolicyFile]) -> Self {
        // A free port can be taken before OPA has it: another is tried then.
        for _ in 0..5 {
            let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let folder_of_files =
                std::env::temp_dir().join(format!("bailiwick-opa-{}-{port}", std::process::id()));
            std::fs::create_dir_all(&folder_of_files).unwrap();
            for file in files {
                std::fs::write(folder_of_files.join(file.path.replace('/', "_")), &file.text).unwrap();
            }
            let process = Command::new(folder().join("opa"))
                .args(["run", "--server", "--log-level", "error", "--skip-version-check", "--addr"])
                .arg(format!("127.0.0.1:{port}"))
                .arg(&folder_of_files)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .spawn()
                .unwrap();
            let mut server = Self { process, port, files: folder_of_files };
            if server.is_up() {
                return server;
            }
        }
        panic!("OPA does not start; run {}/opa to see why", folder().display());
    }

    fn is_up(&mut self) -> bool {
        let start = Instant::now();
        while start.elapsed() < START_MAX {
            if self.process.try_wait().unwrap().is_some() {
                return false;
            }
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        false
    }

    pub fn connect(&self) -> Connection {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        Connection { stream: BufReader::new(stream) }
    }

    /// Where the files lie that it serves.
    #[allow(dead_code, reason = "the benchmark asks `opa eval` about the same files")]
    pub fn files(&self) -> &Path {
        &self.files
    }
}

impl Drop for OpaServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.files);
    }
}

/// HTTP/1.1 kept alive, by hand: what a client library adds would be measured as OPA's time by the benchmark.
pub struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    /// `result` of the package's document for this input.
    #[allow(dead_code, reason = "the benchmark posts bodies made beforehand")]
    pub fn ask(&mut self, input: &Value) -> Value {
        let body = serde_json::to_vec(&json!({"input": input})).unwrap();
        let mut answer = self.post(&body);
        answer["result"].take()
    }

    pub fn post(&mut self, body: &[u8]) -> Value {
        let head = format!(
            "POST /v1/data/bailiwick HTTP/1.1\r\nhost: opa\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        self.stream.get_mut().write_all(&[head.as_bytes(), body].concat()).unwrap();
        serde_json::from_slice(&self.response()).unwrap()
    }

    fn response(&mut self) -> Vec<u8> {
        let (mut length, mut chunked) = (0, false);
        let mut first = String::new();
        self.stream.read_line(&mut first).unwrap();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).unwrap();
            let line = line.trim().to_ascii_lowercase();
            match line.split_once(": ") {
                Some(("content-length", value)) => length = value.parse().unwrap(),
                Some(("transfer-encoding", "chunked")) => chunked = true,
                _ if line.is_empty() => break,
                _ => {}
            }
        }
        let mut body = Vec::new();
        while chunked {
            let mut size = String::new();
            self.stream.read_line(&mut size).unwrap();
            let size = usize::from_str_radix(size.trim(), 16).unwrap();
            let at = body.len();
            body.resize(at + size, 0);
            self.stream.read_exact(&mut body[at..]).unwrap();
            let mut end = String::new();
            self.stream.read_line(&mut end).unwrap();
            chunked = size > 0;
        }
        if body.is_empty() {
            body.resize(length, 0);
            self.stream.read_exact(&mut body).unwrap();
        }
        assert!(first.contains(" 200 "), "{first}{}", String::from_utf8_lossy(&body));
        body
    }
}
