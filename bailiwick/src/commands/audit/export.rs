//! `bailiwick audit export`

use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use futures::StreamExt;

use crate::commands::session::Session;
use crate::exit::{Code, Failure};
use crate::terminal::remark;

/// Streams the record: it may be larger than memory.
pub async fn export(session: &Session, file: Option<&Path>) -> Result<Code, Failure> {
    let mut pieces = session.client.export_record().await?.bytes_stream();
    let mut out: Box<dyn Write> =
        match file {
            None => Box::new(std::io::stdout().lock()),
            Some(file) => {
                let created =
                    std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).map_err(
                        |error| Failure::usage(format!("{} cannot be made: {error}", file.display())),
                    )?;
                Box::new(std::io::BufWriter::new(created))
            }
        };
    while let Some(piece) = pieces.next().await {
        out.write_all(&piece?)?;
    }
    out.flush()?;
    if let Some(file) = file {
        remark!("wrote {}", file.display());
    }
    Ok(Code::Ok)
}
