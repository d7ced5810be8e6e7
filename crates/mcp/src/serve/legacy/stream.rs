//! The messages of one HTTP stream, kept for a while so that a client whose connection broke gets what it missed.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::Notify;

use crate::serve::sse;

pub(in crate::serve) struct Stream {
    /// Unique within the session; the first half of the ids of its events.
    name: u64,
    bytes_max: usize,
    state: Mutex<State>,
    /// A message came, the stream ended, or another reader took over.
    more: Notify,
    /// The reader went on, or went away.
    room: Notify,
}

#[derive(Default)]
struct State {
    events: VecDeque<(u64, String)>,
    bytes: usize,
    /// Number of the last event.
    last: u64,
    /// Number of the last event that the current reader was given.
    read: u64,
    /// The last message was pushed: the reader ends after it.
    ended: bool,
    /// Which reader is the current one; 0 when there is none.
    reader: u64,
    readers: u64,
}

impl State {
    fn add(&mut self, message: String) {
        self.last += 1;
        self.bytes += message.len();
        self.events.push_back((self.last, message));
    }

    /// Makes room among what was read already; without a reader among all.
    fn trim(&mut self, bytes_max: usize) {
        while self.bytes > bytes_max {
            let Some((number, message)) = self.events.front() else { return };
            if self.reader != 0 && *number > self.read {
                return;
            }
            self.bytes -= message.len();
            self.events.pop_front();
        }
    }
}

impl Stream {
    pub(super) fn new(name: u64, bytes_max: usize) -> Arc<Self> {
        Arc::new(Self { name, bytes_max, state: Mutex::default(), more: Notify::new(), room: Notify::new() })
    }

    pub(super) fn name(&self) -> u64 {
        self.name
    }

    /// Waits while a reader is there and behind by more than the stream may keep.
    pub(super) async fn push(&self, message: String) -> bool {
        loop {
            let room = self.room.notified();
            tokio::pin!(room);
            room.as_mut().enable();
            {
                let mut state = self.lock();
                if state.ended {
                    return false;
                }
                state.trim(self.bytes_max);
                let is_behind = state.reader != 0 && state.read < state.last;
                if !is_behind || state.bytes + message.len() <= self.bytes_max {
                    state.add(message);
                    state.trim(self.bytes_max);
                    break;
                }
            }
            room.await;
        }
        self.more.notify_waiters();
        true
    }

    /// The last message, when there is one, and the end.
    pub(super) fn end(&self, message: Option<String>) {
        let mut state = self.lock();
        if let Some(message) = message.filter(|_| !state.ended) {
            state.add(message);
            state.trim(self.bytes_max);
        }
        state.ended = true;
        drop(state);
        self.more.notify_waiters();
        self.room.notify_waiters();
    }

    /// Takes the stream over, from the event after `after` on, or from the first that no reader was given.
    pub(super) fn read(self: &Arc<Self>, after: Option<u64>, open: &Arc<AtomicUsize>) -> Reader {
        let mut state = self.lock();
        state.readers += 1;
        state.reader = state.readers;
        state.read = after.unwrap_or(state.read).min(state.last);
        let (number, read) = (state.reader, state.read);
        drop(state);
        open.fetch_add(1, Ordering::Relaxed);
        self.more.notify_waiters();
        Reader { stream: Arc::clone(self), number, read, open: Arc::clone(open) }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The one reader of a stream; another that comes later ends this one.
pub(super) struct Reader {
    stream: Arc<Stream>,
    number: u64,
    read: u64,
    /// Readers of the session: while there is one it is not idle.
    open: Arc<AtomicUsize>,
}

/// What a reader finds.
pub(super) enum Found {
    /// The one message with which the stream began and ended.
    Only(String),
    Events(Bytes),
    End,
}

impl Reader {
    /// The id of the event after which it goes on.
    pub(super) fn position(&self) -> String {
        format!("{}-{}", self.stream.name, self.read)
    }

    /// Waits for what comes next. A stream that has but one message, its last, gives it whole.
    pub(super) async fn next(&mut self) -> Found {
        loop {
            let stream = Arc::clone(&self.stream);
            let more = stream.more.notified();
            tokio::pin!(more);
            more.as_mut().enable();
            if let Some(found) = self.found() {
                return found;
            }
            more.await;
        }
    }

    fn found(&mut self) -> Option<Found> {
        let mut state = self.stream.lock();
        if state.reader != self.number {
            return Some(Found::End);
        }
        state.trim(self.stream.bytes_max);
        if state.ended && state.last == 1 && self.read == 0 {
            self.read = 1;
            state.read = 1;
            let Some((_, message)) = state.events.pop_front() else { return Some(Found::End) };
            state.bytes -= message.len();
            return Some(Found::Only(message));
        }
        let unread = state.events.iter().filter(|(number, _)| *number > self.read);
        let text: String = unread
            .map(|(number, message)| sse::event(Some(&format!("{}-{number}", self.stream.name)), message))
            .collect();
        if text.is_empty() {
            return state.ended.then_some(Found::End);
        }
        self.read = state.last;
        state.read = state.last;
        drop(state);
        self.stream.room.notify_waiters();
        Some(Found::Events(text.into()))
    }

    /// The body of a response: `first`, then what comes, and a sign of life after every `keep_alive` without.
    pub(super) fn events(
        self,
        first: Bytes,
        keep_alive: Duration,
    ) -> impl futures::Stream<Item = Result<Bytes, Infallible>> + Send + 'static {
        let first = futures::stream::iter((!first.is_empty()).then_some(Ok(first)));
        let rest = futures::stream::unfold(self, move |mut reader| async move {
            let bytes = match tokio::time::timeout(keep_alive, reader.next()).await {
                Err(_) => sse::KEEP_ALIVE,
                Ok(Found::Events(bytes)) => bytes,
                Ok(Found::Only(message)) => sse::event(None, &message).into(),
                Ok(Found::End) => return None,
            };
            Some((Ok(bytes), reader))
        });
        futures::StreamExt::chain(first, rest)
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
        let mut state = self.stream.lock();
        if state.reader == self.number {
            state.reader = 0;
            state.trim(self.stream.bytes_max);
        }
        drop(state);
        self.stream.room.notify_waiters();
    }
}

/// `stream-event`, as this server wrote it into the id of an event.
pub(super) fn parse_event_id(id: &str) -> Option<(u64, u64)> {
    let (stream, event) = id.split_once('-')?;
    Some((stream.parse().ok()?, event.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open() -> Arc<AtomicUsize> {
        Arc::default()
    }

    async fn events(reader: &mut Reader) -> String {
        match reader.next().await {
            Found::Events(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
            Found::Only(message) => message,
            Found::End => "end".into(),
        }
    }

    #[tokio::test]
    async fn what_was_missed_is_told_again_and_no_more_than_is_kept() {
        let stream = Stream::new(3, 10);
        let mut first = stream.read(None, &open());
        assert!(stream.push("aaaa".into()).await && stream.push("bbbb".into()).await);
        assert_eq!(events(&mut first).await, "id: 3-1\ndata: aaaa\n\nid: 3-2\ndata: bbbb\n\n");
        drop(first);
        for message in ["cccc", "dddd", "eeee"] {
            assert!(stream.push(message.into()).await);
        }
        let mut again = stream.read(Some(2), &open());
        assert_eq!(events(&mut again).await, "id: 3-4\ndata: dddd\n\nid: 3-5\ndata: eeee\n\n");
        stream.end(Some("f".into()));
        assert_eq!(events(&mut again).await, "id: 3-6\ndata: f\n\n");
        assert_eq!(events(&mut again).await, "end");
        assert!(!stream.push("late".into()).await);
    }

    #[tokio::test]
    async fn a_slow_reader_holds_the_writer_back_and_a_new_one_takes_over() {
        let stream = Stream::new(0, 4);
        let mut slow = stream.read(None, &open());
        assert!(stream.push("aaaa".into()).await);
        let writer = tokio::spawn({
            let stream = Arc::clone(&stream);
            async move { stream.push("bbbb".into()).await }
        });
        tokio::task::yield_now().await;
        assert!(!writer.is_finished());
        assert_eq!(events(&mut slow).await, "id: 0-1\ndata: aaaa\n\n");
        assert!(writer.await.unwrap());
        let mut next = stream.read(None, &open());
        assert_eq!(events(&mut slow).await, "end");
        assert_eq!(events(&mut next).await, "id: 0-2\ndata: bbbb\n\n");
    }

    #[tokio::test]
    async fn a_single_message_comes_whole() {
        let stream = Stream::new(1, 4);
        let mut reader = stream.read(None, &open());
        stream.end(Some("larger than kept".into()));
        assert_eq!(events(&mut reader).await, "larger than kept");
    }
}
