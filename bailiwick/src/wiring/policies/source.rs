//! From `[policy]` to the rules that are in force at the start.

use opa::{OpaConfig, OpaEngine, Place, Source, Watch};
use outbound::{Outbound, Reach};
use policy::bundle::{Key, Keys};
use policy::{Policy, PolicyFile};
use secrecy::SecretString;
use secrets::{Template, Vault};
use serde_json::{Value, json};
use store::TenantStore;
use url::Url;
use web::ports::SettingsError;

use crate::config::{self, Engine};
use crate::exit::Failure;

/// In force until a bundle was loaded for the first time.
const NOTHING_YET: &str = "package bailiwick\n\nimport rego.v1\n\n\
    deny contains {\"rule\": \"policy.not_loaded\", \"message\": \"No policy was loaded from `[policy.bundle]` yet.\"}\n";

/// What `[policy]` came to.
pub struct Opened {
    pub policy: Policy,
    pub evaluation: policy::Config,
    pub watch: Option<Watch>,
    pub from_bundle: bool,
    pub opa: Option<OpaEngine>,
}

/// Rules of a folder must be good at the start; a bundle server that does not answer leaves everything denied until
/// it does.
pub async fn open(
    config: &config::Policy,
    tenant: &TenantStore,
    outbound: &Outbound,
    vault: &Vault,
) -> Result<Opened, Failure> {
    let evaluation = config.evaluation();
    let opa = match config.engine {
        Engine::Embedded => None,
        Engine::Opa => Some(engine(&config.opa, outbound, vault).await?),
    };
    let source = source(config, outbound, vault).await?;
    let from_bundle = config.dir.as_os_str().is_empty();
    let Some((source, http)) = source else {
        let policy = own(tenant, evaluation.clone()).await?;
        return Ok(Opened { policy, evaluation, watch: None, from_bundle: false, opa });
    };
    let waits = matches!(source.from, Place::Http { .. });
    let watch = source.watch(evaluation.clone(), http).await;
    let policy = match watch.active() {
        Some(active) => active.policy.clone(),
        None if waits => compile(vec![file("not_loaded.rego", NOTHING_YET)], evaluation.clone())?,
        None => {
            let why = watch.status().last_error.unwrap_or_default();
            return Err(Failure::usage(format!("the policy cannot be used: {why}")));
        }
    };
    Ok(Opened { policy, evaluation, watch: Some(watch), from_bundle, opa })
}

/// Files as the store keeps them.
pub fn to_json(files: &[PolicyFile]) -> Value {
    files.iter().map(|file| json!({"path": file.path, "text": file.text})).collect()
}

pub fn from_json(files: &Value) -> Result<Vec<PolicyFile>, SettingsError> {
    let wrong = || SettingsError::Unavailable("the stored version cannot be read".to_owned());
    let text = |file: &Value, member: &str| file[member].as_str().map(str::to_owned).ok_or_else(wrong);
    let files = files.as_array().ok_or_else(wrong)?.iter();
    files.map(|file| Ok(PolicyFile { path: text(file, "path")?, text: text(file, "text")? })).collect()
}

/// The version in force, else the shipped pack.
async fn own(tenant: &TenantStore, evaluation: policy::Config) -> Result<Policy, Failure> {
    let files = match tenant.active_policy().await? {
        Some(version) => from_json(&version.files)?,
        None => policy::shipped_files(),
    };
    compile(files.into_iter().filter(|file| !file.is_test()).collect(), evaluation)
}

fn compile(files: Vec<PolicyFile>, evaluation: policy::Config) -> Result<Policy, Failure> {
    Policy::compile_with(files, evaluation).map_err(|error| {
        // The report shows the lines around the mistake.
        Failure::usage(format!("the policy cannot be used: {:?}", miette::Report::new(error)))
    })
}

async fn source(
    config: &config::Policy,
    outbound: &Outbound,
    vault: &Vault,
) -> Result<Option<(Source, reqwest::Client)>, Failure> {
    let bundle = &config.bundle;
    let given =
        [!config.dir.as_os_str().is_empty(), !bundle.archive.as_os_str().is_empty(), !bundle.url.is_empty()];
    if given.iter().filter(|given| **given).count() > 1 {
        return Err(Failure::usage(
            "`[policy] dir`, `archive` and `url` of [policy.bundle] exclude each other: set one",
        ));
    }
    let reach = if bundle.allow_private { Reach::Private } else { Reach::Public };
    let place = match given {
        [true, _, _] => Place::Folder(config.dir.clone()),
        [_, true, _] => Place::Archive(bundle.archive.clone()),
        [_, _, true] => {
            let url = address("[policy.bundle]", &bundle.url, outbound, reach)?;
            Place::Http { url, token: opened(&bundle.token, vault).await? }
        }
        _ => return Ok(None),
    };
    let mut source = Source::new(place);
    if bundle.poll_seconds > 0.0 {
        source.poll_seconds = bundle.poll_seconds;
    }
    if !bundle.keys.is_empty() {
        source.verification = Some(keys(bundle)?);
    }
    Ok(Some((source, outbound.client(reach)?)))
}

fn keys(bundle: &config::Bundle) -> Result<Keys, Failure> {
    let algorithm = if bundle.algorithm.is_empty() { "RS256" } else { bundle.algorithm.as_str() };
    let mut keys = Keys { scope: bundle.scope.clone(), ..Keys::default() };
    for (id, file) in &bundle.keys {
        let key = std::fs::read_to_string(file)
            .map_err(|error| Failure::usage(format!("[policy.bundle] keys: {}: {error}", file.display())))?;
        keys.keys.insert(id.clone(), Key { algorithm: algorithm.to_owned(), key });
    }
    Ok(keys)
}

async fn engine(config: &config::Opa, outbound: &Outbound, vault: &Vault) -> Result<OpaEngine, Failure> {
    if config.url.is_empty() {
        return Err(Failure::usage(
            "`engine = \"opa\"` needs `url` in [policy.opa], like http://127.0.0.1:8181",
        ));
    }
    // An OPA of one's own stands beside this process more often than not.
    let url = address("[policy.opa]", &config.url, outbound, Reach::Private)?;
    let mut asked: OpaConfig = serde_json::from_value(json!({"url": url}))?;
    asked.token = opened(&config.token, vault).await?;
    if config.timeout_ms > 0 {
        asked.timeout_ms = config.timeout_ms;
    }
    asked.revision = Some(config.revision.clone()).filter(|revision| !revision.is_empty());
    Ok(OpaEngine::new(asked, outbound.client(Reach::Private)?))
}

pub fn address(section: &str, url: &str, outbound: &Outbound, reach: Reach) -> Result<Url, Failure> {
    let wrong = |why: String| Failure::usage(format!("`url` in {section}: {why}"));
    let url = Url::parse(url).map_err(|error| wrong(error.to_string()))?;
    outbound.check_url(&url, reach).map_err(|error| wrong(error.to_string()))?;
    Ok(url)
}

/// What a `secret://` reference of the configuration stands for; `None` for an empty text.
pub async fn opened(text: &str, vault: &Vault) -> Result<Option<SecretString>, Failure> {
    match text {
        "" => Ok(None),
        text => Ok(Some(Template::parse(text)?.resolve(vault).await?)),
    }
}

fn file(path: &str, text: &str) -> PolicyFile {
    PolicyFile { path: path.to_owned(), text: text.to_owned() }
}
