//! Long-running programs: streams, grants, and that nothing is left of them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use fence::{FenceError, Level, ServerChild, ServerCommand, describe};
use libtest_mimic::Trial;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

use crate::place::{LEVELS, Place, at, at_every_level, gone, runs};

pub fn trials() -> Vec<Trial> {
    let mut trials: Vec<_> = [
        at_every_level("serve::it_is_talked_to_until_its_input_ends", it_is_talked_to),
        at_every_level("serve::dropping_the_handle_kills_everything", dropping_kills_everything),
        at_every_level("serve::what_it_leaves_running_goes_with_it", what_it_leaves_goes_with_it),
        at_every_level("serve::a_missing_program_is_named", a_missing_program_is_named),
        at_every_level("serve::its_environment_is_what_it_was_given", its_environment_is_what_it_was_given),
        at_every_level("serve::it_notices_that_nobody_reads_it", a_closed_input_is_noticed),
        at_every_level("serve::fifty_starts_leave_nothing_behind", fifty_starts_leave_nothing_behind),
        at_every_level("serve::limits_hold_but_those_of_time", limits_hold_but_those_of_time),
        at_every_level("serve::keys_and_the_system_are_not_granted", keys_and_the_system_are_not_granted),
        at_every_level("serve::links_are_followed_before_judging", links_are_followed_before_judging),
    ]
    .into_iter()
    .flatten()
    .collect();
    for level in &LEVELS[..2] {
        trials.push(at(*level, "serve::grants_are_all_there_is", grants_are_all_there_is));
        trials.push(at(*level, "serve::only_with_the_network_is_there_a_resolver", resolver));
    }
    trials.push(Trial::test("serve::sentences_say_what_it_gets", || {
        sentences_say_what_it_gets();
        Ok(())
    }));
    trials
}

async fn it_is_talked_to(level: Level) {
    let place = Place::shared(level);
    let ServerChild { mut stdin, stdout, mut stderr, exit, kill } =
        place.fence.serve(place.server(&["sh", "-c", "echo ready >&2; exec cat"])).await.unwrap();
    let mut lines = BufReader::new(stdout).lines();
    for turn in 0..3 {
        stdin.write_all(format!("hello {turn}\n").as_bytes()).await.unwrap();
        assert_eq!(lines.next_line().await.unwrap().unwrap(), format!("hello {turn}"));
    }
    drop(stdin);
    assert_eq!(lines.next_line().await.unwrap(), None);
    let exit = exit.await.unwrap();
    assert_eq!((exit.code, exit.signal, exit.to_string().as_str()), (Some(0), None, "exit status 0"));
    let mut complaints = String::new();
    stderr.read_to_string(&mut complaints).await.unwrap();
    assert_eq!(complaints, "ready\n");
    drop(kill);
}

const MANY: &str = "setsid \"$S\" 60 & (setsid \"$S\" 60 &); echo started; exec \"$S\" 60";

/// A server of many processes, all of a program that no other test has.
fn many(place: &Place, script: &str) -> (ServerCommand, PathBuf) {
    let sleep = place.file("own-sleep");
    fs::copy("/bin/sleep", &sleep).unwrap();
    let environment = [("S".to_owned(), sleep.display().to_string())].into();
    let read = vec![place.workspace.clone()];
    (ServerCommand { environment, read, ..place.server(&["sh", "-c", script]) }, sleep)
}

async fn dropping_kills_everything(level: Level) {
    let place = Place::shared(level);
    let (server, sleep) = many(&place, MANY);
    let ServerChild { stdin, stdout, stderr: _stderr, exit, kill } = place.fence.serve(server).await.unwrap();
    let mut lines = BufReader::new(stdout).lines();
    assert_eq!(lines.next_line().await.unwrap().unwrap(), "started");
    while !runs(&sleep) {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    // The streams alone hold nothing alive.
    drop(kill);
    let exit = exit.await.unwrap();
    assert_eq!(exit.signal, Some(9), "{exit:?}");
    assert!(!runs(&sleep), "a process outlived its handle");
    drop(stdin);
}

async fn what_it_leaves_goes_with_it(level: Level) {
    let place = Place::shared(level);
    let (server, sleep) = many(&place, "setsid \"$S\" 60 & (setsid \"$S\" 60 &); exit 3");
    let child = place.fence.serve(server).await.unwrap();
    let exit = child.exit.await.unwrap();
    assert_eq!(exit.code, Some(3));
    assert!(gone(&sleep).await, "a process outlived its server");
}

async fn a_missing_program_is_named(level: Level) {
    let place = Place::shared(level);
    let error = place.serve_to_the_end(place.server(&["no-such-server"])).await.unwrap_err();
    assert!(matches!(&error, FenceError::ProgramNotFound(name) if name == "no-such-server"), "{error}");
    assert!(error.to_string().contains("grant a server its folder"), "{error}");
    assert!(place.fence.serve(place.server(&[])).await.is_err());
}

async fn its_environment_is_what_it_was_given(level: Level) {
    let place = Place::shared(level);
    let server = ServerCommand {
        environment: [("API_TOKEN", "given"), ("LANG", "C")]
            .map(|(a, b)| (a.to_owned(), b.to_owned()))
            .into(),
        ..place.server(&["env"])
    };
    let ran = place.serve_to_the_end(server).await.unwrap();
    let mut names: Vec<_> = ran.stdout.lines().map(|line| line.split('=').next().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["API_TOKEN", "HOME", "LANG", "PATH", "TMPDIR"], "{}", ran.stdout);
    assert!(ran.stdout.contains("API_TOKEN=given\n") && ran.stdout.contains("LANG=C\n"));
    // It starts at home, which is empty.
    let ran =
        place.serve_to_the_end(place.server(&["sh", "-c", "ls -A; test \"$PWD\" = \"$HOME\" && echo home"]));
    assert_eq!(ran.await.unwrap().stdout, "home\n");
}

async fn a_closed_input_is_noticed(level: Level) {
    let place = Place::shared(level);
    let ServerChild { mut stdin, mut stdout, stderr: _stderr, exit: _exit, kill: _kill } =
        place.fence.serve(place.server(&["sh", "-c", "exec <&-; echo closed; sleep 60"])).await.unwrap();
    let mut said = [0; 7];
    stdout.read_exact(&mut said).await.unwrap();
    assert!(stdin.write_all(b"hello\n").await.is_err());
}

async fn fifty_starts_leave_nothing_behind(level: Level) {
    let place = Place::shared(level);
    let mut homes = Vec::new();
    let (server, sleep) = many(&place, "echo \"$HOME\"; \"$S\" 60 & exec \"$S\" 60");
    for turn in 0..50 {
        let ServerChild { stdin, stdout, stderr, exit, kill } =
            place.fence.serve(server.clone()).await.unwrap();
        let mut lines = BufReader::new(stdout).lines();
        homes.push(PathBuf::from(lines.next_line().await.unwrap().unwrap()));
        drop(kill);
        // Every other one without anybody waiting for it.
        if turn % 2 == 0 {
            exit.await.unwrap();
        }
        drop((stdin, stderr));
    }
    assert!(gone(&sleep).await, "a process was left");
    for _ in 0..200 {
        if zombies_and_helpers().await == 0 && !homes.iter().any(|home| home.exists()) {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let left: Vec<_> = homes.iter().filter(|home| home.exists()).collect();
    panic!("left: {left:?}");
}

/// Children of ours that ended and were not collected.
async fn zombies_and_helpers() -> usize {
    let own = std::process::id().to_string();
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let stats = processes.filter_map(|process| fs::read_to_string(process.path().join("stat")).ok());
    stats
        .filter(|stat| {
            let after_name: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
            after_name.get(1) == Some(&own.as_str()) && after_name.first() == Some(&"Z")
        })
        .count()
}

async fn limits_hold_but_those_of_time(level: Level) {
    let place = Place::shared(level);
    let script = "ulimit -t; ulimit -n; ulimit -f";
    let limits = fence::Limits { open_files_max: 123, file_bytes_max: 1024 * 1024, ..Default::default() };
    let server = ServerCommand { limits: Some(limits), ..place.server(&["sh", "-c", script]) };
    let ran = place.serve_to_the_end(server).await.unwrap();
    // `dash` counts blocks of 512 bytes, `bash` of 1024.
    assert!(["unlimited\n123\n2048\n", "unlimited\n123\n1024\n"].contains(&ran.stdout.as_str()), "{ran:?}");
}

async fn grants_are_all_there_is(level: Level) {
    let place = Place::shared(level);
    let folder = |name: &str| {
        let folder = place.outside.join(name);
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("file"), name).unwrap();
        folder
    };
    let (read, write, neither) = (folder("read"), folder("write"), folder("neither"));
    symlink(&neither, write.join("way-out")).unwrap();
    let one_file = neither.join("one");
    fs::write(&one_file, "one").unwrap();
    let script = format!(
        "cd {outside}; cat read/file write/file neither/one; echo; \
         cat neither/file write/way-out/file; touch read/new; rm -f read/file; echo x > new; rm -f neither/file; \
         echo x >> neither/one; cp write/file neither/file; echo changed > write/file",
        outside = place.outside.display()
    );
    let server = ServerCommand {
        read: vec![read.clone(), one_file.clone()],
        write: vec![write.clone()],
        ..place.server(&["sh", "-c", &script])
    };
    place.fence.check(&server).unwrap();
    let ran = place.serve_to_the_end(server).await.unwrap();
    assert_eq!((ran.exit.code, ran.stdout.as_str()), (Some(0), "readwriteone\n"), "{ran:?}");
    // Seen from outside: in a tree of its own a server may well write where nobody else will ever look.
    for (file, content) in [
        (read.join("file"), Some("read")),
        (read.join("new"), None),
        (neither.join("file"), Some("neither")),
        (one_file, Some("one")),
        (write.join("file"), Some("changed\n")),
        (place.outside.join("new"), None),
    ] {
        assert_eq!(fs::read_to_string(&file).ok().as_deref(), content, "{}: {ran:?}", file.display());
    }
}

async fn resolver(level: Level) {
    let place = Place::shared(level);
    fs::read("/etc/resolv.conf")
        .expect("the tests need a /etc/resolv.conf, as every machine with a network has");
    for network in [false, true] {
        let server = ServerCommand { network, ..place.server(&["cat", "/etc/resolv.conf"]) };
        let ran = place.serve_to_the_end(server).await.unwrap();
        assert_eq!(ran.exit.code == Some(0), network, "{ran:?}");
    }
}

async fn keys_and_the_system_are_not_granted(level: Level) {
    let own = tempfile::tempdir().unwrap();
    let own_path = own.path().canonicalize().unwrap().join("data");
    fs::create_dir_all(own_path.join("inside")).unwrap();
    let place = Place::with(level, |config| config.own_paths = vec![own_path.clone()]);
    let file = |name: &str, content: &str| {
        let path = place.outside.join(name);
        fs::write(&path, content).unwrap();
        path
    };
    let pem = "-----BEGIN EC PRIVATE KEY-----\nMHc\n";
    let keys = place.outside.join("keys");
    fs::create_dir(&keys).unwrap();
    fs::write(keys.join("id_ed25519"), "x").unwrap();
    let home = std::env::home_dir().unwrap_or_else(|| PathBuf::from("/"));
    for (path, why) in [
        (own_path.clone(), "Bailiwick itself"),
        (own_path.join("inside"), "Bailiwick itself"),
        (own.path().canonicalize().unwrap(), "narrower"),
        (file("id_rsa", "x"), "a key or passwords"),
        (file("server.pem", pem), "a key or passwords"),
        (file("vault.kdbx", "x"), "a key or passwords"),
        (keys, "narrower"),
        (home.join(".ssh"), ".ssh"),
        (home.join(".aws/credentials"), ".aws"),
        (PathBuf::from("/"), "cannot be granted"),
        (PathBuf::from("/etc"), "password hashes"),
        (PathBuf::from("/etc/passwd"), "password hashes"),
        (PathBuf::from("/var"), "cannot be granted"),
        (PathBuf::from("/proc/self"), "cannot be granted"),
        (PathBuf::from("/dev/null"), "neither a file nor a folder"),
        (PathBuf::from("/tmp"), "cannot be granted"),
        (PathBuf::from("relative"), "absolute"),
        (place.outside.join(".."), "`..`"),
        (place.outside.join("missing"), "cannot be reached"),
    ] {
        for write in [false, true] {
            let (reads, writes) =
                if write { (vec![], vec![path.clone()]) } else { (vec![path.clone()], vec![]) };
            let server = ServerCommand { read: reads, write: writes, ..place.server(&["true"]) };
            let error = place.fence.check(&server).unwrap_err().to_string();
            assert!(error.contains(&format!("{} cannot be granted to a server", path.display())), "{error}");
            // What is not there cannot be judged, and is refused as such.
            assert!(
                error.contains(why) || (!path.exists() && error.contains("cannot be reached")),
                "{error}"
            );
            assert!(place.fence.serve(server).await.is_err());
        }
    }
    // What is not there yet could be made by who may write.
    let config = place.outside.join("config");
    fs::create_dir(&config).unwrap();
    let place =
        Place::with(level, |own| own.own_paths = vec![config.canonicalize().unwrap().join("config.toml")]);
    place.fence.check(&ServerCommand { read: vec![config.clone()], ..place.server(&["true"]) }).unwrap();
    let writer = ServerCommand { write: vec![config], ..place.server(&["true"]) };
    assert!(place.fence.check(&writer).unwrap_err().to_string().contains("narrower"));
    let certificate = file("ca.pem", "-----BEGIN CERTIFICATE-----\n");
    place.fence.check(&ServerCommand { read: vec![certificate], ..place.server(&["true"]) }).unwrap();
    let programs = ServerCommand { write: vec!["/usr/share".into()], ..place.server(&["true"]) };
    assert!(place.fence.check(&programs).unwrap_err().to_string().contains("programs"));
}

async fn links_are_followed_before_judging(level: Level) {
    let place = Place::shared(level);
    let link = place.outside.join("innocent");
    symlink("/etc", &link).unwrap();
    let server = ServerCommand { read: vec![link], ..place.server(&["true"]) };
    let error = place.fence.check(&server).unwrap_err().to_string();
    assert!(error.contains("innocent") && error.contains("/etc holds"), "{error}");
    // A harmless one works under both names.
    let (real, link) = (place.outside.join("real"), place.outside.join("link"));
    fs::create_dir(&real).unwrap();
    fs::write(real.join("file"), "content").unwrap();
    symlink(&real, &link).unwrap();
    let file = link.join("file").display().to_string();
    let server = ServerCommand { read: vec![link], ..place.server(&["cat", &file]) };
    assert_eq!(place.serve_to_the_end(server).await.unwrap().stdout, "content");
}

fn sentences_say_what_it_gets() {
    let nothing = ServerCommand {
        argv: vec!["server".to_owned()],
        environment: Default::default(),
        read: Vec::new(),
        write: Vec::new(),
        network: false,
        limits: None,
    };
    let text = describe(&nothing).join("\n");
    assert!(text.contains("no folder of yours") && text.contains("It has no network."), "{text}");
    let much = ServerCommand {
        environment: [("API_TOKEN".to_owned(), "canary".to_owned())].into(),
        read: vec!["/data/read".into()],
        write: vec!["/data/write".into()],
        network: true,
        ..nothing
    };
    let text = describe(&much).join("\n");
    for part in
        ["read /data/read", "delete everything in /data/write", "what listens on this machine", "API_TOKEN"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert!(!text.contains("canary") && !format!("{much:?}").contains("canary"));
}
