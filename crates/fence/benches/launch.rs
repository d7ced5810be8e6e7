//! What the fence adds to the time of a command that does nothing, beside a command without a fence and beside
//! bubblewrap with about the same view of the machine. `cargo bench -p fence`.

use std::path::Path;
use std::process::{Command as Plain, Stdio};
use std::sync::LazyLock;

use divan::Bencher;
use fence::{Command, Config, Fence, Level};
use tokio::runtime::Runtime;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Runtime::new().expect("a runtime starts"));

fn main() {
    fence::become_helper_if_asked();
    divan::main();
}

/// As fast as it gets: no fence, output thrown away.
#[divan::bench]
fn plain(bencher: Bencher<'_, '_>) {
    bencher.bench_local(|| run(Plain::new("/bin/true")));
}

#[divan::bench(args = [Level::Limits, Level::Landlock, Level::Namespaces])]
fn fenced(bencher: Bencher<'_, '_>, level: Level) {
    let workspace = tempfile::tempdir().expect("a temporary folder");
    let workspace = workspace.path().canonicalize().expect("it is there");
    let fence = Fence::new(Config { ceiling: Some(level), floor: level, ..Config::default() });
    let command = Command {
        argv: vec!["/bin/true".to_owned()],
        current_dir: workspace.clone(),
        workspace,
        environment: Default::default(),
        stdin: Vec::new(),
        wall_time: None,
    };
    bencher.bench_local(|| {
        let exit = RUNTIME.block_on(fence.run(command.clone(), |_, _| {})).expect("the command runs");
        assert_eq!(exit.code, Some(0));
    });
}

/// Namespaces as ours, without seccomp and Landlock. Says nothing when bubblewrap is not installed.
#[divan::bench]
fn bubblewrap(bencher: Bencher<'_, '_>) {
    if !Path::new("/usr/bin/bwrap").exists() {
        return;
    }
    let workspace = tempfile::tempdir().expect("a temporary folder");
    let workspace = workspace.path().to_str().expect("its name is text");
    let fixed = "--unshare-all --die-with-parent --new-session --ro-bind /usr /usr --symlink usr/bin /bin \
                 --symlink usr/lib /lib --symlink usr/lib64 /lib64 --ro-bind /etc/ld.so.cache /etc/ld.so.cache \
                 --proc /proc --dev /dev --tmpfs /tmp --bind";
    bencher.bench_local(|| {
        let mut command = Plain::new("/usr/bin/bwrap");
        command.args(fixed.split_whitespace()).args([
            workspace,
            workspace,
            "--chdir",
            workspace,
            "/bin/true",
        ]);
        run(command);
    });
}

fn run(mut command: Plain) {
    let status = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.expect("it starts").success());
}
