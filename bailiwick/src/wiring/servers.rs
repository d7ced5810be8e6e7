//! MCP servers behind the gateway: from the configuration and from the store to supervised connections.

mod build;
mod views;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use domain::digest::Digest;
use domain::server::ServerSpec;
use gateway::{Gateway, GatewayError};
use mcp::oauth::Account;
use store::TenantStore;
use url::Url;
use web::ports::{self, ServerOrigin, SettingsError};

pub use build::Builder;

/// The servers of the desk. Cheap to clone.
#[derive(Clone)]
pub struct Servers {
    gateway: Gateway,
    tenant: TenantStore,
    builder: Arc<Builder>,
    known: Arc<Mutex<BTreeMap<String, Known>>>,
}

/// What is kept of a server beside its connection.
#[derive(Clone)]
struct Known {
    spec: ServerSpec,
    origin: ServerOrigin,
    /// What a child may touch, in sentences.
    grants: Vec<String>,
    /// Towards servers that are reached over HTTP.
    account: Option<Account>,
    /// Why there is no connection although the server is switched on.
    problem: Option<String>,
}

impl Servers {
    /// Puts all servers behind the gateway; none is started before it is needed. One that cannot be built is kept with
    /// its problem: the others must not suffer.
    pub async fn open(
        gateway: Gateway,
        tenant: TenantStore,
        builder: Builder,
        configured: BTreeMap<String, ServerSpec>,
    ) -> Result<Self, SettingsError> {
        let this = Self { gateway, tenant, builder: Arc::new(builder), known: Arc::default() };
        for (name, spec) in configured {
            this.start(&name, spec, ServerOrigin::Configuration);
        }
        for row in this.tenant.servers().await.map_err(unavailable)? {
            if this.known(&row.name).is_some() {
                tracing::warn!(server = row.name, "added, and in the configuration too; the latter counts");
                continue;
            }
            this.start(&row.name, row.spec, ServerOrigin::Added);
        }
        Ok(this)
    }

    /// Ends all connections and children.
    pub async fn close(&self) {
        let names: Vec<String> = self.lock().keys().cloned().collect();
        futures::future::join_all(names.iter().map(|name| self.take_away(name))).await;
    }

    /// Connects nothing yet.
    fn start(&self, name: &str, spec: ServerSpec, origin: ServerOrigin) {
        let mut known = Known { spec, origin, grants: Vec::new(), account: None, problem: None };
        match self.builder.build(name, &known.spec) {
            Ok(built) => {
                known.grants = built.grants;
                known.account = built.account;
                if known.spec.enabled
                    && let Err(error) = self.gateway.add_server(built.server)
                {
                    known.problem = Some(error.to_string());
                }
            }
            Err(why) => {
                tracing::warn!(server = name, why, "the server cannot be used");
                known.problem = Some(why);
            }
        }
        self.lock().insert(name.to_owned(), known);
    }

    fn known(&self, name: &str) -> Option<Known> {
        self.lock().get(name).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Known>> {
        // Each step leaves the map whole.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn take_away(&self, name: &str) {
        // One that could not be built, or is switched off, is not behind the gateway.
        if let Err(error) = self.gateway.remove_server(name).await {
            tracing::debug!(%error, "not behind the gateway");
        }
        self.lock().remove(name);
    }

    fn added(&self, name: &str) -> Result<Known, SettingsError> {
        match self.known(name) {
            Some(known) if known.origin == ServerOrigin::Added => Ok(known),
            Some(_) => Err(SettingsError::Invalid(format!(
                "`{name}` is in the configuration file: change [servers.{name}] there and start anew"
            ))),
            None => Err(missing(name)),
        }
    }

    async fn detail(&self, name: &str) -> Result<ports::ServerDetail, SettingsError> {
        let known = self.known(name);
        let behind = self.gateway.servers().iter().any(|server| server == name);
        if known.is_none() && !behind {
            return Err(missing(name));
        }
        // Asks the server for its list, so it comes before the status that tells how that went.
        let tools = match behind {
            true => self.gateway.tool_trust(&self.tenant, name).await.map_err(refused)?,
            false => Vec::new(),
        };
        let status = self.gateway.server_status(&self.tenant).await.map_err(refused)?;
        let status = status.into_iter().find(|status| status.name == name);
        views::detail(name, known.as_ref(), status, tools)
    }
}

#[async_trait]
impl ports::Servers for Servers {
    async fn list(&self) -> Result<Vec<ports::Server>, SettingsError> {
        let mut statuses = self.gateway.server_status(&self.tenant).await.map_err(refused)?;
        let known = self.lock().clone();
        let mut servers = Vec::new();
        // Those that are not behind the gateway have no status.
        for name in known.keys() {
            if !statuses.iter().any(|status| status.name == *name) {
                servers.push(views::server(name, known.get(name), None)?);
            }
        }
        for status in statuses.drain(..) {
            let name = status.name.clone();
            servers.push(views::server(&name, known.get(&name), Some(status))?);
        }
        servers.sort_by_key(|server| (server.origin != ServerOrigin::Builtin, server.name.clone()));
        Ok(servers)
    }

    async fn show(&self, name: &str) -> Result<ports::ServerDetail, SettingsError> {
        self.detail(name).await
    }

    async fn add(
        &self,
        name: &str,
        spec: ports::ServerSpec,
        by: &str,
    ) -> Result<ports::ServerDetail, SettingsError> {
        let spec = ServerSpec::try_from(spec).map_err(|error| SettingsError::Invalid(error.to_string()))?;
        if self.known(name).is_some() || self.gateway.servers().iter().any(|server| server == name) {
            return Err(SettingsError::Invalid(format!(
                "there is a server `{name}` already: remove it first, or choose another name"
            )));
        }
        self.builder.build(name, &spec).map_err(SettingsError::Invalid)?;
        self.tenant.put_server(name, &spec, by).await.map_err(unavailable)?;
        self.start(name, spec, ServerOrigin::Added);
        self.detail(name).await
    }

    async fn remove(&self, name: &str, by: &str) -> Result<(), SettingsError> {
        let known = self.added(name)?;
        self.tenant.delete_server(name, by).await.map_err(unavailable)?;
        self.tenant.unpin(name, None, by).await.map_err(unavailable)?;
        if let Some(account) = known.account
            && let Err(error) = account.sign_out().await
        {
            tracing::warn!(%error, server = name, "its tokens could not be forgotten");
        }
        self.take_away(name).await;
        Ok(())
    }

    async fn approve(
        &self,
        name: &str,
        tools: Vec<ports::ApprovedTool>,
        by: &str,
    ) -> Result<ports::ServerDetail, SettingsError> {
        let tools: Vec<_> = tools
            .into_iter()
            .map(|tool| gateway::trust::ApprovedTool { name: tool.name, digest: Some(Digest(tool.digest)) })
            .collect();
        if tools.is_empty() {
            return Err(SettingsError::Invalid("name the tools that you approve".to_owned()));
        }
        self.gateway.approve_tools(&self.tenant, name, &tools, by).await.map_err(refused)?;
        self.detail(name).await
    }

    async fn withdraw(
        &self,
        name: &str,
        tools: Vec<String>,
        by: &str,
    ) -> Result<ports::ServerDetail, SettingsError> {
        self.gateway.withdraw_tools(&self.tenant, name, &tools, by).await.map_err(refused)?;
        self.detail(name).await
    }

    async fn restart(&self, name: &str) -> Result<ports::ServerDetail, SettingsError> {
        let known = self.known(name).ok_or_else(|| missing(name))?;
        self.take_away(name).await;
        self.start(name, known.spec, known.origin);
        self.detail(name).await
    }

    async fn sign_in(&self, name: &str, redirect_uri: &str) -> Result<String, SettingsError> {
        let known = self.known(name).ok_or_else(|| missing(name))?;
        let account = known.account.ok_or_else(|| {
            SettingsError::Invalid(format!("`{name}` is a command: there is nothing to sign in to"))
        })?;
        // The server's own refusal says what it wants.
        self.detail(name).await?;
        let redirect_uri =
            Url::parse(redirect_uri).map_err(|error| SettingsError::Invalid(error.to_string()))?;
        let begun = account.begin(&redirect_uri).await;
        let begun = begun.map_err(|error| SettingsError::Invalid(error.to_string()))?;
        Ok(begun.url.to_string())
    }

    async fn signed_in(&self, query: &str) -> Result<String, SettingsError> {
        let finished = self.builder.oauth().finish(query).await;
        let name = finished.map_err(|error| SettingsError::Invalid(error.to_string()))?.server;
        // Connects anew, now that it is let in.
        if let Some(known) = self.known(&name) {
            self.take_away(&name).await;
            self.start(&name, known.spec, known.origin);
        }
        Ok(name)
    }
}

fn missing(name: &str) -> SettingsError {
    SettingsError::NotFound(format!("there is no server `{name}`; `bailiwick gateway list` shows them"))
}

fn unavailable(error: store::StoreError) -> SettingsError {
    SettingsError::Unavailable(error.to_string())
}

fn refused(error: GatewayError) -> SettingsError {
    match error {
        GatewayError::Invalid(why) => SettingsError::Invalid(why),
        error => SettingsError::Unavailable(error.to_string()),
    }
}
