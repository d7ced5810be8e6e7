//! Follows one task: every journal event once and in order, and between them what is live.
//!
//! The store only says *that* a journal grew; events are always read from the store, after the last one sent.
//! So a slow watcher, a lost notification and a reconnect are one case, and none of them loses or doubles an
//! event.

use std::convert::Infallible;
use std::time::Duration;

use agent::{Live, LiveEvent};
use axum::response::sse::Event;
use domain::TaskId;
use futures::Stream;
use serde::Serialize;
use store::{Changed, StoreError, TenantStore};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{OwnedSemaphorePermit, broadcast, mpsc};
use tokio_stream::StreamExt as _;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

use crate::views::{self, Mirror as _};

/// Journal events read at once; they can be large, and only the watcher's speed should cost memory.
const PAGE: u32 = 64;
/// Messages made ahead of the watcher.
const AHEAD: usize = 16;
/// How soon a browser comes back after a stream has ended.
const RETRY: Duration = Duration::from_millis(500);

/// One watcher of one task.
pub(crate) struct Watch {
    pub tenant: TenantStore,
    pub task_id: TaskId,
    /// Sequence number of the last event that the watcher has.
    pub after: u64,
    /// Subscribed to before the journal is first read.
    pub changes: broadcast::Receiver<Changed>,
    pub live: Live,
    pub sign_outs: broadcast::Receiver<String>,
    /// The session that watches, if it is one.
    pub token_hash: Option<String>,
    pub closing: CancellationToken,
    /// Counts against `watchers_max`.
    #[expect(dead_code, reason = "held while the stream lives")]
    pub permit: OwnedSemaphorePermit,
}

/// Why a stream is over.
enum End {
    /// The watcher left, the server stops, or the session ended.
    Over,
    /// The watcher was too slow for what is live. It comes back, and gets what has gathered, whole.
    Lagged,
    Store(StoreError),
}

enum Wake {
    Journal,
    Live(LiveEvent),
}

/// Runs beside the connection until the watcher leaves.
pub(crate) fn follow(watch: Watch) -> impl Stream<Item = Result<Event, Infallible>> {
    let (sender, receiver) = mpsc::channel(AHEAD);
    tokio::spawn(async move {
        let task_id = watch.task_id;
        match watch.run(&sender).await {
            Err(End::Store(error)) => tracing::warn!(%task_id, %error, "an event stream ended early"),
            Err(End::Lagged) => tracing::debug!(%task_id, "a slow event stream begins anew"),
            Err(End::Over) | Ok(()) => {}
        }
    });
    ReceiverStream::new(receiver).map(Ok)
}

impl Watch {
    async fn run(mut self, out: &mpsc::Sender<Event>) -> Result<(), End> {
        send(out, Event::default().retry(RETRY)).await?;
        while self.send_page(out, None).await? {}
        self.send_summary(out).await?;

        // Taken after the backlog: what it has gathered belongs behind the events sent so far.
        let (gathered, mut live) = self.live.watch(self.task_id);
        for event in gathered {
            send_live(out, event).await?;
        }
        loop {
            let before = self.after;
            while self.send_page(out, Some(&mut live)).await? {}
            if self.after != before {
                self.send_summary(out).await?;
            }
            while let Wake::Live(event) = self.wait(out, &mut live).await? {
                send_live(out, event).await?;
            }
        }
    }

    /// Sends the next events, if there are any.
    async fn send_page(
        &mut self,
        out: &mpsc::Sender<Event>,
        live: Option<&mut broadcast::Receiver<LiveEvent>>,
    ) -> Result<bool, End> {
        let page = self.tenant.events(self.task_id, self.after, PAGE).await.map_err(End::Store)?;
        // What was live before these events were committed is sent before them: behind the event that
        // supersedes it, it would come to life again.
        if let Some(live) = live {
            drain(out, live).await?;
        }
        let found = !page.is_empty();
        for envelope in page {
            let seq = envelope.seq;
            let view = views::Envelope::mirror(envelope);
            send(out, json("journal", &view)?.id(seq.to_string())).await?;
            self.after = seq;
        }
        Ok(found)
    }

    async fn send_summary(&self, out: &mpsc::Sender<Event>) -> Result<(), End> {
        let task = self.tenant.task(self.task_id).await.map_err(End::Store)?;
        send(out, json("task", &views::TaskSummary::mirror(task))?).await
    }

    async fn wait(
        &mut self,
        out: &mpsc::Sender<Event>,
        live: &mut broadcast::Receiver<LiveEvent>,
    ) -> Result<Wake, End> {
        loop {
            tokio::select! {
                () = self.closing.cancelled() => return Err(End::Over),
                () = out.closed() => return Err(End::Over),
                ended = self.sign_outs.recv() => match ended {
                    Ok(hash) if self.token_hash.as_ref() != Some(&hash) => {}
                    _ => return Err(End::Over),
                },
                changed = self.changes.recv() => match changed {
                    Ok(changed) if changed.task_id != self.task_id || changed.last_seq <= self.after => {}
                    Ok(_) | Err(RecvError::Lagged(_)) => return Ok(Wake::Journal),
                    Err(RecvError::Closed) => return Err(End::Over),
                },
                event = live.recv() => match event {
                    Ok(event) => return Ok(Wake::Live(event)),
                    Err(RecvError::Lagged(_)) => return Err(End::Lagged),
                    Err(RecvError::Closed) => return Err(End::Over),
                },
            }
        }
    }
}

/// Sends what is live and has come already.
async fn drain(out: &mpsc::Sender<Event>, live: &mut broadcast::Receiver<LiveEvent>) -> Result<(), End> {
    loop {
        match live.try_recv() {
            Ok(event) => send_live(out, event).await?,
            Err(TryRecvError::Empty) => return Ok(()),
            Err(TryRecvError::Lagged(_)) => return Err(End::Lagged),
            Err(TryRecvError::Closed) => return Err(End::Over),
        }
    }
}

async fn send_live(out: &mpsc::Sender<Event>, event: LiveEvent) -> Result<(), End> {
    send(out, json("live", &views::LiveEvent::mirror(event))?).await
}

async fn send(out: &mpsc::Sender<Event>, event: Event) -> Result<(), End> {
    out.send(event).await.map_err(|_| End::Over)
}

fn json(name: &str, view: &impl Serialize) -> Result<Event, End> {
    Event::default()
        .event(name)
        .json_data(view)
        .map_err(|error| End::Store(StoreError::Corrupt(error.to_string())))
}
