//! One-time sign-in links and the local token.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use chrono::Utc;
use domain::Timestamp;
use domain::approval::Approval;
use secrecy::{ExposeSecret as _, SecretString};
use store::{StoreError, TenantStore};

use crate::Config;
use crate::security::approval_link::ApprovalLink;
use crate::security::token::random_token;

/// Links that wait to be used; a further one pushes out the oldest.
const LINKS_MAX: usize = 32;

/// Hands out one-time links, and knows the local token of programs. Cheap to clone.
///
/// Links live in memory only: a restart forgets them.
#[derive(Clone)]
pub struct SignIn(Arc<Inner>);

struct Inner {
    local_token: blake3::Hash,
    session_key: [u8; 32],
    link_life: Duration,
    /// By the time they were made; the token itself is not kept.
    links: Mutex<BTreeMap<(Instant, u64), blake3::Hash>>,
}

/// A way in that works once.
#[derive(Clone, Debug)]
pub struct Link {
    token: SecretString,
    pub expires_at: Timestamp,
}

impl Link {
    /// The whole address, under a base like `http://127.0.0.1:7878`.
    pub fn url(&self, base: &str) -> String {
        format!("{}/sign-in?token={}", base.trim_end_matches('/'), self.token.expose_secret())
    }
}

impl SignIn {
    /// `local_token` is what programs of this person send (see `instance.json`). `session_key` keys the hashes
    /// of session tokens in the store: with another key all sessions end.
    pub fn new(local_token: &SecretString, session_key: [u8; 32], config: &Config) -> Self {
        Self(Arc::new(Inner {
            local_token: blake3::hash(local_token.expose_secret().as_bytes()),
            session_key,
            link_life: Duration::from_secs(config.sign_in_link_seconds_max),
            links: Mutex::default(),
        }))
    }

    /// A new link; works once, until it expires.
    pub fn link(&self) -> Link {
        let token = random_token();
        let mut links = self.links();
        while links.len() >= LINKS_MAX {
            links.pop_first();
        }
        // The counter keeps two links apart that are made within one tick of the clock.
        let number = links.last_key_value().map_or(0, |(&(_, number), _)| number + 1);
        links.insert((Instant::now(), number), blake3::hash(token.as_bytes()));
        Link { token: SecretString::from(token), expires_at: Utc::now() + self.0.link_life }
    }

    /// Whether this token opens the door. It will not do so again.
    pub(crate) fn redeem(&self, token: &str) -> bool {
        let hash = blake3::hash(token.as_bytes());
        let mut links = self.links();
        links.retain(|(made, _), _| made.elapsed() < self.0.link_life);
        let found = links.iter().find(|(_, known)| **known == hash).map(|(key, _)| *key);
        found.is_some_and(|key| links.remove(&key).is_some())
    }

    /// A signed link that answers one question once; its life is that of the question, if that ends sooner.
    pub async fn approval_link(
        &self,
        tenant: &TenantStore,
        approval: &Approval,
        config: &Config,
    ) -> Result<ApprovalLink, StoreError> {
        let life = Utc::now() + Duration::from_secs(config.approval_link_seconds_max);
        let expires_at = approval.expires_at.map_or(life, |end| end.min(life));
        let link = ApprovalLink::new(&self.0.session_key, approval.id, expires_at);
        tenant.put_link(&link.hash(), approval.id, expires_at).await?;
        Ok(link)
    }

    pub(crate) fn read_approval_link(&self, token: &str) -> Option<ApprovalLink> {
        ApprovalLink::read(&self.0.session_key, token)
    }

    /// Compares hashes, in constant time.
    pub(crate) fn is_local_token(&self, token: &str) -> bool {
        blake3::hash(token.as_bytes()) == self.0.local_token
    }

    /// What the store keeps of a session token.
    pub(crate) fn session_hash(&self, token: &str) -> String {
        blake3::keyed_hash(&self.0.session_key, token.as_bytes()).to_hex().to_string()
    }

    fn links(&self) -> MutexGuard<'_, BTreeMap<(Instant, u64), blake3::Hash>> {
        // The map is whole after every step, so a panic elsewhere does not spoil it.
        self.0.links.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sign_in(link_seconds: u64) -> SignIn {
        let config = Config { sign_in_link_seconds_max: link_seconds, ..Config::default() };
        SignIn::new(&SecretString::from("local"), [7; 32], &config)
    }

    fn token(link: &Link) -> String {
        link.token.expose_secret().to_owned()
    }

    #[test]
    fn a_link_works_once() {
        let sign_in = sign_in(600);
        let link = sign_in.link();
        assert!(!sign_in.redeem("something else"));
        assert!(sign_in.redeem(&token(&link)));
        assert!(!sign_in.redeem(&token(&link)));
    }

    #[test]
    fn a_link_expires() {
        let sign_in = sign_in(0);
        let link = sign_in.link();
        assert!(!sign_in.redeem(&token(&link)));
    }

    #[test]
    fn the_oldest_link_gives_way() {
        let sign_in = sign_in(600);
        let links: Vec<Link> = (0..=LINKS_MAX).map(|_| sign_in.link()).collect();
        assert!(!sign_in.redeem(&token(&links[0])));
        assert!(links[1..].iter().all(|link| sign_in.redeem(&token(link))));
    }

    #[test]
    fn the_local_token_is_compared_whole() {
        let sign_in = sign_in(600);
        assert!(sign_in.is_local_token("local"));
        for wrong in ["", "loca", "local ", "Local"] {
            assert!(!sign_in.is_local_token(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_link_does_not_show_its_token() {
        let link = sign_in(600).link();
        assert!(!format!("{link:?}").contains(&token(&link)));
        assert!(link.url("http://127.0.0.1:1/").starts_with("http://127.0.0.1:1/sign-in?token="));
    }
}
