//! The seven tools: one module each, and the way from a name to its work.

mod delete_path;
mod edit_file;
mod list_directory;
mod read_file;
mod run_command;
mod search_files;
mod write_file;

use std::sync::{Arc, LazyLock};

use domain::tool::{ProgressSink, Tool, ToolOutcome};
use jsonschema::Validator;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Inner;
use crate::arguments;
use crate::error::ToolError;
use crate::stop::Stop;

/// A tool with what is needed to call it.
pub(crate) struct Registered {
    pub(crate) name: &'static str,
    pub(crate) tool: Tool,
    pub(crate) validator: Validator,
    run: Run,
}

/// How a tool works: files in a blocking thread, commands in the runtime.
enum Run {
    Blocking(fn(&Inner, &Registered, Value, &Stop) -> Result<ToolOutcome, ToolError>),
    Command,
}

pub(crate) fn all() -> &'static [Registered] {
    static ALL: LazyLock<Vec<Registered>> = LazyLock::new(|| {
        vec![
            register(list_directory::NAME, list_directory::tool(), blocking!(list_directory)),
            register(read_file::NAME, read_file::tool(), blocking!(read_file)),
            register(write_file::NAME, write_file::tool(), blocking!(write_file)),
            register(edit_file::NAME, edit_file::tool(), blocking!(edit_file)),
            register(search_files::NAME, search_files::tool(), blocking!(search_files)),
            register(delete_path::NAME, delete_path::tool(), blocking!(delete_path)),
            register(run_command::NAME, run_command::tool(), Run::Command),
        ]
    });
    &ALL
}

/// The tool of that name; the error names the nearest.
pub(crate) fn find(name: &str) -> Result<&'static Registered, ToolError> {
    all().iter().find(|registered| registered.name == name).ok_or_else(|| {
        let names = || all().iter().map(|registered| registered.name);
        let hint = match arguments::nearest(name, names()) {
            Some(near) => format!("Did you mean `{near}`?"),
            None => format!("There are `{}`.", names().collect::<Vec<_>>().join("`, `")),
        };
        ToolError::UnknownTool { name: name.chars().take(100).collect(), hint }
    })
}

pub(crate) async fn call(
    inner: &Arc<Inner>,
    name: &str,
    arguments: Value,
    progress: ProgressSink,
) -> Result<ToolOutcome, ToolError> {
    let registered = find(name)?;
    match registered.run {
        Run::Command => {
            let arguments = arguments::parse(registered, arguments)?;
            inner.root.check_alive()?;
            run_command::run(inner, arguments, progress).await
        }
        Run::Blocking(run) => {
            // Raised when this future is dropped; the thread sees it at its next step.
            let (stop, _raised_on_drop) = Stop::new();
            let inner = inner.clone();
            tokio::task::spawn_blocking(move || {
                inner.root.check_alive()?;
                run(&inner, registered, arguments, &stop)
            })
            .await
            .unwrap_or_else(|panic| Err(ToolError::Defect(panic.to_string())))
        }
    }
}

fn register(name: &'static str, tool: Tool, run: Run) -> Registered {
    #[expect(clippy::expect_used, reason = "the schema is our own, and every test compiles it")]
    let validator = jsonschema::validator_for(&tool.input_schema).expect("a tool's schema compiles");
    Registered { name, tool, validator, run }
}

/// Arguments to their type, then the tool's own work.
fn parsed<A: DeserializeOwned>(
    inner: &Inner,
    registered: &Registered,
    arguments: Value,
    stop: &Stop,
    run: fn(&Inner, A, &Stop) -> Result<ToolOutcome, ToolError>,
) -> Result<ToolOutcome, ToolError> {
    run(inner, arguments::parse(registered, arguments)?, stop)
}

macro_rules! blocking {
    ($tool:ident) => {
        Run::Blocking(|inner, registered, arguments, stop| {
            parsed(inner, registered, arguments, stop, $tool::run)
        })
    };
}
use blocking;
