//! `[outbound]` of the configuration.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use url::Url;

/// `[outbound]` of the configuration: how requests leave this process.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// From looking the name up to a connection that is ready, TLS included. Milliseconds.
    pub connect_ms_max: u64,
    /// A connection that nobody uses is closed after this many seconds.
    pub idle_seconds_max: u64,
    /// Refused addresses that may be reached all the same: an address, a network (`10.1.0.0/16`) or the name of
    /// a host, whose private addresses are then permitted. Link-local addresses, metadata services and others
    /// that are never reached need an entry with that very address.
    pub allow: Vec<Allow>,
    /// PEM file with roots that are trusted besides the system's own. Absolute.
    pub ca_file: Option<PathBuf>,
    /// `http://host:port` of a proxy that all requests go through. It looks names up itself, so only addresses
    /// written into URLs are still checked here. Proxies named in the environment are not used.
    pub proxy: Option<Url>,
}

impl Default for Config {
    fn default() -> Self {
        Self { connect_ms_max: 10_000, idle_seconds_max: 90, allow: Vec::new(), ca_file: None, proxy: None }
    }
}

/// One entry of [`Config::allow`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Allow {
    Net(IpNet),
    /// In lower case, without a dot at the end.
    Host(String),
}

impl TryFrom<String> for Allow {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if let Ok(address) = text.parse::<IpAddr>() {
            return Ok(Self::Net(IpNet::from(address.to_canonical())));
        }
        if let Ok(net) = text.parse::<IpNet>() {
            return Ok(Self::Net(net.trunc()));
        }
        let wrong =
            || format!("`allow` in [outbound] has {text:?}, which is no address, network or host name");
        match url::Host::parse(&text) {
            Ok(url::Host::Domain(name)) if !name.contains(['*', '/', ':']) => {
                Ok(Self::Host(name.trim_end_matches('.').to_owned()))
            }
            _ => Err(wrong()),
        }
    }
}

impl From<Allow> for String {
    fn from(allow: Allow) -> Self {
        allow.to_string()
    }
}

impl fmt::Display for Allow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Net(net) if crate::address::is_exact(net) => net.addr().fmt(f),
            Self::Net(net) => net.fmt(f),
            Self::Host(host) => host.fmt(f),
        }
    }
}
