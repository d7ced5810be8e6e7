//! What must go on working inside, or nobody would leave the fence on.

use std::os::unix::fs::MetadataExt;

use fence::Level;
use libtest_mimic::Trial;

use crate::place::{Place, at, at_every_level};

pub fn trials() -> Vec<Trial> {
    let mut trials: Vec<_> = [
        at_every_level("the_environment_is_clean", the_environment_is_clean),
        at_every_level("shells_find_what_they_need", shells_find_what_they_need),
        at_every_level("git_makes_a_commit", git_makes_a_commit),
        at_every_level("files_belong_to_the_user", files_belong_to_the_user),
        at_every_level("strange_folder_names_work", strange_folder_names_work),
        at_every_level("workspaces_lie_anywhere", workspaces_lie_anywhere),
        at_every_level("many_commands_run_at_once", many_commands_run_at_once),
        at_every_level("a_read_only_path_is_readable_and_first_in_path", a_read_only_path_is_readable),
        at_every_level("the_temporary_folder_is_removed", the_temporary_folder_is_removed),
    ]
    .into_iter()
    .flatten()
    .collect();
    trials.push(at(Level::Namespaces, "only_own_processes_are_listed", only_own_processes_are_listed));
    trials.push(at(Level::Namespaces, "unix_sockets_work_among_oneself", unix_sockets_work_among_oneself));
    trials
}

async fn the_environment_is_clean(level: Level) {
    let place = Place::shared(level);
    let mut command = place.command(&["env"]);
    command.environment.insert("CI".to_owned(), "1".to_owned());
    let ran = place.run(command).await.unwrap();
    let mut names: Vec<_> = ran.stdout.lines().map(|line| line.split('=').next().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["CI", "HOME", "LANG", "PATH", "TERM", "TMPDIR"], "{}", ran.stdout);
}

async fn shells_find_what_they_need(level: Level) {
    let place = Place::shared(level);
    let script = r#"
        set -e
        echo lost > /dev/null
        head -c 4 /dev/urandom > /dev/zero
        file=$(mktemp); echo kept > "$file"; cat "$file"
        test -z "$(ls -A "$HOME")"; echo x > "$HOME/new"
        bash -c 'cat <(echo substituted)'
        echo direct > /dev/stdout
        cp /bin/true ./program; ./program
        printf 'echo no first line' > script; chmod +x script; ./script
        whoami > /dev/null; umask
    "#;
    let ran = place.run(place.command(&["bash", "-c", script])).await.unwrap();
    assert_eq!(ran.stdout, "kept\nsubstituted\ndirect\nno first line\n0022\n", "{}", ran.stderr);
    assert_eq!(ran.stderr, "");
}

async fn git_makes_a_commit(level: Level) {
    let place = Place::shared(level);
    let script = "git init -q -b main . && echo text > file && git add file && \
                  git -c user.name=A -c user.email=a@example.org commit -q -m first";
    let ran = place.run(place.shell(script)).await.unwrap();
    assert_eq!(ran.exit.code, Some(0), "{}", ran.stderr);
    // The second time the settings are there, and protected where there is a mount namespace.
    let script = "echo more > file && git -c user.name=A -c user.email=a@example.org commit -q -a -m second && \
                  git checkout -q -b side && git merge -q main && git log --format=%s";
    let ran = place.run(place.shell(script)).await.unwrap();
    assert_eq!(ran.stdout, "second\nfirst\n", "{}", ran.stderr);
}

async fn files_belong_to_the_user(level: Level) {
    let place = Place::shared(level);
    place.run(place.shell("echo x > made")).await.unwrap();
    let made = std::fs::metadata(place.file("made")).unwrap();
    let own = std::fs::metadata(&place.workspace).unwrap();
    assert_eq!((made.uid(), made.gid(), made.mode() & 0o777), (own.uid(), own.gid(), 0o644));
}

async fn strange_folder_names_work(level: Level) {
    let place = Place::shared(level);
    let inner = place.file("with space, \u{fc}ml\u{e4}ut\n'and' $more");
    std::fs::create_dir_all(inner.join("sub")).unwrap();
    let mut command = place.shell("pwd > ../here");
    command.workspace = inner.clone();
    command.current_dir = inner.join("sub");
    let ran = place.run(command).await.unwrap();
    assert_eq!(ran.exit.code, Some(0), "{}", ran.stderr);
    assert_eq!(
        std::fs::read_to_string(inner.join("here")).unwrap(),
        format!("{}\n", inner.join("sub").display())
    );
}

async fn many_commands_run_at_once(level: Level) {
    let place = std::sync::Arc::new(Place::shared(level));
    let mut running = tokio::task::JoinSet::new();
    for number in 0..24 {
        let place = place.clone();
        running.spawn(async move {
            let ran = place.run(place.shell(&format!("sleep 0.05; echo {number}"))).await.unwrap();
            (number, ran.stdout)
        });
    }
    for (number, stdout) in running.join_all().await {
        assert_eq!(stdout, format!("{number}\n"));
    }
}

async fn a_read_only_path_is_readable(level: Level) {
    let tools = tempfile::tempdir().unwrap();
    let bin = tools.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    std::fs::copy("/bin/echo", bin.join("own-echo")).unwrap();
    let link = tools.path().join("link");
    std::os::unix::fs::symlink(&bin, &link).unwrap();
    let place = Place::with(level, |config| config.read_only_paths.extend([bin.clone(), link.clone()]));
    let script =
        format!("own-echo found; {}/own-echo linked; echo x > {}/new", link.display(), bin.display());
    let ran = place.run(place.shell(&script)).await.unwrap();
    assert_eq!(ran.stdout, "found\nlinked\n", "{}", ran.stderr);
    assert_eq!(bin.join("new").exists(), level == Level::Limits, "{}", ran.stderr);
}

async fn the_temporary_folder_is_removed(level: Level) {
    let place = Place::shared(level);
    let script =
        "mkdir \"$TMPDIR/deep\"; echo x > \"$TMPDIR/deep/file\"; chmod 0 \"$TMPDIR/deep\"; echo \"$TMPDIR\"";
    let ran = place.run(place.shell(script)).await.unwrap();
    let folder = std::path::Path::new(ran.stdout.trim());
    if level == Level::Namespaces {
        assert_eq!(folder.to_str(), Some("/tmp"));
    } else {
        assert!(folder.starts_with(std::env::temp_dir()) && !folder.exists(), "{ran:?}");
    }
}

/// Folders that the fence covers, or that lie beyond a link of its making.
async fn workspaces_lie_anywhere(level: Level) {
    for parent in ["/tmp", "/var/tmp", "/dev/shm"] {
        let folder = tempfile::tempdir_in(parent).unwrap();
        let place = Place::shared(level);
        let mut command = place.shell("echo x > made; pwd");
        command.workspace = folder.path().canonicalize().unwrap();
        command.current_dir = command.workspace.clone();
        let ran = place.run(command).await;
        if parent == "/dev/shm" {
            assert!(ran.unwrap_err().to_string().contains("cannot be a workspace"));
        } else {
            let ran = ran.unwrap();
            assert_eq!(ran.stdout.trim(), folder.path().to_str().unwrap(), "{ran:?}");
            assert!(folder.path().join("made").exists());
        }
    }
}

async fn only_own_processes_are_listed(level: Level) {
    let place = Place::shared(level);
    let ran = place
        .run(place.shell("ls -d /proc/[0-9]* | wc -l; cat /proc/self/status | grep -c Name"))
        .await
        .unwrap();
    let count: u32 = ran.stdout.lines().next().unwrap().parse().unwrap();
    assert!((2..=5).contains(&count), "{ran:?}");
}

async fn unix_sockets_work_among_oneself(level: Level) {
    let place = Place::shared(level);
    let script = "import socket\n\
                  one = socket.socket(socket.AF_UNIX); one.bind('here'); one.listen()\n\
                  two = socket.socket(socket.AF_UNIX); two.connect('here'); two.send(b'talk')\n\
                  print(one.accept()[0].recv(9).decode())";
    let ran = place.run(place.command(&["/usr/bin/python3", "-c", script])).await.unwrap();
    assert_eq!(ran.stdout, "talk\n", "{}", ran.stderr);
}
