//! Real requests against real listeners of this machine.

mod addresses;
mod requests;

use std::sync::Arc;

use outbound::{Config, Lookup, Outbound};

/// What the binary's `main` does.
fn provider() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

fn outbound(allow: &[&str]) -> Outbound {
    provider();
    Outbound::new(config(allow))
}

fn with_lookup(allow: &[&str], lookup: impl Lookup) -> Outbound {
    provider();
    Outbound::with_lookup(config(allow), Arc::new(lookup))
}

fn config(allow: &[&str]) -> Config {
    let allow = allow.iter().map(|entry| entry.to_string().try_into().unwrap()).collect();
    Config { allow, ..Config::default() }
}
