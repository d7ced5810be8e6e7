//! `cargo xtask tidy`: what a reviewer should not have to look for.

use anyhow::Result;

use crate::stage::Stages;
use crate::tools::Tools;
use crate::{arrows, generate, sh};

pub fn tidy(tools: &Tools) -> Result<()> {
    let mut stages = Stages::new(None);
    add(&mut stages, tools);
    stages.finish()
}

/// The stages, for `tidy` alone and as part of `test`.
pub fn add(stages: &mut Stages, tools: &Tools) {
    stages.run("tidy: arrows", arrows::check);
    stages.run("tidy: format", || sh::run(sh::cargo().args(["fmt", "--all", "--check"])));
    stages.run("tidy: clippy", || {
        sh::run(sh::cargo().args([
            "clippy",
            "--workspace",
            "--all-targets",
            "--locked",
            "--",
            "-D",
            "warnings",
        ]))
    });
    // Advisories need a database from the network that the other checks do not: `cargo deny check` has them.
    stages.run("tidy: licences, bans, sources", || {
        sh::run(std::process::Command::new(&tools.cargo_deny).args([
            "--locked",
            "--all-features",
            "check",
            "bans",
            "licenses",
            "sources",
        ]))
    });
    stages.run("tidy: generated files", || generate::check(tools));
}
