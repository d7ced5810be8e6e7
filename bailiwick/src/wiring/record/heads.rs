//! Signed heads in a file beside the database: what the record was, at several times.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use domain::TenantId;
use store::Head;

use super::{SignedHead, SigningKey};

const FILE: &str = "record.heads.jsonl";
/// The file is begun anew with the newest half when it holds this many.
const HEADS_MAX: usize = 2_000;

#[derive(Clone)]
pub struct Heads {
    file: PathBuf,
    tenant: TenantId,
    key: SigningKey,
    /// One writer at a time; the last head written.
    last: Arc<Mutex<Option<SignedHead>>>,
}

impl Heads {
    pub fn open(data_dir: &Path, tenant: TenantId, key: SigningKey) -> Self {
        Self { file: data_dir.join(FILE), tenant, key, last: Arc::default() }
    }

    /// Signs a head and keeps it on disk. The one written last is given back when nothing is new.
    pub fn add(&self, head: &Head) -> io::Result<SignedHead> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = last.as_ref().filter(|last| last.seq == head.seq && last.hash == head.hash) {
            return Ok(last.clone());
        }
        let signed = SignedHead::sign(self.tenant, head, &self.key);
        let line = serde_json::to_string(&signed)?;
        let mut lines = self.lines()?;
        if lines.len() >= HEADS_MAX {
            let mut kept = lines.split_off(HEADS_MAX / 2);
            kept.push(line);
            crate::paths::write_private(&self.file, &format!("{}\n", kept.join("\n")))?;
        } else {
            let mut file = fs::OpenOptions::new().create(true).append(true).mode(0o600).open(&self.file)?;
            file.write_all(format!("{line}\n").as_bytes())?;
            file.sync_data()?;
        }
        *last = Some(signed.clone());
        Ok(signed)
    }

    /// Heads of this record with our signature, by number. A line that is none of ours counts for nothing.
    pub fn trusted(&self) -> io::Result<Vec<Head>> {
        let public = self.key.public();
        let mut heads: Vec<Head> = self
            .lines()?
            .iter()
            .filter_map(|line| serde_json::from_str::<SignedHead>(line).ok())
            .filter(|head| head.tenant == self.tenant && head.seq > 0 && head.is_signed_by(&public))
            .map(|signed| signed.head())
            .collect();
        heads.sort_by_key(|head| head.seq);
        Ok(heads)
    }

    fn lines(&self) -> io::Result<Vec<String>> {
        match fs::read_to_string(&self.file) {
            Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use store::Hash;

    use super::*;

    #[test]
    fn only_heads_with_our_signature_are_trusted() {
        let dir = tempfile::tempdir().unwrap();
        let key = SigningKey::load(dir.path()).unwrap();
        let heads = Heads::open(dir.path(), TenantId::LOCAL, key.clone());
        let at = chrono::DateTime::from_timestamp_micros(5).unwrap();
        let head = |seq| Head { seq, hash: Hash([seq as u8; 32]), at };
        heads.add(&head(2)).unwrap();
        heads.add(&head(2)).unwrap();
        heads.add(&head(9)).unwrap();
        let file = dir.path().join(FILE);
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(text.lines().count(), 2);
        let forged = text.lines().last().unwrap().replace("\"seq\":9", "\"seq\":7");
        fs::write(&file, format!("{text}{forged}\nnonsense\n")).unwrap();
        assert_eq!(heads.trusted().unwrap(), [head(2), head(9)]);
        let again = Heads::open(dir.path(), TenantId::LOCAL, SigningKey::load(dir.path()).unwrap());
        assert_eq!(again.trusted().unwrap().len(), 2, "the key is the same after a restart");
    }
}
