//! Who an MCP client was let in as.

use domain::PrincipalId;

/// Put into the extensions of a client's request (`mcp::exchange::Client::extensions`) by whoever authenticated it:
/// the face for `/mcp`, the wiring for `bailiwick mcp`. The relay makes its caller of it and refuses a request without.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    pub id: PrincipalId,
    /// `user`, `api_key`, `agent` or `mcp_client`.
    pub kind: String,
    /// For rules of the policy. On a desk the person's own programs have `owner`.
    pub roles: Vec<String>,
    /// What people know it by, like the name of the program a token was made for. Said by us, never by the client.
    pub label: String,
}
