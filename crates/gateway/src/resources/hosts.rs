//! Hosts: lower case, without port or user, as the network would see them.

use url::{Host, Url};

/// The host of an address in an argument: a URL, `host`, `host:port`, `[::1]:80`, `//host/path`.
pub(super) fn host_of(text: &str) -> Option<String> {
    let text = text.trim();
    if text.starts_with("file:") {
        return None;
    }
    in_word(text).or_else(|| {
        let bare = text.strip_prefix("//").unwrap_or(text);
        (!bare.is_empty() && !bare.contains(char::is_whitespace))
            .then(|| of_url(&format!("http://{bare}")))
            .flatten()
    })
}

/// The host of a word of a command: a URL, or `user@host:path` as scp and git write it.
pub(super) fn in_word(word: &str) -> Option<String> {
    // The address may follow what joins it to an option, as in `--url=https://…`.
    if let Some(scheme_end) = word.find("://") {
        let is_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let before = word[..scheme_end].trim_end_matches(is_scheme);
        let start = before.len();
        let start = start + word[start..scheme_end].find(|c: char| c.is_ascii_alphabetic())?;
        return of_url(&word[start..]);
    }
    scp_like(word)
}

fn of_url(text: &str) -> Option<String> {
    let url = Url::parse(text).ok()?;
    if url.scheme() == "file" {
        return None;
    }
    // A scheme that the URL standard does not know keeps its host as it was written: read it as one that it knows.
    match url.host()? {
        Host::Domain(_) if !is_special(url.scheme()) => {
            let rest = &text[text.find("://")? + 3..];
            Url::parse(&format!("http://{rest}")).ok().and_then(|url| canonical(url.host()?))
        }
        host => canonical(host),
    }
}

fn is_special(scheme: &str) -> bool {
    matches!(scheme, "http" | "https" | "ws" | "wss" | "ftp")
}

fn canonical(host: Host<&str>) -> Option<String> {
    match host {
        Host::Domain(domain) => Some(domain.trim_end_matches('.').to_lowercase()),
        Host::Ipv4(address) => Some(address.to_string()),
        // An IPv4 address in IPv6 clothes is that IPv4 address.
        Host::Ipv6(address) => Some(match address.to_ipv4_mapped() {
            Some(v4) => v4.to_string(),
            None => format!("[{address}]"),
        }),
    }
    .filter(|host| !host.is_empty())
}

/// `git@example.com:me/repo.git`, `me@example.com`, `example.com:path`: a colon with no slash before it.
fn scp_like(word: &str) -> Option<String> {
    if word.starts_with(['-', '/', '.', '~', '@']) || word.contains(char::is_whitespace) {
        return None;
    }
    let before_slash = word.split('/').next().unwrap_or(word);
    let (user, rest) = match before_slash.rsplit_once('@') {
        Some((user, rest)) => (Some(user), rest),
        None => (None, before_slash),
    };
    let host = rest.split(':').next().unwrap_or(rest);
    let host_like = |host: &str| {
        host.contains('.')
            && !host.starts_with('.')
            && host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-'))
    };
    match user {
        // `left-pad@1.2.3` is a package at a version.
        Some(user) if !user.is_empty() && host_like(host) && host.chars().any(char::is_alphabetic) => {
            of_url(&format!("http://{host}"))
        }
        // Before the colon stands a name with a dot; after it is not only a number (`main.rs:12`).
        None if rest.contains(':') && host_like(host) => {
            let path = &word[host.len() + 1..];
            let looks_remote = !path.is_empty()
                && !path.chars().all(|c| c.is_ascii_digit() || c == ':')
                && !std::path::Path::new(host)
                    .extension()
                    .is_some_and(|e| SOURCE_EXTENSIONS.contains(&&*e.to_string_lossy()));
            looks_remote.then(|| of_url(&format!("http://{host}"))).flatten()
        }
        _ => None,
    }
}

/// `test_a.py::test_b` and `main.rs:fn` are places in files, not on hosts.
const SOURCE_EXTENSIONS: &[&str] = &[
    "c", "cc", "cpp", "cs", "css", "ex", "go", "h", "html", "java", "js", "json", "jsx", "kt", "md", "php",
    "py", "rb", "rego", "rs", "scss", "sh", "sql", "toml", "ts", "tsx", "txt", "vue", "xml", "yaml", "yml",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_in_arguments() {
        for (text, host) in [
            ("https://Example.COM/a?b", "example.com"),
            ("https://example.com:8443/", "example.com"),
            ("https://good.com@evil.com/", "evil.com"),
            ("https://good.com%2f@evil.com", "evil.com"),
            ("https://good.com\\@evil.com/", "good.com"),
            ("http://0x7f.1/", "127.0.0.1"),
            ("http://2130706433/", "127.0.0.1"),
            ("http://[::1]:80/", "[::1]"),
            ("http://[::ffff:169.254.169.254]/", "169.254.169.254"),
            ("https://bücher.example/", "xn--bcher-kva.example"),
            ("https://example.com./", "example.com"),
            ("HTTPS://EXAMPLE.COM", "example.com"),
            ("example.com", "example.com"),
            ("example.com:443", "example.com"),
            ("//example.com/x", "example.com"),
            ("169.254.169.254", "169.254.169.254"),
            ("git+ssh://git@Example.com/r", "example.com"),
            ("ssh://git@0x7f.1/r", "127.0.0.1"),
        ] {
            assert_eq!(host_of(text).as_deref(), Some(host), "{text}");
        }
        for text in ["", "two words", "file:///etc/passwd"] {
            assert_eq!(host_of(text), None, "{text}");
        }
    }

    #[test]
    fn hosts_in_words() {
        for (word, host) in [
            ("https://example.com/a", "example.com"),
            ("--url=https://example.com/a", "example.com"),
            ("git@github.com:me/repo.git", "github.com"),
            ("example.com:/srv/data", "example.com"),
            ("me@example.com", "example.com"),
        ] {
            assert_eq!(in_word(word).as_deref(), Some(host), "{word}");
        }
        for word in [
            "README.md",
            "src/main.rs:12",
            "main.rs:12:3",
            "left-pad@1.2.3",
            "HEAD:src/x",
            "tests/a.py::test_b",
            "a.py::test_b",
            "--",
            "@.netrc",
            "s/a/b/",
            "origin",
            "1.2.3",
            "//",
            "://",
            "=://",
        ] {
            assert_eq!(in_word(word), None, "{word}");
        }
    }
}
