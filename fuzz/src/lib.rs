//! What the fuzz targets share: scripts made from octets, and what has to hold whatever they say.
//!
//! A target is a few lines in `fuzz_targets/`; it makes its input into one of these types and
//! runs it. Run one with `cargo +nightly fuzz run --fuzz-dir fuzz omapi_session`.

#![forbid(unsafe_code)]

pub mod calls;
pub mod pair;
pub mod peer;
pub mod session;
pub mod wire;

use std::sync::OnceLock;
use std::time::Instant;

use netlever_core::omapi::key::{Algorithm, Key};

/// The key of every signed connection here.
#[must_use]
pub fn key() -> Key {
    Key::new("fuzz", Algorithm::HmacMd5, b"no secret at all").expect("a name and a secret")
}

/// When every script begins: the same instant in each run of this process. Nothing depends on it.
#[expect(clippy::disallowed_methods, reason = "a script needs an instant to begin with")]
fn beginning() -> Instant {
    static BEGINNING: OnceLock<Instant> = OnceLock::new();
    *BEGINNING.get_or_init(Instant::now)
}
