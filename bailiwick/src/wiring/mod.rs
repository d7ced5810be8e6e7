//! Adapters between rooms that may not know each other.

mod gate;
mod models;
mod settings;
mod toolbox;
mod workspaces;

pub use gate::GatewayGate;
pub use models::Models;
pub use settings::SettingsFile;
pub use toolbox::BuiltinTools;
pub use workspaces::SampleWorkspaces;
