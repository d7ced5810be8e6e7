//! The loop that keeps a policy current.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use bytes::BytesMut;
use chrono::Utc;
use policy::Config;
use policy::bundle::{self, Bundle};
use reqwest::Client;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::active::activate;
use super::folder::{self, Stamp};
use super::{Active, Place, Source, SourceError, Status, http};

/// The first wait after a failure; it doubles until it is the poll interval.
const RETRY_FIRST: Duration = Duration::from_secs(1);
/// Files that are being written must lie still this long.
const SETTLE: Duration = Duration::from_millis(100);
/// Looks at files that do not lie still.
const SETTLE_LOOKS_MAX: usize = 20;

/// A policy that is kept current. Clones share it; the last one dropped ends the looking.
#[derive(Clone)]
pub struct Watch {
    shared: Arc<Shared>,
    ask: mpsc::Sender<oneshot::Sender<()>>,
    changes: watch::Receiver<Option<Arc<Active>>>,
    _stop: Arc<DropGuard>,
}

struct Shared {
    active: ArcSwapOption<Active>,
    status: Mutex<Status>,
}

impl Watch {
    /// The policy in force; `None` when none ever loaded.
    pub fn active(&self) -> Option<Arc<Active>> {
        self.shared.active.load_full()
    }

    /// Told of every policy that comes into force.
    pub fn changes(&self) -> watch::Receiver<Option<Arc<Active>>> {
        self.changes.clone()
    }

    pub fn status(&self) -> Status {
        self.shared.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Looks now, and tells how it stands afterwards.
    pub async fn look(&self) -> Status {
        let (done, looked) = oneshot::channel();
        if self.ask.send(done).await.is_ok() {
            // An error means that the loop has ended, which the status then shows by its times.
            let _ = looked.await;
        }
        self.status()
    }
}

pub(super) async fn start(source: Source, config: Config, client: Client) -> Watch {
    let status = Status { name: source.name.clone(), ..Status::default() };
    let shared = Arc::new(Shared { active: ArcSwapOption::empty(), status: Mutex::new(status) });
    let (announce, changes) = watch::channel(None);
    let (ask, asked) = mpsc::channel(1);
    let stop = CancellationToken::new();
    let mut keeper =
        Keeper { source: Arc::new(source), config, client, shared: shared.clone(), announce, seen: None };
    keeper.look().await;
    tokio::spawn(keep(keeper, asked, stop.clone()));
    Watch { shared, ask, changes, _stop: Arc::new(stop.drop_guard()) }
}

async fn keep(mut keeper: Keeper, mut asked: mpsc::Receiver<oneshot::Sender<()>>, stop: CancellationToken) {
    loop {
        let mut waiting = None;
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(keeper.pause()) => {}
            who = asked.recv() => match who {
                Some(who) => waiting = Some(who),
                None => return,
            },
        }
        keeper.look().await;
        if let Some(waiting) = waiting {
            // Whoever asked may have gone.
            let _ = waiting.send(());
        }
    }
}

struct Keeper {
    source: Arc<Source>,
    config: Config,
    client: Client,
    shared: Arc<Shared>,
    announce: watch::Sender<Option<Arc<Active>>>,
    /// The files as they were at the last load, good or bad.
    seen: Option<Stamp>,
}

enum Loaded {
    Unchanged,
    Archive(BytesMut, Option<String>),
    Files(Vec<bundle::Entry>),
}

impl Keeper {
    async fn look(&mut self) {
        self.with_status(|status| status.last_request = Some(Utc::now()));
        match self.renew().await {
            Ok(None) => self.with_status(Status::succeeded),
            Ok(Some(active)) => {
                tracing::info!(bundle = %self.source.name, revision = %active.manifest.revision, "policy activated");
                let active = Arc::new(active);
                self.with_status(|status| {
                    status.activated(&active);
                    status.succeeded();
                });
                self.shared.active.store(Some(active.clone()));
                self.announce.send_replace(Some(active));
            }
            Err(error) => {
                // What is broken is read again at the next look, or an unchanged file would look like success.
                self.seen = None;
                tracing::warn!(bundle = %self.source.name, %error, "policy not renewed, the last good one stays");
                self.with_status(|status| status.failed(error.to_string()));
            }
        }
    }

    async fn renew(&mut self) -> Result<Option<Active>, SourceError> {
        let loaded = match &self.source.from {
            Place::Http { url, token } => {
                let active = self.shared.active.load();
                let etag = active.as_ref().and_then(|active| active.etag.as_deref());
                match http::download(&self.client, &self.source, url, token.as_ref(), etag).await? {
                    Some((archive, etag)) => Loaded::Archive(archive, etag),
                    None => Loaded::Unchanged,
                }
            }
            Place::Folder(_) | Place::Archive(_) => {
                let (source, seen) = (self.source.clone(), self.seen.clone());
                let (loaded, stamp) = blocking(move || load_files(&source, seen.as_ref())).await?;
                self.seen = Some(stamp);
                loaded?
            }
        };
        let (source, config) = (self.source.clone(), self.config.clone());
        let in_force = self.shared.active.load_full();
        blocking(move || take(loaded, &source, config, in_force.as_deref())).await
    }

    /// The time until the next look.
    fn pause(&self) -> Duration {
        let poll = self.source.poll_seconds.clamp(0.05, 86_400.0);
        let failures = self.with_status(|status| status.failures);
        let base = match failures {
            0 => poll,
            failures => poll.min(RETRY_FIRST.as_secs_f64() * 2_f64.powi(failures.min(20) as i32 - 1)),
        };
        Duration::from_secs_f64(base * rand::random_range(0.8..1.2))
    }

    fn with_status<T>(&self, change: impl FnOnce(&mut Status) -> T) -> T {
        change(&mut self.shared.status.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// From what was loaded to a policy that may come into force; `None` when it is the one in force.
fn take(
    loaded: Loaded,
    source: &Source,
    config: Config,
    in_force: Option<&Active>,
) -> Result<Option<Active>, SourceError> {
    let keys = source.verification.as_ref();
    let (bundle, etag): (Bundle, Option<String>) = match loaded {
        Loaded::Unchanged => return Ok(None),
        Loaded::Archive(archive, etag) => (bundle::read(&archive, keys, &source.limits)?, etag),
        Loaded::Files(entries) => (bundle::assemble(entries, keys, &source.limits)?, None),
    };
    let active = activate(&bundle, etag, config)?;
    let same = in_force.is_some_and(|old| {
        old.policy.revision() == active.policy.revision()
            && old.manifest == active.manifest
            && old.etag == active.etag
            && old.signed_by == active.signed_by
    });
    Ok((!same).then_some(active))
}

/// Reads the files when they have changed. The stamp counts even when they cannot be read.
fn load_files(
    source: &Source,
    seen: Option<&Stamp>,
) -> Result<(Result<Loaded, SourceError>, Stamp), SourceError> {
    let stamp = |path: &Path, is_folder| match is_folder {
        true => folder::stamp_of_folder(path, &source.limits),
        false => folder::stamp_of_file(path),
    };
    let (path, is_folder) = match &source.from {
        Place::Folder(path) => (path, true),
        Place::Archive(path) => (path, false),
        Place::Http { .. } => return Err(SourceError::Stopped("a server has no files".into())),
    };
    let mut now = stamp(path, is_folder)?;
    if seen.is_some_and(|seen| now.is_unchanged_since(seen)) {
        return Ok((Ok(Loaded::Unchanged), now));
    }
    if seen.is_some_and(|seen| !now.same_files(seen)) {
        for _ in 0..SETTLE_LOOKS_MAX {
            std::thread::sleep(SETTLE);
            let later = stamp(path, is_folder)?;
            let still = later.same_files(&now);
            now = later;
            if still {
                break;
            }
        }
    }
    let loaded = match is_folder {
        true => folder::read_folder(path, &now, &source.limits).map(Loaded::Files),
        false => folder::read_archive(path, &source.limits)
            .map(|bytes| Loaded::Archive(bytes.as_slice().into(), None)),
    };
    Ok((loaded, now))
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, SourceError> + Send + 'static,
) -> Result<T, SourceError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(SourceError::Stopped(error.to_string())),
    }
}
