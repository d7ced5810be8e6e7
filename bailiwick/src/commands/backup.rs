//! `bailiwick backup FILE`: a consistent copy of the database, whether or not something serves it.

use std::path::Path;

use crate::cli::Global;
use crate::config;
use crate::exit::{Code, Failure};
use crate::paths::Paths;
use crate::terminal::say;

pub async fn backup(global: &Global, file: &Path) -> Result<Code, Failure> {
    let paths = Paths::find(global)?;
    let loaded = config::load_for(&paths)?;
    if loaded.config.store.url.is_empty() && !paths.data_dir.join("bailiwick.db").exists() {
        return Err(Failure::usage(format!("there is no database in {} yet", paths.data_dir.display())));
    }
    // A second connection to the same database: SQLite lets it read while another process writes.
    let store = store::Store::open(&loaded.config.store, &paths.data_dir).await?;
    let written = store.backup(&std::path::absolute(file)?).await;
    store.close().await;
    say!("{}", written?.display())?;
    Ok(Code::Ok)
}
