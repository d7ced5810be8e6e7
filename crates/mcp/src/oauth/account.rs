//! What we have at one server: tokens that are kept fresh.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::Utc;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::{Mutex, MutexGuard};
use url::Url;

use super::challenge::Challenge;
use super::client::Shared;
use super::config::{Flow, Server};
use super::error::{OAuthError, foreign};
use super::fetch::Fetch;
use super::record::{self, Tokens};
use super::scopes;
use super::tokens::{self, Context, Grant};
use super::{address, register};

/// After a renewal that failed for the moment, the authorization server is left alone this long.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// Times that a server may ask for more scopes within [`STEP_UP_WINDOW`]; then it asks in circles.
const STEP_UPS_MAX: usize = 3;
const STEP_UP_WINDOW: Duration = Duration::from_secs(600);

/// Our account at one server. Cheap to clone; clones share their tokens.
#[derive(Clone)]
pub struct Account(Arc<Inner>);

struct Inner {
    shared: Arc<Shared>,
    server: Server,
    /// Held while tokens are renewed: whoever needs them meanwhile waits for that one renewal.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Whether the store was asked.
    loaded: bool,
    tokens: Option<Tokens>,
    /// An access token that was got because the one before was refused. Refused too, it is not renewed once more.
    second: Option<String>,
    failed: Option<(Instant, OAuthError)>,
    step_ups: VecDeque<Instant>,
    /// What the server asked for last that a person has to agree to.
    wanted: Option<Challenge>,
    /// Why nobody can help, when that was the last word.
    hopeless: Option<String>,
}

/// What to do after an answer of 401 or 403.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Send the request again, with a new [`Account::header`].
    Retry,
    /// A person must sign in: [`Account::begin`] asks for this.
    SignIn(Challenge),
    /// Nothing helps; the text says why.
    Refused(String),
}

/// What a listing may show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    pub signed_in: bool,
    pub issuer: Option<String>,
    pub scopes: Vec<String>,
    /// Seconds since 1970 of the access token's end.
    pub expires_at: Option<i64>,
    /// Whether it is renewed without a person.
    pub renews: bool,
    /// The server asked for a sign-in, or for one with more scopes, that has not happened yet.
    pub sign_in_wanted: bool,
    /// Why the server refuses although a further sign-in would not help.
    pub refused: Option<String>,
}

impl Account {
    pub(super) fn new(shared: Arc<Shared>, server: Server) -> Self {
        Self(Arc::new(Inner { shared, server, state: Mutex::default() }))
    }

    /// The value of `Authorization` for a request to the server, renewed when its end is near. `None`: not signed in.
    pub async fn header(&self) -> Result<Option<SecretString>, OAuthError> {
        let state = self.state().await?;
        let Some(tokens) = &state.tokens else { return Ok(None) };
        let now = Utc::now().timestamp();
        if !tokens.is_due(now) {
            return Ok(Some(value(tokens)));
        }
        if !self.renewable(tokens) {
            // Shortly before its end it is still good.
            return Ok((!tokens.is_over(now)).then(|| value(tokens)));
        }
        drop(state);
        match self.renew(None).await {
            Ok(()) => {}
            Err(error) => {
                let state = self.state().await?;
                match &state.tokens {
                    Some(tokens) if !tokens.is_over(Utc::now().timestamp()) => {}
                    None => return Ok(None),
                    Some(_) => return Err(error),
                }
            }
        }
        Ok(self.state().await?.tokens.as_ref().map(value))
    }

    /// Says what to do about an answer of the server. `used` is the header that the request was sent with.
    pub async fn challenged<'a>(
        &self,
        status: u16,
        www_authenticate: impl IntoIterator<Item = &'a str>,
        used: Option<&SecretString>,
    ) -> Result<Next, OAuthError> {
        let next = self.answer(status, Challenge::parse(www_authenticate), used).await?;
        let mut state = self.state().await?;
        (state.wanted, state.hopeless) = match &next {
            Next::Retry => (None, None),
            Next::SignIn(challenge) => (Some(challenge.clone()), None),
            Next::Refused(why) => (None, Some(why.clone())),
        };
        Ok(next)
    }

    async fn answer(
        &self,
        status: u16,
        challenge: Challenge,
        used: Option<&SecretString>,
    ) -> Result<Next, OAuthError> {
        if status == 403 && challenge.wants_more_scopes() {
            return self.step_up(challenge).await;
        }
        if status != 401 {
            let why =
                challenge.error_description.or(challenge.error).unwrap_or_else(|| "it gave no reason".into());
            return Ok(Next::Refused(format!(
                "`{}` refused with {status}: {}",
                self.server().name,
                foreign(&why)
            )));
        }
        let used = used.map(|used| used.expose_secret().to_owned());
        let state = self.state().await?;
        let current = state.tokens.as_ref().map(|tokens| value(tokens).expose_secret().to_owned());
        if current.is_some() && current != used {
            // Somebody renewed it while the request was under way.
            return Ok(Next::Retry);
        }
        let again =
            current.is_some() && state.second.as_deref().map(|token| format!("Bearer {token}")) == current;
        let renewable = state.tokens.as_ref().is_some_and(|tokens| self.renewable(tokens));
        drop(state);
        if renewable && !again && self.renew(used).await.is_ok() {
            return Ok(Next::Retry);
        }
        match &self.server().flow {
            Flow::Machine { .. } if !again => self.acquire(challenge).await.map(|()| Next::Retry),
            Flow::Machine { .. } => Ok(Next::Refused(format!(
                "`{}` refuses the token that its authorization server has just given",
                self.server().name
            ))),
            Flow::Person => Ok(Next::SignIn(challenge)),
        }
    }

    pub async fn status(&self) -> Result<Status, OAuthError> {
        let state = self.state().await?;
        let tokens = state.tokens.as_ref();
        Ok(Status {
            signed_in: tokens
                .is_some_and(|tokens| !tokens.is_over(Utc::now().timestamp()) || self.renewable(tokens)),
            issuer: tokens.and_then(|tokens| tokens.issuer.clone()),
            scopes: tokens.map(|tokens| tokens.scopes.clone()).unwrap_or_default(),
            expires_at: tokens.and_then(|tokens| tokens.expires_at),
            renews: tokens.is_some_and(|tokens| self.renewable(tokens)),
            sign_in_wanted: state.wanted.is_some(),
            refused: state.hopeless.clone(),
        })
    }

    /// Forgets tokens, registration and authorization server.
    pub async fn sign_out(&self) -> Result<(), OAuthError> {
        let mut state = self.state().await?;
        let name = &self.server().name;
        let store = self.shared().store();
        if let Some(tokens) = &state.tokens {
            let issuer = tokens.issuer.as_deref().unwrap_or(&tokens.token_endpoint);
            store.remove(&register::client_key(name, issuer)).await?;
        }
        store.remove(&register::issuer_key(name)).await?;
        store.remove(&key(name)).await?;
        *state = State { loaded: true, ..State::default() };
        Ok(())
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.0.shared
    }

    pub(super) fn server(&self) -> &Server {
        &self.0.server
    }

    pub(super) fn fetch(&self) -> Fetch {
        Fetch { http: self.server().http.clone(), check: self.server().check.clone() }
    }

    /// Scopes of the token at hand, if this issuer gave it: a further sign-in must not lose them.
    pub(super) async fn granted_by(&self, issuer: Option<&str>) -> Result<Vec<String>, OAuthError> {
        let state = self.state().await?;
        let tokens = state.tokens.as_ref().filter(|tokens| tokens.issuer.as_deref() == issuer);
        Ok(tokens.map(|tokens| tokens.scopes.clone()).unwrap_or_default())
    }

    /// Tokens of a sign-in take the place of those before.
    pub(super) async fn keep(&self, tokens: Tokens) -> Result<(), OAuthError> {
        let mut state = self.state().await?;
        self.learn(&tokens);
        record::save(self.shared().store(), &key(&self.server().name), &tokens).await?;
        state.tokens = Some(tokens);
        state.failed = None;
        state.second = None;
        state.wanted = None;
        state.hopeless = None;
        Ok(())
    }

    /// What the server asked for last.
    pub(super) async fn wanted(&self) -> Result<Challenge, OAuthError> {
        Ok(self.state().await?.wanted.clone().unwrap_or_default())
    }

    async fn step_up(&self, challenge: Challenge) -> Result<Next, OAuthError> {
        let mut state = self.state().await?;
        let name = &self.server().name;
        let granted = state.tokens.as_ref().map_or(&[][..], |tokens| &tokens.scopes);
        if state.tokens.is_some() && scopes::cover(granted, &challenge.scopes) {
            return Ok(Next::Refused(format!(
                "`{name}` asks for scopes that its token has already ({})",
                foreign(&challenge.scopes.join(" "))
            )));
        }
        state.step_ups.retain(|at| at.elapsed() < STEP_UP_WINDOW);
        if state.step_ups.len() >= STEP_UPS_MAX {
            return Ok(Next::Refused(format!(
                "`{name}` asked for more scopes {STEP_UPS_MAX} times within {} minutes; sign in to it again by hand",
                STEP_UP_WINDOW.as_secs() / 60
            )));
        }
        state.step_ups.push_back(Instant::now());
        drop(state);
        match &self.server().flow {
            Flow::Machine { .. } => self.acquire(challenge).await.map(|()| Next::Retry),
            Flow::Person => Ok(Next::SignIn(challenge)),
        }
    }

    fn renewable(&self, tokens: &Tokens) -> bool {
        tokens.refresh_token.is_some() || matches!(self.server().flow, Flow::Machine { .. })
    }

    /// Renews once for all who wait. On its own: a request that is given up in between must not lose a refresh token
    /// that the server has already exchanged. `refused`: the header that was no good.
    async fn renew(&self, refused: Option<String>) -> Result<(), OAuthError> {
        let account = self.clone();
        let renewal = tokio::spawn(async move { account.renew_here(refused).await });
        renewal.await.unwrap_or_else(|_| Err(OAuthError::Refused("the renewal of a token broke off".into())))
    }

    async fn renew_here(&self, refused: Option<String>) -> Result<(), OAuthError> {
        let mut state = self.state().await?;
        let Some(tokens) = state.tokens.clone() else { return Ok(()) };
        let needed = match &refused {
            Some(refused) => value(&tokens).expose_secret() == refused,
            None => tokens.is_due(Utc::now().timestamp()),
        };
        if !needed {
            return Ok(());
        }
        if let Some((at, error)) = &state.failed
            && at.elapsed() < RETRY_AFTER
        {
            return Err(error.clone());
        }
        // A record could be of a time when the rules were looser.
        address::parse(&tokens.token_endpoint, &self.server().url)?;
        let context = Context {
            resource: tokens.resource,
            issuer: tokens.issuer,
            token_endpoint: tokens.token_endpoint,
            client: tokens.client,
            scopes: tokens.scopes,
        };
        let grant = if tokens.refresh_token.is_some() { Grant::Refresh } else { Grant::Machine };
        match tokens::request(&self.fetch(), self.server(), context, grant, tokens.refresh_token).await {
            Ok(tokens) => {
                self.learn(&tokens);
                state.second = refused.map(|_| tokens.access_token.clone());
                state.failed = None;
                let kept = record::save(self.shared().store(), &key(&self.server().name), &tokens).await;
                state.tokens = Some(tokens);
                if let Err(error) = kept {
                    // The tokens work; only a restart would lose them.
                    tracing::warn!(server = self.server().name, %error, "a renewed token could not be kept");
                }
                Ok(())
            }
            Err(error) => {
                if tokens::is_final(&error) {
                    // The refresh token is spent or withdrawn: only a person can go on.
                    self.shared().store().remove(&key(&self.server().name)).await?;
                    state.tokens = None;
                } else {
                    state.failed = Some((Instant::now(), error.clone()));
                }
                Err(error)
            }
        }
    }

    /// Signs in without a person.
    async fn acquire(&self, challenge: Challenge) -> Result<(), OAuthError> {
        let account = self.clone();
        let sign_in = tokio::spawn(async move {
            let (context, _) = account.prepare(&challenge, None).await?;
            let tokens =
                tokens::request(&account.fetch(), account.server(), context, Grant::Machine, None).await?;
            let token = tokens.access_token.clone();
            account.keep(tokens).await?;
            account.state().await?.second = Some(token);
            Ok(())
        });
        sign_in.await.unwrap_or_else(|_| Err(OAuthError::Refused("the sign-in broke off".into())))
    }

    fn learn(&self, tokens: &Tokens) {
        let name = &self.server().name;
        self.shared().learned(name, &tokens.access_token);
        for secret in tokens.refresh_token.iter().chain(&tokens.client.client_secret) {
            self.shared().learned(name, secret);
        }
    }

    /// The state, read from the store the first time. Tokens that were got for another address are left alone.
    async fn state(&self) -> Result<MutexGuard<'_, State>, OAuthError> {
        let mut state = self.0.state.lock().await;
        if !state.loaded {
            let tokens: Option<Tokens> =
                record::load(self.shared().store(), &key(&self.server().name)).await?;
            state.tokens = tokens.filter(|tokens| same_server(&tokens.server_url, &self.server().url));
            if let Some(tokens) = &state.tokens {
                self.learn(tokens);
            }
            state.loaded = true;
        }
        Ok(state)
    }
}

fn same_server(kept: &str, url: &Url) -> bool {
    kept == url.as_str()
}

fn value(tokens: &Tokens) -> SecretString {
    SecretString::from(format!("Bearer {}", tokens.access_token))
}

fn key(server: &str) -> String {
    format!("oauth/tokens/{server}")
}
