//! Reading the record back, and checking it from its first entry to its head.

use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};

use super::chain::{Entry, Fault, Head, Verification};
use super::draft::{Finding, taken_apart};
use super::walk::{Bad, Walk, bad};
use crate::columns::seq_param;
use crate::entities::record;
use crate::transaction::Tx;
use crate::{StoreError, TenantStore};

/// Entries of one answer when the caller does not say, and at most.
const PAGE_DEFAULT: u32 = 100;
const PAGE_MAX: u32 = 1_000;
/// Entries that a check holds at once: about a megabyte.
const CHECK_PAGE: u32 = 200;

impl TenantStore {
    /// The last entry's number and hash. Kept somewhere that a writer of this database cannot reach, it shows
    /// later that nothing up to it was touched.
    pub async fn audit_head(&self) -> Result<Head, StoreError> {
        self.reading().await?.head().await
    }

    /// Entries behind `after_seq`, in order, at most `limit` (0: 100; above 1000: 1000).
    pub async fn audit_entries(&self, after_seq: u64, limit: u32) -> Result<Vec<Entry>, StoreError> {
        let limit = match limit {
            0 => PAGE_DEFAULT,
            limit => limit.min(PAGE_MAX),
        };
        let rows = self.reading().await?.entries(after_seq, limit).await?;
        rows.into_iter().map(|row| Ok(taken_apart(row)?.0)).collect()
    }

    /// The same as lines of an export, for [`crate::verify_export`].
    pub async fn audit_export(&self, after_seq: u64, limit: u32) -> Result<Vec<String>, StoreError> {
        self.audit_entries(after_seq, limit).await?.iter().map(Entry::to_line).collect()
    }

    /// Checks every entry, page by page, while others go on recording. `trusted` are heads known from
    /// elsewhere, by number: more of them narrow down where a record that was written anew begins to differ.
    /// `progress` is told the number of the last entry found good.
    pub async fn audit_verify(
        &self,
        trusted: &[Head],
        mut progress: impl FnMut(u64) + Send,
    ) -> Result<Verification, StoreError> {
        let start = Head::start(crate::columns::time(0)?);
        let mut walk = Walk::new(&start, trusted);
        loop {
            let tx = self.reading().await?;
            // Read before the entries: what is recorded in between can only make them more.
            let head = match tx.head().await {
                Ok(head) => head,
                Err(StoreError::Corrupt(why)) => {
                    return Ok(bad(walk.seq() + 1, Fault::Truncated, why).settled(false));
                }
                Err(error) => return Err(error),
            };
            let rows = tx.entries(walk.seq(), CHECK_PAGE).await?;
            if rows.is_empty() {
                return match walk.finish(Some(&head)) {
                    Ok(()) => Ok(Verification::Sound { head }),
                    Err(bad) => Ok(bad.settled(false)),
                };
            }
            for row in rows {
                if let Err(bad) = check(&mut walk, row) {
                    let elsewhere = tx.has_entry(&bad).await?;
                    return Ok(bad.settled(elsewhere));
                }
            }
            drop(tx);
            progress(walk.seq());
        }
    }
}

/// One row: its place in the chain, and the columns that have to say what the body says.
fn check(walk: &mut Walk<'_>, row: record::Model) -> Result<(), Bad> {
    let place = walk.seq() + 1;
    let changed = |error: StoreError| bad(place, Fault::Changed, error.to_string());
    let (entry, finding) = taken_apart(row).map_err(changed)?;
    walk.step(&entry)?;
    if Finding::of_entry(&entry).map_err(changed)? != finding {
        let why = "the columns to find it by do not say what it says".to_owned();
        return Err(bad(entry.seq, Fault::Changed, why));
    }
    Ok(())
}

impl Tx {
    async fn entries(&self, after_seq: u64, limit: u32) -> Result<Vec<record::Model>, StoreError> {
        let query = self.find::<record::Entity>().filter(record::Column::Seq.gt(seq_param(after_seq)));
        Ok(query.order_by_asc(record::Column::Seq).limit(u64::from(limit)).all(self.db()).await?)
    }

    async fn has_entry(&self, bad: &Bad) -> Result<bool, StoreError> {
        let Some(hash) = bad.moved else { return Ok(false) };
        let query = self.find::<record::Entity>().filter(record::Column::Hash.eq(hash.0.to_vec()));
        Ok(query.count(self.db()).await? > 0)
    }
}
