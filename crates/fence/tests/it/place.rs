//! A workspace and a fence of one level.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;

use fence::{Command, Config, Exit, Fence, FenceError, Level, ServerChild, ServerCommand, Stream};
use libtest_mimic::{Failed, Trial};
use tempfile::TempDir;
use tokio::io::AsyncReadExt;

pub const LEVELS: [Level; 3] = [Level::Namespaces, Level::Landlock, Level::Limits];

/// What a command did.
#[derive(Debug)]
pub struct Ran {
    pub exit: Exit,
    pub stdout: String,
    pub stderr: String,
}

/// A fence of exactly one level, and a workspace beside a folder that is none of the fence's business.
pub struct Place {
    pub fence: Fence,
    pub workspace: PathBuf,
    pub outside: PathBuf,
    _root: TempDir,
}

impl Place {
    pub fn new(level: Level) -> Self {
        Self::with(level, |_| {})
    }

    /// The same with a fence that all tests of a level share: probing takes longer than many a test.
    pub fn shared(level: Level) -> Self {
        static FENCES: [OnceLock<Fence>; 3] = [const { OnceLock::new() }; 3];
        let fence = FENCES[level as usize].get_or_init(|| Self::new(level).fence).clone();
        Self::around(fence)
    }

    pub fn with(level: Level, change: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config {
            ceiling: Some(level),
            floor: level,
            // The prisoner is this binary.
            read_only_paths: vec![std::env::current_exe().unwrap()],
            ..Config::default()
        };
        change(&mut config);
        let fence = Fence::new(config);
        assert_eq!(
            fence.report().level,
            Some(level),
            "this machine lacks what the tests need; see the advice: {:#?}",
            fence.report()
        );
        Self::around(fence)
    }

    fn around(fence: Fence) -> Self {
        let root = tempfile::tempdir().unwrap();
        let base = root.path().canonicalize().unwrap();
        let (workspace, outside) = (base.join("workspace"), base.join("outside"));
        std::fs::create_dir(&workspace).unwrap();
        std::fs::create_dir(&outside).unwrap();
        Self { fence, workspace, outside, _root: root }
    }

    pub fn command(&self, argv: &[&str]) -> Command {
        Command {
            argv: argv.iter().map(|argument| (*argument).to_owned()).collect(),
            workspace: self.workspace.clone(),
            current_dir: self.workspace.clone(),
            environment: Default::default(),
            stdin: Vec::new(),
            wall_time: Some(Duration::from_secs(20)),
        }
    }

    pub fn shell(&self, script: &str) -> Command {
        self.command(&["sh", "-c", script])
    }

    pub async fn run(&self, command: Command) -> Result<Ran, FenceError> {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let exit = self
            .fence
            .run(command, |stream, chunk| match stream {
                Stream::Stdout => stdout.extend_from_slice(chunk),
                Stream::Stderr => stderr.extend_from_slice(chunk),
            })
            .await?;
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Ok(Ran { exit, stdout: text(stdout), stderr: text(stderr) })
    }

    /// A server without any grant.
    pub fn server(&self, argv: &[&str]) -> ServerCommand {
        ServerCommand {
            argv: argv.iter().map(|argument| (*argument).to_owned()).collect(),
            environment: Default::default(),
            read: Vec::new(),
            write: Vec::new(),
            network: false,
            limits: None,
        }
    }

    /// Runs a server that needs no input.
    pub async fn serve_to_the_end(&self, server: ServerCommand) -> Result<Ran, FenceError> {
        let ServerChild { stdin, mut stdout, mut stderr, exit, kill } = self.fence.serve(server).await?;
        drop(stdin);
        let (mut out, mut err) = (String::new(), String::new());
        let (out_read, err_read) =
            tokio::join!(stdout.read_to_string(&mut out), stderr.read_to_string(&mut err));
        out_read.and(err_read)?;
        let exit = exit.await?;
        drop(kill);
        Ok(Ran { exit, stdout: out, stderr: err })
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.workspace.join(name)
    }
}

/// One test per level.
pub fn at_every_level<F>(name: &str, test: impl Fn(Level) -> F + Clone + Send + 'static) -> Vec<Trial>
where
    F: Future<Output = ()>,
{
    LEVELS.iter().map(|level| at(*level, name, test.clone())).collect()
}

pub fn at<F>(level: Level, name: &str, test: impl Fn(Level) -> F + Send + 'static) -> Trial
where
    F: Future<Output = ()>,
{
    Trial::test(format!("{name}::{level:?}").to_lowercase(), move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.map_err(Failed::from)?.block_on(test(level));
        Ok(())
    })
}

/// Waits until nobody runs `program`, which is a file of this test alone.
pub async fn gone(program: &Path) -> bool {
    for _ in 0..200 {
        if !runs(program) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

pub fn runs(program: &Path) -> bool {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    processes
        .map(|process| process.path().join("exe"))
        .any(|exe| std::fs::read_link(exe).is_ok_and(|exe| exe == program))
}
