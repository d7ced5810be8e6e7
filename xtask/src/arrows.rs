//! Which room may name which: arrows point down, and siblings that must not know each other do not.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use serde::Deserialize;

use crate::sh;

/// Every room with the rooms it may use. A room that is not here is an error, so a new one must be placed.
const ALLOWED: [(&str, &[&str]); 17] = [
    ("domain", &[]),
    ("telemetry", &["domain"]),
    ("store", &["domain", "telemetry"]),
    ("policy", &["domain", "telemetry"]),
    ("fence", &["domain", "telemetry"]),
    ("models", &["domain", "telemetry"]),
    ("toolbox", &["domain", "telemetry", "fence"]),
    ("outbound", &["domain", "telemetry"]),
    ("secrets", &["domain"]),
    ("mcp", &["domain"]),
    ("opa", &["domain", "telemetry", "policy", "outbound"]),
    ("gateway", &["domain", "telemetry", "store", "policy", "mcp", "secrets"]),
    ("agent", &["domain", "telemetry", "store"]),
    ("web", &["domain", "telemetry", "store", "fence", "policy", "mcp", "gateway", "agent"]),
    (
        "bailiwick",
        &[
            "domain",
            "telemetry",
            "store",
            "policy",
            "fence",
            "models",
            "outbound",
            "secrets",
            "mcp",
            "opa",
            "toolbox",
            "gateway",
            "agent",
            "web",
        ],
    ),
    ("testkit", &["domain"]),
    ("xtask", &[]),
];

/// `domain` has no runtime and no adapters.
const NEVER_IN_DOMAIN: [&str; 6] = ["tokio", "sqlx", "sea-orm", "axum", "reqwest", "hyper"];

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    /// `None` for normal ones, else `dev` or `build`.
    kind: Option<String>,
    path: Option<String>,
}

pub fn check() -> Result<()> {
    let text = sh::output(sh::cargo().args(["metadata", "--no-deps", "--format-version", "1", "--locked"]))?;
    let metadata: Metadata = serde_json::from_str(&text)?;
    let allowed: BTreeMap<_, _> = ALLOWED.into_iter().collect();
    let mut wrong = Vec::new();
    for package in &metadata.packages {
        let Some(may) = allowed.get(package.name.as_str()) else {
            wrong.push(format!("`{}` has no place yet: add it to xtask/src/arrows.rs", package.name));
            continue;
        };
        for dependency in package.dependencies.iter().filter(|d| d.kind.as_deref() != Some("dev")) {
            let ours = dependency.path.is_some();
            if ours && !may.contains(&dependency.name.as_str()) {
                wrong.push(format!("`{}` may not use `{}`", package.name, dependency.name));
            }
            if package.name == "domain" && NEVER_IN_DOMAIN.contains(&dependency.name.as_str()) {
                wrong.push(format!("`domain` may not use `{}`: it has no runtime", dependency.name));
            }
        }
    }
    if !wrong.is_empty() {
        bail!("arrows point the wrong way:\n  {}", wrong.join("\n  "));
    }
    println!("arrows: {} rooms in order", metadata.packages.len());
    Ok(())
}
