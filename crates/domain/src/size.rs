//! How large a value is.

use std::io;

use serde_json::Value;

/// Size of a value as compact JSON, bytes; counted without keeping the text.
pub fn json_bytes(value: &Value) -> usize {
    let mut count = Count(0);
    // Counting cannot fail, and a `Value` always serialises: its keys are text.
    match serde_json::to_writer(&mut count, value) {
        Ok(()) => count.0,
        Err(_) => usize::MAX,
    }
}

struct Count(usize);

impl io::Write for Count {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_length_of_the_text() {
        let value = serde_json::json!({"a": [1, 2.5, null, "ü\n\""], "b": {}});
        assert_eq!(json_bytes(&value), value.to_string().len());
    }
}
