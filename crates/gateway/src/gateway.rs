//! The gateway itself: who decides, the servers behind it, and what their tools are called.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use domain::TenantId;
use domain::decision::{Point, Verdict};
use domain::digest::Digest;
use domain::tool::Tool;
use secrets::Scrubber;
use serde_json::json;
use store::{DecisionRecord, TenantStore};

use crate::call::{Caller, GatewayError};
use crate::config::Config;
use crate::detect::Detectors;
use crate::identify::{Catalogue, Entry};
use crate::labels::Labels;
use crate::ports::{Decider, McpServer, ToolServer};
use crate::question::Subject;
use crate::search::Indexes;
use crate::servers::{Kind, Server, Servers, check_name};
use crate::trust::Pins;

/// A tool as a person sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedTool {
    pub server: String,
    /// Under the name that it is called by.
    pub tool: Tool,
    /// What an approval of this tool is bound to.
    pub digest: Digest,
}

/// Is told of decisions as they were recorded.
pub type Observer = Arc<dyn Fn(&DecisionRecord) + Send + Sync>;

/// Cheap to clone.
#[derive(Clone)]
pub struct Gateway {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    policy: RwLock<Arc<policy::Policy>>,
    /// Decides in place of the embedded policy when there is one.
    decider: RwLock<Option<Arc<dyn Decider>>>,
    pub(crate) servers: Arc<Servers>,
    pub(crate) config: Config,
    pub(crate) detectors: Detectors,
    scrubber: RwLock<Option<Scrubber>>,
    observer: RwLock<Option<Observer>>,
    pub(crate) index: Indexes,
    pub(crate) labels: Labels,
    /// Built once for each tenant, until a list, a pin or the set of servers changes.
    catalogues: ByTenant<Catalogue>,
    pins: ByTenant<Pins>,
}

impl Gateway {
    /// With the default [`Config`].
    pub fn new(policy: policy::Policy, servers: Vec<Arc<dyn ToolServer>>) -> Self {
        Self::with_config(policy, servers, Config::default())
    }

    pub fn with_config(policy: policy::Policy, servers: Vec<Arc<dyn ToolServer>>, config: Config) -> Self {
        let servers = servers.into_iter().map(Server::Local).collect();
        Self {
            inner: Arc::new(Inner {
                policy: RwLock::new(Arc::new(policy)),
                decider: RwLock::default(),
                servers: Arc::new(Servers::new(servers)),
                detectors: Detectors::new(&config.detectors),
                config,
                scrubber: RwLock::default(),
                observer: RwLock::default(),
                index: Indexes::default(),
                labels: Labels::default(),
                catalogues: Mutex::default(),
                pins: Mutex::default(),
            }),
        }
    }

    /// The embedded policy in force, or that was in force before [`Gateway::set_decider`].
    pub fn policy(&self) -> Arc<policy::Policy> {
        self.inner.policy.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the policy; calls decided before keep their decision, approvals bound to the old one are void.
    pub fn set_policy(&self, policy: policy::Policy) {
        *self.inner.policy.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(policy);
    }

    /// Lets somebody else decide in place of the embedded policy; `None` goes back to it.
    pub fn set_decider(&self, decider: Option<Arc<dyn Decider>>) {
        *self.inner.decider.write().unwrap_or_else(PoisonError::into_inner) = decider;
    }

    pub(crate) fn decider(&self) -> Arc<dyn Decider> {
        match &*self.inner.decider.read().unwrap_or_else(PoisonError::into_inner) {
            Some(decider) => decider.clone(),
            None => self.policy(),
        }
    }

    /// Takes values of secrets out of everything that servers answer.
    pub fn set_scrubber(&self, scrubber: Scrubber) {
        *self.inner.scrubber.write().unwrap_or_else(PoisonError::into_inner) = Some(scrubber);
    }

    pub(crate) fn scrubber(&self) -> Option<Scrubber> {
        self.inner.scrubber.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells of every decision once it is recorded. Must not block: calls wait for it.
    pub fn set_observer(&self, observer: Observer) {
        *self.inner.observer.write().unwrap_or_else(PoisonError::into_inner) = Some(observer);
    }

    pub(crate) fn observer(&self) -> Option<Observer> {
        self.inner.observer.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts a server behind the gateway. Its tools are held until a person approves them.
    pub fn add_server(&self, server: Arc<dyn McpServer>) -> Result<(), GatewayError> {
        check_name(server.name()).map_err(GatewayError::Invalid)?;
        let name = server.name().to_owned();
        let added = self.inner.servers.add(Server::Mcp(server));
        self.forget_pins();
        match added {
            true => Ok(()),
            false => Err(GatewayError::Invalid(format!(
                "there is a server {name} already; remove it first, or choose another name"
            ))),
        }
    }

    /// Takes a server away and ends it. Calls under way are cut off.
    pub async fn remove_server(&self, name: &str) -> Result<(), GatewayError> {
        let refuse = |why: &str| Err(GatewayError::Invalid(format!("the server {name} {why}")));
        let Some(slot) = self.inner.servers.get(name) else { return refuse("is not there") };
        let Some(server) = slot.mcp().cloned() else { return refuse("is built in and stays") };
        self.inner.servers.remove(name);
        self.forget_pins();
        server.close().await;
        Ok(())
    }

    /// Names of the servers, in the order they came.
    pub fn servers(&self) -> Vec<String> {
        self.inner.servers.all().iter().map(|slot| slot.name.clone()).collect()
    }

    /// The tools this caller may see (`tools.list`), under the names they are called by. Not recorded: seeing a
    /// tool has no effect, and each call is decided on.
    pub async fn tools(&self, caller: &Caller) -> Result<Vec<Tool>, GatewayError> {
        Ok(self.listed(caller).await?.into_iter().map(|listed| listed.tool).collect())
    }

    /// The same tools, each with where it comes from.
    pub async fn listed(&self, caller: &Caller) -> Result<Vec<ListedTool>, GatewayError> {
        let catalogue = self.catalogue(&caller.tenant).await?;
        let mut listed = Vec::new();
        for entry in catalogue.shown() {
            if self.may_see(caller, entry).await {
                listed.push(ListedTool {
                    server: entry.slot.name.clone(),
                    digest: entry.known.digest.clone(),
                    tool: Tool { name: entry.exposed.clone(), ..entry.known.tool.clone() },
                });
            }
        }
        Ok(listed)
    }

    /// Whether the policy shows this tool to the caller.
    pub(crate) async fn may_see(&self, caller: &Caller, entry: &Entry) -> bool {
        let question = Subject::of(entry).question(Point::ToolsList, caller, json!({}), Default::default());
        self.decider().decide(&question).await.verdict == Verdict::Allow
    }

    /// All tools of all servers, each server asked whose list is not known.
    pub(crate) async fn catalogue(&self, tenant: &TenantStore) -> Result<Arc<Catalogue>, GatewayError> {
        self.inner.servers.settle(Kind::Tools).await;
        self.known_catalogue(tenant).await
    }

    /// The same of what is known now, without asking anybody but the store, and that once.
    pub(crate) async fn known_catalogue(&self, tenant: &TenantStore) -> Result<Arc<Catalogue>, GatewayError> {
        let servers = &self.inner.servers;
        let version = servers.version();
        if let Some(catalogue) = get(&self.inner.catalogues, tenant)
            && catalogue.version == version
        {
            return Ok(catalogue);
        }
        let slots = servers.all();
        let pins = self.pins(tenant).await?;
        let catalogue = Arc::new(Catalogue::new(version, &slots, &pins, &self.inner.config));
        put(&self.inner.catalogues, tenant, &catalogue);
        Ok(catalogue)
    }

    pub(crate) async fn pins(&self, tenant: &TenantStore) -> Result<Arc<Pins>, GatewayError> {
        let slots = self.inner.servers.all();
        if let Some(pins) = get(&self.inner.pins, tenant)
            && pins.cover(&slots)
        {
            return Ok(pins);
        }
        let version = self.inner.servers.version();
        let pins = Arc::new(Pins::load(tenant, &slots).await?);
        // What was changed while it was read is read again next time.
        if self.inner.servers.version() == version {
            put(&self.inner.pins, tenant, &pins);
        }
        Ok(pins)
    }

    /// Pins were changed: they are read anew, and what was built of them with them.
    pub fn forget_pins(&self) {
        self.inner.servers.touch(Kind::Tools);
        self.inner.pins.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

type ByTenant<T> = Mutex<HashMap<TenantId, Arc<T>>>;

fn get<T>(all: &ByTenant<T>, tenant: &TenantStore) -> Option<Arc<T>> {
    all.lock().unwrap_or_else(PoisonError::into_inner).get(&tenant.tenant_id()).cloned()
}

fn put<T>(all: &ByTenant<T>, tenant: &TenantStore, made: &Arc<T>) {
    all.lock().unwrap_or_else(PoisonError::into_inner).insert(tenant.tenant_id(), made.clone());
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gateway").field("servers", &self.servers()).field("policy", &self.policy()).finish()
    }
}
