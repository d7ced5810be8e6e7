//! Progress notifications, for clients that sent a token with the request.

use std::future::Future;
use std::sync::Arc;

use domain::tool::{ProgressSink, ToolProgress};
use rmcp::RoleServer;
use rmcp::model::{ProgressNotificationParam, ProgressToken};
use rmcp::service::{Peer, RequestContext};
use tokio::sync::mpsc;

/// Notifications that wait for a slow client; more are dropped, as they are only for watching.
const WAITING_MAX: usize = 64;

/// Hands on what a tool says while it runs.
pub(super) struct Watcher {
    peer: Peer<RoleServer>,
    token: Option<ProgressToken>,
    waiting: mpsc::Receiver<ToolProgress>,
}

pub(super) fn channel(context: &RequestContext<RoleServer>) -> (ProgressSink, Watcher) {
    let (sender, waiting) = mpsc::channel(WAITING_MAX);
    let token = context.meta.get_progress_token();
    let sink: ProgressSink = if token.is_some() {
        Arc::new(move |progress| {
            // Full: the client is slower than the tool.
            let _ = sender.try_send(progress);
        })
    } else {
        Arc::new(|_| {})
    };
    (sink, Watcher { peer: context.peer.clone(), token, waiting })
}

impl Watcher {
    /// Runs the call; every notification of it is sent before its result.
    pub(super) async fn run<T>(mut self, call: impl Future<Output = T>) -> T {
        let Some(token) = self.token.take() else { return call.await };
        tokio::pin!(call);
        let mut sent = 0;
        let result = loop {
            tokio::select! {
                biased;
                result = &mut call => break result,
                Some(progress) = self.waiting.recv() => self.send(&token, &mut sent, progress).await,
            }
        };
        while let Ok(progress) = self.waiting.try_recv() {
            self.send(&token, &mut sent, progress).await;
        }
        result
    }

    async fn send(&self, token: &ProgressToken, sent: &mut u32, progress: ToolProgress) {
        *sent += 1;
        let message = match progress {
            ToolProgress::Stdout { text }
            | ToolProgress::Stderr { text }
            | ToolProgress::Message { text } => text,
        };
        let notification =
            ProgressNotificationParam::new(token.clone(), f64::from(*sent)).with_message(message);
        if let Err(error) = self.peer.notify_progress(notification).await {
            tracing::debug!(%error, "a progress notification was not delivered");
        }
    }
}
