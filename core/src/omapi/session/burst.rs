//! How much may be on the wire at once.
//!
//! dhcpd keeps input and output in rings of 4048 octets, and aborts when the length of a signature
//! lies across an edge: a message must not begin at the offsets 4041 to 4043 of the input, nor an
//! answer at 4040 to 4042 of the output, counted from when the buffer was last empty (4.4.3-P1).
//! Only where messages *begin* matters: the last answer of a burst may reach over the edge.

use crate::omapi::request::Expects;

/// The most octets of requests in one burst, and of the answers before its last one. dhcpd's
/// dangerous offsets begin at 4040.
pub const BURST: usize = 4000;

/// The most answers with an object in one burst, however small they have been: none begins at a
/// dangerous offset as long as they have 577 octets at most on average.
pub const BURST_OBJECTS: usize = 8;

/// The most requests in one burst.
pub const BURST_REQUESTS: usize = 24;

/// Octets that an answer with an object may have, as long as none of [`HELD`] was seen: four go.
const UNSEEN: usize = 1300;

/// Octets from which on an answer tells how large others are. One about a host, about a free lease
/// (208 with HMAC-MD5) or about nothing says little: a range may begin with free leases and go on
/// with held ones, which have 320 to 450 octets, and more with names from dynamic DNS.
const HELD: usize = 300;

/// Octets that a STATUS may have: 60 to 125 were seen with HMAC-MD5.
const STATUS: usize = 160;

/// What went out since nothing was owed.
#[derive(Debug, Default)]
pub(super) struct Burst {
    pub(super) requests: usize,
    objects: usize,
    sent: usize,
    expected: usize,
}

impl Burst {
    /// Octets that the answer may have.
    fn answer(expects: Expects, largest: usize) -> usize {
        match expects {
            Expects::Object if largest < HELD => UNSEEN,
            Expects::Object => (largest + largest / 2).max(BURST / BURST_OBJECTS),
            Expects::Status | Expects::Silence => STATUS,
        }
    }

    pub(super) fn has_room(&self, len: usize, expects: Expects) -> bool {
        if self.requests == 0 {
            return true; // alone a request may have any size
        }
        self.requests < BURST_REQUESTS
            && (expects != Expects::Object || self.objects < BURST_OBJECTS)
            && self.sent + len <= BURST
            && self.expected <= BURST
    }

    pub(super) fn add(&mut self, len: usize, expects: Expects, largest: usize) {
        self.requests += 1;
        self.objects += usize::from(expects == Expects::Object);
        self.sent += len;
        self.expected += Self::answer(expects, largest);
    }
}
