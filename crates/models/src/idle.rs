//! A stream that says nothing is as good as dead.

use std::time::Duration;

use futures::{Stream, StreamExt};

/// Nothing arrived for this long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Silent(pub Duration);

/// The next item of `stream`, or [`Silent`] after `longest`.
pub(crate) async fn next_within<S: Stream + Unpin>(
    stream: &mut S,
    longest: Duration,
) -> Result<Option<S::Item>, Silent> {
    tokio::time::timeout(longest, stream.next()).await.map_err(|_| Silent(longest))
}

#[cfg(test)]
mod tests {
    use futures::stream;

    use super::*;

    #[tokio::test]
    async fn silence_is_noticed_and_an_end_is_not_silence() {
        let longest = Duration::from_millis(20);
        assert_eq!(next_within(&mut stream::iter([1]), longest).await, Ok(Some(1)));
        assert_eq!(next_within(&mut stream::empty::<u8>(), longest).await, Ok(None));
        assert_eq!(next_within(&mut stream::pending::<u8>(), longest).await, Err(Silent(longest)));
    }
}
