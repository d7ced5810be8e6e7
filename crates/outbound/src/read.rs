use bytes::{Bytes, BytesMut};

use crate::OutboundError;

/// The whole body, decompressed, or an error as soon as it is longer than `bytes_max`.
pub async fn read_limited(mut response: reqwest::Response, bytes_max: u64) -> Result<Bytes, OutboundError> {
    let too_large = OutboundError::TooLarge { bytes_max };
    if response.content_length().is_some_and(|length| length > bytes_max) {
        return Err(too_large);
    }
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await? {
        if (body.len() + chunk.len()) as u64 > bytes_max {
            return Err(too_large);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}
