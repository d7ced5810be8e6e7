//! The policy in force: from the program, a version in the store, a folder, a bundle or an OPA server.

pub mod source;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::Utc;
use gateway::{Decider, Gateway};
use opa::{OpaEngine, Watch};
use policy::{Answer, Policy, PolicyFile, Question};
use serde_json::{Value, json};
use store::TenantStore;
use web::ports::{self, PolicyEngine, PolicySource, PolicyStatus, SettingsError};

use source::Opened;

/// Name of the pack that comes with the program, among the versions.
const SHIPPED: &str = "shipped";

/// Where rules come from, and the way to others.
#[derive(Clone)]
pub struct Policies {
    gateway: Gateway,
    tenant: TenantStore,
    evaluation: policy::Config,
    /// A folder or a bundle, when one is configured.
    watch: Option<Watch>,
    from_bundle: bool,
    opa: Option<OpaEngine>,
    log: Option<opa::DecisionLog>,
}

impl Policies {
    /// Keeps the gateway at what the source says, from now on.
    pub fn new(gateway: Gateway, tenant: TenantStore, opened: Opened, log: Option<opa::DecisionLog>) -> Self {
        if let Some(watch) = &opened.watch {
            let (mut changes, gateway) = (watch.changes(), gateway.clone());
            // What came into force since the source was opened counts too.
            changes.mark_changed();
            tokio::spawn(async move {
                while changes.changed().await.is_ok() {
                    let active = changes.borrow_and_update().clone();
                    if let Some(active) = active {
                        gateway.set_policy(active.policy.clone());
                    }
                }
            });
        }
        if let Some(engine) = &opened.opa {
            gateway.set_decider(Some(Arc::new(Server(engine.clone()))));
        }
        Self {
            gateway,
            tenant,
            evaluation: opened.evaluation,
            watch: opened.watch,
            from_bundle: opened.from_bundle,
            opa: opened.opa,
            log,
        }
    }

    /// Sends what waits in the decision log, for as long as that may take.
    pub async fn close(self, time_max: Duration) {
        if let Some(log) = self.log {
            let counts = log.close(time_max).await;
            tracing::debug!(?counts, "the decision log ended");
        }
    }

    fn source(&self, active: bool) -> PolicySource {
        match (&self.opa, &self.watch) {
            (Some(_), _) => PolicySource::Server,
            (None, Some(_)) if self.from_bundle => PolicySource::Bundle,
            (None, Some(_)) => PolicySource::Folder,
            (None, None) if active => PolicySource::Version,
            (None, None) => PolicySource::Shipped,
        }
    }

    /// Only what nobody else keeps can be replaced here.
    fn own(&self) -> Result<(), SettingsError> {
        let elsewhere = match self.source(false) {
            PolicySource::Server => "an OPA server decides (`[policy] engine`)",
            PolicySource::Bundle => "the rules come from `[policy.bundle]`",
            PolicySource::Folder => "the rules come from `[policy] dir`",
            PolicySource::Version | PolicySource::Shipped => return Ok(()),
        };
        Err(SettingsError::Invalid(format!("{elsewhere}: change them there")))
    }

    fn compile(&self, files: Vec<PolicyFile>) -> Result<Policy, SettingsError> {
        let rules = files.into_iter().filter(|file| !file.is_test()).collect();
        Policy::compile_with(rules, self.evaluation.clone())
            .map_err(|error| SettingsError::Invalid(format!("the rules cannot be used: {error}")))
    }
}

#[async_trait]
impl ports::Policies for Policies {
    async fn status(&self) -> Result<PolicyStatus, SettingsError> {
        let active = self.tenant.active_policy().await.map_err(unavailable)?.is_some();
        let revision = match &self.opa {
            Some(engine) => engine.revision().to_string(),
            None => self.gateway.policy().revision().to_owned(),
        };
        Ok(PolicyStatus {
            engine: if self.opa.is_some() { PolicyEngine::Opa } else { PolicyEngine::Embedded },
            source: self.source(active),
            revision,
            bundle: self.watch.as_ref().map_or(Value::Null, |watch| json!(watch.status())),
            decision_log: self.log.as_ref().map_or(Value::Null, |log| json!(log.counts())),
        })
    }

    async fn files(&self) -> Result<Vec<PolicyFile>, SettingsError> {
        match self.source(false) {
            PolicySource::Shipped => match self.tenant.active_policy().await.map_err(unavailable)? {
                Some(version) => source::from_json(&version.files),
                None => self.version(SHIPPED).await,
            },
            // Tests stay with whoever keeps the rules.
            _ => Ok(self.gateway.policy().files().to_vec()),
        }
    }

    async fn version(&self, id: &str) -> Result<Vec<PolicyFile>, SettingsError> {
        if id == SHIPPED {
            return Ok([policy::shipped_files(), policy::shipped_tests()].concat());
        }
        source::from_json(&self.tenant.policy(id).await.map_err(unavailable)?.files)
    }

    async fn activate(&self, files: Vec<PolicyFile>, note: &str, by: &str) -> Result<String, SettingsError> {
        self.own()?;
        let compiled = self.compile(files.clone())?;
        // Tests belong to a version but not to the revision of its rules.
        let id = domain::digest::Digest::of(&source::to_json(&files)).0;
        let version = store::PolicyVersion {
            id: id.clone(),
            files: source::to_json(&files),
            note: note.to_owned(),
            created_by: by.to_owned(),
            created_at: Utc::now(),
        };
        self.tenant.put_policy(version).await.map_err(unavailable)?;
        self.tenant.activate_policy(&id, by).await.map_err(unavailable)?;
        self.gateway.set_policy(compiled);
        Ok(id)
    }

    async fn versions(&self) -> Result<Vec<ports::PolicyVersion>, SettingsError> {
        let versions = self.tenant.policies().await.map_err(unavailable)?;
        let shown = versions.into_iter().map(|version| ports::PolicyVersion {
            id: version.id,
            note: version.note,
            created_by: version.created_by,
            created_at: version.created_at,
            active: version.active,
            activated_by: version.activated_by,
            activated_at: version.activated_at,
        });
        Ok(shown.collect())
    }

    async fn reinstate(&self, id: &str, by: &str) -> Result<(), SettingsError> {
        self.own()?;
        if id == SHIPPED {
            let compiled = self.compile(policy::shipped_files())?;
            self.tenant.deactivate_policy(by).await.map_err(unavailable)?;
            self.gateway.set_policy(compiled);
            return Ok(());
        }
        let version = self.tenant.policy(id).await.map_err(unavailable)?;
        let compiled = self.compile(source::from_json(&version.files)?)?;
        self.tenant.activate_policy(id, by).await.map_err(unavailable)?;
        self.gateway.set_policy(compiled);
        Ok(())
    }
}

/// An OPA server decides.
struct Server(OpaEngine);

#[async_trait]
impl Decider for Server {
    async fn decide(&self, question: &Question) -> Answer {
        self.0.decide(question).await
    }

    fn revision(&self) -> String {
        self.0.revision().to_string()
    }
}

fn unavailable(error: store::StoreError) -> SettingsError {
    match error {
        store::StoreError::NotFound { .. } => SettingsError::NotFound("there is no such version".to_owned()),
        error => SettingsError::Unavailable(error.to_string()),
    }
}
