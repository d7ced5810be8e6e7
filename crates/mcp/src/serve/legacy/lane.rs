//! Where the messages of a conversation go.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::stream::Stream;

#[derive(Clone)]
pub(in crate::serve) enum Lane {
    /// One stream of an HTTP session: that of a POST, or the one that a GET reads.
    Stream(Arc<Stream>),
    /// The one pipe of a stdio connection.
    Pipe(mpsc::Sender<String>),
}

impl Lane {
    /// Waits while the reader is behind. False when nobody can read it any more.
    pub(super) async fn send(&self, message: String) -> bool {
        match self {
            Self::Stream(stream) => stream.push(message).await,
            Self::Pipe(pipe) => pipe.send(message).await.is_ok(),
        }
    }
}
