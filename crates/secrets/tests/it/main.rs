//! A vault as its users see it.

mod keys;
mod scrubber;
mod template;
mod vault;

use std::sync::Arc;

use domain::TenantId;
use secrecy::SecretString;
use secrets::{Keys, MemoryRows, Scrubber, Vault};

/// No other text holds it, so that finding it anywhere means that it leaked.
const CANARY: &str = "canary/7f3a+\"zebra\"==91c4";

fn secret(value: &str) -> SecretString {
    SecretString::from(value)
}

fn vault() -> (Vault, Arc<MemoryRows>, Keys) {
    let (rows, keys) = (Arc::new(MemoryRows::default()), Keys::generate().unwrap());
    (Vault::new(rows.clone(), TenantId::LOCAL, keys.clone(), Scrubber::default()), rows, keys)
}
