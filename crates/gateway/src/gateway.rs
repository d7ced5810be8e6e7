//! The gateway itself: the policy in force and the servers behind it.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use domain::decision::{Point, Verdict};
use domain::digest::Digest;
use domain::tool::Tool;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::call::{Caller, GatewayError};
use crate::identify::{Catalogue, KnownTool, KnownTools};
use crate::ports::ToolServer;
use crate::question::Subject;

/// `[gateway]` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Largest arguments of one call, bytes of JSON (`BAILIWICK_GATEWAY_ARGUMENTS_BYTES_MAX`). Larger is deny.
    pub arguments_bytes_max: usize,
    /// Longest text of a result that is kept in the record of the decision about it, bytes
    /// (`BAILIWICK_GATEWAY_RECORDED_TEXT_BYTES_MAX`). The policy sees it whole.
    pub recorded_text_bytes_max: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { arguments_bytes_max: 2 << 20, recorded_text_bytes_max: 16 << 10 }
    }
}

/// A tool as a person sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedTool {
    pub server: String,
    /// Under the name that it is called by.
    pub tool: Tool,
    /// What an approval of this tool is bound to.
    pub digest: Digest,
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Gateway {
    pub(crate) inner: Arc<Inner>,
}

pub(crate) struct Inner {
    policy: RwLock<Arc<policy::Policy>>,
    pub(crate) servers: Vec<Arc<dyn ToolServer>>,
    pub(crate) config: Config,
    /// Per server what it last listed, with digests and validators made once.
    known: Mutex<HashMap<String, KnownTools>>,
}

impl Gateway {
    /// With the default [`Config`].
    pub fn new(policy: policy::Policy, servers: Vec<Arc<dyn ToolServer>>) -> Self {
        Self::with_config(policy, servers, Config::default())
    }

    pub fn with_config(policy: policy::Policy, servers: Vec<Arc<dyn ToolServer>>, config: Config) -> Self {
        let policy = RwLock::new(Arc::new(policy));
        Self { inner: Arc::new(Inner { policy, servers, config, known: Mutex::default() }) }
    }

    /// The policy in force.
    pub fn policy(&self) -> Arc<policy::Policy> {
        self.inner.policy.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the policy; calls decided before keep their decision, approvals bound to the old one are void.
    pub fn set_policy(&self, policy: policy::Policy) {
        *self.inner.policy.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(policy);
    }

    /// The tools this caller may see (`tools.list`), under the names they are called by. Not recorded: seeing a
    /// tool has no effect, and each call is decided on.
    pub async fn tools(&self, caller: &Caller) -> Result<Vec<Tool>, GatewayError> {
        Ok(self.listed(caller).await?.into_iter().map(|listed| listed.tool).collect())
    }

    /// The same tools, each with where it comes from.
    pub async fn listed(&self, caller: &Caller) -> Result<Vec<ListedTool>, GatewayError> {
        let catalogue = self.catalogue(caller).await?;
        let policy = self.policy();
        let visible = catalogue.entries.iter().filter(|entry| {
            let subject = Subject::of(entry);
            let question = subject.question(Point::ToolsList, caller, json!({}), Default::default());
            policy.decide(&question).verdict == Verdict::Allow
        });
        let listed = visible.map(|entry| ListedTool {
            server: entry.server.name().to_owned(),
            digest: entry.known.digest.clone(),
            tool: Tool { name: entry.exposed.clone(), ..entry.known.tool.clone() },
        });
        Ok(listed.collect())
    }

    /// All tools of all servers, with their names made unambiguous.
    pub(crate) async fn catalogue(&self, caller: &Caller) -> Result<Catalogue, GatewayError> {
        let mut listed = Vec::with_capacity(self.inner.servers.len());
        for server in &self.inner.servers {
            let tools = server.tools(&caller.workspace).await?;
            listed.push((server.clone(), self.known(server.name(), tools)));
        }
        Ok(Catalogue::new(listed))
    }

    fn known(&self, server: &str, tools: Vec<Tool>) -> KnownTools {
        let mut known = self.inner.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.get(server)
            && known.iter().map(|known| &known.tool).eq(tools.iter())
        {
            return known.clone();
        }
        let fresh: KnownTools =
            Arc::new(tools.into_iter().map(|tool| Arc::new(KnownTool::new(tool))).collect());
        known.insert(server.to_owned(), fresh.clone());
        fresh
    }
}

impl fmt::Debug for Gateway {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let servers: Vec<&str> = self.inner.servers.iter().map(|server| server.name()).collect();
        f.debug_struct("Gateway").field("servers", &servers).field("policy", &self.policy()).finish()
    }
}
