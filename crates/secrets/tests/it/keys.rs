use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::Arc;

use domain::TenantId;
use secrecy::ExposeSecret;
use secrets::{KeyFile, Keys, MemoryRows, Scrubber, Vault};

use crate::{CANARY, secret};

#[test]
fn the_file_is_made_for_nobody_else() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.key");
    KeyFile::new(&path).load_or_make().unwrap();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let before = fs::read(&path).unwrap();
    KeyFile::new(&path).load_or_make().unwrap();
    assert_eq!(fs::read(&path).unwrap(), before, "what is there stays");
    let names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["secrets.key"], "nothing is left behind");
}

#[test]
fn a_file_that_others_may_read_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.key");
    let file = KeyFile::new(&path);
    file.load_or_make().unwrap();
    let content = fs::read_to_string(&path).unwrap();
    for mode in [0o640, 0o604, 0o660, 0o644, 0o620, 0o601] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let error = file.load_or_make().unwrap_err().to_string();
        assert!(error.contains("chmod 600") && !error.contains(content.trim()), "{error}");
    }
}

#[test]
fn keys_are_read_strictly() {
    let good = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
    for text in [good.to_owned(), format!("{good}\n{good}\n"), format!(" {good} {good} ")] {
        let keys = Keys::parse(&secret(&text), "a test").unwrap();
        assert!(format!("{keys:?}").contains("hidden"));
    }
    for bad in ["", " \n", "short", "bm90IDMyIGJ5dGVz", &good[1..], &format!("{good} x")] {
        let error = Keys::parse(&secret(bad), "BAILIWICK_SECRETS_KEY").unwrap_err().to_string();
        assert!(error.contains("BAILIWICK_SECRETS_KEY"), "{error}");
        assert!(bad.trim().is_empty() || bad == "short" || !error.contains(bad), "{error}");
    }
}

/// Many processes start at once, and all must use the one key that was written.
#[tokio::test]
async fn whoever_makes_the_file_first_decides_for_all() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("secrets.key");
    let made: Vec<Keys> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..8).map(|_| scope.spawn(|| KeyFile::new(&path).load_or_make().unwrap())).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let rows = Arc::new(MemoryRows::default());
    let vault = |keys: &Keys| Vault::new(rows.clone(), TenantId::LOCAL, keys.clone(), Scrubber::default());
    vault(&made[0]).set("a", secret(CANARY), &[]).await.unwrap();
    for keys in &made {
        assert_eq!(vault(keys).open("a").await.unwrap().expose_secret(), CANARY);
    }
}

#[tokio::test]
async fn a_rotation_survives_an_end_at_any_step() {
    let folder = tempfile::tempdir().unwrap();
    let file = KeyFile::new(folder.path().join("secrets.key"));
    let rows = Arc::new(MemoryRows::default());
    let opens = async |file: &KeyFile| {
        let keys = file.load_or_make().unwrap();
        let vault = Vault::new(rows.clone(), TenantId::LOCAL, keys, Scrubber::default());
        vault.open("a").await.unwrap().expose_secret() == CANARY
    };
    let old = file.load_or_make().unwrap();
    let vault = Vault::new(rows.clone(), TenantId::LOCAL, old.clone(), Scrubber::default());
    vault.set("a", secret(CANARY), &[]).await.unwrap();
    let both = old.with_new().unwrap();
    file.replace(&both).unwrap();
    assert!(opens(&file).await);
    vault.rekey(both.clone()).await.unwrap();
    assert!(opens(&file).await);
    file.replace(&both.newest_only()).unwrap();
    assert!(opens(&file).await);
}
