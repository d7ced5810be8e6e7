//! Each limit, reached.

use std::fs::File;
use std::time::Duration;

use fence::{Level, LimitReached, Limits};
use libtest_mimic::Trial;

use crate::place::{Place, Ran, at, at_every_level, gone};

/// First argument of a process that does what the second says.
const ARGUMENT: &str = "--exercise";

/// Never returns when this process was started to reach a limit.
pub fn exercise_if_asked() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [ARGUMENT, "memory"] => {
            let mut eaten = Vec::new();
            loop {
                eaten.push(vec![1_u8; 1 << 20]);
            }
        }
        [ARGUMENT, "files"] => {
            let mut files = Vec::new();
            let error = loop {
                match File::open("/dev/null") {
                    Ok(file) => files.push(file),
                    Err(error) => break error,
                }
            };
            println!("{} {}", files.len(), error.raw_os_error().unwrap());
            std::process::exit(0);
        }
        _ => {}
    }
}

pub fn trials() -> Vec<Trial> {
    let mut trials: Vec<_> = [
        at_every_level("memory_is_limited", memory_is_limited),
        at_every_level("file_size_is_limited", file_size_is_limited),
        at_every_level("computing_time_is_limited", computing_time_is_limited),
        at_every_level("open_files_are_limited", open_files_are_limited),
        at_every_level("a_fork_bomb_is_contained", a_fork_bomb_is_contained),
        at_every_level("many_processes_are_allowed_below_the_limit", many_processes_are_allowed),
    ]
    .into_iter()
    .flatten()
    .collect();
    trials.push(at(Level::Namespaces, "the_private_tmp_is_limited", the_private_tmp_is_limited));
    trials
}

fn limited(level: Level, change: impl FnOnce(&mut Limits)) -> Place {
    Place::with(level, |config| change(&mut config.limits))
}

async fn exercise(place: &Place, what: &str) -> Ran {
    let program = std::env::current_exe().unwrap();
    place.run(place.command(&[program.to_str().unwrap(), ARGUMENT, what])).await.unwrap()
}

async fn memory_is_limited(level: Level) {
    let ran = exercise(&limited(level, |limits| limits.memory_bytes_max = 256 << 20), "memory").await;
    assert_eq!(ran.exit.signal, Some(libc::SIGABRT), "{ran:?}");
    assert_eq!(ran.exit.limit, Some(LimitReached::Memory));
    assert!(LimitReached::Memory.to_string().contains("memory_bytes_max"));
}

async fn file_size_is_limited(level: Level) {
    let place = limited(level, |limits| limits.file_bytes_max = 1 << 20);
    let ran = place.run(place.shell("head -c 3000000 /dev/zero > big; exit $?")).await.unwrap();
    assert_eq!(ran.exit.limit, Some(LimitReached::FileSize), "{ran:?}");
    assert_eq!(std::fs::metadata(place.file("big")).unwrap().len(), 1 << 20);
}

async fn computing_time_is_limited(level: Level) {
    let place = limited(level, |limits| limits.cpu_seconds_max = 1);
    let ran = place.run(place.shell("while :; do :; done")).await.unwrap();
    assert_eq!(
        (ran.exit.signal, ran.exit.limit),
        (Some(libc::SIGXCPU), Some(LimitReached::CpuTime)),
        "{ran:?}"
    );
    assert!(!ran.exit.timed_out);
}

async fn open_files_are_limited(level: Level) {
    let ran = exercise(&limited(level, |limits| limits.open_files_max = 16), "files").await;
    // Three of the sixteen are the standard streams.
    assert_eq!(ran.stdout.trim(), format!("13 {}", libc::EMFILE), "{ran:?}");
}

/// A bomb that is spent after 1,023 processes and half a minute, should the fence not hold.
const BOMB: &str =
    "bomb() { [ $1 -gt 0 ] || exec sleep 30; bomb $(($1 - 1)) & bomb $(($1 - 1)) & wait; }; bomb 9; sleep 30";

async fn a_fork_bomb_is_contained(level: Level) {
    let place = limited(level, |limits| limits.processes_max = 64);
    let bomb = place.file("bomb");
    std::fs::copy("/bin/sh", &bomb).unwrap();
    let mut command = place.command(&["./bomb", "-c", BOMB]);
    command.wall_time = Some(Duration::from_secs(3));
    let ran = place.run(command).await.unwrap();
    // An ordinary user's bomb meets the kernel's limit; root's is ended by the count.
    let by_count = ran.exit.limit == Some(LimitReached::Processes);
    let by_kernel =
        ran.stderr.contains("Cannot fork") || ran.stderr.contains("Resource temporarily unavailable");
    assert!(by_count || by_kernel, "{ran:?}");
    assert!(gone(&bomb).await, "a part of the bomb outlived the call");
}

async fn many_processes_are_allowed(level: Level) {
    let place = limited(level, |limits| limits.processes_max = 64);
    let script =
        "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 0.3 & done; wait; echo well";
    let ran = place.run(place.shell(script)).await.unwrap();
    assert_eq!((ran.stdout.as_str(), ran.exit.limit), ("well\n", None), "{ran:?}");
}

async fn the_private_tmp_is_limited(level: Level) {
    let place = limited(level, |limits| limits.scratch_bytes_max = 1 << 20);
    let ran = place.run(place.shell("head -c 3000000 /dev/zero > /tmp/big")).await.unwrap();
    assert!(ran.stderr.contains("No space left on device"), "{ran:?}");
}
