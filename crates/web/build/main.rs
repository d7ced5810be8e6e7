//! Builds the dashboard, if it must be, and lays its files into `OUT_DIR/site`, where `src/assets.rs` embeds them.
//!
//! A build without Node still yields a working server and command line: in place of the dashboard a page then says
//! what is missing. `BAILIWICK_SKIP_DASHBOARD=1` asks for that page; `BAILIWICK_REQUIRE_DASHBOARD=1` makes it an
//! error, for what is shipped.

mod npm;
mod site;

use std::path::{Path, PathBuf};

fn main() {
    println!("cargo:rerun-if-env-changed=BAILIWICK_SKIP_DASHBOARD");
    println!("cargo:rerun-if-env-changed=BAILIWICK_REQUIRE_DASHBOARD");
    println!("cargo:rerun-if-changed=build");
    let site = PathBuf::from(env("OUT_DIR")).join("site");
    let dashboard = Path::new(&env("CARGO_MANIFEST_DIR")).join("../../dashboard");

    let built = if set("BAILIWICK_SKIP_DASHBOARD") {
        Err("BAILIWICK_SKIP_DASHBOARD is set".to_owned())
    } else {
        npm::build(&dashboard)
    };
    match built {
        Ok(built) => site::from_dist(&built.dist, &site),
        Err(why) if set("BAILIWICK_REQUIRE_DASHBOARD") => panic!("the dashboard could not be built: {why}"),
        Err(why) => {
            warn(&format!("the dashboard is not built: {why}"));
            warn("server and command line work; the dashboard's page will say how to build it");
            site::placeholder(&why, &site);
        }
    }
}

fn set(name: &str) -> bool {
    std::env::var(name).is_ok_and(|value| !value.is_empty() && value != "0")
}

/// A variable that cargo always gives.
fn env(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("cargo sets {name} for build scripts"))
}

fn warn(text: &str) {
    for line in text.lines() {
        println!("cargo:warning={line}");
    }
}
