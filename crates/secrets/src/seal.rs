//! The form of a sealed value, version 1:
//!
//! ```text
//! 1 | key id (8) | length of hosts (4, little endian) | hosts as JSON | nonce (12) | value and tag, encrypted
//! ```
//!
//! All that stands before the nonce is authenticated together with tenant and name.

use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use aws_lc_rs::error::Unspecified;
use domain::TenantId;
use zeroize::Zeroizing;

use crate::keys::{Key, KeyId, Keys};

const VERSION: u8 = 1;
const ID_AT: usize = 1;
const LENGTH_AT: usize = ID_AT + size_of::<KeyId>();
const HOSTS_AT: usize = LENGTH_AT + 4;

/// What a value is sealed to.
pub(crate) struct Owner<'a> {
    pub tenant: &'a TenantId,
    pub name: &'a str,
}

/// Why a value does not open. Which of many reasons is nobody's business.
#[derive(Debug)]
pub(crate) struct DoesNotOpen;

impl From<Unspecified> for DoesNotOpen {
    fn from(_: Unspecified) -> Self {
        Self
    }
}

pub(crate) fn seal(
    keys: &Keys,
    owner: &Owner<'_>,
    hosts: &[String],
    value: &str,
) -> Result<Vec<u8>, DoesNotOpen> {
    let key = keys.newest();
    let hosts = serde_json::to_vec(hosts).map_err(|_| DoesNotOpen)?;
    let mut sealed = vec![VERSION];
    sealed.extend(key.id);
    sealed.extend(u32::try_from(hosts.len()).map_err(|_| DoesNotOpen)?.to_le_bytes());
    sealed.extend(hosts);
    // The exact size from the start: a buffer that grew would leave pieces of the value behind.
    let mut secret = Zeroizing::new(Vec::with_capacity(value.len() + AES_256_GCM_SIV.tag_len()));
    secret.extend_from_slice(value.as_bytes());
    let nonce = cipher(key)?.seal_in_place_append_tag(Aad::from(bound(owner, &sealed)), &mut *secret)?;
    sealed.extend(nonce.as_ref());
    sealed.extend_from_slice(&secret);
    Ok(sealed)
}

pub(crate) fn open(
    keys: &Keys,
    owner: &Owner<'_>,
    sealed: &[u8],
) -> Result<(Zeroizing<Vec<u8>>, Vec<String>), DoesNotOpen> {
    let (header, hosts) = header(sealed).ok_or(DoesNotOpen)?;
    let key = keys.by_id(key_id(sealed).ok_or(DoesNotOpen)?).ok_or(DoesNotOpen)?;
    let (nonce, secret) = sealed[header.len()..].split_at_checked(NONCE_LEN).ok_or(DoesNotOpen)?;
    let mut secret = Zeroizing::new(secret.to_vec());
    let nonce = Nonce::try_assume_unique_for_key(nonce)?;
    let length = cipher(key)?.open_in_place(nonce, Aad::from(bound(owner, header)), &mut secret)?.len();
    secret.truncate(length);
    Ok((secret, hosts))
}

/// The hosts as written, for a list: not yet known to be unchanged.
pub(crate) fn hosts_unchecked(sealed: &[u8]) -> Vec<String> {
    header(sealed).map(|(_, hosts)| hosts).unwrap_or_default()
}

pub(crate) fn key_id(sealed: &[u8]) -> Option<KeyId> {
    sealed.get(ID_AT..LENGTH_AT)?.try_into().ok()
}

fn header(sealed: &[u8]) -> Option<(&[u8], Vec<String>)> {
    if sealed.first() != Some(&VERSION) {
        return None;
    }
    let length = u32::from_le_bytes(sealed.get(LENGTH_AT..HOSTS_AT)?.try_into().ok()?);
    let end = HOSTS_AT.checked_add(length as usize)?;
    let hosts = serde_json::from_slice(sealed.get(HOSTS_AT..end)?).ok()?;
    Some((&sealed[..end], hosts))
}

fn cipher(key: &Key) -> Result<RandomizedNonceKey, Unspecified> {
    RandomizedNonceKey::new(&AES_256_GCM_SIV, key.bytes.as_slice())
}

/// Each part with a fixed length or its length before it, so that no two owners look alike.
fn bound(owner: &Owner<'_>, header: &[u8]) -> Vec<u8> {
    let mut bound = b"bailiwick secret\0".to_vec();
    bound.extend(owner.tenant.0.as_bytes());
    bound.extend((owner.name.len() as u64).to_le_bytes());
    bound.extend(owner.name.as_bytes());
    bound.extend(header);
    bound
}
