//! The face: clients that go where they may.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::redirect::{Attempt, Policy};
use reqwest::{Certificate, Client, Proxy};
use url::Url;

use crate::resolver::{Filter, System};
use crate::rules::{Rules, without_secrets};
use crate::{Allow, Config, Lookup, OutboundError, Reach, guard};

/// The kernel asks a silent peer whether it still lives, so that a connection that died is noticed.
const KEEP_ALIVE: Duration = Duration::from_secs(45);

/// The way out for HTTP. Cheap to clone; all clones share their connections.
#[derive(Clone)]
pub struct Outbound {
    shared: Arc<Shared>,
}

struct Shared {
    config: Config,
    allow: Arc<[Allow]>,
    lookup: Arc<dyn Lookup>,
    clients: Mutex<HashMap<Reach, Client>>,
}

impl Outbound {
    pub fn new(config: Config) -> Self {
        Self::with_lookup(config, Arc::new(System))
    }

    /// With another source of addresses than the system's resolver. They are checked all the same.
    pub fn with_lookup(config: Config, lookup: Arc<dyn Lookup>) -> Self {
        let allow = config.allow.clone().into();
        Self { shared: Arc::new(Shared { config, allow, lookup, clients: Mutex::default() }) }
    }

    /// The client for a reach, made once. It has no limit on how long an answer takes, since answers may be
    /// streams: set [`timeout`](reqwest::RequestBuilder::timeout) on each request that is not for one, and read
    /// bodies with [`read_limited`](crate::read_limited).
    ///
    /// Fails when a root certificate of the configuration cannot be read or no TLS provider was installed.
    pub fn client(&self, reach: Reach) -> Result<Client, OutboundError> {
        let mut clients = self.shared.clients.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = clients.get(&reach) {
            return Ok(client.clone());
        }
        let client = self.build(reach)?;
        clients.insert(reach, client.clone());
        Ok(client)
    }

    /// Whether a URL could be asked, as far as can be told without looking its name up: scheme, no
    /// credentials, literal addresses, names that mean this machine.
    pub fn check_url(&self, url: &Url, reach: Reach) -> Result<(), OutboundError> {
        self.rules(reach).check_url(url)
    }

    fn rules(&self, reach: Reach) -> Rules {
        Rules { reach, allow: Arc::clone(&self.shared.allow) }
    }

    fn build(&self, reach: Reach) -> Result<Client, OutboundError> {
        if rustls::crypto::CryptoProvider::get_default().is_none() {
            return Err(OutboundError::SetUp("no TLS provider was installed at the start".to_owned()));
        }
        let config = &self.shared.config;
        let rules = self.rules(reach);
        let resolver = Filter {
            lookup: Arc::clone(&self.shared.lookup),
            rules: rules.clone(),
            proxy_host: config.proxy.as_ref().and_then(|url| url.host_str().map(str::to_owned)),
        };
        let mut builder = Client::builder()
            .user_agent(concat!("bailiwick/", env!("CARGO_PKG_VERSION")))
            .no_proxy()
            .proxy(guard::proxy(rules))
            .dns_resolver(Arc::new(resolver))
            .redirect(Policy::custom(refuse))
            .referer(false)
            .connect_timeout(Duration::from_millis(config.connect_ms_max))
            .pool_idle_timeout(Duration::from_secs(config.idle_seconds_max))
            .tcp_keepalive(KEEP_ALIVE)
            .tcp_nodelay(true);
        if let Some(proxy) = &config.proxy {
            builder = builder.proxy(Proxy::all(proxy.clone())?);
        }
        if let Some(path) = &config.ca_file {
            let wrong = |why: String| OutboundError::CaFile(path.clone(), why);
            let pem = std::fs::read(path).map_err(|error| wrong(error.to_string()))?;
            let roots = Certificate::from_pem_bundle(&pem).map_err(|error| wrong(error.to_string()))?;
            if roots.is_empty() {
                return Err(wrong("there is no certificate in it".to_owned()));
            }
            builder = builder.tls_certs_merge(roots);
        }
        Ok(builder.build()?)
    }
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound").field("config", &self.shared.config).finish_non_exhaustive()
    }
}

/// An answer that sends us elsewhere may know an address that the one who configured this URL does not.
fn refuse(attempt: Attempt<'_>) -> reqwest::redirect::Action {
    let target = without_secrets(attempt.url());
    attempt.error(format!(
        "the server redirects to {target}, and redirects are not followed. Configure that URL if it is the one \
         that is meant"
    ))
}
