//! The whole machine: every room, wired. The only place where concrete parts meet.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use agent::Tasks;
use domain::TenantId;
use fence::Fence;
use gateway::Gateway;
use models::Catalogue;
use policy::{Policy, PolicyFile};
use secrecy::SecretString;
use store::{Store, TenantStore};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::{Config, Credentials};
use crate::exit::Failure;
use crate::instance::{self, Instance, Lock};
use crate::paths::Paths;
use crate::signals::Signals;
use crate::wiring::{BuiltinTools, GatewayGate, Models, SampleWorkspaces, SettingsFile};

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
    /// Decides on every call, and forwards what is allowed.
    gateway: Gateway,
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
        let fence = Fence::new(config.fence.clone());
        let credentials = Credentials::load(&paths.credentials_file)?;
        let models =
            Models::new(Catalogue::new(config.models.clone(), credentials.all_keys(&config.models))?);

        let toolbox = BuiltinTools::new(fence.clone(), config.toolbox.clone());
        let gateway =
            Gateway::with_config(load_policy(&config)?, vec![Arc::new(toolbox)], config.gateway.clone());

        let mut agent_config = config.agent.clone();
        agent_config.model = default_model(&config.agent, &models.current());
        let gate = Arc::new(GatewayGate::new(gateway.clone()));
        let source = Arc::new(models.clone());
        let tasks = if options.only_look {
            Tasks::idle(agent_config, store.clone(), tenant.clone(), source, gate).await?
        } else {
            Tasks::start(agent_config, store.clone(), tenant.clone(), source, gate).await?
        };
        Ok(Self { paths, config, options, lock, store, tenant, fence, models, gateway, tasks })
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
            sign_in,
            default_workspace,
            mcp: None,
        };
        self.lock.announce(&instance)?;
        let stopping = stop.clone();
        let served = tokio::spawn(async move {
            if let Err(error) = web::serve(listener, face, stopping).await {
                tracing::error!(%error, "serving ended");
            }
            // Answers end first, then the work, then the store under it; the lock goes last.
            self.lock.withdraw();
            self.tasks.shutdown(drain).await;
            self.store.close().await;
            drop(self.lock);
        });
        Ok(Running { instance, stop, served, drain })
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

fn load_policy(config: &Config) -> Result<Policy, Failure> {
    let dir = &config.policy.dir;
    if dir.as_os_str().is_empty() {
        return compile(policy::shipped_files(), config);
    }
    let mut files = Vec::new();
    let entries = std::fs::read_dir(dir).map_err(|error| {
        Failure::usage(format!("`[policy] dir` {} cannot be read: {error}", dir.display()))
    })?;
    for entry in entries {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "rego") {
            let text = std::fs::read_to_string(&path)
                .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))?;
            files.push(PolicyFile { path: path.display().to_string(), text });
        }
    }
    if files.is_empty() {
        return Err(Failure::usage(format!("`[policy] dir` {} holds no .rego files", dir.display())));
    }
    compile(files, config)
}

fn compile(files: Vec<PolicyFile>, config: &Config) -> Result<Policy, Failure> {
    Policy::compile_with(files, config.policy.evaluation()).map_err(|error| {
        // The report shows the lines around the mistake.
        Failure::usage(format!("the policy cannot be used: {:?}", miette::Report::new(error)))
    })
}
