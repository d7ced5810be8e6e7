//! Adapters between rooms that may not know each other.

mod children;
mod decision_log;
mod gate;
mod housekeeping;
mod key_sets;
mod models;
mod policies;
mod record;
mod servers;
mod settings;
mod toolbox;
mod vault;
mod webhook;
mod workspaces;

pub use decision_log::start as start_decision_log;
pub use gate::GatewayGate;
pub use housekeeping::Housekeeping;
pub use key_sets::OutboundKeySets;
pub use models::Models;
pub use policies::Policies;
pub use policies::source::open as open_policy;
pub use record::{SignedHead, SignedRecord, SigningKey, fingerprint, told};
pub use servers::{Builder as ServerBuilder, Servers};
pub use settings::SettingsFile;
pub use toolbox::BuiltinTools;
pub use vault::{VaultSecrets, Vaults};
pub use webhook::{Config as WebhookConfig, Webhook};
pub use workspaces::SampleWorkspaces;
