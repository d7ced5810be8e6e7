//! What happens between two journal events: text as it streams, output as it comes. Never stored; a watcher
//! that comes late gets what has gathered since the last event.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use domain::journal::Event;
use domain::tool::ToolProgress;
use domain::{CallId, ModelRequestId, TaskId};
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast;

/// What is kept of one task for those who come late, bytes; the oldest is dropped.
pub const GATHERED_BYTES_MAX: usize = 256 << 10;
/// Events a slow watcher may lag behind before it loses the oldest.
const WATCHER_EVENTS_MAX: usize = 1_024;
/// Deltas are merged up to this size, so that dropping the oldest drops little.
const MERGED_BYTES_MAX: usize = 16 << 10;
/// What an event counts for besides its text.
const EVENT_BYTES: usize = 64;

/// One thing to show now. The journal event that ends the model or tool call supersedes it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum LiveEvent {
    Text { request_id: ModelRequestId, delta: String },
    Reasoning { request_id: ModelRequestId, delta: String },
    Retrying { request_id: ModelRequestId, attempt: u32, wait_ms: u64, why: String },
    ToolProgress { call_id: CallId, progress: ToolProgress },
}

/// The hub of all tasks. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Live {
    tasks: Arc<Mutex<HashMap<TaskId, Channel>>>,
}

#[derive(Debug)]
struct Channel {
    gathered: VecDeque<LiveEvent>,
    bytes: usize,
    watchers: broadcast::Sender<LiveEvent>,
}

impl Live {
    /// What has gathered since the last journal event of this task (adjacent deltas merged, at most 256 KiB,
    /// oldest dropped), and all that follows.
    pub fn watch(&self, task_id: TaskId) -> (Vec<LiveEvent>, broadcast::Receiver<LiveEvent>) {
        let mut tasks = self.lock();
        // Channels without watchers and without content are forgotten here, so their number stays small.
        tasks.retain(|_, channel| channel.watchers.receiver_count() > 0 || !channel.gathered.is_empty());
        let channel = tasks.entry(task_id).or_default();
        (channel.gathered.iter().cloned().collect(), channel.watchers.subscribe())
    }

    /// Shows `event` to whoever watches, and keeps it for whoever comes.
    pub fn publish(&self, task_id: TaskId, event: LiveEvent) {
        let mut tasks = self.lock();
        let channel = tasks.entry(task_id).or_default();
        channel.gather(event.clone());
        // Nobody watching is no error.
        let _ = channel.watchers.send(event);
    }

    /// Forgets what these journal events supersede.
    pub fn supersede<'a>(&self, task_id: TaskId, events: impl IntoIterator<Item = &'a Event>) {
        let mut tasks = self.lock();
        let Some(channel) = tasks.get_mut(&task_id) else { return };
        for event in events {
            match event {
                Event::ModelResponded { request_id, .. } | Event::ModelFailed { request_id, .. } => {
                    channel.forget(|live| live.request_id() == Some(*request_id));
                }
                Event::ToolCallFinished { call_id, .. } => {
                    channel.forget(|live| live.call_id() == Some(*call_id));
                }
                Event::TaskEnded { .. } => channel.forget(|_| true),
                _ => {}
            }
        }
        if channel.gathered.is_empty() && channel.watchers.receiver_count() == 0 {
            tasks.remove(&task_id);
        }
    }

    /// Forgets all that is gathered of a task: its executor is gone.
    pub fn clear(&self, task_id: TaskId) {
        let mut tasks = self.lock();
        if let Some(channel) = tasks.get_mut(&task_id) {
            channel.forget(|_| true);
            if channel.watchers.receiver_count() == 0 {
                tasks.remove(&task_id);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TaskId, Channel>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Channel {
    fn default() -> Self {
        Self { gathered: VecDeque::new(), bytes: 0, watchers: broadcast::Sender::new(WATCHER_EVENTS_MAX) }
    }
}

impl Channel {
    fn gather(&mut self, event: LiveEvent) {
        self.bytes += event.size();
        if self.gathered.back_mut().is_some_and(|last| last.merge(&event)) {
            self.bytes -= EVENT_BYTES;
        } else {
            self.gathered.push_back(event);
        }
        while self.bytes > GATHERED_BYTES_MAX {
            let Some(oldest) = self.gathered.pop_front() else { break };
            self.bytes -= oldest.size();
        }
    }

    fn forget(&mut self, superseded: impl Fn(&LiveEvent) -> bool) {
        self.gathered.retain(|event| !superseded(event));
        self.bytes = self.gathered.iter().map(LiveEvent::size).sum();
    }
}

impl LiveEvent {
    fn request_id(&self) -> Option<ModelRequestId> {
        match self {
            Self::Text { request_id, .. }
            | Self::Reasoning { request_id, .. }
            | Self::Retrying { request_id, .. } => Some(*request_id),
            Self::ToolProgress { .. } => None,
        }
    }

    fn call_id(&self) -> Option<CallId> {
        match self {
            Self::ToolProgress { call_id, .. } => Some(*call_id),
            _ => None,
        }
    }

    fn size(&self) -> usize {
        EVENT_BYTES
            + match self {
                Self::Text { delta, .. } | Self::Reasoning { delta, .. } => delta.len(),
                Self::Retrying { why, .. } => why.len(),
                Self::ToolProgress { progress, .. } => progress.text().len(),
            }
    }

    /// Takes in a delta of the same stream; `false` when it is of another one, or this is long enough.
    fn merge(&mut self, next: &Self) -> bool {
        if self.size() + next.size() > MERGED_BYTES_MAX {
            return false;
        }
        match (self, next) {
            (Self::Text { request_id, delta }, Self::Text { request_id: same, delta: more })
            | (Self::Reasoning { request_id, delta }, Self::Reasoning { request_id: same, delta: more })
                if request_id == same =>
            {
                delta.push_str(more);
                true
            }
            (
                Self::ToolProgress { call_id, progress },
                Self::ToolProgress { call_id: same, progress: more },
            ) if call_id == same => merge_output(progress, more),
            _ => false,
        }
    }
}

fn merge_output(progress: &mut ToolProgress, more: &ToolProgress) -> bool {
    match (progress, more) {
        (ToolProgress::Stdout { text }, ToolProgress::Stdout { text: more })
        | (ToolProgress::Stderr { text }, ToolProgress::Stderr { text: more }) => {
            text.push_str(more);
            true
        }
        _ => false,
    }
}

trait ProgressText {
    fn text(&self) -> &str;
}

impl ProgressText for ToolProgress {
    fn text(&self) -> &str {
        match self {
            Self::Stdout { text } | Self::Stderr { text } | Self::Message { text } => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(request_id: ModelRequestId, delta: &str) -> LiveEvent {
        LiveEvent::Text { request_id, delta: delta.to_owned() }
    }

    #[test]
    fn who_comes_late_gets_merged_deltas_and_then_the_rest() {
        let (live, task, request) = (Live::default(), TaskId::new(), ModelRequestId::new());
        live.publish(task, text(request, "Hel"));
        live.publish(task, text(request, "lo"));
        let (gathered, mut rest) = live.watch(task);
        assert_eq!(gathered, [text(request, "Hello")]);
        live.publish(task, text(request, "!"));
        assert_eq!(rest.try_recv().unwrap(), text(request, "!"));
    }

    #[test]
    fn a_single_huge_event_is_not_kept_and_the_bound_holds() {
        let (live, task, request) = (Live::default(), TaskId::new(), ModelRequestId::new());
        live.publish(task, text(request, &"x".repeat(GATHERED_BYTES_MAX + 1)));
        assert_eq!(live.watch(task).0, []);
        for index in 0..2_000 {
            live.publish(task, text(request, &format!("{index:0>300}")));
        }
        let (gathered, _) = live.watch(task);
        let bytes: usize = gathered.iter().map(LiveEvent::size).sum();
        assert!(bytes <= GATHERED_BYTES_MAX && bytes > GATHERED_BYTES_MAX / 2, "{bytes}");
        let Some(LiveEvent::Text { delta, .. }) = gathered.last() else { panic!("{gathered:?}") };
        assert!(delta.ends_with("1999"), "the newest stays");
    }

    #[test]
    fn the_event_that_ends_a_call_supersedes_its_output_only() {
        let (live, task, call, other) = (Live::default(), TaskId::new(), CallId::new(), CallId::new());
        let line = |call_id| LiveEvent::ToolProgress {
            call_id,
            progress: ToolProgress::Stdout { text: "line\n".to_owned() },
        };
        live.publish(task, line(call));
        live.publish(task, line(other));
        let finished = Event::ToolCallFinished {
            call_id: call,
            outcome: domain::tool::ToolOutcome::default(),
            end: domain::journal::CallEnd::Completed,
            took_ms: 1,
            decision: None,
        };
        live.supersede(task, [&finished]);
        assert_eq!(live.watch(task).0, [line(other)]);
    }

    #[test]
    fn a_task_without_watchers_and_content_takes_no_room() {
        let (live, task, request) = (Live::default(), TaskId::new(), ModelRequestId::new());
        live.publish(task, text(request, "x"));
        live.clear(task);
        assert!(live.lock().is_empty());
    }
}
