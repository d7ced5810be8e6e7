//! Servers, secrets and a record kept in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use web::ports::{
    ApprovedTool, Policies, PolicyEngine, PolicySource, PolicyStatus, PolicyVersion, Record, RecordEntry,
    RecordExport, Secret, Secrets, Server, ServerDetail, ServerOrigin, ServerSpec, ServerState, ServerTool,
    Servers, SettingsError, ToolState, Verification,
};

use super::samples::at;

/// Digest of the one tool that every server here has.
pub const DIGEST: &str = "sha256:of-the-tool";

#[derive(Default)]
pub struct Shelf {
    servers: Mutex<BTreeMap<String, (ServerSpec, bool)>>,
    secrets: Mutex<BTreeMap<String, (SecretString, Vec<String>)>>,
    versions: Mutex<Vec<PolicyVersion>>,
}

impl Shelf {
    pub fn secret(&self, name: &str) -> Option<String> {
        self.secrets.lock().unwrap().get(name).map(|(value, _)| value.expose_secret().to_owned())
    }

    fn detail(&self, name: &str) -> Result<ServerDetail, SettingsError> {
        let servers = self.servers.lock().unwrap();
        let (spec, pinned) = servers
            .get(name)
            .ok_or_else(|| SettingsError::NotFound(format!("there is no server `{name}`")))?;
        let tool = ServerTool {
            name: "echo".into(),
            exposed: pinned.then(|| "echo".into()),
            state: if *pinned { ToolState::Pinned } else { ToolState::New },
            digest: DIGEST.into(),
            definition: json!({"name": "echo", "description": "Says it again."}),
            diff: None,
            flags: Vec::new(),
            approved_by: pinned.then(|| "api".into()),
            approved_at: pinned.then(at),
        };
        Ok(ServerDetail {
            server: Server {
                name: name.into(),
                spec: spec.clone(),
                origin: ServerOrigin::Added,
                state: ServerState::Ready,
                version: Some("2026-07-28".into()),
                server_name: Some("echo".into()),
                server_version: None,
                problem: None,
                failures: 0,
                restarts: 0,
                sessions: 1,
                tools_pinned: u32::from(*pinned),
                tools_waiting: u32::from(!*pinned),
            },
            tools: vec![tool],
            collisions: Vec::new(),
            grants: Vec::new(),
            stderr: String::new(),
            discovery: Value::Null,
        })
    }

    fn pin(&self, name: &str, pinned: bool) -> Result<ServerDetail, SettingsError> {
        if let Some(server) = self.servers.lock().unwrap().get_mut(name) {
            server.1 = pinned;
        }
        self.detail(name)
    }
}

#[async_trait]
impl Servers for Shelf {
    async fn list(&self) -> Result<Vec<Server>, SettingsError> {
        let names: Vec<String> = self.servers.lock().unwrap().keys().cloned().collect();
        names.iter().map(|name| Ok(self.detail(name)?.server)).collect()
    }

    async fn show(&self, name: &str) -> Result<ServerDetail, SettingsError> {
        self.detail(name)
    }

    async fn add(&self, name: &str, spec: ServerSpec, _: &str) -> Result<ServerDetail, SettingsError> {
        self.servers.lock().unwrap().insert(name.into(), (spec, false));
        self.detail(name)
    }

    async fn remove(&self, name: &str, _: &str) -> Result<(), SettingsError> {
        self.detail(name)?;
        self.servers.lock().unwrap().remove(name);
        Ok(())
    }

    async fn approve(
        &self,
        name: &str,
        tools: Vec<ApprovedTool>,
        _: &str,
    ) -> Result<ServerDetail, SettingsError> {
        if tools.iter().any(|tool| tool.digest != DIGEST) {
            return Err(SettingsError::Invalid("the tool has changed since you read it".into()));
        }
        self.pin(name, true)
    }

    async fn withdraw(&self, name: &str, _: Vec<String>, _: &str) -> Result<ServerDetail, SettingsError> {
        self.pin(name, false)
    }

    async fn restart(&self, name: &str) -> Result<ServerDetail, SettingsError> {
        self.detail(name)
    }

    async fn sign_in(&self, name: &str, redirect_uri: &str) -> Result<String, SettingsError> {
        self.detail(name)?;
        Ok(format!("https://login.example/authorize?redirect_uri={redirect_uri}&state=s1"))
    }

    async fn signed_in(&self, query: &str) -> Result<String, SettingsError> {
        match query {
            "code=c1&state=s1" => Ok("docs".into()),
            _ => Err(SettingsError::Invalid("no sign-in with this `state` is under way".into())),
        }
    }
}

#[async_trait]
impl Secrets for Shelf {
    async fn list(&self) -> Result<Vec<Secret>, SettingsError> {
        let secrets = self.secrets.lock().unwrap();
        let listed = secrets.iter().map(|(name, (_, hosts))| Secret {
            name: name.clone(),
            hosts: hosts.clone(),
            used_by: Vec::new(),
            updated_at: at(),
        });
        Ok(listed.collect())
    }

    async fn set(
        &self,
        name: &str,
        value: SecretString,
        hosts: Vec<String>,
        _: &str,
    ) -> Result<(), SettingsError> {
        self.secrets.lock().unwrap().insert(name.into(), (value, hosts));
        Ok(())
    }

    async fn remove(&self, name: &str, _: &str) -> Result<(), SettingsError> {
        match self.secrets.lock().unwrap().remove(name) {
            Some(_) => Ok(()),
            None => Err(SettingsError::NotFound(format!("there is no secret `{name}`"))),
        }
    }
}

#[async_trait]
impl Record for Shelf {
    async fn entries(&self, before: Option<u64>, limit: u32) -> Result<Vec<RecordEntry>, SettingsError> {
        let last = before.map_or(5, |before| before - 1);
        let entry = |seq| RecordEntry {
            seq,
            at: at(),
            kind: "decision".into(),
            body: json!({"tool": "echo"}),
            hash: "00".into(),
        };
        Ok((1..=last).rev().take(limit as usize).map(entry).collect())
    }

    async fn verify(&self) -> Result<Verification, SettingsError> {
        Ok(Verification { whole: true, entries: 5, head: "00".into(), first_bad: None, why: None })
    }

    fn export(&self) -> RecordExport {
        let lines = ["{\"seq\":1}\n", "{\"head\":{}}\n"].map(|line| Ok(Bytes::from_static(line.as_bytes())));
        Box::pin(futures::stream::iter(lines))
    }
}

#[async_trait]
impl Policies for Shelf {
    async fn status(&self) -> Result<PolicyStatus, SettingsError> {
        Ok(PolicyStatus {
            engine: PolicyEngine::Embedded,
            source: PolicySource::Shipped,
            revision: "sha256:abc".into(),
            bundle: Value::Null,
            decision_log: Value::Null,
        })
    }

    async fn files(&self) -> Result<Vec<policy::PolicyFile>, SettingsError> {
        Ok(policy::shipped_files())
    }

    async fn version(&self, _: &str) -> Result<Vec<policy::PolicyFile>, SettingsError> {
        Ok(policy::shipped_files())
    }

    async fn activate(
        &self,
        files: Vec<policy::PolicyFile>,
        note: &str,
        by: &str,
    ) -> Result<String, SettingsError> {
        let mut versions = self.versions.lock().unwrap();
        let version = PolicyVersion {
            id: format!("v{}", versions.len() + files.len()),
            note: note.into(),
            created_by: by.into(),
            created_at: at(),
            active: true,
            activated_by: Some(by.into()),
            activated_at: Some(at()),
        };
        let id = version.id.clone();
        versions.push(version);
        Ok(id)
    }

    async fn versions(&self) -> Result<Vec<PolicyVersion>, SettingsError> {
        Ok(self.versions.lock().unwrap().iter().rev().cloned().collect())
    }

    async fn reinstate(&self, id: &str, _: &str) -> Result<(), SettingsError> {
        match self.versions.lock().unwrap().iter().any(|version| version.id == id) {
            true => Ok(()),
            false => Err(SettingsError::NotFound("there is no such version".into())),
        }
    }
}
