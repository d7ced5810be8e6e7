//! `bailiwick policy …`

mod build;
mod drafts;
mod files;
mod fmt;
mod show;

use crate::cli::Global;
use crate::cli::policy::PolicyCommand;
use crate::exit::{Code, Failure};
use crate::terminal::say;

pub async fn policy(global: &Global, command: &PolicyCommand) -> Result<Code, Failure> {
    match command {
        PolicyCommand::Check { path, json } => {
            let rules = files::read(global, path.as_deref()).await?;
            show::check(&policy::check::check(&rules.files, &rules.data), *json)
        }
        PolicyCommand::Fmt { paths, check } => fmt::fmt(paths, *check),
        PolicyCommand::Test { path, json } => {
            let rules = files::read(global, path.as_deref()).await?;
            let covered = policy::coverage::coverage(&rules.files, &rules.data).map_err(unusable)?;
            show::tests(&covered, *json)
        }
        PolicyCommand::Coverage { path, threshold, json } => {
            let rules = files::read(global, path.as_deref()).await?;
            let covered = policy::coverage::coverage(&rules.files, &rules.data).map_err(unusable)?;
            show::coverage(&covered, *threshold, *json)
        }
        PolicyCommand::Build { folder, output, signing_key, signing_algorithm, revision } => {
            build::build(folder, output, signing_key.as_deref(), signing_algorithm, revision)?;
            say!("wrote {}", output.display())?;
            Ok(Code::Ok)
        }
        command => drafts::with_server(global, command).await,
    }
}

/// The report shows the lines around the mistake.
fn unusable(error: policy::PolicyError) -> Failure {
    Failure::usage(format!("the rules cannot be used: {:?}", miette::Report::new(error)))
}
