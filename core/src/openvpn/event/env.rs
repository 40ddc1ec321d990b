//! Environments: the variables that `>CLIENT` and `>UPDOWN` bring along.

use std::fmt;

use zeroize::Zeroize;

use super::super::octets::{Octets, Redacted};

/// Where one variable's name and value end in the octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Of the `=`, or the end of a line that has none.
    equals: u32,
    end: u32,
}

/// Variables in the order in which they came. Names may repeat, and no variable can be relied on:
/// `env-filter` takes most of them away.
///
/// `password` is the user's password in clear text, or an auth token at REAUTH. It is read through
/// [`password`](Self::password) or [`get`](Self::get) like all others, but never printed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Env<'a> {
    octets: &'a [u8],
    marks: &'a [Marks],
}

impl<'a> Env<'a> {
    /// No variables.
    pub const EMPTY: Self = Self { octets: &[], marks: &[] };

    pub(crate) const fn new(octets: &'a [u8], marks: &'a [Marks]) -> Self {
        Self { octets, marks }
    }

    pub(crate) const fn parts(&self) -> (&'a [u8], &'a [Marks]) {
        (self.octets, self.marks)
    }

    /// How many variables.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.marks.len()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.marks.is_empty()
    }

    /// Names and values, in order.
    pub fn iter(&self) -> impl Iterator<Item = (Octets<'a>, Octets<'a>)> + use<'a> {
        let octets = self.octets;
        let mut start = 0;
        self.marks.iter().map(move |marks| {
            let (equals, end) = (marks.equals as usize, marks.end as usize);
            let name = &octets[start..equals];
            start = end;
            (Octets(name), Octets(octets.get(equals + 1..end).unwrap_or_default()))
        })
    }

    /// The first variable of this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<Octets<'a>> {
        self.iter().find(|variable| variable.0 == name).map(|variable| variable.1)
    }

    /// `common_name`: from the certificate. With `username-as-common-name` it is not yet the user
    /// name at CONNECT; absent under `env-filter`.
    #[must_use]
    pub fn common_name(&self) -> Option<Octets<'a>> {
        self.get("common_name")
    }

    /// `username`: what the user entered.
    #[must_use]
    pub fn username(&self) -> Option<Octets<'a>> {
        self.get("username")
    }

    /// `password`: what the user entered, or an auth token at REAUTH.
    #[must_use]
    pub fn password(&self) -> Option<Redacted<'a>> {
        self.get("password").map(|password| Redacted::new(password.as_bytes()))
    }
}

impl fmt::Debug for Env<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut map = f.debug_map();
        for (name, value) in self.iter() {
            if is_secret(name) {
                map.entry(&name, &Redacted::new(value.as_bytes()));
            } else {
                map.entry(&name, &value);
            }
        }
        map.finish()
    }
}

/// Whether a variable of this name is not to be printed.
///
/// ```
/// use netlever_core::openvpn::event::env::is_secret;
///
/// assert!(is_secret("password".into()) && !is_secret("username".into()));
/// ```
#[must_use]
pub fn is_secret(name: Octets<'_>) -> bool {
    matches!(name.as_bytes(), b"password" | b"auth_token")
}

/// Overwrites the values of secret variables.
pub(crate) fn wipe(octets: &mut [u8], marks: &[Marks]) {
    let mut start = 0;
    for marks in marks {
        let (equals, end) = (marks.equals as usize, marks.end as usize);
        if is_secret(Octets(&octets[start..equals])) {
            octets[equals..end].zeroize();
        }
        start = end;
    }
}

/// An environment that grows line by line.
#[derive(Default)]
pub(crate) struct EnvBuffer {
    octets: Vec<u8>,
    marks: Vec<Marks>,
}

impl EnvBuffer {
    pub(crate) fn clear(&mut self) {
        wipe(&mut self.octets, &self.marks);
        self.octets.clear();
        self.marks.clear();
    }

    /// Adds `name=value`; a line without `=` is a name.
    pub(crate) fn push(&mut self, line: &[u8]) {
        let start = self.octets.len();
        let equals = memchr::memchr(b'=', line).unwrap_or(line.len());
        self.octets.extend_from_slice(line);
        // Bounded by `Limits::env_octets`, which `new` keeps below 4 GiB.
        self.marks.push(Marks { equals: (start + equals) as u32, end: self.octets.len() as u32 });
    }

    pub(crate) fn view(&self) -> Env<'_> {
        Env::new(&self.octets, &self.marks)
    }

    pub(crate) const fn octets(&self) -> usize {
        self.octets.len()
    }

    pub(crate) const fn variables(&self) -> usize {
        self.marks.len()
    }
}

impl Drop for EnvBuffer {
    fn drop(&mut self) {
        self.clear();
    }
}

impl fmt::Debug for EnvBuffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.view().fmt(f)
    }
}
