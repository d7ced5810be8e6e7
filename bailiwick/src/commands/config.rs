//! `bailiwick config show | path`

use crate::cli::{ConfigCommand, Global};
use crate::config;
use crate::exit::{Code, Failure};
use crate::paths::Paths;
use crate::terminal::{say, table};

pub fn config(global: &Global, command: &ConfigCommand) -> Result<Code, Failure> {
    let paths = Paths::find(global)?;
    match command {
        ConfigCommand::Path => say!("{}", paths.config_file.display())?,
        ConfigCommand::Show { json } => {
            let loaded = config::load_for(&paths)?;
            if *json {
                say!("{}", serde_json::to_string_pretty(&loaded.settings)?)?;
            } else {
                let rows = loaded
                    .settings
                    .iter()
                    .map(|setting| {
                        vec![setting.name.clone(), setting.value.to_string(), setting.origin.clone()]
                    })
                    .collect::<Vec<_>>();
                table::print(&["setting", "value", "from"], &rows)?;
            }
        }
    }
    Ok(Code::Ok)
}
