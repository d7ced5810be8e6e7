//! What a person approved is what runs, and nothing else.

use domain::approval::{Answer, ApprovalStatus};
use domain::digest::Digest;
use gateway::Call;
use policy::Policy;
use serde_json::json;

use crate::room::{Room, allowed, asked, call, denied, shell, silent};

#[tokio::test]
async fn an_approved_call_runs() {
    let room = Room::new().await;
    let call = call("delete_path", json!({"path": "a.txt"}));
    let approval = asked(room.decide(&call).await);
    assert_eq!(approval.binding.arguments_digest, Digest::of(&call.arguments));
    assert_eq!(approval.reasons[0].rule, "deletes.path");
    let id = room.answer(&approval, Answer::Approve, false).await;
    let (decision, permit) = allowed(room.decide(&Call { approval: Some(id), ..call }).await);
    assert_eq!(decision.reasons[0].rule, "approval.given");
    assert_eq!(decision.reasons[0].message, "approved by terminal");
    assert_eq!(decision.reasons[1].rule, "deletes.path");
    permit.forward(silent()).await;
    assert_eq!(room.called(), 1);
}

#[tokio::test]
async fn a_denied_call_is_denied() {
    let room = Room::new().await;
    let call = call("delete_path", json!({"path": "a.txt"}));
    let id = room.answer(&asked(room.decide(&call).await), Answer::Deny, false).await;
    let decision = denied(room.decide(&Call { approval: Some(id), ..call }).await);
    assert_eq!(decision.reasons[0].rule, "approval.denied");
}

#[tokio::test]
async fn an_unanswered_question_is_asked_again_as_the_same() {
    let room = Room::new().await;
    let call = call("delete_path", json!({"path": "a.txt"}));
    let approval = asked(room.decide(&call).await);
    room.caller.tenant.request_approval((*approval).clone(), None).await.unwrap();
    let again = asked(room.decide(&Call { approval: Some(approval.id), ..call }).await);
    assert_eq!(again.id, approval.id);
}

#[tokio::test]
async fn changed_arguments_void_the_approval() {
    let room = Room::new().await;
    let first = call("delete_path", json!({"path": "a.txt"}));
    let id = room.answer(&asked(room.decide(&first).await), Answer::Approve, false).await;
    let changed = Call { arguments: json!({"path": "b.txt"}), approval: Some(id), ..first };
    let approval = asked(room.decide(&changed).await);
    assert_ne!(approval.id, id);
    let voided = room.caller.tenant.approval(id).await.unwrap();
    assert_eq!(voided.status, ApprovalStatus::Void);
    // And it stays void for the call it was given for.
    let back = Call { arguments: json!({"path": "a.txt"}), ..changed };
    asked(room.decide(&back).await);
}

#[tokio::test]
async fn a_changed_tool_voids_the_approval() {
    let room = Room::new().await;
    let call = call("delete_path", json!({"path": "a.txt"}));
    let id = room.answer(&asked(room.decide(&call).await), Answer::Approve, false).await;
    room.server.change_tools(|tools| {
        for tool in tools {
            tool.description.push_str(" And more.");
        }
    });
    asked(room.decide(&Call { approval: Some(id), ..call }).await);
    assert_eq!(room.caller.tenant.approval(id).await.unwrap().status, ApprovalStatus::Void);
}

#[tokio::test]
async fn a_changed_policy_voids_the_approval() {
    let room = Room::new().await;
    let call = call("delete_path", json!({"path": "a.txt"}));
    let id = room.answer(&asked(room.decide(&call).await), Answer::Approve, false).await;
    let mut files = policy::shipped_files();
    files[0].text.push_str("\n# Another revision.\n");
    room.gateway.set_policy(Policy::compile(files).unwrap());
    let approval = asked(room.decide(&Call { approval: Some(id), ..call }).await);
    assert_eq!(approval.binding.policy_revision, room.gateway.policy().revision());
    assert_eq!(room.caller.tenant.approval(id).await.unwrap().status, ApprovalStatus::Void);
}

#[tokio::test]
async fn an_approval_of_another_call_does_not_count_and_is_left_alone() {
    let room = Room::new().await;
    let first = call("delete_path", json!({"path": "a.txt"}));
    let id = room.answer(&asked(room.decide(&first).await), Answer::Approve, false).await;
    let second = Call { approval: Some(id), ..call("delete_path", json!({"path": "a.txt"})) };
    asked(room.decide(&second).await);
    assert_eq!(room.caller.tenant.approval(id).await.unwrap().status, ApprovalStatus::Resolved);
}

#[tokio::test]
async fn an_approval_never_overrides_a_deny() {
    let room = Room::new().await;
    let call = call("delete_path", json!({"path": "a.txt"}));
    let id = room.answer(&asked(room.decide(&call).await), Answer::Approve, false).await;
    std::fs::remove_file(room.caller.workspace.root.join("a.txt")).unwrap();
    std::os::unix::fs::symlink("/etc/passwd", room.caller.workspace.root.join("a.txt")).unwrap();
    denied(room.decide(&Call { approval: Some(id), ..call }).await);
}

#[tokio::test]
async fn an_unknown_approval_asks() {
    let room = Room::new().await;
    let call = Call { approval: Some(domain::ApprovalId::new()), ..shell("git push") };
    asked(room.decide(&call).await);
}
