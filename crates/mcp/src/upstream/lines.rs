//! Lines of a child, none longer than allowed.

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

use super::UpstreamError;

/// Reads one line without its end into `line`, which is emptied first. False at the end of the stream.
pub(crate) async fn next_line(
    reader: &mut (impl AsyncBufRead + Unpin),
    line: &mut Vec<u8>,
    bytes_max: u64,
) -> Result<bool, UpstreamError> {
    *line = super::sse::emptied(std::mem::take(line));
    loop {
        let bytes = reader
            .fill_buf()
            .await
            .map_err(|error| UpstreamError::unavailable(format!("its output cannot be read: {error}")))?;
        if bytes.is_empty() {
            return Ok(!line.is_empty());
        }
        let end = bytes.iter().position(|byte| *byte == b'\n');
        let taken = end.unwrap_or(bytes.len());
        if (line.len() + taken) as u64 > bytes_max {
            return Err(UpstreamError::TooLarge { bytes_max });
        }
        line.extend_from_slice(&bytes[..taken]);
        reader.consume(taken + usize::from(end.is_some()));
        if end.is_some() {
            return Ok(true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_come_whole_and_an_endless_one_is_an_error() {
        let mut reader = tokio::io::BufReader::with_capacity(3, &b"abcdef\n\nlast"[..]);
        let mut line = Vec::new();
        let mut all = Vec::new();
        while next_line(&mut reader, &mut line, 6).await.unwrap() {
            all.push(String::from_utf8(line.clone()).unwrap());
        }
        assert_eq!(all, ["abcdef", "", "last"]);
        let mut reader = tokio::io::BufReader::new(tokio::io::repeat(b'x'));
        assert!(matches!(
            next_line(&mut reader, &mut line, 1000).await,
            Err(UpstreamError::TooLarge { bytes_max: 1000 })
        ));
    }
}
