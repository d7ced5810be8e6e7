//! What a running call says before it ends, under the same detectors as its result.
//!
//! Each message is looked at by itself: what a server cuts into two messages is found in neither.

use std::sync::Arc;
use std::time::Duration;

use domain::decision::Obligations;
use domain::tool::{ProgressSink, ToolProgress};
use mcp::exchange::{Inbox, Notification, Outbox};
use mcp::message::json;
use secrets::Scrubber;
use serde_json::Value;
use serde_json::value::RawValue;
use tokio::task::JoinHandle;

use crate::detect::Chosen;
use crate::gateway::Gateway;
use crate::ports::{ServerError, ServerFailure};

/// How long a finished call waits for its last notifications to be passed on.
const LAST_WORDS_MAX: Duration = Duration::from_secs(1);

/// The passing on of a call's notifications; nothing when they go straight to the client.
pub(crate) struct Notes(Option<JoinHandle<()>>);

impl Notes {
    /// Waits until what was said during the call is told, so that it comes before the result.
    pub(crate) async fn told(self) {
        if let Some(task) = self.0 {
            let abort = task.abort_handle();
            if tokio::time::timeout(LAST_WORDS_MAX, task).await.is_err() {
                abort.abort();
            }
        }
    }
}

impl Gateway {
    /// An outbox for a server, and what has to be waited for at the end. Messages are cleaned when the policy wants
    /// that, or when there are secrets that a server could repeat.
    pub(crate) fn cleaned(
        &self,
        out: Outbox,
        obligations: &Obligations,
    ) -> Result<(Outbox, Notes), ServerFailure> {
        let detectors = self.chosen(obligations)?;
        let scrubber = self.scrubber();
        if detectors.is_empty() && scrubber.is_none() {
            return Ok((out, Notes(None)));
        }
        let (dirty, inbox) = Outbox::new();
        Ok((dirty, Notes(Some(tokio::spawn(pass_on(inbox, out, detectors, scrubber))))))
    }

    /// The same for the progress of a call of the agent.
    pub(crate) fn cleaned_progress(
        &self,
        progress: ProgressSink,
        obligations: &Obligations,
    ) -> Result<ProgressSink, ServerFailure> {
        let detectors = self.chosen(obligations)?;
        let scrubber = self.scrubber();
        if detectors.is_empty() && scrubber.is_none() {
            return Ok(progress);
        }
        Ok(Arc::new(move |mut said| {
            let (ToolProgress::Stdout { text }
            | ToolProgress::Stderr { text }
            | ToolProgress::Message { text }) = &mut said;
            detectors.clean_text(text);
            if let Some(scrubber) = &scrubber {
                scrubber.scrub(text);
            }
            progress(said);
        }))
    }

    fn chosen(&self, obligations: &Obligations) -> Result<Chosen, ServerFailure> {
        let chosen = self.inner.detectors.chosen(&obligations.detectors);
        chosen.map_err(|why| ServerError(format!("the call did not run: {why}")).into())
    }
}

async fn pass_on(mut inbox: Inbox, out: Outbox, detectors: Chosen, scrubber: Option<Scrubber>) {
    while let Some(notification) = inbox.recv().await {
        let Some(notification) = clean(notification, &detectors, scrubber.as_ref()) else { continue };
        if !out.send(notification).await {
            // Nobody reads any more; the server may go on until the request ends.
            return;
        }
    }
}

/// The notification without what is not to be seen; `None` when it cannot be read, and so not be looked at.
pub(crate) fn clean(
    notification: Notification,
    detectors: &Chosen,
    scrubber: Option<&Scrubber>,
) -> Option<Notification> {
    let Some(params) = notification.params else { return Some(notification) };
    let mut text = String::from(Box::<str>::from(params));
    if let Some(scrubber) = scrubber {
        scrubber.scrub(&mut text);
    }
    let mut params = RawValue::from_string(text).ok()?;
    if !detectors.is_empty() {
        let mut value: Value = serde_json::from_str(params.get()).ok()?;
        if detectors.clean(&mut value) {
            params = json(&value).ok()?;
        }
    }
    Some(Notification { method: notification.method, params: Some(params) })
}
