//! When nothing runs, and what the text says then.

use std::os::unix::fs::symlink;
use std::path::PathBuf;

use fence::{Config, Fence, FenceError, Level};
use libtest_mimic::Trial;

use crate::place::{Place, at};

pub fn trials() -> Vec<Trial> {
    vec![
        at(Level::Limits, "below_the_floor_nothing_runs", below_the_floor_nothing_runs),
        at(Level::Limits, "a_helper_that_is_none_is_noticed", a_helper_that_is_none_is_noticed),
        at(Level::Namespaces, "bad_commands_are_refused", bad_commands_are_refused),
        at(Level::Namespaces, "bad_settings_are_refused", bad_settings_are_refused),
        at(Level::Namespaces, "system_folders_are_no_workspace", system_folders_are_no_workspace),
        at(Level::Namespaces, "a_vanished_workspace_is_named", a_vanished_workspace_is_named),
        at(Level::Namespaces, "planted_git_links_are_not_followed", planted_git_links_are_not_followed),
        at(Level::Namespaces, "a_git_file_is_protected", a_git_file_is_protected),
    ]
}

async fn below_the_floor_nothing_runs(level: Level) {
    let place = Place::shared(level);
    let fence = Fence::new(Config { ceiling: Some(level), floor: Level::Landlock, ..Config::default() });
    assert_eq!(fence.report().level, Some(level));
    let error = fence.run(place.shell("touch ran"), |_, _| {}).await.unwrap_err();
    assert!(matches!(error, FenceError::BelowFloor(_)));
    let text = error.to_string();
    for part in
        ["`limits`", "`landlock`", "[fence] floor", "bailiwick doctor", "BAILIWICK_FENCE_FLOOR", "`ceiling`"]
    {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!place.file("ran").exists());
}

async fn a_helper_that_is_none_is_noticed(level: Level) {
    let place = Place::shared(level);
    for (helper, said) in [("/bin/true", "become_helper_if_asked"), ("/no/such/helper", "No such file")] {
        let helper = Some(PathBuf::from(helper));
        let fence = Fence::new(Config { floor: Level::Limits, helper, ..Config::default() });
        assert_eq!(fence.report().level, None);
        let error = fence.run(place.shell("touch ran"), |_, _| {}).await.unwrap_err();
        assert!(error.to_string().contains(said), "{error}");
    }
    assert!(!place.file("ran").exists());
}

async fn bad_commands_are_refused(level: Level) {
    let place = Place::shared(level);
    for (argv, said) in [(&[][..], "empty"), (&[""], "empty"), (&["echo", "a\0b"], "NUL")] {
        let error = place.run(place.command(argv)).await.unwrap_err();
        assert!(matches!(&error, FenceError::SetUp(text) if text.contains(said)), "{error}");
    }
}

async fn bad_settings_are_refused(level: Level) {
    for (path, said) in
        [("relative", "absolute"), ("/no/such/folder", "cannot be reached"), ("/", "everything")]
    {
        let place = Place::with(level, |config| config.read_only_paths.push(path.into()));
        let error = place.run(place.shell("true")).await.unwrap_err().to_string();
        assert!(error.contains(said) && error.contains("read_only_paths"), "{error}");
    }
    let place = Place::with(level, |config| config.pass_environment.push("MY_TOKEN".to_owned()));
    let error = place.run(place.shell("true")).await.unwrap_err().to_string();
    assert!(error.contains("MY_TOKEN"), "{error}");
    assert!(place.fence.report().layers.iter().any(|layer| layer.name == "environment" && !layer.holds));
}

async fn system_folders_are_no_workspace(level: Level) {
    let place = Place::shared(level);
    for folder in ["/", "/usr", "/tmp", "/proc/self", "/dev/shm", "/etc"] {
        let mut command = place.shell("true");
        command.workspace = folder.into();
        command.current_dir = folder.into();
        let error = place.run(command).await.unwrap_err().to_string();
        assert!(error.contains("cannot be a workspace"), "{folder}: {error}");
    }
}

async fn a_vanished_workspace_is_named(level: Level) {
    let place = Place::shared(level);
    std::fs::remove_dir(&place.workspace).unwrap();
    let error = place.run(place.shell("true")).await.unwrap_err().to_string();
    assert!(
        error.contains(place.workspace.to_str().unwrap()) && error.contains("cannot be reached"),
        "{error}"
    );
}

/// An earlier command may leave links where the fence mounts something for a later one.
async fn planted_git_links_are_not_followed(level: Level) {
    for link in [".git", ".git/hooks", ".git/config"] {
        let place = Place::shared(level);
        std::fs::write(place.outside.join("secret"), "canary").unwrap();
        std::fs::create_dir_all(place.file(link).parent().unwrap()).unwrap();
        symlink(&place.outside, place.file(link)).unwrap();
        let ran = place.run(place.shell(&format!("cat {link}/secret; ls {link}/"))).await.unwrap();
        assert_eq!(ran.stdout, "", "{link}");
        assert_ne!(ran.exit.code, Some(0), "{link}");
    }
}

/// In a linked work tree `.git` is a file that says where the settings are.
async fn a_git_file_is_protected(level: Level) {
    let place = Place::shared(level);
    std::fs::write(place.file(".git"), "gitdir: /elsewhere\n").unwrap();
    let ran = place
        .run(place.shell("cat .git; echo 'gitdir: here' > .git; rm -f .git; mv .git other"))
        .await
        .unwrap();
    assert_eq!(ran.stdout, "gitdir: /elsewhere\n");
    assert_eq!(
        std::fs::read_to_string(place.file(".git")).unwrap(),
        "gitdir: /elsewhere\n",
        "{}",
        ran.stderr
    );
}
