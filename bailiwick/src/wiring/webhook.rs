//! Tells somewhere else that a person is asked: a chat, a phone. In the form of Standard Webhooks 1.0
//! (headers `webhook-id`, `webhook-timestamp`, `webhook-signature`).

use std::time::Duration;

use aws_lc_rs::hmac;
use backon::{ExponentialBuilder, Retryable as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::Utc;
use domain::approval::{Approval, ApprovalStatus};
use outbound::{Outbound, Reach, explain};
use secrecy::{ExposeSecret as _, SecretString};
use secrets::{Template, Vault};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{Store, Subject, TenantStore};
use tokio::sync::broadcast::error::RecvError;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::exit::Failure;

/// Longest wait for one answer.
const ANSWER_WAIT: Duration = Duration::from_secs(15);
const TRIES_MAX: usize = 6;

/// `[webhook]` of the configuration: where questions to people are told.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Address that gets a `POST` for every new question; empty: none.
    pub url: String,
    /// What bodies are signed with, `secret://name`. The receiver checks it.
    pub secret: String,
    /// Send a link along that answers the question without a sign-in: whoever reads the chat can then answer.
    pub with_link: bool,
    /// Lets the address be on this machine or in a private network.
    pub allow_private: bool,
}

/// Sends what is asked, until it is told to stop.
pub struct Webhook {
    url: Url,
    http: reqwest::Client,
    secret: Template,
    vault: Vault,
    tenant: TenantStore,
    sign_in: web::SignIn,
    web: web::Config,
    with_link: bool,
}

impl Webhook {
    /// `None` when no address is configured.
    pub fn new(
        config: &Config,
        outbound: &Outbound,
        vault: Vault,
        tenant: TenantStore,
        sign_in: web::SignIn,
        web: web::Config,
    ) -> Result<Option<Self>, Failure> {
        if config.url.is_empty() {
            return Ok(None);
        }
        let wrong = |why: String| Failure::usage(format!("`[webhook]`: {why}"));
        let url = Url::parse(&config.url).map_err(|error| wrong(format!("`url`: {error}")))?;
        let reach = if config.allow_private { Reach::Private } else { Reach::Public };
        outbound.check_url(&url, reach).map_err(|error| wrong(error.to_string()))?;
        if config.secret.is_empty() {
            return Err(wrong(
                "`secret` is missing; write secret://NAME, which signs what is sent".to_owned(),
            ));
        }
        if config.with_link && web.public_url.is_empty() {
            return Err(wrong("`with_link` needs `public_url` in [web]: where the link leads".to_owned()));
        }
        let secret = Template::parse(&config.secret).map_err(|error| wrong(error.to_string()))?;
        let http = outbound.client(reach)?;
        Ok(Some(Self { url, http, secret, vault, tenant, sign_in, web, with_link: config.with_link }))
    }

    pub async fn run(self, store: Store, stop: CancellationToken) {
        let mut notices = store.notices();
        loop {
            let notice = tokio::select! {
                () = stop.cancelled() => return,
                notice = notices.recv() => notice,
            };
            let id = match notice {
                Ok(notice) if notice.tenant_id == self.tenant.tenant_id() => match notice.subject {
                    Subject::Approval(id) => id,
                    _ => continue,
                },
                Ok(_) => continue,
                Err(RecvError::Lagged(missed)) => {
                    tracing::warn!(missed, "questions came faster than the webhook could tell them");
                    continue;
                }
                Err(RecvError::Closed) => return,
            };
            match self.tenant.approval(id).await {
                // Answers and voids are told of as well.
                Ok(approval) if approval.status == ApprovalStatus::Pending => self.tell(&approval).await,
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "a question could not be read for the webhook"),
            }
        }
    }

    async fn tell(&self, approval: &Approval) {
        let retries = ExponentialBuilder::default().with_jitter().with_max_times(TRIES_MAX);
        let told = || self.send(approval);
        if let Err(why) = told.retry(retries).await {
            // The question waits in the dashboard all the same.
            tracing::warn!(approval_id = %approval.id, why, "the webhook could not be told");
        }
    }

    async fn send(&self, approval: &Approval) -> Result<(), String> {
        let body = self.body(approval).await?;
        let host = self.url.host_str().unwrap_or_default();
        let secret = self.secret.resolve_for(&self.vault, host).await.map_err(|error| error.to_string())?;
        let (id, seconds) = (format!("approval_{}", approval.id), Utc::now().timestamp());
        let sent = self
            .http
            .post(self.url.clone())
            .timeout(ANSWER_WAIT)
            .header("webhook-id", &id)
            .header("webhook-timestamp", seconds)
            .header("webhook-signature", signature(&secret, &id, seconds, &body))
            .header("content-type", "application/json")
            .body(body)
            .send();
        let answer = sent.await.map_err(explain)?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status => Err(format!("it answered {status}")),
        }
    }

    /// What is asked, without the arguments: they may be long, and a chat is not the place for them.
    async fn body(&self, approval: &Approval) -> Result<String, String> {
        let reasons: Vec<&str> = approval.reasons.iter().map(|reason| reason.message.as_str()).collect();
        let mut data = json!({
            "id": approval.id,
            "task_id": approval.task_id,
            "server": approval.server,
            "tool": approval.tool,
            "reasons": reasons,
            "roles": approval.roles,
            "expires_at": approval.expires_at,
        });
        // A link cannot answer what is kept for people with a role.
        if self.with_link && approval.roles.is_empty() {
            let link = self.sign_in.approval_link(&self.tenant, approval, &self.web).await;
            let link = link.map_err(|error| error.to_string())?;
            data["link"] = link.url(&self.web.public_url).into();
        }
        let event = json!({"type": "approval.requested", "timestamp": approval.created_at, "data": data});
        Ok(event.to_string())
    }
}

/// Standard Webhooks: HMAC-SHA256 over id, timestamp and body. A secret that begins with `whsec_` is base64.
fn signature(secret: &SecretString, id: &str, seconds: i64, body: &str) -> String {
    let secret = secret.expose_secret();
    let key = match secret.strip_prefix("whsec_").map(|rest| STANDARD.decode(rest)) {
        Some(Ok(key)) => key,
        _ => secret.as_bytes().to_vec(),
    };
    let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
    let tag = hmac::sign(&key, format!("{id}.{seconds}.{body}").as_bytes());
    format!("v1,{}", STANDARD.encode(tag))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification of Standard Webhooks.
    #[test]
    fn bodies_are_signed_as_the_specification_says() {
        let secret = SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signed =
            signature(&secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, "{\"test\": 2432232314}");
        assert_eq!(signed, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }
}
