//! The authorization server, a child of ours.

use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};
use url::Url;

use super::Failed;

pub struct Provider {
    pub issuer: String,
    _child: Child,
}

impl Provider {
    pub async fn start(program: &str, resource: &Url) -> Result<Self, Failed> {
        let mut child = Command::new("node")
            .arg(program)
            .env("RESOURCE", resource.as_str())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("node does not start ({error}); put Node 22 or newer into PATH"))?;
        let out = child.stdout.take().ok_or("it has no output")?;
        let mut lines = BufReader::new(out).lines();
        let issuer = lines.next_line().await?.ok_or("it ended before it was ready")?;
        // Read on, so that it can go on writing.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Ok(Self { issuer, _child: child })
    }

    /// How often a grant was used.
    pub async fn count(&self, grant: &str) -> Result<u64, Failed> {
        let counts: Value = reqwest::get(format!("{}/test/counts", self.issuer)).await?.json().await?;
        Ok(counts[grant].as_u64().unwrap_or(0))
    }
}
