//! Stages of a run: each is timed, all are run even when one fails, and a table at the end says what each cost.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

pub struct Stages {
    only: Option<String>,
    done: Vec<Done>,
}

struct Done {
    name: String,
    took: Duration,
    error: Option<String>,
}

impl Stages {
    /// With `only`, stages whose name does not contain it are left out, and the table says so.
    pub fn new(only: Option<&str>) -> Self {
        Self { only: only.map(str::to_owned), done: Vec::new() }
    }

    pub fn run(&mut self, name: &str, stage: impl FnOnce() -> Result<()>) {
        if self.only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            return;
        }
        println!("\n=== {name}");
        let began = Instant::now();
        let result = stage();
        let took = began.elapsed();
        if let Err(error) = &result {
            println!("=== {name} FAILED after {:.0} s: {error:#}", took.as_secs_f64());
        }
        self.done.push(Done { name: name.to_owned(), took, error: result.err().map(|e| format!("{e:#}")) });
    }

    /// Prints the table; an error when a stage failed or none ran.
    pub fn finish(self) -> Result<()> {
        println!("\n=== what each stage cost");
        for done in &self.done {
            let state = if done.error.is_some() { "FAILED" } else { "ok" };
            println!("{:>7.1} s  {state:<6}  {}", done.took.as_secs_f64(), done.name);
        }
        let total: Duration = self.done.iter().map(|done| done.took).sum();
        let failed = self.done.iter().filter(|done| done.error.is_some()).count();
        println!("{:>7.1} s  in all", total.as_secs_f64());
        if let Some(only) = &self.only {
            println!("only stages with `{only}` in their name were run");
        }
        println!("stages: {} passed, {failed} failed", self.done.len() - failed);
        for done in self.done.iter().filter(|done| done.error.is_some()) {
            println!("FAILED {}: {}", done.name, done.error.as_deref().unwrap_or_default());
        }
        match (failed, self.done.is_empty()) {
            (0, false) => Ok(()),
            (0, true) => bail!("no stage has that name"),
            _ => bail!("{failed} stages failed"),
        }
    }
}
