//! Sealed values.

use store::{Subject, kinds};

use crate::fixtures::Bed;
use crate::record::{all_entries, sound};

crate::on_both_engines! {
    sealed_bytes_come_back_as_they_were
    only_names_go_on_record
}

async fn sealed_bytes_come_back_as_they_were(bed: Bed) {
    let tenant = bed.local().await;
    let sealed: Vec<u8> = (0..=255).collect();
    tenant.put_secret_row("b", sealed.clone(), "terminal").await.unwrap();
    tenant.put_secret_row("a", vec![], "terminal").await.unwrap();
    let row = tenant.secret_row("b").await.unwrap().unwrap();
    assert_eq!((row.sealed, row.created_at), (sealed, row.updated_at));
    tenant.put_secret_row("b", vec![7], "terminal").await.unwrap();
    let again = tenant.secret_row("b").await.unwrap().unwrap();
    assert_eq!((again.sealed, again.created_at), (vec![7], row.created_at));
    let names: Vec<String> = tenant.secret_rows().await.unwrap().into_iter().map(|row| row.name).collect();
    assert_eq!(names, ["a", "b"]);
    assert!(tenant.delete_secret_row("b", "terminal").await.unwrap());
    assert!(!tenant.delete_secret_row("b", "terminal").await.unwrap());
    assert_eq!(tenant.secret_row("b").await.unwrap(), None);
}

async fn only_names_go_on_record(bed: Bed) {
    let tenant = bed.local().await;
    let mut notices = bed.store.notices();
    tenant.put_secret_row("github", b"sealed-canary".to_vec(), "terminal").await.unwrap();
    let row = tenant.secret_row("github").await.unwrap().unwrap();
    assert!(!format!("{row:?}").contains(&format!("{:?}", row.sealed)));
    tenant.delete_secret_row("github", "terminal").await.unwrap();
    let entries = all_entries(&tenant).await;
    assert_eq!([&entries[0].kind, &entries[1].kind], [kinds::SECRET_SET, kinds::SECRET_REMOVED]);
    assert!(entries.iter().all(|entry| entry.body.contains("github") && !entry.body.contains("canary")));
    assert_eq!(notices.recv().await.unwrap().subject, Subject::Secret("github".to_owned()));
    sound(&tenant).await;
}
