//! What several targets share: the gateway's readers of arguments, and what rules rely on in what they say.

// Compiled in as they stand: the gateway as a whole brings a database and more, which take minutes to instrument.
#[path = "../../crates/gateway/src/resources/mod.rs"]
mod resources;
#[path = "../../crates/gateway/src/relay/strict.rs"]
mod strict;

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use domain::tool::{ServerKind, Tool, ToolAnnotations};
use policy::Resources;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// A workspace with a file, a folder, a link that stays inside and two that lead out.
pub static WORKSPACE: LazyLock<PathBuf> = LazyLock::new(|| {
    let outer = tempfile::tempdir().expect("a temporary folder").keep();
    let root = outer.canonicalize().expect("a real path").join("work");
    std::fs::create_dir_all(root.join("src/deep")).expect("a folder");
    std::fs::write(root.join("src/a.txt"), "a").expect("a file");
    std::fs::write(outer.join("secret"), "s").expect("a file");
    for (to, name) in [("src", "in"), ("..", "out"), ("../secret", "leak"), ("loop", "loop")] {
        std::os::unix::fs::symlink(to, root.join(name)).expect("a link");
    }
    root
});

/// A tool that takes anything.
pub fn tool() -> Tool {
    Tool {
        name: "write_file".into(),
        description: String::new(),
        input_schema: json!({"type": "object", "properties": {
            "where": {"format": "path"}, "site": {"format": "uri"}, "all": {"items": {"format": "path"}},
        }}),
        output_schema: None,
        annotations: ToolAnnotations::default(),
    }
}

/// Lists what a call names, and holds the list against what rules rely on.
pub fn named(kind: ServerKind, arguments: &Value) -> Resources {
    let root = &*WORKSPACE;
    let resources = resources::resources_of(kind, &tool(), arguments, root);
    check(&resources, root);
    resources
}

/// The same for the URI of a resource.
pub fn named_by_uri(uri: &str) -> Resources {
    let resources = resources::resources_of_uri(uri, &WORKSPACE);
    check(&resources, &WORKSPACE);
    resources
}

/// The value when every reader of the text sees the same.
pub fn strict(json: &RawValue) -> Result<Value, String> {
    strict::read(json)?.only("the arguments")
}

/// What rules rely on: a path that is said to be inside is inside, whatever links say; hosts are in one form.
fn check(resources: &Resources, root: &Path) {
    for fact in &resources.paths {
        let Some(inside) = &fact.inside else { continue };
        assert!(!inside.is_empty() && !inside.starts_with('/'), "{fact:?}");
        assert!(inside == "." || inside.split('/').all(|part| !matches!(part, "" | "." | "..")), "{fact:?}");
        // What exists is followed to its end by the system itself.
        if let Ok(real) = root.join(inside).canonicalize() {
            assert!(real.starts_with(root), "{fact:?} leads to {}", real.display());
        }
    }
    for host in &resources.hosts {
        assert!(!host.is_empty() && *host == host.to_lowercase(), "{host:?}");
    }
    assert!(resources.hosts.is_sorted(), "{:?}", resources.hosts);
    assert!(resources.commands.iter().all(|words| !words.is_empty()), "{:?}", resources.commands);
    let known = |access: &str| matches!(access, "read" | "write" | "delete" | "unknown");
    assert!(resources.paths.iter().all(|fact| known(&fact.access)), "{:?}", resources.paths);
}
