//! The HTTP clients that all models share.

use std::sync::OnceLock;
use std::time::Duration;

use domain::model::{ModelError, ModelErrorKind};
use reqwest::{Client, ClientBuilder, redirect};
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use url::Url;

use crate::vendor::target::is_local;

/// Made when they are first needed: reading the system's certificates takes longer than all else at start.
#[derive(Debug)]
pub(crate) struct Clients {
    connect: Duration,
    /// Honours the proxy variables of the environment.
    far: OnceLock<Client>,
    /// For plain HTTP to this machine: no proxy can reach what listens here, and no certificate is looked at.
    near: OnceLock<Client>,
}

impl Clients {
    /// `connect`: longest wait for a connection.
    pub fn new(connect: Duration) -> Self {
        if CryptoProvider::get_default().is_none() {
            // Fails only when another thread has just installed one, which is as good.
            let _ = aws_lc_rs::default_provider().install_default();
        }
        Self { connect, far: OnceLock::new(), near: OnceLock::new() }
    }

    /// The client for an address.
    pub fn towards(&self, address: &Url) -> Result<Client, ModelError> {
        if is_local(address) && address.scheme() == "http" {
            made(&self.near, self.builder().no_proxy().tls_certs_only([]))
        } else {
            made(&self.far, self.builder())
        }
    }

    fn builder(&self) -> ClientBuilder {
        Client::builder()
            .user_agent(concat!("bailiwick/", env!("CARGO_PKG_VERSION")))
            // A redirected request would carry the key to a place nobody configured.
            .redirect(redirect::Policy::none())
            .connect_timeout(self.connect)
            .tcp_nodelay(true)
    }
}

fn made(client: &OnceLock<Client>, builder: ClientBuilder) -> Result<Client, ModelError> {
    if let Some(client) = client.get() {
        return Ok(client.clone());
    }
    let made = builder.build().map_err(|error| ModelError {
        kind: ModelErrorKind::Unavailable,
        message: format!("No HTTP client can be made: {error}. Are the system's certificates in order?"),
    })?;
    Ok(client.get_or_init(|| made).clone())
}
