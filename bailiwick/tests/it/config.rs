//! Configuration: where values come from, and what is said about wrong ones.

use crate::support::Home;

#[test]
fn every_setting_is_shown_with_its_origin() {
    let home = Home::new();
    home.write_config("[agent.limits]\nsteps_max = 7\n");
    let mut command = home.bailiwick(&["config", "show", "--json"]);
    let output = command.env("BAILIWICK_SERVER_PORT", "4321").output().expect("runs");
    let settings: Vec<serde_json::Value> = serde_json::from_slice(&output.stdout).expect("JSON");
    let origin = |name: &str| {
        let setting = settings.iter().find(|setting| setting["name"] == name).expect(name);
        setting["origin"].as_str().expect("text").to_owned()
    };
    assert!(origin("agent.limits.steps_max").ends_with("config.toml:2"));
    assert_eq!(origin("server.port"), "BAILIWICK_SERVER_PORT");
    assert_eq!(origin("fence.floor"), "default");
}

#[test]
fn a_broken_configuration_stops_every_command_with_the_line() {
    let home = Home::new();
    home.write_config("[server]\nprot = 1\n");
    for args in [&["up", "--no-open"][..], &["run", "x"], &["task", "list"], &["config", "show"]] {
        let ended = home.run(args);
        assert_eq!(ended.code, 2, "{args:?} {ended:?}");
        assert!(ended.err.contains("config.toml:2: unknown key `server.prot`"), "{}", ended.err);
        assert!(ended.err.contains("did you mean `server.port`?"), "{}", ended.err);
    }
}

#[test]
fn a_named_configuration_must_exist() {
    let home = Home::new();
    let ended = home.run(&["--config", "nowhere.toml", "config", "show"]);
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("nowhere.toml"), "{}", ended.err);
}

#[test]
fn credentials_that_others_can_read_are_refused_without_showing_them() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::new();
    home.write_config("");
    let file = home.config_file().with_file_name("credentials.toml");
    std::fs::write(&file, "openai = \"canary-4711\"\n").expect("written");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).expect("mode");
    let ended = home.run(&["task", "list"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains("chmod 600"), "{}", ended.err);
    assert!(!ended.err.contains("canary-4711") && !ended.out.contains("canary-4711"));
}
