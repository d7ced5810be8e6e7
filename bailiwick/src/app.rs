//! The whole machine: every room, wired. The only place where concrete parts meet.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use agent::Tasks;
use domain::TenantId;
use domain::task::Workspace;
use fence::Fence;
use gateway::{Gateway, Relay};
use models::Catalogue;
use outbound::Outbound;
use secrecy::SecretString;
use secrets::{KEY_VARIABLE, KeyFile, Keys};
use store::{Store, TenantStore};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, Credentials};
use crate::exit::Failure;
use crate::instance::{self, Instance, Lock};
use crate::paths::Paths;
use crate::signals::Signals;
use crate::wiring::{
    BuiltinTools, GatewayGate, Housekeeping, Models, OutboundKeySets, Policies, SampleWorkspaces,
    ServerBuilder, Servers, SettingsFile, SignedRecord, VaultSecrets, Vaults, Webhook, open_policy,
    start_decision_log,
};

/// Ports tried after the wanted one.
const PORTS_TRIED_MAX: u16 = 100;

/// How this process differs from what the configuration says.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Instead of `[server] port`; 0 means any free one.
    pub port: Option<u16>,
    /// Folder of tasks that name none.
    pub workspace: Option<PathBuf>,
    /// Leave unfinished tasks alone: for commands that only look.
    pub only_look: bool,
    /// Serve until told to stop, not just for one command.
    pub lasting: bool,
}

/// Every part, built and not yet serving.
pub struct App {
    paths: Paths,
    config: Config,
    options: Options,
    /// One process serves a data folder.
    lock: Lock,
    /// SQLite in the data folder, or PostgreSQL.
    store: Store,
    /// The one tenant of a desk.
    tenant: TenantStore,
    /// Where commands run.
    fence: Fence,
    /// Vendors and the scripted guide; replaced when keys or providers change.
    models: Models,
    /// Sealed values, opened by name for servers.
    vaults: Vaults,
    /// HTTP to elsewhere, addresses checked.
    outbound: Outbound,
    /// Decides on every call, and forwards what is allowed.
    gateway: Gateway,
    /// MCP servers of others, behind the gateway.
    servers: Servers,
    /// The rules in force and where they come from.
    policies: Policies,
    /// Every decision and act, with signed heads.
    record: SignedRecord,
    /// One executor per unfinished task.
    tasks: Tasks,
}

/// A serving app.
pub struct Running {
    pub instance: Instance,
    stop: CancellationToken,
    served: tokio::task::JoinHandle<()>,
    drain: Duration,
}

impl App {
    pub async fn build(paths: Paths, config: Config, options: Options, lock: Lock) -> Result<Self, Failure> {
        let store = Store::open(&config.store, &paths.data_dir).await?;
        let tenant = store.tenant(TenantId::LOCAL).await?;
        // What is ours is granted to no server.
        let fence = Fence::new(fence::Config { own_paths: paths.own(), ..config.fence.clone() });
        let credentials = Credentials::load(&paths.credentials_file)?;
        let models =
            Models::new(Catalogue::new(config.models.clone(), credentials.all_keys(&config.models))?);

        let vaults = Vaults::new(tenant.clone(), secret_keys(&paths)?);
        let outbound = Outbound::new(config.outbound.clone());
        let record = SignedRecord::open(tenant.clone(), &paths.data_dir)?;

        let toolbox = BuiltinTools::new(fence.clone(), config.toolbox.clone());
        let opened = open_policy(&config.policy, &tenant, &outbound, &vaults.by("policy")).await?;
        let gateway =
            Gateway::with_config(opened.policy.clone(), vec![Arc::new(toolbox)], config.gateway.clone());
        gateway.set_scrubber(vaults.scrubber().clone());
        let log = start_decision_log(&config.policy.decision_log, &gateway, &outbound, &vaults.by("policy"))
            .await?;
        let policies = Policies::new(gateway.clone(), tenant.clone(), opened, log);
        let builder = ServerBuilder::new(fence.clone(), outbound.clone(), &vaults);
        let servers = Servers::open(gateway.clone(), tenant.clone(), builder, config.servers.clone()).await?;

        let mut agent_config = config.agent.clone();
        agent_config.model = default_model(&config.agent, &models.current());
        let gate = Arc::new(GatewayGate::new(gateway.clone()));
        let source = Arc::new(models.clone());
        let tasks = if options.only_look {
            Tasks::idle(agent_config, store.clone(), tenant.clone(), source, gate).await?
        } else {
            Tasks::start(agent_config, store.clone(), tenant.clone(), source, gate).await?
        };
        Ok(Self {
            paths,
            config,
            options,
            lock,
            store,
            tenant,
            fence,
            models,
            vaults,
            outbound,
            gateway,
            servers,
            policies,
            record,
            tasks,
        })
    }

    /// Binds, announces, and serves in the background.
    pub async fn serve(self) -> Result<Running, Failure> {
        let listener = bind(self.options.port.unwrap_or(self.config.server.port)).await?;
        let address = listener.local_addr()?;
        let token = instance::new_token();
        let local_token = SecretString::from(token.clone());
        let sign_in = web::SignIn::new(&local_token, instance::session_key(&self.paths)?, &self.config.web);
        let instance = Instance {
            address,
            token,
            pid: std::process::id(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            lasting: self.options.lasting,
        };
        let stop = CancellationToken::new();
        let drain = Duration::from_secs(self.config.web.drain_seconds_max);
        let default_workspace = match &self.options.workspace {
            Some(root) => Some(self.tenant.ensure_workspace(root, &folder_name(root)).await?),
            None => None,
        };
        let mcp = default_workspace.clone().map(|workspace| self.mcp(workspace));
        let webhook = Webhook::new(
            &self.config.webhook,
            &self.outbound,
            self.vaults.by("webhook"),
            self.tenant.clone(),
            sign_in.clone(),
            self.config.web.clone(),
        )?;
        let configured = self.config.servers.clone().into_iter().collect();
        let settings = SettingsFile::new(self.paths.clone(), self.config.clone(), self.models.clone());
        let face = web::App {
            config: self.config.web.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            store: self.store.clone(),
            tenant: self.tenant.clone(),
            tasks: self.tasks.clone(),
            gateway: self.gateway.clone(),
            fence: self.fence.report().clone(),
            settings: Arc::new(settings),
            workspaces: Arc::new(SampleWorkspaces::new(self.paths.clone(), self.tenant.clone())),
            servers: Arc::new(self.servers.clone()),
            secrets: Arc::new(VaultSecrets::new(self.vaults.clone(), configured)),
            record: Arc::new(self.record.clone()),
            policies: Arc::new(self.policies.clone()),
            sign_in,
            default_workspace,
            mcp,
        };
        self.lock.announce(&instance)?;
        let stopping = stop.clone();
        if let Some(webhook) = webhook {
            tokio::spawn(webhook.run(self.store.clone(), stop.clone()));
        }
        let housekeeping = Housekeeping { tenant: self.tenant.clone(), record: self.record.clone() };
        let housekeeping = tokio::spawn(housekeeping.run(stop.clone()));
        let served = tokio::spawn(async move {
            if let Err(error) = web::serve(listener, face, stopping).await {
                tracing::error!(%error, "serving ended");
            }
            // Answers end first, then the work, then the store under it; the lock goes last.
            self.lock.withdraw();
            self.tasks.shutdown(drain).await;
            self.servers.close().await;
            self.policies.close(drain).await;
            if let Err(error) = housekeeping.await {
                tracing::warn!(%error, "housekeeping broke off");
            }
            self.store.close().await;
            drop(self.lock);
        });
        Ok(Running { instance, stop, served, drain })
    }
}

impl App {
    /// The gateway for MCP clients, who work in this folder.
    fn mcp(&self, workspace: Workspace) -> web::Mcp {
        let relay = Relay::new(self.gateway.clone(), self.store.clone(), self.tenant.clone(), workspace);
        web::Mcp {
            endpoint: mcp::serve::Endpoint::new(Arc::new(relay), self.config.clients.clone()),
            key_sets: Arc::new(OutboundKeySets(self.outbound.clone())),
        }
    }
}

impl Running {
    /// Serves until a signal or the end of the server. A second signal ends the wait for what still runs.
    pub async fn until_stopped(mut self, mut signals: Signals) {
        tokio::select! {
            _ = signals.next() => tracing::info!("stopping"),
            _ = &mut self.served => return,
        }
        tokio::select! {
            () = self.stop() => {}
            _ = signals.next() => tracing::warn!("told twice to stop; leaving what still runs to the next start"),
        }
    }

    /// Drains and stops. What does not end in time is left to the next start: the journal knows where it was.
    pub async fn stop(self) {
        self.stop.cancel();
        let patience = self.drain * 2 + Duration::from_secs(5);
        if tokio::time::timeout(patience, self.served).await.is_err() {
            tracing::warn!(seconds = patience.as_secs(), "gave up waiting for what still runs");
        }
    }
}

/// The configured model, else the first one that is ready to be asked, else the scripted guide.
pub fn default_model(config: &agent::Config, catalogue: &Catalogue) -> String {
    if !config.model.is_empty() {
        return config.model.clone();
    }
    catalogue.offered().first().map_or_else(|| "demo".to_owned(), |info| info.name.clone())
}

/// What a folder is called in lists.
pub fn folder_name(root: &std::path::Path) -> String {
    root.file_name().map_or_else(|| root.display().to_string(), |name| name.to_string_lossy().into_owned())
}

async fn bind(port: u16) -> Result<TcpListener, Failure> {
    if port == 0 {
        return Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?);
    }
    let last = port.saturating_add(PORTS_TRIED_MAX);
    for candidate in port..=last {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, candidate));
        match TcpListener::bind(address).await {
            Ok(listener) => return Ok(listener),
            Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {}
            Err(error) => {
                return Err(Failure::usage(format!(
                    "cannot serve at {address}: {error}; choose another --port"
                )));
            }
        }
    }
    Err(Failure::usage(format!("the ports {port} to {last} are all taken: choose another with --port")))
}

/// From the environment, else from a file that is made with the first key.
fn secret_keys(paths: &Paths) -> Result<Keys, Failure> {
    match std::env::var(KEY_VARIABLE) {
        Ok(text) => Ok(Keys::parse(&SecretString::from(text), KEY_VARIABLE)?),
        Err(_) => Ok(KeyFile::new(paths.data_dir.join("secrets.key")).load_or_make()?),
    }
}
