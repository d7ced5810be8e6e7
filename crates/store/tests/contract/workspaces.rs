//! Folders that tasks work in.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use store::StoreError;

use crate::fixtures::Bed;

crate::on_both_engines! {
    the_same_root_is_the_same_workspace
    many_at_once_make_one
    a_path_that_is_not_utf8_is_refused
}

async fn the_same_root_is_the_same_workspace(bed: Bed) {
    let tenant = bed.local().await;
    let first = tenant.ensure_workspace(Path::new("/srv/a"), "a").await.unwrap();
    let again = tenant.ensure_workspace(Path::new("/srv/a"), "another name").await.unwrap();
    let other = tenant.ensure_workspace(Path::new("/srv/b"), "b").await.unwrap();
    assert_eq!(first, again);
    assert_ne!(first.id, other.id);
    assert_eq!(tenant.workspace(other.id).await.unwrap(), other);
    assert_eq!(tenant.workspaces().await.unwrap(), [first, other]);
}

async fn many_at_once_make_one(bed: Bed) {
    let tenant = bed.local().await;
    let made = futures::future::try_join_all((0..20).map(|_| {
        let tenant = tenant.clone();
        async move { tenant.ensure_workspace(Path::new("/srv/a"), "a").await }
    }))
    .await
    .unwrap();
    assert!(made.iter().all(|workspace| *workspace == made[0]));
    assert_eq!(tenant.workspaces().await.unwrap().len(), 1);
}

async fn a_path_that_is_not_utf8_is_refused(bed: Bed) {
    let path = Path::new(OsStr::from_bytes(b"/srv/\xff"));
    let error = bed.local().await.ensure_workspace(path, "x").await.unwrap_err();
    assert!(matches!(&error, StoreError::Invalid(text) if text.contains("rename the folder")), "{error}");
}
