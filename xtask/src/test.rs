//! `cargo xtask test`: sets up what is missing, then runs everything, and says what each stage cost.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::stage::Stages;
use crate::tools::Tools;
use crate::{sh, tidy};

/// Where screenshots and logs of failed runs are kept.
const ARTEFACTS: &str = "test-artefacts";

pub fn test(only: Option<&str>) -> Result<()> {
    let began = std::time::Instant::now();
    let tools = Tools::install().context("setting up what the tests need")?;
    println!("setting up took {:.1} s", began.elapsed().as_secs_f64());
    std::fs::create_dir_all(ARTEFACTS)?;

    let mut stages = Stages::new(only);
    stages.run("dashboard: install", || tools.npm_ci("dashboard"));
    stages.run("dashboard: lint, types, unit tests", || {
        sh::run(tools.npm("dashboard").args(["run", "lint"]))?;
        sh::run(tools.npm("dashboard").args(["run", "typecheck"]))?;
        sh::run(tools.npm("dashboard").args(["run", "test"]))
    });
    stages.run("dashboard: build and size", || {
        sh::run(tools.npm("dashboard").args(["run", "build"]))?;
        sh::run(tools.npm("dashboard").args(["run", "size"]))
    });
    // Tests, binaries and examples in one go, so that every crate is built once, with one set of features.
    let everything = ["test", "--workspace", "--locked"];
    stages.run("rust: build", || {
        sh::run(sh::cargo().args(everything).arg("--no-run").env("PATH", tools.path()))
    });
    stages.run("rust: tests", || {
        sh::run(
            sh::cargo()
                .args(everything)
                .arg("--no-fail-fast")
                .env("PATH", tools.path())
                .env("BAILIWICK_TEST_CACHE", &tools.cache),
        )
    });
    stages.run("models: vendors' own clients against the scripted server", || {
        script(&tools, "crates/testkit/tests/vendor_clients/run.sh")
    });
    stages.run("toolbox: official MCP SDK clients", || script(&tools, "crates/toolbox/tests/sdk/run.sh"));
    stages.run("mcp: official conformance suite against our server", || {
        script(&tools, "crates/mcp/tests/conformance/server.sh")
    });
    stages.run("mcp: official conformance suite against our client", || {
        script(&tools, "crates/mcp/tests/conformance/client.sh")
    });
    stages.run("mcp: sign-in through a real authorization server", || {
        script(&tools, "crates/mcp/tests/oauth/run.sh")
    });
    stages.run("gateway: official conformance suite through bailiwick", || {
        script(&tools, "bailiwick/tests/gateway/conformance.sh")
    });
    stages.run("gateway: official SDKs, Inspector and servers", || {
        script(&tools, "bailiwick/tests/gateway/sdk.sh")
    });
    stages.run("dashboard: browser against the mock", || {
        sh::run(
            tools
                .npm("dashboard")
                .args(["run", "e2e"])
                .env("BAILIWICK_TEST_ARTEFACTS", absolute(ARTEFACTS)?)
                .env("CI", "true"),
        )
    });
    stages.run("dashboard: browser against bailiwick", || script(&tools, "dashboard/e2e/real/run.sh"));
    tidy::add(&mut stages, &tools);
    stages.finish()
}

fn script(tools: &Tools, path: &str) -> Result<()> {
    sh::run(
        Command::new("bash")
            .arg(path)
            .env("PATH", tools.path())
            .env("BAILIWICK_TEST_CACHE", &tools.cache)
            .env("BAILIWICK_TEST_ARTEFACTS", absolute(ARTEFACTS)?)
            .env("BAILIWICK_TEST_BIN", sh::target_dir()?.join("debug")),
    )
}

fn absolute(path: &str) -> Result<PathBuf> {
    Ok(std::path::absolute(path)?)
}
