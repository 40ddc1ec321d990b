//! OMAPI: the TCP management protocol of the ISC DHCP server.
//!
//! OMAPI reads and changes a running dhcpd: its leases, hosts, groups, classes, failover state and
//! its own life. No RFC describes it; the daemon is the specification. What these modules state as
//! fact was observed on dhcpd 4.4.3-P1 unless they say otherwise.
//!
//! # One connection
//!
//! ```text
//!   client                                            dhcpd, customary port 7911
//!     | -- introduction: version 100, header 24 -->     |   both sides at once,
//!     | <------------- introduction --------------      |   neither waits for the other
//!     | -- OPEN authenticator (name, algorithm) ->      |   unsigned
//!     | <------- UPDATE, handle = authid ---------      |   unsigned
//!     | -- OPEN / REFRESH / UPDATE / DELETE ----->      |   signed from here on
//!     | <------- UPDATE or STATUS, rid = tid -----      |   one answer each, in order
//! ```
//!
//! # What is where
//!
//! * [`wire`]: octets to messages and back, with every limit on what a peer may send.
//! * [`key`]: the shared secret and the six HMACs that sign a message.
//! * [`code`]: the result codes of refusals.
//! * [`values`]: what the octets of an attribute mean, and back from text.
//! * [`objects`]: leases, hosts and the other objects that answers describe.
//! * [`statements`]: the text of `statements`, safely made.
//! * [`guard`]: requests that would harm the server and are not sent.
//! * [`peer`]: a small DHCP server to test against, with faults on demand.

pub mod calls;
pub mod code;
pub mod error;
pub mod guard;
pub mod key;
pub mod objects;
pub mod peer;
pub mod request;
pub mod session;
pub mod statements;
pub mod values;
pub mod wire;

pub use error::Error;
pub use session::{Config, Omapi};
