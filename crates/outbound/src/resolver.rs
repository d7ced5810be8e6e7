//! Looks names up and hands on only what may be connected to.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use crate::guard;
use crate::rules::Rules;

/// Where addresses of names come from.
#[async_trait]
pub trait Lookup: Send + Sync + 'static {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>>;
}

/// The system's own resolver.
pub(crate) struct System;

#[async_trait]
impl Lookup for System {
    async fn addresses(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        Ok(tokio::net::lookup_host((name, 0)).await?.map(|socket| socket.ip()).collect())
    }
}

/// Asked by the client each time it is about to connect: there is no moment between check and use.
pub(crate) struct Filter {
    pub lookup: Arc<dyn Lookup>,
    pub rules: Rules,
    /// A person named it in the configuration, and it is mostly nearby.
    pub proxy_host: Option<String>,
}

impl Resolve for Filter {
    fn resolve(&self, name: Name) -> Resolving {
        let (lookup, rules) = (Arc::clone(&self.lookup), self.rules.clone());
        let is_proxy = self.proxy_host.as_deref() == Some(name.as_str());
        Box::pin(async move {
            let name = name.as_str();
            if let Some(address) = guard::refused(name) {
                let why = rules.check_address(address).err();
                return Err(why.unwrap_or_else(|| format!("{address} is refused")).into());
            }
            // Before anybody is asked: what is refused by name needs no answer.
            rules.check_name(name)?;
            let found = lookup.addresses(name).await?;
            let permitted = if is_proxy { found } else { rules.permitted(name, found)? };
            // Port 0: the client puts in the one of the URL.
            Ok(Box::new(permitted.into_iter().map(|address| SocketAddr::new(address, 0))) as Addrs)
        })
    }
}
