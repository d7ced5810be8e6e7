//! A workspace with a folder beside it that no tool may reach, and short ways to call tools on it.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};

use domain::tool::{ProgressSink, ToolOutcome, ToolProgress};
use serde_json::Value;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use toolbox::{Config, Toolbox};

/// What the file outside holds; no result may ever hold it.
pub const SECRET: &str = "do not read me aloud";

pub struct Bench {
    /// Deleted at the end.
    _area: TempDir,
    pub workspace: PathBuf,
    pub outside: PathBuf,
    pub toolbox: Toolbox,
    pub runtime: Runtime,
    progress: Arc<Mutex<Vec<ToolProgress>>>,
}

/// A list of tests of the module, named after it.
#[macro_export]
macro_rules! trials {
    ($($name:ident),+ $(,)?) => {
        pub fn trials() -> Vec<libtest_mimic::Trial> {
            vec![$(libtest_mimic::Trial::test(
                concat!(module_path!(), "::", stringify!($name)),
                || { $name(); Ok(()) },
            )),+]
        }
    };
}

impl Bench {
    pub fn new() -> Self {
        Self::with(Config::default())
    }

    pub fn with(config: Config) -> Self {
        let area = tempfile::tempdir().unwrap();
        let workspace = area.path().canonicalize().unwrap().join("workspace");
        let outside = workspace.with_file_name("outside");
        fs::create_dir(&workspace).unwrap();
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("secret.txt"), SECRET).unwrap();
        Self::over(area, workspace, outside, config)
    }

    pub fn over(area: TempDir, workspace: PathBuf, outside: PathBuf, config: Config) -> Self {
        // Probing starts processes: once for all tests.
        static FENCE: LazyLock<fence::Fence> = LazyLock::new(|| fence::Fence::new(fence::Config::default()));
        let toolbox = Toolbox::open(&workspace, FENCE.clone(), config).unwrap();
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        Self { _area: area, workspace, outside, toolbox, runtime, progress: Arc::default() }
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.workspace.join(path)
    }

    /// Writes a file, with its folders, behind the tools' back.
    pub fn file(&self, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    pub fn content(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    /// Calls a tool; a structured result has to fit the tool's output schema.
    pub fn call(&self, tool: &str, arguments: Value) -> ToolOutcome {
        let seen = self.progress.clone();
        let sink: ProgressSink = Arc::new(move |progress| seen.lock().unwrap().push(progress));
        let outcome = self.runtime.block_on(self.toolbox.call(tool, arguments, sink));
        if let Some(structured) = &outcome.structured_content {
            let tools = Toolbox::tools();
            let tool = tools.iter().find(|known| known.name == tool).unwrap();
            let schema = tool.output_schema.as_ref().unwrap();
            if let Err(error) = jsonschema::validate(schema, structured) {
                panic!("{} gave back what is against its schema: {error}\n{structured}", tool.name);
            }
        }
        outcome
    }

    /// Text of a call that has to succeed.
    #[track_caller]
    pub fn text(&self, tool: &str, arguments: Value) -> String {
        let outcome = self.call(tool, arguments);
        assert!(!outcome.is_error, "{}", outcome.joined_text());
        outcome.joined_text()
    }

    /// Structured result of a call that has to succeed.
    #[track_caller]
    pub fn data(&self, tool: &str, arguments: Value) -> Value {
        let outcome = self.call(tool, arguments);
        assert!(!outcome.is_error, "{}", outcome.joined_text());
        outcome.structured_content.unwrap()
    }

    /// Text of a call that has to fail, without the name of this test's folder.
    #[track_caller]
    pub fn error(&self, tool: &str, arguments: Value) -> String {
        let outcome = self.call(tool, arguments);
        assert!(outcome.is_error, "{}", outcome.joined_text());
        outcome.joined_text().replace(self.workspace.to_str().unwrap(), "WORKSPACE")
    }

    /// All that was said while tools ran.
    pub fn progress(&self) -> Vec<ToolProgress> {
        self.progress.lock().unwrap().clone()
    }

    /// The folder outside is as it was made.
    #[track_caller]
    pub fn assert_outside_untouched(&self) {
        assert_eq!(names(&self.outside), ["secret.txt"]);
        let secret = self.outside.join("secret.txt");
        assert_eq!(fs::read_to_string(&secret).unwrap(), SECRET);
    }
}

pub fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

pub fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().mode() & 0o7777
}

pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
