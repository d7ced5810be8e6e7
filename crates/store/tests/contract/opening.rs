//! Opening what cannot be opened: a clear error, and not one byte changed.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileExt, PermissionsExt};
use std::path::{Path, PathBuf};

use domain::TenantId;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sea_orm::sqlx::{self, Connection};
use store::{Config, OpenError, Store};

use crate::fixtures::{Bed, note, sqlite, task};

/// A folder with a closed database of some size in it.
async fn folder_with_database() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Config::default(), folder.path()).await.unwrap();
    let tenant = store.tenant(TenantId::LOCAL).await.unwrap();
    let id = task(&tenant, "x").await.id;
    tenant.append(id, None, vec![note("n".repeat(200_000))], None).await.unwrap();
    store.close().await;
    folder
}

/// Every file of a folder with its content.
fn bytes(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| (path.clone(), fs::read(&path).unwrap())).collect()
}

/// Opening fails, and the folder is as it was.
async fn refused(folder: &Path) -> OpenError {
    let before = bytes(folder);
    let error = Store::open(&Config::default(), folder).await.unwrap_err();
    assert!(bytes(folder) == before, "opening changed the folder, though it failed: {error}");
    error
}

fn file(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().join("bailiwick.db")
}

async fn connect(file: &Path) -> SqliteConnection {
    SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(file)).await.unwrap()
}

async fn add_unknown_migration(file: &Path) {
    let mut connection = connect(file).await;
    sqlx::query("INSERT INTO seaql_migrations VALUES ('m9999_from_the_future', 1)")
        .execute(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_closed_database_opens_again() {
    let folder = folder_with_database().await;
    assert_eq!(bytes(folder.path()).len(), 1, "closing leaves one file");
    Store::open(&Config::default(), folder.path()).await.unwrap();
}

#[tokio::test]
async fn a_newer_database_names_both_versions() {
    let folder = folder_with_database().await;
    add_unknown_migration(&file(&folder)).await;
    let error = refused(folder.path()).await;
    let OpenError::Newer { found, known, .. } = &error else { panic!("{error}") };
    assert_eq!((found.as_str(), known.as_str()), ("m9999_from_the_future", "m0002_gateway"));
    assert!(error.to_string().contains("install that version or newer"), "{error}");
}

/// The newer program died and left its last changes in the WAL.
#[tokio::test]
async fn a_newer_database_is_recognised_by_its_wal() {
    let folder = folder_with_database().await;
    let mut still_open = connect(&file(&folder)).await;
    sqlx::query("PRAGMA journal_mode = wal").execute(&mut still_open).await.unwrap();
    sqlx::query("INSERT INTO seaql_migrations VALUES ('m9999_from_the_future', 1)")
        .execute(&mut still_open)
        .await
        .unwrap();
    let crashed = tempfile::tempdir().unwrap();
    for name in ["bailiwick.db", "bailiwick.db-wal"] {
        fs::copy(folder.path().join(name), crashed.path().join(name)).unwrap();
    }
    let before = bytes(crashed.path());
    let error = Store::open(&Config::default(), crashed.path()).await.unwrap_err();
    assert!(matches!(error, OpenError::Newer { .. }), "{error}");
    // SQLite may leave the index of the WAL there, which it makes anew whenever it needs it.
    let mut after = bytes(crashed.path());
    after.remove(&crashed.path().join("bailiwick.db-shm"));
    assert!(after == before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_newer_database_on_postgres_too() {
    let database = testkit::postgres::database().await;
    let config = Config { url: database.url.clone(), ..Config::default() };
    Store::open(&config, Path::new("/nowhere")).await.unwrap().close().await;
    database.sql("INSERT INTO seaql_migrations VALUES ('m9999_from_the_future', 1)").await;
    let error = Store::open(&config, Path::new("/nowhere")).await.unwrap_err();
    assert!(matches!(&error, OpenError::Newer { found, .. } if found == "m9999_from_the_future"), "{error}");
}

#[tokio::test]
async fn damage_is_named() {
    type Damage = fn(&Path);
    let ways: [(&str, Damage); 4] = [
        ("a page in the middle", |path| {
            let file = fs::OpenOptions::new().write(true).open(path).unwrap();
            let middle = file.metadata().unwrap().len() / 2 / 4096 * 4096;
            file.write_all_at(&[0x5a; 4096], middle).unwrap();
        }),
        ("the schema", |path| {
            fs::OpenOptions::new().write(true).open(path).unwrap().write_all_at(&[0x5a; 3000], 100).unwrap();
        }),
        ("cut off", |path| {
            let file = fs::OpenOptions::new().write(true).open(path).unwrap();
            file.set_len(file.metadata().unwrap().len() / 2).unwrap();
        }),
        ("something else", |path| fs::write(path, "Dear diary, today I learned about databases.").unwrap()),
    ];
    for (what, damage) in ways {
        let folder = folder_with_database().await;
        damage(&file(&folder));
        let error = refused(folder.path()).await;
        assert!(matches!(error, OpenError::Damaged { .. }), "{what}: {error}");
        let text = error.to_string();
        assert!(text.contains("bailiwick.db") && text.contains("restore a backup"), "{what}: {text}");
    }
}

#[tokio::test]
async fn a_database_of_another_program_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let options = SqliteConnectOptions::new().filename(file(&folder)).create_if_missing(true);
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query("CREATE TABLE recipes (name TEXT)").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let error = refused(folder.path()).await.to_string();
    assert!(error.contains("database of another program") && error.contains("--data-dir"), "{error}");
}

#[tokio::test]
async fn a_locked_database_says_so() {
    let folder = folder_with_database().await;
    let options = SqliteConnectOptions::new().filename(file(&folder)).pragma("locking_mode", "exclusive");
    let mut holder = SqliteConnection::connect_with(&options).await.unwrap();
    sqlx::query("BEGIN EXCLUSIVE").execute(&mut holder).await.unwrap();
    let before = fs::read(file(&folder)).unwrap();

    let config = Config { busy_timeout_ms: 100, ..Config::default() };
    let error = Store::open(&config, folder.path()).await.unwrap_err().to_string();
    assert!(
        error.contains("locked by another program") && error.contains("store.busy_timeout_ms"),
        "{error}"
    );
    assert!(fs::read(file(&folder)).unwrap() == before);

    holder.close().await.unwrap();
    Store::open(&config, folder.path()).await.unwrap();
}

/// Nobody in particular, to whom a folder of mode 0555 is read-only. Root may write everywhere, so a test run
/// as root steps down for the thread it is on, and for those it starts.
fn become_nobody() {
    nix::unistd::setfsuid(nix::unistd::Uid::from_raw(65_534));
}

#[tokio::test(flavor = "current_thread")]
async fn a_read_only_folder_says_so() {
    let (fresh, used) = (tempfile::tempdir().unwrap(), folder_with_database().await);
    fs::set_permissions(file(&used), fs::Permissions::from_mode(0o644)).unwrap();
    for folder in [&fresh, &used] {
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o555)).unwrap();
    }
    become_nobody();
    for folder in [&fresh, &used] {
        let error = refused(folder.path()).await.to_string();
        assert!(error.contains("bailiwick.db") && error.contains("--data-dir"), "{error}");
    }
}

#[tokio::test]
async fn what_is_made_is_for_its_owner_only() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("new/data");
    let store = Store::open(&Config::default(), &folder).await.unwrap();
    task(&store.tenant(TenantId::LOCAL).await.unwrap(), "x").await;
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let files = bytes(&folder);
    assert_eq!(files.len(), 3, "database, WAL and its index: {:?}", files.keys());
    for path in files.keys() {
        assert_eq!(mode(path), 0o600, "{}", path.display());
    }
}

#[tokio::test]
async fn an_address_can_name_another_file() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/else where.db", folder.path().display());
    Store::open(&Config { url, ..Config::default() }, Path::new("/nowhere")).await.unwrap();
    assert!(folder.path().join("else where.db").exists());
}

#[tokio::test]
async fn an_unreachable_server_is_named_without_its_password() {
    let url = "postgres://me:hunter2@127.0.0.1:1/db".to_owned();
    let error = Store::open(&Config { url, ..Config::default() }, Path::new("/nowhere")).await.unwrap_err();
    let text = error.to_string();
    assert!(
        text.contains("127.0.0.1:1") && text.contains("store.url") && !text.contains("hunter2"),
        "{text}"
    );
}

#[tokio::test]
async fn an_interrupted_process_loses_nothing_it_acknowledged() {
    let bed: Bed = sqlite().await;
    let tenant = bed.local().await;
    let id = task(&tenant, "x").await.id;
    let appended = tenant.append(id, None, vec![note("a"), note("b")], None).await.unwrap();
    // What a `kill -9` leaves: the files as they are, without any closing.
    let crashed = tempfile::tempdir().unwrap();
    for name in ["bailiwick.db", "bailiwick.db-wal"] {
        fs::copy(bed.data_dir().join(name), crashed.path().join(name)).unwrap();
    }
    let store = Store::open(&Config::default(), crashed.path()).await.unwrap();
    let tenant = store.tenant(TenantId::LOCAL).await.unwrap();
    assert_eq!(tenant.events(id, 1, 10).await.unwrap(), appended);
}
