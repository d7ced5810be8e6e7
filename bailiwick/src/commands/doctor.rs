//! `bailiwick doctor`: what holds on this machine, and what to do about the rest.

use serde::Serialize;

use crate::cli::{DoctorArgs, Global};
use crate::config::{self, Credentials};
use crate::exit::{Code, Failure};
use crate::instance;
use crate::paths::Paths;
use crate::terminal::{BOLD, DIM, GREEN, RED, YELLOW, clean, say};
use domain::model::ModelSource;

/// One line of the report.
#[derive(Serialize)]
struct Check {
    name: String,
    state: State,
    detail: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    advice: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum State {
    Ok,
    /// Works, but less well than it could.
    Warn,
    /// Something that people need will not work.
    Fail,
}

pub async fn doctor(global: &Global, args: &DoctorArgs) -> Result<Code, Failure> {
    let paths = Paths::find(global)?;
    let mut checks = Vec::new();
    let config = match config::load_for(&paths) {
        Ok(loaded) => {
            let exists = paths.config_file.exists();
            let detail = format!(
                "{}{}",
                paths.config_file.display(),
                if exists { "" } else { " (not there: defaults)" }
            );
            checks.push(Check::ok("configuration", detail));
            loaded.config
        }
        Err(failure) => {
            checks.push(Check::fail("configuration", failure.message, "mend the file and ask again"));
            config::Config::default()
        }
    };
    fence(&mut checks, &config);
    data_folder(&mut checks, &paths, &config).await;
    port(&mut checks, &paths, &config).await;
    models(&mut checks, &paths, &config).await;

    let failed = checks.iter().any(|check| check.state == State::Fail);
    if args.json {
        say!("{}", serde_json::to_string_pretty(&checks)?)?;
    } else {
        checks.iter().try_for_each(print)?;
    }
    Ok(if failed { Code::Error } else { Code::Ok })
}

fn fence(checks: &mut Vec<Check>, config: &config::Config) {
    let fence = fence::Fence::new(config.fence.clone());
    let report = fence.report();
    let level = report.level.map_or("none".to_owned(), |level| format!("{level:?}").to_lowercase());
    let floor = format!("{:?}", report.floor).to_lowercase();
    if report.level.is_some_and(|level| level >= report.floor) {
        checks.push(Check::ok("fence", format!("level {level} holds, floor is {floor}")));
    } else {
        checks.push(Check::fail(
            "fence",
            format!("level {level} is below the floor {floor}: no command will run"),
            "see the layers below, or lower `[fence] floor` and know what you do",
        ));
    }
    for layer in &report.layers {
        checks.push(Check {
            name: format!("  {}", layer.name),
            state: if layer.holds { State::Ok } else { State::Warn },
            detail: layer.detail.clone(),
            advice: layer.advice.clone(),
        });
    }
}

async fn data_folder(checks: &mut Vec<Check>, paths: &Paths, config: &config::Config) {
    let shown = paths.data_dir.display().to_string();
    if let Err(failure) = paths.make_data_dir() {
        return checks.push(Check::fail("data folder", failure.message, "choose another with --data-dir"));
    }
    if let Some(instance) = instance::find(paths) {
        return checks.push(Check::ok(
            "data folder",
            format!("{shown}, served by process {} at {}", instance.pid, instance.address),
        ));
    }
    match store::Store::open(&config.store, &paths.data_dir).await {
        Ok(store) => {
            store.close().await;
            checks.push(Check::ok("data folder", shown));
        }
        Err(error) => checks.push(Check::fail("data folder", error.to_string(), "see the text")),
    }
}

async fn port(checks: &mut Vec<Check>, paths: &Paths, config: &config::Config) {
    let port = config.server.port;
    if instance::find(paths).is_some_and(|instance| instance.address.port() == port) {
        return checks.push(Check::ok("port", format!("{port}, ours")));
    }
    match tokio::net::TcpListener::bind(("127.0.0.1", port)).await {
        Ok(_) => checks.push(Check::ok("port", format!("{port} is free"))),
        Err(error) => checks.push(Check {
            name: "port".into(),
            state: State::Warn,
            detail: format!("{port} cannot be used: {error}"),
            advice: Some("`up` will take the next free one; or set `[server] port`".into()),
        }),
    }
}

async fn models(checks: &mut Vec<Check>, paths: &Paths, config: &config::Config) {
    let credentials = match Credentials::load(&paths.credentials_file) {
        Ok(credentials) => credentials,
        Err(failure) => return checks.push(Check::fail("models", failure.message, "see the text")),
    };
    let catalogue = match models::Catalogue::new(config.models.clone(), credentials.all_keys(&config.models))
    {
        Ok(catalogue) => catalogue,
        Err(error) => return checks.push(Check::fail("models", error.to_string(), "see the text")),
    };
    let name = crate::app::default_model(&config.agent, &catalogue);
    if name == "demo" {
        return checks.push(Check {
            name: "models".into(),
            state: State::Warn,
            detail: "only the scripted guide `demo`".into(),
            advice: Some("`bailiwick setup` adds a real model".into()),
        });
    }
    match catalogue.open(&name) {
        Err(error) => checks.push(Check::fail("models", error.to_string(), "run `bailiwick setup`")),
        Ok(_) => match catalogue.test_call(&name).await {
            Ok(()) => checks.push(Check::ok("models", format!("{name} answers"))),
            Err(error) => checks.push(Check::fail("models", error.to_string(), "run `bailiwick setup`")),
        },
    }
}

impl Check {
    fn ok(name: &str, detail: String) -> Self {
        Self { name: name.to_owned(), state: State::Ok, detail, advice: None }
    }
    fn fail(name: &str, detail: String, advice: &str) -> Self {
        Self { name: name.to_owned(), state: State::Fail, detail, advice: Some(advice.to_owned()) }
    }
}

fn print(check: &Check) -> std::io::Result<()> {
    let (style, mark) = match check.state {
        State::Ok => (GREEN, "✓"),
        State::Warn => (YELLOW, "!"),
        State::Fail => (RED, "✗"),
    };
    say!("{style}{mark}{style:#} {BOLD}{:<18}{BOLD:#} {}", check.name, clean(&check.detail))?;
    if let Some(advice) = check.advice.as_ref().filter(|_| check.state != State::Ok) {
        say!("  {:<18} {DIM}→ {}{DIM:#}", "", clean(advice))?;
    }
    Ok(())
}
