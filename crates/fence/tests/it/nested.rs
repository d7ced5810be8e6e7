//! Other programs that use a fence: one inside a fence, where namespaces are refused, and one that is killed.

use std::process::{Command, Stdio};
use std::time::Duration;

use fence::{Config, Fence, Level};
use libtest_mimic::Trial;

use crate::place::{Place, at, at_every_level, gone, runs};

/// First argument of a program with a fence of its own; then a script, and the highest level it uses.
const ARGUMENT: &str = "--program";

/// Never returns when this process was started as such a program.
pub fn be_a_program_if_asked() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [first, script, ceiling] = &arguments[..] else { return };
    if first != ARGUMENT {
        return;
    }
    let ceiling = serde_json::from_str(ceiling).unwrap();
    let fence = Fence::new(Config { floor: Level::Limits, ceiling, ..Config::default() });
    for layer in &fence.report().layers {
        println!("{} {}: {} {:?}", layer.name, layer.holds, layer.detail, layer.advice);
    }
    println!("level {:?}", fence.report().level);
    let workspace = std::env::current_dir().unwrap();
    let command = fence::Command {
        argv: vec!["sh".to_owned(), "-c".to_owned(), script.clone()],
        current_dir: workspace.clone(),
        workspace,
        environment: Default::default(),
        stdin: Vec::new(),
        wall_time: None,
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let exit = runtime.block_on(fence.run(command, |_, chunk| print!("{}", String::from_utf8_lossy(chunk))));
    println!("exit {:?}", exit.map(|exit| exit.code));
    std::process::exit(0);
}

pub fn trials() -> Vec<Trial> {
    let mut trials =
        at_every_level("killing_the_program_kills_everything", killing_the_program_kills_everything);
    trials.push(at(Level::Namespaces, "without_namespaces_the_next_level_holds", the_next_level_holds));
    trials
}

/// A fence refuses namespaces to what runs in it, as some systems do to everybody.
async fn the_next_level_holds(level: Level) {
    let place = Place::shared(level);
    let program = std::env::current_exe().unwrap();
    let script = "echo inner; cat /etc/hostname; exit 3";
    let ran = place.run(place.command(&[program.to_str().unwrap(), ARGUMENT, script, "null"])).await.unwrap();
    for said in [
        "level Some(Landlock)",
        "namespaces false: creating namespaces: EPERM",
        "sysctl",
        "inner",
        "exit Ok(Some(3))",
    ] {
        assert!(ran.stdout.contains(said), "{said} in {ran:?}");
    }
}

async fn killing_the_program_kills_everything(level: Level) {
    let place = Place::shared(level);
    let sleep = place.file("own-sleep");
    std::fs::copy("/bin/sleep", &sleep).unwrap();
    let script = "setsid ./own-sleep 60 & (setsid ./own-sleep 60 &) ; ./own-sleep 60";
    let ceiling = serde_json::to_string(&level).unwrap();
    let mut program = Command::new(std::env::current_exe().unwrap())
        .args([ARGUMENT, script, &ceiling])
        .current_dir(&place.workspace)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    for _ in 0..500 {
        if runs(&sleep) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(runs(&sleep));
    program.kill().unwrap();
    program.wait().unwrap();
    assert!(gone(&sleep).await, "a process outlived the killed program");
}
