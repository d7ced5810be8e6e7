//! Developer commands. `cargo xtask test` is what CI runs.

mod arrows;
mod bench;
mod fuzz;
mod generate;
mod sh;
mod stage;
mod test;
mod tidy;
mod tools;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(about = "Developer commands of Bailiwick")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Set up what the tests need, then run all of them
    Test {
        /// Run only stages whose name contains this
        #[arg(long)]
        only: Option<String>,
    },
    /// Check arrows, format, lints, licences and generated files
    Tidy,
    /// Write docs/openapi.json and the dashboard's types
    Generate,
    /// Measure, and write docs/BENCHMARKS.md's tables to stdout
    Bench,
    /// Fuzz what reads bytes of strangers: all targets, or one
    Fuzz {
        /// Seconds for each target
        #[arg(long, default_value_t = 600)]
        seconds: u32,
        target: Option<String>,
    },
    /// Install what tests and checks need, and stop
    Setup,
}

fn main() -> anyhow::Result<()> {
    std::env::set_current_dir(sh::root())?;
    match Cli::parse().command {
        Command::Test { only } => test::test(only.as_deref()),
        Command::Tidy => tidy::tidy(&tools::Tools::install()?),
        Command::Generate => generate::generate(&tools::Tools::install()?),
        Command::Bench => bench::bench(),
        Command::Fuzz { seconds, target } => {
            fuzz::fuzz(&tools::Tools::install()?, seconds, target.as_deref())
        }
        Command::Setup => tools::Tools::install().map(|_| ()),
    }
}
