//! From files to a program that answers.

use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU32;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use domain::digest::Digest;
use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::Program;
use regorus::unstable::{Rule, RuleHead};
use regorus::{CompiledPolicy, Engine, PolicyLengthConfig, Value};
use serde_json::Value as Json;

use crate::aside::{self, Late, NoResult};
use crate::growth::{CHAIN_REFUSED, Growth};
use crate::programs::Programs;
use crate::{
    Config, PolicyError, PolicyFile, builtins, contradictions, costs, definite, extensions, recursion, shape,
};

/// Policies compiled at the same time in one process, those included whose time was up before they were done.
const COMPILED_AT_ONCE_MAX: usize = 4;

/// Longest line of a file.
const LINE_CHARS_MAX: NonZeroU32 = NonZeroU32::new(1 << 16).expect("not zero");

/// The package in which rules speak.
pub(crate) const PACKAGE: &str = "data.bailiwick";
/// The package of the one generated rule that gathers what the others said.
const ENTRY: &str = "data.bailiwick_entry.answer";
/// The sets that rules add to.
pub(crate) const SETS: [&str; 6] = ["deny", "ask", "allow", "redact", "label", "approval_role"];
/// Numbers, or sets of numbers of which the smallest counts.
pub(crate) const NUMBERS: [&str; 2] = ["time_limit_ms", "result_bytes_max"];

/// A compiled policy. Cheap to clone; clones share the program.
#[derive(Clone)]
pub struct Policy {
    inner: Arc<Inner>,
}

pub(crate) struct Inner {
    pub(crate) files: Vec<PolicyFile>,
    pub(crate) revision: String,
    pub(crate) programs: Programs,
    pub(crate) data: Json,
    /// The same as the engine has it.
    pub(crate) documents: Value,
    /// Whether it is evaluated on the thread of whoever asks.
    pub(crate) bounded: bool,
    /// Evaluations on threads of their own.
    pub(crate) late: Late,
    pub(crate) config: Config,
}

impl Policy {
    /// Compiles with the default [`Config`].
    pub fn compile(files: Vec<PolicyFile>) -> Result<Self, PolicyError> {
        Self::compile_with(files, Config::default())
    }

    /// Compiles the files together. Order does not matter.
    pub fn compile_with(files: Vec<PolicyFile>, config: Config) -> Result<Self, PolicyError> {
        Self::compile_with_data(files, Json::Object(Default::default()), config)
    }

    /// Compiles the files together with an object that rules see as `data`.
    pub fn compile_with_data(
        mut files: Vec<PolicyFile>,
        data: Json,
        config: Config,
    ) -> Result<Self, PolicyError> {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let bytes: usize = files.iter().map(|file| file.text.len()).sum();
        if bytes > config.files_bytes_max {
            return Err(PolicyError::new(format!(
                "the files have {bytes} bytes; policy.files_bytes_max is {}",
                config.files_bytes_max
            )));
        }
        static LATE: LazyLock<Late> = LazyLock::new(Late::default);
        let time_max = Duration::from_millis(config.compile_ms_max);
        let compiled =
            aside::run(&LATE, COMPILED_AT_ONCE_MAX, time_max, move || Inner::compile(files, data, config));
        let inner = match compiled {
            Ok(inner) => inner?,
            Err(NoResult::Slow) => {
                return Err(PolicyError::new(format!(
                    "the policy was not compiled within {} ms; make it smaller or raise policy.compile_ms_max",
                    time_max.as_millis()
                )));
            }
            Err(NoResult::Busy) => {
                return Err(PolicyError::new(
                    "too many policies are being compiled just now; try again later",
                ));
            }
            Err(NoResult::Failed) => return Err(PolicyError::new("the policy engine failed on this policy")),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// What rules see as `data` besides each other; an object.
    pub fn data(&self) -> &Json {
        &self.inner.data
    }

    /// Digest of all files, names and texts, and of the data if there is any: `sha256:…`.
    pub fn revision(&self) -> &str {
        &self.inner.revision
    }

    /// The files it was compiled from, by name.
    pub fn files(&self) -> &[PolicyFile] {
        &self.inner.files
    }

    /// The limits it was compiled with and is asked under.
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    pub(crate) fn inner(&self) -> &Arc<Inner> {
        &self.inner
    }
}

impl Inner {
    fn compile(files: Vec<PolicyFile>, data: Json, config: Config) -> Result<Self, PolicyError> {
        shape::check(&files)?;
        let mut engine = engine_with(&files, &data)?;
        let (program, compiled) = program_of(&mut engine, &files)?;
        builtins::check(&program, &files)?;
        let documents = value_of(&data)?;
        // A document at a place where rules speak would hide them, or be hidden by them.
        program.check_rule_data_conflicts(&documents).map_err(|error| PolicyError::new(error.to_string()))?;
        let growth = Growth::of(&compiled);
        if growth.chain > CHAIN_REFUSED {
            return Err(PolicyError::new(format!(
                "more than {CHAIN_REFUSED} rules call one another in a row"
            )));
        }

        let texts: Vec<(&str, &str)> = files.iter().map(|f| (f.path.as_str(), f.text.as_str())).collect();
        let revision = match data.as_object().is_none_or(|members| members.is_empty()) {
            true => Digest::of(&texts).0,
            false => Digest::of(&(&texts, &data)).0,
        };
        Ok(Self {
            programs: Programs::new(program, &compiled),
            files,
            revision,
            data,
            documents,
            bounded: growth.is_bounded(),
            late: Late::default(),
            config,
        })
    }
}

impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy").field("revision", &self.inner.revision).finish_non_exhaustive()
    }
}

/// An interpreter with the files loaded and checked.
pub(crate) fn engine_of(files: &[PolicyFile]) -> Result<Engine, PolicyError> {
    if files.is_empty() {
        return Err(PolicyError::new("a policy needs at least one .rego file"));
    }
    if let Some(pair) = files.windows(2).find(|pair| pair[0].path == pair[1].path) {
        return Err(PolicyError::new(format!("the file {} is given twice", pair[0].path)));
    }
    let mut engine = blank_engine();
    for file in files {
        engine
            .add_policy(file.path.clone(), extensions::rewrite(&file.text).into_owned())
            .map_err(|error| located(&error.to_string(), files))?;
    }
    let packages = engine.get_packages().map_err(|error| located(&error.to_string(), files))?;
    if !packages.iter().any(|package| package == PACKAGE) {
        return Err(PolicyError::new("no file declares `package bailiwick`, so no rule would ever be asked")
            .with_help("begin the file with `package bailiwick`"));
    }
    Ok(engine)
}

/// An interpreter as all of ours are.
fn blank_engine() -> Engine {
    let mut engine = Engine::new();
    engine.set_strict_builtin_errors(false);
    // Certificates stand on one line. The size of the files is bounded for all of them together.
    engine.set_policy_length_config(PolicyLengthConfig {
        max_col: LINE_CHARS_MAX,
        ..PolicyLengthConfig::default()
    });
    extensions::register(&mut engine);
    engine
}

/// The same with data.
pub(crate) fn engine_with(files: &[PolicyFile], data: &Json) -> Result<Engine, PolicyError> {
    let mut engine = engine_of(files)?;
    engine
        .add_data(value_of(data)?)
        .map_err(|error| PolicyError::new(format!("the data of the policy: {error}")))?;
    Ok(engine)
}

fn value_of(data: &Json) -> Result<Value, PolicyError> {
    Value::from_json_str(&data.to_string())
        .map_err(|error| PolicyError::new(format!("the data of the policy cannot be read: {error}")))
}

/// The rules of the files as the engine knows them, by path like `data.bailiwick.deny`.
pub(crate) fn rules_of(engine: &mut Engine, files: &[PolicyFile]) -> Result<CompiledPolicy, PolicyError> {
    let probe = "package bailiwick_probe\nanswer := true\n";
    engine
        .add_policy("bailiwick_probe.rego".into(), probe.into())
        .and_then(|_| engine.compile_with_entrypoint(&"data.bailiwick_probe.answer".into()))
        .map_err(|error| located(&error.to_string(), files))
}

fn program_of(engine: &mut Engine, files: &[PolicyFile]) -> Result<(Program, CompiledPolicy), PolicyError> {
    let compiled = rules_of(engine, files)?;
    contradictions::check(&compiled, files)?;
    if Growth::of(&compiled).chain > CHAIN_REFUSED {
        return Err(PolicyError::new(format!("more than {CHAIN_REFUSED} rules call one another in a row")));
    }
    let entry = entry_module(&compiled, files)?;
    let engine = &mut definite_engine(engine, files)?;
    let compiled = engine
        .add_policy("bailiwick_entry.rego".into(), entry)
        .and_then(|_| engine.compile_with_entrypoint(&ENTRY.into()))
        .map_err(|error| located(&error.to_string(), files))?;
    let program = Compiler::compile_from_policy_with_host_await(&compiled, &[ENTRY], &extensions::names())
        .map_err(|error| located(&error.to_string(), files))?;
    contradictions::check_loops(&program, &compiled, files)?;
    recursion::longest_row(&program).map_err(|rule| {
        PolicyError::new(format!("the rule {} calls itself", rule.trim_start_matches("data.")))
    })?;
    let mut program = Arc::unwrap_or_clone(program);
    extensions::link(&mut program).map_err(PolicyError::new)?;
    costs::meter(&mut program);
    Ok((program, compiled))
}

/// The same modules with every assignment checked; see [`definite`].
fn definite_engine(engine: &mut Engine, files: &[PolicyFile]) -> Result<Engine, PolicyError> {
    let mut definite = blank_engine();
    for module in engine.get_modules().clone() {
        let source = &module.package.span.source;
        let text = definite::checked(&module).unwrap_or_else(|| source.contents().clone());
        definite
            .add_policy(source.file().clone(), text)
            .map_err(|error| located(&error.to_string(), files))?;
    }
    definite.add_data(engine.get_data()).map_err(|error| located(&error.to_string(), files))?;
    Ok(definite)
}

/// One rule that holds all the sets: a single evaluation answers the whole question. Only sets that exist are
/// named, because a missing one would leave the whole answer undefined.
fn entry_module(compiled: &CompiledPolicy, files: &[PolicyFile]) -> Result<String, PolicyError> {
    let mut parts = BTreeMap::new();
    for name in SETS {
        let Some(definitions) = compiled.get_rules().get(&format!("{PACKAGE}.{name}")) else { continue };
        for rule in definitions {
            if !matches!(&**rule, Rule::Spec { head: RuleHead::Set { .. }, .. }) {
                let span = rule.span();
                let what = format!(
                    "`{name}` must be a set: write `{name} contains {{\"rule\": …, \"message\": …}} if {{ … }}`"
                );
                return Err(at(span.source.file(), span.line as usize, span.col as usize, &what, files));
            }
        }
        parts.insert(name, format!("{PACKAGE}.{name}"));
    }
    if !parts.contains_key("allow") {
        return Err(PolicyError::new("no rule adds to `allow`, so the policy would deny everything")
            .with_help("write `allow contains \"why\" if { … }`"));
    }
    for name in NUMBERS {
        if compiled.get_rules().contains_key(&format!("{PACKAGE}.{name}")) {
            // A comprehension is empty where the rule is undefined.
            parts.insert(name, format!("[limit | limit := {PACKAGE}.{name}]"));
        }
    }
    let members: Vec<String> = parts.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
    Ok(format!("package bailiwick_entry\nanswer := {{{}}}\n", members.join(", ")))
}

/// Finds file, line and column in an engine's message (`--> file:line:column`, then the text, then `error: …`).
pub(crate) fn located(message: &str, files: &[PolicyFile]) -> PolicyError {
    let what = message.rsplit("error: ").next().unwrap_or(message).trim();
    let place = message.lines().find_map(|line| line.trim().strip_prefix("--> "));
    let Some((rest, column)) = place.and_then(|place| place.rsplit_once(':')) else {
        return PolicyError::new(what);
    };
    match (rest.rsplit_once(':'), column.parse()) {
        (Some((path, line)), Ok(column)) => match line.parse() {
            Ok(line) => at(path, line, column, what, files),
            Err(_) => PolicyError::new(what),
        },
        _ => PolicyError::new(what),
    }
}

pub(crate) fn at(path: &str, line: usize, column: usize, what: &str, files: &[PolicyFile]) -> PolicyError {
    match files.iter().find(|file| file.path == path) {
        Some(file) => PolicyError::at(path, &file.text, line, column, what),
        None => PolicyError::new(format!("{path}:{line}:{column}: {what}")),
    }
}
