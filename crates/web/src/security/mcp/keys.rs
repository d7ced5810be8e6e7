//! Public keys of one issuer: fetched when needed, kept, fetched again when a token names one that is not there.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use tokio::sync::Mutex;

use crate::ports::KeySets;

/// Keys of this age are fetched anew before they are used, so that withdrawn ones go.
const FRESH: Duration = Duration::from_secs(600);
/// An issuer that cannot be reached does not lock everybody out at once; after this it does.
const KEPT_MAX: Duration = Duration::from_secs(24 * 3_600);
/// Between two requests to an issuer, whatever tokens come: unknown key ids cost their sender nothing to make.
const ASK_AGAIN: Duration = Duration::from_secs(10);
/// One request to an issuer.
const FETCH_MAX: Duration = Duration::from_secs(10);
/// Longest key set.
const BYTES_MAX: usize = 256 << 10;
/// Keys of a set that are looked at.
const KEYS_MAX: usize = 100;

pub(super) struct Keys {
    url: String,
    port: Arc<dyn KeySets>,
    kept: RwLock<Option<Kept>>,
    /// When the issuer was last asked. Held while it is asked, so that it is asked once for all who wait.
    asked: Mutex<Option<Instant>>,
}

#[derive(Clone)]
struct Kept {
    keys: Arc<[Jwk]>,
    at: Instant,
}

/// Why there is no key.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum NoKey {
    Unknown,
    /// The issuer could not be asked.
    Unavailable(String),
}

impl Keys {
    pub fn new(url: String, port: Arc<dyn KeySets>) -> Self {
        Self { url, port, kept: RwLock::default(), asked: Mutex::default() }
    }

    /// The key that a token of this algorithm names. A token that names none gets the only one that fits.
    pub async fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<DecodingKey, NoKey> {
        let seen = self.kept();
        if let Some(kept) = &seen
            && kept.at.elapsed() < FRESH
            && let Some(key) = choose(&kept.keys, id, algorithm)
        {
            return Ok(key);
        }
        let failure = self.ask(seen.as_ref().map(|kept| kept.at)).await.err();
        let Some(kept) = self.kept().filter(|kept| kept.at.elapsed() < KEPT_MAX) else {
            return Err(NoKey::Unavailable(failure.unwrap_or_else(|| "its keys are not known yet".into())));
        };
        choose(&kept.keys, id, algorithm).ok_or(match failure {
            // A key that was made a moment ago looks the same as one that never was.
            Some(why) => NoKey::Unavailable(why),
            None => NoKey::Unknown,
        })
    }

    /// Asks the issuer, unless somebody just did. `seen`: age of the keys that were not good enough.
    async fn ask(&self, seen: Option<Instant>) -> Result<(), String> {
        let mut asked = self.asked.lock().await;
        let newer = self.kept().is_some_and(|kept| seen.is_none_or(|seen| kept.at > seen));
        if newer || asked.is_some_and(|at| at.elapsed() < ASK_AGAIN) {
            return Ok(());
        }
        *asked = Some(Instant::now());
        let body = tokio::time::timeout(FETCH_MAX, self.port.fetch(&self.url, BYTES_MAX))
            .await
            .unwrap_or_else(|_| Err(format!("no answer within {} s", FETCH_MAX.as_secs())))?;
        let mut set: JwkSet =
            serde_json::from_slice(&body).map_err(|_| "its answer is no JSON Web Key Set".to_owned())?;
        set.keys.truncate(KEYS_MAX);
        let kept = Kept { keys: set.keys.into(), at: Instant::now() };
        *self.kept.write().unwrap_or_else(PoisonError::into_inner) = Some(kept);
        Ok(())
    }

    fn kept(&self) -> Option<Kept> {
        self.kept.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn choose(keys: &[Jwk], id: Option<&str>, algorithm: Algorithm) -> Option<DecodingKey> {
    let mut fitting = keys.iter().filter(|key| fits(key, algorithm));
    let key = match id {
        Some(id) => fitting.find(|key| key.common.key_id.as_deref() == Some(id))?,
        None => {
            let only = fitting.next()?;
            if fitting.next().is_some() {
                return None;
            }
            only
        }
    };
    DecodingKey::from_jwk(key).ok()
}

/// Whether the key is of the algorithm's kind and meant for signatures. A shared secret in a public document never is.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let kind = match (&key.algorithm, algorithm) {
        (AlgorithmParameters::EllipticCurve(key), Algorithm::ES256) => key.curve == EllipticCurve::P256,
        (AlgorithmParameters::EllipticCurve(key), Algorithm::ES384) => key.curve == EllipticCurve::P384,
        (AlgorithmParameters::OctetKeyPair(key), Algorithm::EdDSA) => key.curve == EllipticCurve::Ed25519,
        (
            AlgorithmParameters::RSA(_),
            Algorithm::RS256
            | Algorithm::RS384
            | Algorithm::RS512
            | Algorithm::PS256
            | Algorithm::PS384
            | Algorithm::PS512,
        ) => true,
        _ => false,
    };
    let purpose =
        key.common.public_key_use.as_ref().is_none_or(|purpose| *purpose == PublicKeyUse::Signature);
    let named = key.common.key_algorithm.is_none_or(|named| named == KeyAlgorithm::from(algorithm));
    kind && purpose && named
}
