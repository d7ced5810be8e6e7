//! From start to end: output, input, exit, and that nothing is left.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use fence::{FenceError, Level, LimitReached};
use libtest_mimic::Trial;

use crate::place::{Place, at_every_level, gone, runs};

pub fn trials() -> Vec<Trial> {
    [
        at_every_level("exit_codes_and_signals_come_through", exit_codes_and_signals_come_through),
        at_every_level("input_and_output_are_separate_streams", input_and_output_are_separate_streams),
        at_every_level("a_missing_program_is_named", a_missing_program_is_named),
        at_every_level("a_working_folder_outside_is_refused", a_working_folder_outside_is_refused),
        at_every_level("wall_time_kills_everything", wall_time_kills_everything),
        at_every_level("dropping_kills_everything", dropping_kills_everything),
        at_every_level("nothing_survives_the_command", nothing_survives_the_command),
        at_every_level(
            "a_child_that_keeps_the_output_open_does_not_hold_us",
            an_open_output_does_not_hold_us,
        ),
        at_every_level("large_output_streams", large_output_streams),
        at_every_level("large_input_arrives", large_input_arrives),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A copy of `sleep` in the workspace: its processes cannot be mistaken for another test's.
fn own_sleep(place: &Place) -> PathBuf {
    let copy = place.file("own-sleep");
    std::fs::copy("/bin/sleep", &copy).unwrap();
    copy
}

async fn exit_codes_and_signals_come_through(level: Level) {
    let place = Place::shared(level);
    for (script, code, signal) in
        [("exit 0", Some(0), None), ("exit 7", Some(7), None), ("kill -TERM $$", None, Some(15))]
    {
        let ran = place.run(place.shell(script)).await.unwrap();
        assert_eq!((ran.exit.code, ran.exit.signal), (code, signal), "{script}");
        assert!(!ran.exit.timed_out && ran.exit.limit.is_none());
    }
}

async fn input_and_output_are_separate_streams(level: Level) {
    let place = Place::shared(level);
    let mut command = place.shell("cat; echo problem >&2");
    command.stdin = b"given".to_vec();
    let ran = place.run(command).await.unwrap();
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("given", "problem\n"));
    // Without input a reader is at the end at once.
    let ran = place.run(place.shell("cat; readlink /proc/self/fd/0")).await.unwrap();
    assert_eq!(ran.stdout, "/dev/null\n");
}

async fn a_missing_program_is_named(level: Level) {
    let place = Place::shared(level);
    for program in ["no-such-program", "./no-such-program"] {
        let error = place.run(place.command(&[program])).await.unwrap_err();
        assert!(matches!(&error, FenceError::ProgramNotFound(name) if name == program), "{error}");
        assert!(error.to_string().contains("read_only_paths"));
    }
    std::fs::write(place.file("data"), "not a program").unwrap();
    let error = place.run(place.command(&["./data"])).await.unwrap_err();
    assert!(error.to_string().contains("starting the program: ./data: Permission denied"), "{error}");
}

async fn a_working_folder_outside_is_refused(level: Level) {
    let place = Place::shared(level);
    std::os::unix::fs::symlink(&place.outside, place.file("link")).unwrap();
    for folder in [place.outside.clone(), place.workspace.join(".."), place.file("link")] {
        let mut command = place.shell("pwd");
        command.current_dir = folder;
        let error = place.run(command).await.unwrap_err();
        assert!(error.to_string().contains("outside the workspace"), "{error}");
    }
}

async fn wall_time_kills_everything(level: Level) {
    let place = Place::shared(level);
    let sleep = own_sleep(&place);
    let mut command = place.shell("setsid ./own-sleep 60 & (setsid ./own-sleep 60 &) ; ./own-sleep 60");
    command.wall_time = Some(Duration::from_millis(400));
    let ran = place.run(command).await.unwrap();
    assert!(ran.exit.timed_out);
    assert_eq!(ran.exit.limit, Some(LimitReached::WallTime));
    assert!(ran.exit.took < Duration::from_secs(4), "{:?}", ran.exit.took);
    assert!(!runs(&sleep), "a process outlived the call");
}

async fn dropping_kills_everything(level: Level) {
    let place = Place::shared(level);
    let sleep = own_sleep(&place);
    let command = place.shell("setsid ./own-sleep 60 & (setsid ./own-sleep 60 &) ; ./own-sleep 60");
    {
        let mut running = std::pin::pin!(place.run(command));
        while !runs(&sleep) {
            let pause = tokio::time::timeout(Duration::from_millis(10), &mut running).await;
            assert!(pause.is_err(), "it ended by itself: {pause:?}");
        }
    }
    assert!(gone(&sleep).await, "a process outlived the dropped call");
}

async fn nothing_survives_the_command(level: Level) {
    let place = Place::shared(level);
    let sleep = own_sleep(&place);
    let quiet = "</dev/null >/dev/null 2>&1";
    let script =
        format!("setsid ./own-sleep 60 {quiet} & (setsid ./own-sleep 60 {quiet} &); ./own-sleep 0.1; exit 4");
    let ran = place.run(place.shell(&script)).await.unwrap();
    assert_eq!(ran.exit.code, Some(4));
    assert!(!runs(&sleep), "a process outlived the call");
}

async fn an_open_output_does_not_hold_us(level: Level) {
    let place = Place::shared(level);
    let sleep = own_sleep(&place);
    let began = Instant::now();
    let ran = place.run(place.shell("setsid ./own-sleep 60 & echo done")).await.unwrap();
    assert_eq!((ran.exit.code, ran.stdout.as_str()), (Some(0), "done\n"));
    assert!(began.elapsed() < Duration::from_secs(4));
    assert!(!runs(&sleep));
}

async fn large_output_streams(level: Level) {
    const BYTES: u64 = 100 << 20;
    let place = Place::shared(level);
    let before = peak_memory_bytes();
    let mut total = 0;
    let command = place.shell(&format!("head -c {BYTES} /dev/zero"));
    let exit = place.fence.run(command, |_, chunk| total += chunk.len() as u64).await.unwrap();
    assert_eq!((exit.code, total), (Some(0), BYTES));
    // Other tests run beside this one, so the bound is loose; keeping the output would break it.
    let grown = peak_memory_bytes().saturating_sub(before);
    assert!(grown < BYTES / 2, "{grown} bytes");
}

fn peak_memory_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
}

async fn large_input_arrives(level: Level) {
    let place = Place::shared(level);
    let mut command = place.shell("wc -c");
    command.stdin = vec![b'x'; 8 << 20];
    let ran = place.run(command).await.unwrap();
    assert_eq!(ran.stdout.trim(), (8 << 20).to_string());
}
