//! A child that speaks over its standard streams, one message a line.

use std::convert::Infallible;
use std::future::pending;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::sync::mpsc;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::AbortOnDropHandle;

use super::UpstreamError;
use super::hub::Hub;
use super::lines::next_line;
use super::parts::Child;

/// Messages that may wait for a child that does not read. Requests wait for a place, up to their time-out.
const OUTGOING_MAX: usize = 128;
/// How long a child may take to end after its input was closed, before it is killed.
const GOODBYE: Duration = Duration::from_secs(2);
/// How long to wait for a child that closed its output to end as well, so that the error can say how.
const LAST_WORDS: Duration = Duration::from_millis(500);
/// Kept of what a child says on its error stream.
const STDERR_BYTES_MAX: usize = 8 << 10;

/// The near end. Dropped: the child is asked to end, and killed when it does not.
pub(crate) struct Pipe {
    outgoing: mpsc::Sender<Vec<u8>>,
    _open: DropGuard,
}

/// The last that was heard on the error stream, over all children of a server.
#[derive(Clone, Debug, Default)]
pub(crate) struct Stderr(Arc<Mutex<Vec<u8>>>);

impl Pipe {
    /// Starts to read, write and watch. What is read goes to `hub`, which also learns when it is over.
    pub fn new(child: Child, hub: Arc<Hub>, bytes_max: u64, stderr: Stderr) -> Self {
        let open = CancellationToken::new();
        let (outgoing, queue) = mpsc::channel(OUTGOING_MAX);
        tokio::spawn(keep(child, hub, outgoing.downgrade(), queue, bytes_max, stderr, open.clone()));
        Self { outgoing, _open: open.drop_guard() }
    }

    /// Waits while the child is behind with reading.
    pub async fn send(&self, message: Vec<u8>) -> Result<(), UpstreamError> {
        self.outgoing.send(message).await.map_err(|_| UpstreamError::unavailable("its input is closed"))
    }

    /// For what may be lost: a child that does not read what it was asked need not be told to forget it.
    pub fn send_if_room(&self, message: Vec<u8>) {
        let _ = self.outgoing.try_send(message);
    }
}

/// Holds the child until it ends by itself, breaks the rules, or nobody needs it and it had its time to say goodbye.
async fn keep(
    child: Child,
    hub: Arc<Hub>,
    outgoing: mpsc::WeakSender<Vec<u8>>,
    queue: mpsc::Receiver<Vec<u8>>,
    bytes_max: u64,
    stderr: Stderr,
    open: CancellationToken,
) {
    let Child { stdin, stdout, stderr: errors, mut done, kill } = child;
    let listening = AbortOnDropHandle::new(tokio::spawn(listen(errors, stderr)));
    let mut work = Box::pin(async {
        tokio::select! {
            why = read(stdout, &hub, &outgoing, bytes_max) => why,
            never = write(stdin, queue) => match never {},
        }
    });
    let ended = |text: String| UpstreamError::unavailable(format!("its process ended ({text})"));
    let why = tokio::select! {
        why = &mut work => match tokio::time::timeout(LAST_WORDS, &mut done).await {
            Ok(text) if matches!(why, UpstreamError::Unavailable(_)) => ended(text),
            _ => why,
        },
        text = &mut done => {
            // What it wrote before its end is still in the pipe.
            let _ = tokio::time::timeout(LAST_WORDS, &mut work).await;
            ended(text)
        }
        () = open.cancelled() => {
            // With the work its input is closed, which asks it to end.
            drop(work);
            let _ = tokio::time::timeout(GOODBYE, &mut done).await;
            UpstreamError::unavailable("it was closed")
        }
    };
    drop(kill);
    // What it said last may say why it ended.
    let _ = tokio::time::timeout(LAST_WORDS, listening).await;
    hub.end(why);
}

async fn write(
    mut stdin: Box<dyn AsyncWrite + Send + Unpin>,
    mut queue: mpsc::Receiver<Vec<u8>>,
) -> Infallible {
    let mut batch = Vec::new();
    while let Some(message) = queue.recv().await {
        batch.extend_from_slice(&message);
        batch.push(b'\n');
        // What waits already goes out in one write.
        while batch.len() < 64 << 10
            && let Ok(message) = queue.try_recv()
        {
            batch.extend_from_slice(&message);
            batch.push(b'\n');
        }
        if stdin.write_all(&batch).await.is_err() || stdin.flush().await.is_err() {
            break;
        }
        batch = super::sse::emptied(batch);
    }
    // Requests that cannot be sent any more fail at once; the reader learns how it ended.
    drop(queue);
    drop(stdin);
    pending().await
}

async fn read(
    stdout: Box<dyn AsyncRead + Send + Unpin>,
    hub: &Hub,
    outgoing: &mpsc::WeakSender<Vec<u8>>,
    bytes_max: u64,
) -> UpstreamError {
    let mut reader = BufReader::with_capacity(16 << 10, stdout);
    let mut line = Vec::new();
    loop {
        match next_line(&mut reader, &mut line, bytes_max).await {
            Ok(true) => {}
            Ok(false) => return UpstreamError::unavailable("it closed its output"),
            Err(why) => return why,
        }
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let replies = match hub.take(&line) {
            Ok(replies) => replies,
            Err(why) => return why,
        };
        if let Some(outgoing) = outgoing.upgrade() {
            // A child that floods us with requests and reads no answers goes without.
            replies.into_iter().for_each(|reply| drop(outgoing.try_send(reply)));
        }
    }
}

async fn listen(mut stderr: Box<dyn AsyncRead + Send + Unpin>, kept: Stderr) {
    let mut piece = [0; 1024];
    while let Ok(length @ 1..) = stderr.read(&mut piece).await {
        kept.add(&piece[..length]);
    }
}

impl Stderr {
    fn add(&self, bytes: &[u8]) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(bytes);
        let surplus = kept.len().saturating_sub(STDERR_BYTES_MAX);
        kept.drain(..surplus);
    }

    /// As text; not scrubbed of secrets.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}
