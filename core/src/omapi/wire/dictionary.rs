//! Dictionaries: runs of names with values, borrowed from the input or owned.

use std::fmt;

use thiserror::Error;

/// A checked run of attributes, without the terminator, borrowed from where it was read.
///
/// Order and repetitions are kept as they came: replies of dhcpd may repeat a name, and then the
/// first one is the real attribute. [`get`](Self::get) follows that rule.
///
/// ```
/// use netlever_core::omapi::wire::Attributes;
///
/// let mut lease = Attributes::new();
/// lease.push("state", [0, 0, 0, 2]).push("cltt", [0, 0, 0, 9]).push("cltt", [1, 2, 3, 4]);
/// let lease = lease.as_dictionary();
/// assert_eq!(lease.get("cltt"), Some(&[0, 0, 0, 9][..]));
/// assert_eq!(lease.get("ends"), None);
/// assert_eq!(lease.len(), 3);
/// ```
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Dictionary<'a>(&'a [u8]);

impl<'a> Dictionary<'a> {
    /// The dictionary without attributes.
    pub const EMPTY: Self = Self(&[]);

    /// Wraps octets that a walk over whole attributes has checked.
    pub(super) const fn checked(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    /// The attributes in the order of the wire, repetitions included.
    pub fn iter(self) -> Entries<'a> {
        Entries(self.0)
    }

    /// The value of the first attribute called `name`. Names are case-sensitive.
    pub fn get(self, name: impl AsRef<[u8]>) -> Option<&'a [u8]> {
        let name = name.as_ref();
        self.iter().find(|entry| entry.0 == name).map(|entry| entry.1)
    }

    /// Whether there is no attribute.
    pub const fn is_empty(self) -> bool {
        self.0.is_empty()
    }

    /// How many attributes there are, repetitions included. Walks them all.
    pub fn len(self) -> usize {
        self.iter().count()
    }

    /// The attributes as they stand on the wire, without the terminator.
    pub const fn octets(self) -> &'a [u8] {
        self.0
    }
}

impl fmt::Debug for Dictionary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter().map(|(name, value)| (Shown(name), Shown(value)))).finish()
    }
}

impl<'a> IntoIterator for Dictionary<'a> {
    type Item = (&'a [u8], &'a [u8]);
    type IntoIter = Entries<'a>;

    fn into_iter(self) -> Entries<'a> {
        self.iter()
    }
}

/// The attributes of a [`Dictionary`], as pairs of name and value.
#[derive(Clone, Debug)]
pub struct Entries<'a>(&'a [u8]);

impl<'a> Iterator for Entries<'a> {
    type Item = (&'a [u8], &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let (length, rest) = self.0.split_first_chunk()?;
        let (name, rest) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        let (length, rest) = rest.split_first_chunk()?;
        let (value, rest) = rest.split_at_checked(u32::from_be_bytes(*length) as usize)?;
        self.0 = rest;
        Some((name, value))
    }
}

/// An owned dictionary, kept in its form on the wire: one allocation, and encoding it is one copy.
///
/// ```
/// use netlever_core::omapi::wire::Attributes;
///
/// let mut host: Attributes = [("name", "printer"), ("group", "staff")].into_iter().collect();
/// host.set("group", "guests").push("hardware-type", 1_u32.to_be_bytes());
/// assert_eq!(format!("{host:?}"), r#"{"name": "printer", "group": "guests", "hardware-type": 00000001}"#);
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Attributes {
    octets: Vec<u8>,
}

impl Attributes {
    /// An empty dictionary; allocates nothing.
    pub const fn new() -> Self {
        Self { octets: Vec::new() }
    }

    /// Appends an attribute; one of the same name stays where it is.
    ///
    /// For names that the program itself chooses; names from outside go through
    /// [`try_push`](Self::try_push).
    ///
    /// # Panics
    ///
    /// When [`try_push`](Self::try_push) would refuse: that is a bug of the caller.
    pub fn push(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> &mut Self {
        match self.try_push(name, value) {
            Ok(me) => me,
            Err(why) => panic!("{why}"),
        }
    }

    /// Appends an attribute, unless it has no form on the wire.
    ///
    /// # Errors
    ///
    /// [`AttributeError`] when the name is empty or longer than 65 535 octets, or the value longer
    /// than 4 294 967 295; nothing is appended then.
    pub fn try_push(
        &mut self,
        name: impl AsRef<[u8]>,
        value: impl AsRef<[u8]>,
    ) -> Result<&mut Self, AttributeError> {
        let (name, value) = (name.as_ref(), value.as_ref());
        let (name_length, value_length) = lengths(name, value)?;
        self.octets.reserve(name.len() + value.len() + 6);
        self.octets.extend_from_slice(&name_length);
        self.octets.extend_from_slice(name);
        self.octets.extend_from_slice(&value_length);
        self.octets.extend_from_slice(value);
        Ok(self)
    }

    /// Gives the first attribute called `name` another value and keeps its place; appends it when
    /// there is none.
    ///
    /// # Panics
    ///
    /// As [`push`](Self::push).
    pub fn set(&mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> &mut Self {
        let (name, value) = (name.as_ref(), value.as_ref());
        let Some((start, end)) = self.find(name) else { return self.push(name, value) };
        let mut rest = self.octets.split_off(start);
        self.push(name, value);
        self.octets.extend(rest.drain(end - start..));
        self
    }

    /// Removes every attribute called `name`; whether there was one.
    pub fn remove(&mut self, name: impl AsRef<[u8]>) -> bool {
        let name = name.as_ref();
        let mut found = false;
        while let Some((start, end)) = self.find(name) {
            self.octets.drain(start..end);
            found = true;
        }
        found
    }

    /// The same attributes, borrowed.
    pub fn as_dictionary(&self) -> Dictionary<'_> {
        Dictionary(&self.octets)
    }

    /// The attributes in order, repetitions included.
    pub fn iter(&self) -> Entries<'_> {
        self.as_dictionary().iter()
    }

    /// The value of the first attribute called `name`.
    pub fn get(&self, name: impl AsRef<[u8]>) -> Option<&[u8]> {
        self.as_dictionary().get(name)
    }

    /// Whether there is no attribute.
    pub const fn is_empty(&self) -> bool {
        self.octets.is_empty()
    }

    /// How many attributes there are, repetitions included.
    pub fn len(&self) -> usize {
        self.as_dictionary().len()
    }

    /// Where the first attribute called `name` begins and ends.
    fn find(&self, name: &[u8]) -> Option<(usize, usize)> {
        let mut entries = self.iter();
        loop {
            let before = entries.0.len();
            if entries.next()?.0 == name {
                let whole = self.octets.len();
                return Some((whole - before, whole - entries.0.len()));
            }
        }
    }
}

impl fmt::Debug for Attributes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_dictionary().fmt(f)
    }
}

impl From<Dictionary<'_>> for Attributes {
    fn from(dictionary: Dictionary<'_>) -> Self {
        Self { octets: dictionary.0.to_vec() }
    }
}

/// Panics as [`Attributes::push`] does.
impl<N: AsRef<[u8]>, V: AsRef<[u8]>> FromIterator<(N, V)> for Attributes {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let mut attributes = Self::new();
        attributes.extend(pairs);
        attributes
    }
}

/// Panics as [`Attributes::push`] does.
impl<N: AsRef<[u8]>, V: AsRef<[u8]>> Extend<(N, V)> for Attributes {
    fn extend<I: IntoIterator<Item = (N, V)>>(&mut self, pairs: I) {
        for (name, value) in pairs {
            self.push(name, value);
        }
    }
}

impl<'a> IntoIterator for &'a Attributes {
    type Item = (&'a [u8], &'a [u8]);
    type IntoIter = Entries<'a>;

    fn into_iter(self) -> Entries<'a> {
        self.iter()
    }
}

/// An attribute that has no form on the wire.
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AttributeError {
    /// A name without an octet would end the dictionary.
    #[error("an attribute needs a name")]
    NoName,
    /// The name is longer than 65 535 octets.
    #[error("an attribute's name of {0} octets: 65535 is the most")]
    LongName(usize),
    /// The value is longer than 4 294 967 295 octets.
    #[error("an attribute's value of {0} octets: 4294967295 is the most")]
    LongValue(usize),
}

/// The length fields of an attribute.
fn lengths(name: &[u8], value: &[u8]) -> Result<([u8; 2], [u8; 4]), AttributeError> {
    let name_length =
        u16::try_from(name.len()).map_err(|_| AttributeError::LongName(name.len()))?;
    let value_length =
        u32::try_from(value.len()).map_err(|_| AttributeError::LongValue(value.len()))?;
    if name_length == 0 {
        return Err(AttributeError::NoName);
    }
    Ok((name_length.to_be_bytes(), value_length.to_be_bytes()))
}

/// Octets for people: printable text in quotes, anything else in hex.
struct Shown<'a>(&'a [u8]);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match str::from_utf8(self.0) {
            Ok(text) if !text.chars().any(char::is_control) => write!(f, "{text:?}"),
            _ => self.0.iter().try_for_each(|octet| write!(f, "{octet:02x}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_keeps_the_place_and_leaves_later_ones_alone() {
        let mut some: Attributes = [("a", "1"), ("b", "2"), ("a", "3")].into_iter().collect();
        some.set("a", "longer").set("c", "4");
        let expected: Attributes =
            [("a", "longer"), ("b", "2"), ("a", "3"), ("c", "4")].into_iter().collect();
        assert_eq!(some, expected);
    }

    #[test]
    fn remove_takes_every_one_of_the_name() {
        let mut some: Attributes = [("a", "1"), ("b", "2"), ("a", "3")].into_iter().collect();
        assert!(some.remove("a"));
        assert!(!some.remove("a"));
        assert_eq!(some, [("b", "2")].into_iter().collect());
    }

    #[test]
    fn names_without_a_form_on_the_wire_are_refused_and_change_nothing() {
        let mut some = Attributes::new();
        assert_eq!(some.try_push("", "x").err(), Some(AttributeError::NoName));
        let long = vec![b'n'; 65_536];
        assert_eq!(some.try_push(&long, "x").err(), Some(AttributeError::LongName(65_536)));
        assert!(some.is_empty());
        assert!(some.try_push(&long[1..], "x").is_ok());
        assert_eq!(some.get(&long[1..]), Some(&b"x"[..]));
    }

    #[test]
    fn debug_shows_text_as_text_and_the_rest_as_hex() {
        let mut some = Attributes::new();
        some.push("name", "beta").push("ip-address", [10, 99, 0, 101]).push("none", "");
        some.push(b"\xff", "line\n");
        let expected = r#"{"name": "beta", "ip-address": 0a630065, "none": "", ff: 6c696e650a}"#;
        assert_eq!(format!("{some:?}"), expected);
        assert_eq!(format!("{:?}", Dictionary::EMPTY), "{}");
    }
}
