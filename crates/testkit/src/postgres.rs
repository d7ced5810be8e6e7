//! A real PostgreSQL for tests: one private server a test process, one database a test.
//!
//! The server listens on a Unix socket only, in a folder of its own, and does not outlive the tests: its
//! watchdog waits on a pipe that the kernel closes when the test process ends, in whatever way, then stops
//! the server and removes the folder.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use uuid::Uuid;

/// How long a server may take to answer, on a busy machine.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// What a missing PostgreSQL is answered with.
const INSTALL: &str = "PostgreSQL is missing (no initdb in PATH nor in /usr/lib/postgresql/*/bin). \
     Install it with `apt-get install postgresql`, or run `cargo xtask test`, which does";

/// A database of one test. It goes away with the server.
#[derive(Clone, Debug)]
pub struct Database {
    /// Address with which a superuser signs in.
    pub url: String,
    pub name: String,
}

/// An empty database of its own. Starts the server on first use.
///
/// # Panics
/// When PostgreSQL is missing or does not start; the text says what to do.
pub async fn database() -> Database {
    tokio::task::spawn_blocking(|| {
        let server = server();
        let name = format!("t{}", Uuid::now_v7().simple());
        server.run("createdb", &["--template=template0", &name]).expect("a database can be made");
        Database { url: server.url("postgres", &name), name }
    })
    .await
    .expect("making a database does not panic")
}

impl Database {
    /// The address with which `role` signs in to this database.
    pub fn url_of(&self, role: &str) -> String {
        server().url(role, &self.name)
    }

    /// Runs SQL as a superuser, like an administrator would, and gives what psql prints: bare values, one row
    /// a line.
    ///
    /// # Panics
    /// When a statement fails.
    pub async fn sql(&self, sql: &str) -> String {
        let (name, sql) = (self.name.clone(), sql.to_owned());
        tokio::task::spawn_blocking(move || {
            let arguments = [
                "--no-psqlrc",
                "--tuples-only",
                "--no-align",
                "--set=ON_ERROR_STOP=1",
                "-d",
                &name,
                "-c",
                &sql,
            ];
            server().run("psql", &arguments).expect("the statement works")
        })
        .await
        .expect("running SQL does not panic")
    }
}

struct Server {
    bin: PathBuf,
    /// Holds the socket and the data.
    folder: PathBuf,
    /// The watchdog's pipe. Never written; closed by the kernel when this process ends.
    _alive: ChildStdin,
}

fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(|| Server::start().expect("a private PostgreSQL starts"))
}

impl Server {
    fn start() -> Result<Self> {
        let bin = find_bin()?;
        let account = Account::for_server()?;
        let folder = make_folder(&account)?;
        initialise(&bin, &folder, &account)?;
        let alive = launch(&bin, &folder, &account)?;
        let server = Self { bin, folder, _alive: alive };
        server.wait_until_ready()?;
        Ok(server)
    }

    fn wait_until_ready(&self) -> Result<()> {
        let begun = Instant::now();
        while let Err(error) = self.run("pg_isready", &["--quiet"]) {
            if begun.elapsed() > START_TIMEOUT {
                let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                bail!("PostgreSQL did not start within {START_TIMEOUT:?}: {error}\n{log}");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(())
    }

    /// Runs one of PostgreSQL's client programs as the superuser.
    fn run(&self, program: &str, arguments: &[&str]) -> Result<String> {
        let output = Command::new(self.bin.join(program))
            .env("PGHOST", &self.folder)
            .env("PGUSER", "postgres")
            .env_remove("PGPORT")
            .args(arguments)
            .output()
            .with_context(|| format!("{program} cannot be run"))?;
        let errors = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "{program} {arguments:?}: {errors}");
        Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    }

    fn url(&self, role: &str, database: &str) -> String {
        let host = self.folder.to_string_lossy().replace('/', "%2F");
        format!("postgres://{role}@{host}/{database}")
    }
}

/// The folder of PostgreSQL's programs: where the newest `initdb` really lies.
fn find_bin() -> Result<PathBuf> {
    let in_path = std::env::var_os("PATH").into_iter().flat_map(|path| {
        std::env::split_paths(&path).map(|folder| folder.join("initdb")).collect::<Vec<_>>()
    });
    let mut versions: Vec<(u32, PathBuf)> = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin/initdb")))
        })
        .collect();
    versions.sort_by(|a, b| b.cmp(a));
    let initdb = in_path
        .chain(versions.into_iter().map(|(_, initdb)| initdb))
        .find_map(|initdb| initdb.canonicalize().ok())
        .context(INSTALL)?;
    let bin = initdb.parent().context("initdb lies in a folder")?;
    ensure!(bin.join("postgres").is_file(), "{INSTALL}: {} has no server beside initdb", initdb.display());
    Ok(bin.to_owned())
}

/// Who the server runs as. It refuses to be root, so root starts it as somebody else.
struct Account(Option<(u32, u32)>);

impl Account {
    fn for_server() -> Result<Self> {
        // A folder just made belongs to whoever this process is.
        let probe = tempfile::tempdir()?;
        if std::os::unix::fs::MetadataExt::uid(&fs::metadata(probe.path())?) != 0 {
            return Ok(Self(None));
        }
        let users = fs::read_to_string("/etc/passwd").context("root needs another account for PostgreSQL")?;
        let of = |name: &str| {
            let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
            let mut fields = line.split(':').skip(2);
            Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
        };
        let account = of("postgres").or_else(|| of("nobody"));
        Ok(Self(Some(account.context("root needs an account `postgres` or `nobody` to run PostgreSQL as")?)))
    }

    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        if let Self(Some((uid, gid))) = *self {
            command.uid(uid).gid(gid);
        }
        command
    }
}

/// A short path: the name of a socket has at most 107 bytes.
fn make_folder(account: &Account) -> Result<PathBuf> {
    let base = std::env::temp_dir();
    let base = if base.as_os_str().len() > 60 { Path::new("/tmp") } else { &base };
    let folder = tempfile::Builder::new().prefix("bailiwick-pg-").tempdir_in(base)?.keep();
    fs::set_permissions(&folder, fs::Permissions::from_mode(0o700))?;
    if let Account(Some((uid, gid))) = *account {
        chown(&folder, Some(uid), Some(gid))?;
    }
    Ok(folder)
}

fn initialise(bin: &Path, folder: &Path, account: &Account) -> Result<()> {
    let output = account
        .command(bin.join("initdb"))
        .current_dir(folder)
        .args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"])
        .arg("--no-instructions")
        .arg("--pgdata")
        .arg(folder.join("data"))
        .output()
        .context("initdb cannot be run")?;
    ensure!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// Starts the server under its watchdog. In a process group of its own: a Ctrl-C meant for the tests must not
/// stop the watchdog before it has cleaned up.
fn launch(bin: &Path, folder: &Path, account: &Account) -> Result<ChildStdin> {
    const WATCHDOG: &str = r#"
        "$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= \
            -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
            -c max_connections=300 -c shared_buffers=32MB </dev/null >"$2/log" 2>&1 &
        server=$!
        read -r _
        kill -QUIT "$server"
        wait "$server"
        cd / && rm -rf "$2"
    "#;
    let mut watchdog = account
        .command("/bin/sh")
        .current_dir(folder)
        .args(["-c", WATCHDOG, "watchdog"])
        .arg(bin)
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .context("/bin/sh cannot be run")?;
    watchdog.stdin.take().context("the watchdog has a pipe")
}
