//! Servers as the face shows them.

use domain::server::{HttpTarget, ServerSpec, Transport};
use gateway::ServerStatus;
use gateway::trust::{ToolState, ToolTrust};
use serde_json::Value;
use web::ports::{self, ServerOrigin, SettingsError};

use super::Known;

/// What is shown of a header or variable whose value was written out and not referred to.
const HIDDEN: &str = "[hidden]";

pub(super) fn detail(
    name: &str,
    known: Option<&Known>,
    status: Option<ServerStatus>,
    tools: Vec<ToolTrust>,
) -> Result<ports::ServerDetail, SettingsError> {
    let stderr = status.as_ref().map(|status| status.condition.stderr.clone()).unwrap_or_default();
    let discovery = status.as_ref().map_or(Value::Null, |status| status.discovery.clone());
    let collisions = status
        .iter()
        .flat_map(|status| &status.collisions)
        .map(|same| format!("`{}` is also offered by {}", same.name, others(&same.servers, name)))
        .collect();
    Ok(ports::ServerDetail {
        server: server(name, known, status)?,
        tools: tools.into_iter().map(tool).collect(),
        collisions,
        grants: known.map(|known| known.grants.clone()).unwrap_or_default(),
        stderr,
        discovery,
    })
}

pub(super) fn server(
    name: &str,
    known: Option<&Known>,
    status: Option<ServerStatus>,
) -> Result<ports::Server, SettingsError> {
    let spec = match known {
        Some(known) => shown(&known.spec)?,
        None => builtin(),
    };
    let origin = known.map_or(ServerOrigin::Builtin, |known| known.origin);
    let problem = known.and_then(|known| known.problem.clone());
    let Some(status) = status else {
        let off = known.is_some_and(|known| !known.spec.enabled);
        let state = if off { ports::ServerState::Off } else { ports::ServerState::Failed };
        return Ok(ports::Server {
            name: name.to_owned(),
            spec,
            origin,
            state,
            version: None,
            server_name: None,
            server_version: None,
            problem,
            failures: 0,
            restarts: 0,
            sessions: 0,
            tools_pinned: 0,
            tools_waiting: 0,
        });
    };
    let said = |member: &str| status.condition.server_info[member].as_str().map(str::to_owned);
    Ok(ports::Server {
        name: name.to_owned(),
        spec,
        origin,
        state: state(status.condition.state),
        server_name: said("name"),
        server_version: said("version"),
        version: status.condition.version,
        problem: problem.or(status.condition.problem).or(status.list_problem),
        failures: status.condition.failures,
        restarts: status.condition.restarts,
        sessions: status.condition.sessions,
        tools_pinned: status.tools_pinned,
        tools_waiting: status.tools_waiting,
    })
}

/// Values are shown when they are references; one that was written out may be a secret all the same.
fn shown(spec: &ServerSpec) -> Result<ports::ServerSpec, SettingsError> {
    let mut spec = spec.clone();
    let hide = |value: &mut String| {
        if !value.contains(secrets::SCHEME) {
            *value = HIDDEN.to_owned();
        }
    };
    match &mut spec.transport {
        Transport::Stdio { environment, .. } => environment.values_mut().for_each(hide),
        Transport::Http(target) | Transport::Sse(target) => {
            let HttpTarget { url, headers, oauth, .. } = target;
            headers.values_mut().for_each(hide);
            if !oauth.client_secret.is_empty() {
                hide(&mut oauth.client_secret);
            }
            // A key in the query of an address is a habit of some servers.
            if let Some(at) = url.find('?') {
                url.truncate(at);
                url.push_str("?…");
            }
        }
    }
    ports::ServerSpec::try_from(spec).map_err(|error| SettingsError::Unavailable(error.to_string()))
}

fn builtin() -> ports::ServerSpec {
    ports::ServerSpec {
        transport: ports::Transport::Stdio {
            command: Vec::new(),
            environment: Default::default(),
            grants: Default::default(),
        },
        enabled: true,
        sharing: Default::default(),
        limits: Default::default(),
    }
}

fn tool(tool: ToolTrust) -> ports::ServerTool {
    ports::ServerTool {
        name: tool.name,
        exposed: tool.exposed,
        state: match tool.state {
            ToolState::Pinned => ports::ToolState::Pinned,
            ToolState::New => ports::ToolState::New,
            ToolState::Changed => ports::ToolState::Changed,
            ToolState::Gone => ports::ToolState::Gone,
        },
        digest: tool.digest.0,
        definition: tool.definition,
        diff: tool.diff,
        flags: tool.flags.iter().map(ToString::to_string).collect(),
        approved_by: tool.approved_by,
        approved_at: tool.approved_at,
    }
}

fn state(state: gateway::ServerState) -> ports::ServerState {
    match state {
        gateway::ServerState::Idle => ports::ServerState::Idle,
        gateway::ServerState::Connecting => ports::ServerState::Connecting,
        gateway::ServerState::Ready => ports::ServerState::Ready,
        gateway::ServerState::Failed => ports::ServerState::Failed,
        gateway::ServerState::SignInNeeded => ports::ServerState::SignInNeeded,
    }
}

fn others(servers: &[String], this: &str) -> String {
    let others: Vec<&str> = servers.iter().map(String::as_str).filter(|server| *server != this).collect();
    others.join(", ")
}
