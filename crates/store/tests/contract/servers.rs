//! MCP servers that were added by API or terminal, and sealed secrets beside them.

use domain::server::{HttpTarget, OAuth, ServerLimits, ServerSpec, Sharing, Transport};
use store::{Subject, kinds};

use crate::fixtures::Bed;
use crate::record::{all_entries, sound};

crate::on_both_engines! {
    a_server_is_kept_replaced_and_removed
    what_is_in_a_header_is_not_on_record
}

fn spec(url: &str) -> ServerSpec {
    ServerSpec {
        transport: Transport::Http(HttpTarget {
            url: url.to_owned(),
            headers: [("authorization".to_owned(), "Bearer hunter2".to_owned())].into(),
            allow_private: false,
            oauth: OAuth::default(),
        }),
        enabled: true,
        sharing: Sharing::PerClient,
        limits: ServerLimits { calls_at_once_max: 3, ..ServerLimits::default() },
    }
}

async fn a_server_is_kept_replaced_and_removed(bed: Bed) {
    let tenant = bed.local().await;
    let mut notices = bed.store.notices();
    let stdio = Transport::Stdio {
        command: vec!["uvx".to_owned(), "mcp-server-git".to_owned()],
        environment: [("TOKEN".to_owned(), "secret://git".to_owned())].into(),
        grants: domain::server::Grants::default(),
    };
    let git = ServerSpec { transport: stdio, ..spec("") };
    tenant.put_server("git", &git, "terminal").await.unwrap();
    tenant.put_server("far", &spec("https://a.example/mcp"), "api").await.unwrap();
    let rows = tenant.servers().await.unwrap();
    let names: Vec<&str> = rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["far", "git"]);
    assert_eq!((&rows[1].spec, rows[1].put_by.as_str()), (&git, "terminal"));

    tenant.put_server("git", &spec("https://b.example/mcp"), "dashboard").await.unwrap();
    let again = tenant.servers().await.unwrap().remove(1);
    assert_eq!((again.spec, again.put_by.as_str()), (spec("https://b.example/mcp"), "dashboard"));
    assert_eq!(again.created_at, rows[1].created_at);
    assert!(again.updated_at >= rows[1].updated_at);

    assert!(tenant.delete_server("git", "terminal").await.unwrap());
    assert!(!tenant.delete_server("git", "terminal").await.unwrap());
    assert_eq!(tenant.servers().await.unwrap().len(), 1);
    for name in ["git", "far", "git", "git"] {
        assert_eq!(notices.recv().await.unwrap().subject, Subject::Server(name.to_owned()));
    }
}

async fn what_is_in_a_header_is_not_on_record(bed: Bed) {
    let tenant = bed.local().await;
    tenant.put_server("far", &spec("https://me:hunter2@a.example/mcp"), "api").await.unwrap();
    tenant.delete_server("far", "api").await.unwrap();
    let entries = all_entries(&tenant).await;
    assert_eq!([&entries[0].kind, &entries[1].kind], [kinds::SERVER_PUT, kinds::SERVER_REMOVED]);
    assert!(entries.iter().all(|entry| !entry.body.contains("hunter2")));
    sound(&tenant).await;
}
