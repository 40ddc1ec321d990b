//! The management interface of OpenVPN 2.4 to 2.7: a line protocol between a daemon and one
//! program that watches and steers it.
//!
//! What these modules state as fact was observed on OpenVPN 2.6.14 unless they say otherwise.
//!
//! # One connection
//!
//! ```text
//!   client                                            daemon (server or client of a VPN)
//!     | <------------ ENTER PASSWORD: ------------      |   only with a management password
//!     | -- the password, raw --------------------->     |
//!     | <--- >INFO:OpenVPN Management Interface …       |   the greeting: its version
//!     | -- command ------------------------------->     |
//!     | <--- >STATE:…, >CLIENT:…, >LOG:… ----------     |   at any time, but never inside a block
//!     | <--- SUCCESS: …, ERROR: …, or lines and END     |   strictly in order of the commands
//! ```
//!
//! A daemon serves one client at a time: a second connection is accepted by its kernel and gets no
//! octet, not even the greeting, until the first has left.
//!
//! # What is where
//!
//! * [`reader`]: both directions in, what was said out; it knows which reply is whose.
//! * [`command`]: every command, checked and quoted; what each is answered with.
//! * [`event`]: notifications; environments, password prompts, challenges.
//! * [`status`]: listings in their three formats, read and written.
//! * [`state`], [`history`], [`remotes`], [`version`], [`success`], [`block`]: the other replies.
//! * [`address`]: addresses as the daemon prints them.
//! * [`lexer`], [`input`]: what the daemon makes of our octets.
//! * [`wire`], [`octets`]: lines, limits, text that need not be UTF-8, secrets.

pub mod address;
pub mod block;
pub mod calls;
pub mod command;
pub mod error;
pub mod event;
pub mod history;
pub mod input;
pub mod lexer;
pub mod octets;
pub mod peer;
pub mod policy;
pub mod reader;
pub mod remotes;
pub mod session;
pub mod state;
pub mod status;
pub mod success;
pub mod version;
pub mod wire;

pub use command::{Command, CommandError};
pub use error::Error;
pub use event::{Event, Notification, OwnedNotification};
pub use octets::{Octets, Redacted, Secret, Text};
pub use reader::{Answer, Fault, Item, Reader, Reply};
pub use session::{Config, Management, Settings};
