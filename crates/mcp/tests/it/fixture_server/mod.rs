//! The fixture of the conformance suite, in process.

#[path = "../../../examples/fixture_server/changes.rs"]
mod changes;
#[path = "../../../examples/fixture_server/fixture.rs"]
pub mod fixture;
#[path = "../../../examples/fixture_server/prompts.rs"]
mod prompts;
#[path = "../../../examples/fixture_server/questions.rs"]
mod questions;
#[path = "../../../examples/fixture_server/resources.rs"]
mod resources;
#[path = "../../../examples/fixture_server/tools.rs"]
mod tools;
