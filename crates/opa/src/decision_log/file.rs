//! The decision log in a file.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::queue::Queue;
use super::{FileConfig, LogError};

/// Bytes that are written at once.
const BATCH_BYTES_MAX: usize = 1 << 20;
/// Wait after a write that failed, as on a full disk.
const RETRY: Duration = Duration::from_secs(1);

pub(super) struct Writer {
    config: FileConfig,
    file: File,
    bytes: u64,
}

/// Writes what comes until the queue is closed and empty.
pub(super) async fn run(mut writer: Writer, queue: Arc<Queue>) {
    while queue.wait().await {
        let mut batch = queue.take(BATCH_BYTES_MAX);
        while !batch.is_empty() {
            let written = tokio::task::spawn_blocking(move || {
                let outcome = writer.write_all(&batch);
                (writer, batch, outcome)
            });
            let Ok((back, all, (count, error))) = written.await else { return };
            (writer, batch) = (back, all);
            batch.drain(..count);
            queue.sent(count as u64);
            let Some(error) = error else { continue };
            tracing::warn!(%error, "the decision log could not be written to its file");
            queue.failed(error.to_string());
            if queue.is_abandoned() {
                return;
            }
            tokio::time::sleep(RETRY).await;
        }
    }
}

impl Writer {
    pub(super) fn open(config: FileConfig) -> Result<Self, LogError> {
        match open(&config.path) {
            Ok((file, bytes)) => Ok(Self { config, file, bytes }),
            Err(error) => Err(LogError::File { path: config.path.display().to_string(), error }),
        }
    }

    /// How many were written, and why not all.
    fn write_all(&mut self, events: &[Bytes]) -> (usize, Option<io::Error>) {
        for (written, event) in events.iter().enumerate() {
            if let Err(error) = self.write(event) {
                return (written, Some(error));
            }
        }
        (events.len(), None)
    }

    /// One line, whole or not at all.
    fn write(&mut self, event: &Bytes) -> io::Result<()> {
        let line = [event, &b"\n"[..]].concat();
        if self.bytes > 0 && self.bytes + line.len() as u64 > self.config.bytes_max {
            self.set_aside()?;
        }
        if let Err(error) = self.file.write_all(&line) {
            // What was written of it is taken back, or the next line would begin in the middle of this one.
            self.file.set_len(self.bytes)?;
            return Err(error);
        }
        self.bytes += line.len() as u64;
        Ok(())
    }

    /// `NAME` becomes `NAME.1`, `NAME.1` becomes `NAME.2`, and so on; the last one goes.
    fn set_aside(&mut self) -> io::Result<()> {
        let numbered = |number: u32| -> PathBuf {
            let mut name = self.config.path.clone().into_os_string();
            name.push(format!(".{number}"));
            name.into()
        };
        for number in (1..self.config.kept_max).rev() {
            match fs::rename(numbered(number), numbered(number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        match self.config.kept_max {
            0 => fs::remove_file(&self.config.path)?,
            _ => fs::rename(&self.config.path, numbered(1))?,
        }
        (self.file, self.bytes) = open(&self.config.path)?;
        Ok(())
    }
}

/// Readable by nobody else: questions hold what people work on.
fn open(path: &PathBuf) -> io::Result<(File, u64)> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let file = options.open(path)?;
    let bytes = file.metadata()?.len();
    Ok((file, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_files_are_set_aside_and_the_oldest_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("decisions.jsonl");
        let config = FileConfig { path: path.clone(), bytes_max: 8, kept_max: 2 };
        let mut writer = Writer::open(config.clone()).unwrap();
        for event in ["1111", "2", "3333333", "44", "5555555555", "6"] {
            writer.write(&Bytes::from(event)).unwrap();
        }
        let text = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
        assert_eq!(text("decisions.jsonl"), "6\n");
        assert_eq!(text("decisions.jsonl.1"), "5555555555\n");
        assert_eq!(text("decisions.jsonl.2"), "44\n");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);

        // Opened again, it goes on where it was.
        let mut writer = Writer::open(config).unwrap();
        writer.write(&Bytes::from("7")).unwrap();
        assert_eq!(text("decisions.jsonl"), "6\n7\n");
    }
}
