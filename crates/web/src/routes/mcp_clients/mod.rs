//! `/api/v1/mcp-clients`: tokens of programs that use the gateway.

pub(crate) mod create;
pub(crate) mod list;
pub(crate) mod remove;

use crate::problem::Problem;
use crate::security::mcp::ClientName;

fn parse(name: &str) -> Result<ClientName, Problem> {
    ClientName::parse(name).ok_or_else(|| {
        Problem::invalid("A client is named with 1 to 64 letters, digits, `-`, `_` and `.`, like `cursor`.")
    })
}
