//! The shared secret, and the HMACs (RFC 2104) that sign a message with it.
//!
//! A key is a name, an algorithm and a secret, the same three that dhcpd.conf declares with `key`.
//! HMAC-MD5 is the default everywhere and the weakest of the six: prefer HMAC-SHA256. Neither
//! hides what is sent nor stops a replay: OMAPI has no nonce, and whoever can reach the port can
//! repeat a signed message, so keep the port behind a firewall or a tunnel.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::{DecodeError, DecodeSliceError, Engine};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};
use subtle::ConstantTimeEq;
use thiserror::Error;
use zeroize::Zeroizing;

/// What dhcpd wants behind an algorithm's name on the wire, final dot included, also for the SHA
/// family.
const SUFFIX: &str = ".SIG-ALG.REG.INT.";

/// The six signing algorithms that dhcpd 4.4.3-P1 knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// HMAC-MD5, 16 octets: the protocol's default. Weak; refused by FIPS systems.
    #[default]
    HmacMd5,
    /// HMAC-SHA1, 20 octets.
    HmacSha1,
    /// HMAC-SHA224, 28 octets.
    HmacSha224,
    /// HMAC-SHA256, 32 octets.
    HmacSha256,
    /// HMAC-SHA384, 48 octets.
    HmacSha384,
    /// HMAC-SHA512, 64 octets.
    HmacSha512,
}

impl Algorithm {
    /// All of them, the shortest signature first.
    pub const ALL: [Self; 6] = [
        Self::HmacMd5,
        Self::HmacSha1,
        Self::HmacSha224,
        Self::HmacSha256,
        Self::HmacSha384,
        Self::HmacSha512,
    ];

    /// The name in dhcpd.conf, as in `hmac-md5`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::HmacMd5 => "hmac-md5",
            Self::HmacSha1 => "hmac-sha1",
            Self::HmacSha224 => "hmac-sha224",
            Self::HmacSha256 => "hmac-sha256",
            Self::HmacSha384 => "hmac-sha384",
            Self::HmacSha512 => "hmac-sha512",
        }
    }

    /// The value of the attribute `algorithm` that opens an authenticator.
    pub const fn wire_name(self) -> &'static str {
        match self {
            Self::HmacMd5 => "hmac-md5.SIG-ALG.REG.INT.",
            Self::HmacSha1 => "hmac-sha1.SIG-ALG.REG.INT.",
            Self::HmacSha224 => "hmac-sha224.SIG-ALG.REG.INT.",
            Self::HmacSha256 => "hmac-sha256.SIG-ALG.REG.INT.",
            Self::HmacSha384 => "hmac-sha384.SIG-ALG.REG.INT.",
            Self::HmacSha512 => "hmac-sha512.SIG-ALG.REG.INT.",
        }
    }

    /// Octets of a signature: always the whole digest.
    pub const fn signature_len(self) -> usize {
        match self {
            Self::HmacMd5 => 16,
            Self::HmacSha1 => 20,
            Self::HmacSha224 => 28,
            Self::HmacSha256 => 32,
            Self::HmacSha384 => 48,
            Self::HmacSha512 => 64,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Algorithm {
    type Err = KeyError;

    /// Reads the name in any case, with the suffix of the wire or without it.
    ///
    /// ```
    /// use netlever_core::omapi::key::Algorithm;
    ///
    /// assert_eq!("HMAC-SHA256".parse(), Ok(Algorithm::HmacSha256));
    /// assert_eq!("hmac-md5.SIG-ALG.REG.INT.".parse(), Ok(Algorithm::HmacMd5));
    /// ```
    fn from_str(text: &str) -> Result<Self, KeyError> {
        let stem =
            match text.len().checked_sub(SUFFIX.len()).and_then(|at| text.split_at_checked(at)) {
                Some((stem, suffix)) if suffix.eq_ignore_ascii_case(SUFFIX) => stem,
                _ => text,
            };
        Self::ALL
            .into_iter()
            .find(|algorithm| algorithm.name().eq_ignore_ascii_case(stem))
            .ok_or_else(|| KeyError::Algorithm { found: text.to_owned() })
    }
}

/// A shared secret under its name.
///
/// The secret itself is not kept: both halves of the HMAC have absorbed it once, and each message
/// starts from a copy of that state. State and copies are wiped when they are dropped. Clones share
/// one state, so that it is neither moved nor doubled in memory.
#[derive(Clone)]
pub struct Key {
    name: String,
    secret: Arc<Secret>,
}

/// HMACs that have absorbed the secret and nothing else.
enum Secret {
    Md5(Hmac<Md5>),
    Sha1(Hmac<Sha1>),
    Sha224(Hmac<Sha224>),
    Sha256(Hmac<Sha256>),
    Sha384(Hmac<Sha384>),
    Sha512(Hmac<Sha512>),
}

impl Key {
    /// A key whose secret is at hand as octets. Secrets longer than the hash's block are hashed
    /// first, as HMAC prescribes.
    ///
    /// # Errors
    ///
    /// [`KeyError::NoName`] and [`KeyError::NoSecret`] when one of them is empty.
    pub fn new(
        name: impl Into<String>,
        algorithm: Algorithm,
        secret: &[u8],
    ) -> Result<Self, KeyError> {
        let name = name.into();
        if name.is_empty() {
            return Err(KeyError::NoName);
        }
        if secret.is_empty() {
            return Err(KeyError::NoSecret);
        }
        let secret = match algorithm {
            Algorithm::HmacMd5 => Secret::Md5(absorb(secret)),
            Algorithm::HmacSha1 => Secret::Sha1(absorb(secret)),
            Algorithm::HmacSha224 => Secret::Sha224(absorb(secret)),
            Algorithm::HmacSha256 => Secret::Sha256(absorb(secret)),
            Algorithm::HmacSha384 => Secret::Sha384(absorb(secret)),
            Algorithm::HmacSha512 => Secret::Sha512(absorb(secret)),
        };
        Ok(Self { name, secret: Arc::new(secret) })
    }

    /// A key whose secret is written as in dhcpd.conf: base64, with or without `=` at the end.
    ///
    /// White space around it, missing `=` and surplus `=` are tolerated, as dhcpd, omshell and
    /// pypureomapi do; so are unused bits in the last letter.
    ///
    /// # Errors
    ///
    /// [`KeyError::Base64`] names the offset of what is wrong, never the letter; the others as in
    /// [`new`](Self::new).
    ///
    /// ```
    /// use netlever_core::omapi::key::{Algorithm, Key, KeyError};
    ///
    /// let key = Key::from_base64("defomapi", Algorithm::HmacSha256, "c2VjcmV0==\n")?;
    /// assert_eq!(key.name(), "defomapi");
    /// assert_eq!(format!("{key:?}"), r#"Key { name: "defomapi", algorithm: HmacSha256, .. }"#);
    /// # Ok::<(), KeyError>(())
    /// ```
    pub fn from_base64(
        name: impl Into<String>,
        algorithm: Algorithm,
        text: &str,
    ) -> Result<Self, KeyError> {
        let letters = text.trim().trim_end_matches('=');
        let mut secret = Zeroizing::new(vec![0; letters.len().div_ceil(4) * 3]);
        let length = BASE64.decode_slice(letters, &mut secret).map_err(|why| {
            let lead = text.len() - text.trim_start().len();
            KeyError::Base64 { at: lead + fault_offset(&why, letters) }
        })?;
        Self::new(name, algorithm, &secret[..length])
    }

    /// The name under which the server knows the key.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The algorithm to which the secret belongs.
    pub fn algorithm(&self) -> Algorithm {
        match *self.secret {
            Secret::Md5(_) => Algorithm::HmacMd5,
            Secret::Sha1(_) => Algorithm::HmacSha1,
            Secret::Sha224(_) => Algorithm::HmacSha224,
            Secret::Sha256(_) => Algorithm::HmacSha256,
            Secret::Sha384(_) => Algorithm::HmacSha384,
            Secret::Sha512(_) => Algorithm::HmacSha512,
        }
    }

    /// Appends the signature of the octets in `covered`, taken one run after the other.
    pub fn sign<'a>(&self, covered: impl IntoIterator<Item = &'a [u8]>, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.signature(covered));
    }

    /// Whether `signature` is that of the octets in `covered`: the whole digest, compared in
    /// constant time. A shorter or longer signature is wrong.
    pub fn verify<'a>(
        &self,
        covered: impl IntoIterator<Item = &'a [u8]>,
        signature: &[u8],
    ) -> bool {
        self.signature(covered).ct_eq(signature).into()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key")
            .field("name", &self.name)
            .field("algorithm", &self.algorithm())
            .finish_non_exhaustive()
    }
}

/// Why a key cannot be made.
#[non_exhaustive]
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyError {
    /// No name was given.
    #[error("a key needs a name")]
    NoName,
    /// No secret was given, or one of no octets.
    #[error("the key's secret is empty")]
    NoSecret,
    /// The secret is not base64.
    #[error("the key's secret is not base64: the fault is at letter {at}, counted from 0")]
    Base64 {
        /// Offset in the text as it was given, in octets.
        at: usize,
    },
    /// The algorithm is none of the six.
    #[error(
        "unknown algorithm {found:?}: use hmac-md5, hmac-sha1, hmac-sha224, hmac-sha256, \
         hmac-sha384 or hmac-sha512"
    )]
    Algorithm {
        /// The name as it was given.
        found: String,
    },
}

/// The octets of a signature, without an allocation.
pub(super) struct Signature {
    octets: [u8; 64],
    len: usize,
}

impl Deref for Signature {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.octets[..self.len]
    }
}

impl Key {
    /// The signature of the octets in `covered`, taken one run after the other.
    pub(super) fn signature<'a>(&self, covered: impl IntoIterator<Item = &'a [u8]>) -> Signature {
        match &*self.secret {
            Secret::Md5(state) => finish(state, covered),
            Secret::Sha1(state) => finish(state, covered),
            Secret::Sha224(state) => finish(state, covered),
            Secret::Sha256(state) => finish(state, covered),
            Secret::Sha384(state) => finish(state, covered),
            Secret::Sha512(state) => finish(state, covered),
        }
    }
}

fn absorb<M: KeyInit>(secret: &[u8]) -> M {
    M::new_from_slice(secret).expect("HMAC takes a secret of any length")
}

fn finish<'a, M: Mac + Clone>(state: &M, covered: impl IntoIterator<Item = &'a [u8]>) -> Signature {
    let mut state = state.clone();
    for run in covered {
        state.update(run);
    }
    let digest = state.finalize().into_bytes();
    let mut signature = Signature { octets: [0; 64], len: digest.len() };
    signature.octets[..digest.len()].copy_from_slice(&digest);
    signature
}

/// The usual letters; the `=` at the end were cut off before.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

/// Where in `letters` the fault is; the letter itself is part of a secret and is not told.
fn fault_offset(why: &DecodeSliceError, letters: &str) -> usize {
    match why {
        DecodeSliceError::DecodeError(
            DecodeError::InvalidByte(at, _) | DecodeError::InvalidLastSymbol { offset: at, .. },
        ) => *at,
        _ => letters.len(),
    }
}

#[cfg(test)]
mod tests;
