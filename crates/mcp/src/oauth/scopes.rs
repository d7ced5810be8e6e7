//! Which scopes are asked for.

/// The first time: what the challenge asks for, else what the person configured, else what the server lists, else none.
/// What was configured is never left out. Afterwards (`before` is not empty) the new ones come on top.
pub(super) fn select(
    challenged: &[String],
    configured: &[String],
    listed: &[String],
    before: &[String],
) -> Vec<String> {
    let mut scopes = before.to_vec();
    scopes.extend_from_slice(challenged);
    scopes.extend_from_slice(configured);
    if scopes.is_empty() {
        scopes.extend_from_slice(listed);
    }
    unique(scopes)
}

/// Adds `offline_access` where the authorization server knows it: without it many give no refresh token. Alone it would
/// take the place of the server's default scopes, so it only joins others.
pub(super) fn with_refresh(mut scopes: Vec<String>, known: &[String]) -> Vec<String> {
    const OFFLINE: &str = "offline_access";
    let known = known.iter().any(|scope| scope == OFFLINE);
    if known && !scopes.is_empty() && !scopes.iter().any(|scope| scope == OFFLINE) {
        scopes.push(OFFLINE.into());
    }
    scopes
}

/// Whether `granted` has all that is `wanted`.
pub(super) fn cover(granted: &[String], wanted: &[String]) -> bool {
    wanted.iter().all(|scope| granted.contains(scope))
}

fn unique(scopes: Vec<String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::with_capacity(scopes.len());
    for scope in scopes {
        if !kept.contains(&scope) {
            kept.push(scope);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Vec<String> {
        text.split_whitespace().map(Into::into).collect()
    }

    #[test]
    fn the_challenge_comes_first_and_nothing_is_lost() {
        let select = |challenged, configured, listed, before| {
            super::select(&list(challenged), &list(configured), &list(listed), &list(before)).join(" ")
        };
        assert_eq!(select("read", "", "read write", ""), "read");
        assert_eq!(select("", "", "read write", ""), "read write");
        assert_eq!(select("", "mine", "read write", ""), "mine");
        assert_eq!(select("read", "mine read", "", ""), "read mine");
        assert_eq!(select("write", "", "all", "read"), "read write");
        assert_eq!(select("", "", "", ""), "");
    }

    #[test]
    fn offline_access_only_joins_others() {
        let known = list("offline_access read");
        assert_eq!(with_refresh(list("read"), &known).join(" "), "read offline_access");
        assert_eq!(with_refresh(list("offline_access read"), &known).join(" "), "offline_access read");
        assert_eq!(with_refresh(list(""), &known).join(" "), "");
        assert_eq!(with_refresh(list("read"), &list("read")).join(" "), "read");
    }
}
