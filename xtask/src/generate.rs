//! Files made from code: the OpenAPI description from the routes, the dashboard's types from that.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::sh;
use crate::tools::Tools;

const OPENAPI: &str = "docs/openapi.json";
const TYPES: &str = "dashboard/src/api/schema.d.ts";

/// Writes both.
pub fn generate(tools: &Tools) -> Result<()> {
    std::fs::write(OPENAPI, openapi()?)?;
    tools.npm_ci("dashboard")?;
    sh::run(tools.npm("dashboard").args(["run", "generate"]))
}

/// Fails when what is committed is not what the code says.
pub fn check(tools: &Tools) -> Result<()> {
    let committed = std::fs::read_to_string(OPENAPI).with_context(|| format!("{OPENAPI} is missing"))?;
    if committed != openapi()? {
        bail!("{OPENAPI} is not what the routes say: run `cargo xtask generate`");
    }
    let types = std::fs::read_to_string(TYPES).with_context(|| format!("{TYPES} is missing"))?;
    tools.npm_ci("dashboard")?;
    sh::run(tools.npm("dashboard").args(["run", "generate"]))?;
    let made = std::fs::read_to_string(TYPES)?;
    // The check leaves the tree as it was.
    std::fs::write(Path::new(TYPES), &types)?;
    if types != made {
        bail!("{TYPES} is not what {OPENAPI} says: run `cargo xtask generate`");
    }
    Ok(())
}

fn openapi() -> Result<String> {
    // The whole workspace, as the tests build it: one package alone would unify other features and build its
    // dependencies a second time.
    sh::run(sh::cargo().args(["build", "--quiet", "--locked", "--workspace", "--bins", "--examples"]))?;
    sh::output(std::process::Command::new(sh::target_dir()?.join("debug/bailiwick")).arg("openapi"))
}
