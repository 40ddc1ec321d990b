//! A reply of several lines, kept as the text that came.
//!
//! One buffer holds it all, line ends included; what it means is read from it on demand, so a
//! listing of 100 000 clients costs its text and nothing more.

use std::borrow::Cow;
use std::fmt;

use super::octets::Octets;
use super::wire::Lines;

/// The lines of a block, without its `END`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Block<'a> {
    text: Cow<'a, [u8]>,
    complete: bool,
}

impl<'a> Block<'a> {
    /// A whole block of this text, in which `END` no longer stands.
    #[must_use]
    pub const fn new(text: &'a [u8]) -> Self {
        Self { text: Cow::Borrowed(text), complete: true }
    }

    /// What was read of a block; `complete` when its end came too.
    pub(crate) const fn owned(text: Vec<u8>, complete: bool) -> Self {
        Self { text: Cow::Owned(text), complete }
    }

    /// The text as it came, line ends included.
    #[must_use]
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Whether its end came: `false` when the stream ended inside.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.complete
    }

    /// Its lines, without line ends.
    pub fn lines(&self) -> impl Iterator<Item = Octets<'_>> {
        Lines::new(&self.text).map(Octets)
    }

    /// A copy that borrows nothing; none is made of what is owned already.
    #[must_use]
    pub fn into_owned(self) -> Block<'static> {
        Block { text: Cow::Owned(self.text.into_owned()), complete: self.complete }
    }
}

impl fmt::Debug for Block<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.lines()).finish()
    }
}
