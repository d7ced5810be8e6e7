//! What every route can reach.

use std::net::SocketAddr;
use std::ops::Deref;
use std::sync::Arc;

use domain::task::Workspace;
use tokio::sync::{Semaphore, broadcast};
use tokio_util::sync::CancellationToken;

use crate::Config;
use crate::ports::{KeySets, Policies, Record, Secrets, Servers, Settings, Workspaces};
use crate::security::SignIn;
use crate::security::host::AllowedHosts;
use crate::security::mcp::{Admitted, Verifier};

/// Everything the face shows and steers. The wiring fills it and gives it to [`crate::serve`].
pub struct App {
    pub config: Config,
    pub version: String,
    pub store: store::Store,
    pub tenant: store::TenantStore,
    pub tasks: agent::Tasks,
    pub gateway: gateway::Gateway,
    pub fence: fence::Report,
    pub settings: Arc<dyn Settings>,
    pub workspaces: Arc<dyn Workspaces>,
    pub servers: Arc<dyn Servers>,
    pub secrets: Arc<dyn Secrets>,
    pub record: Arc<dyn Record>,
    pub policies: Arc<dyn Policies>,
    pub sign_in: SignIn,
    /// Where tasks work that name no folder.
    pub default_workspace: Option<Workspace>,
    /// The gateway for MCP clients; `None`: there is no `/mcp`.
    pub mcp: Option<Mcp>,
}

/// What `/mcp` needs.
pub struct Mcp {
    pub endpoint: mcp::serve::Endpoint,
    /// Keys of the issuers in `[web.mcp_auth]`.
    pub key_sets: Arc<dyn KeySets>,
}

/// The app as it is being served. Cheap to clone.
#[derive(Clone)]
pub(crate) struct AppState(Arc<Served>);

pub(crate) struct Served {
    app: App,
    pub allowed_hosts: AllowedHosts,
    /// Cancelled when the server begins to stop: event streams end, so that the drain can.
    pub closing: CancellationToken,
    /// One permit for each event stream.
    pub watchers: Arc<Semaphore>,
    /// Token hashes of sessions that sign out: their event streams end.
    pub sign_outs: broadcast::Sender<String>,
    /// Tokens of MCP clients that were found good a moment ago.
    pub admitted: Admitted,
    /// `None`: only tokens of ours open `/mcp`.
    pub verifier: Option<Verifier>,
}

/// Sign-outs that a slow event stream may lag behind; a stream that lags further ends, to be safe.
const SIGN_OUTS_KEPT: usize = 64;

impl AppState {
    pub fn new(app: App, address: SocketAddr, closing: CancellationToken) -> Self {
        Self(Arc::new(Served {
            allowed_hosts: AllowedHosts::new(address.port(), &app.config.allowed_hosts),
            watchers: Arc::new(Semaphore::new(app.config.watchers_max)),
            sign_outs: broadcast::Sender::new(SIGN_OUTS_KEPT),
            admitted: Admitted::default(),
            verifier: app
                .config
                .mcp_auth
                .as_ref()
                .zip(app.mcp.as_ref())
                .map(|(auth, mcp)| Verifier::new(auth, &mcp.key_sets)),
            closing,
            app,
        }))
    }
}

impl Deref for AppState {
    type Target = Served;
    fn deref(&self) -> &Served {
        &self.0
    }
}

impl Deref for Served {
    type Target = App;
    fn deref(&self) -> &App {
        &self.app
    }
}
