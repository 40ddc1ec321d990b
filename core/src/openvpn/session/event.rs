//! What a session tells beside answers.

use crate::openvpn::error::{Error, Refused};
use crate::openvpn::event::OwnedNotification;
use crate::openvpn::octets::Text;

/// What a listener hears: what the daemon tells unasked, and what becomes of the link.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A daemon greeted: commands are answered, and settings are being asked for.
    ///
    /// Nothing is told again of what happened while nobody was attached, except for a prompt that
    /// is still open.
    Up {
        /// The number of the connection, from 1: an answer for a client that was told of on it is
        /// sent on it, or not at all (see [`OnLink`](crate::openvpn::calls::OnLink)).
        link: u64,
        /// The management version: 1 for 2.4, 3 for 2.5, 5 for 2.6 and 2.7.
        version: u32,
    },
    /// The link was lost, or could not be had. Told once, and again when the reason changes; the
    /// session connects again as its configuration says.
    Down {
        /// Why.
        why: Error,
    },
    /// A notification: [`OwnedNotification::event`] says what it means.
    Notification(OwnedNotification),
    /// A line that no command explains.
    Unexpected(Text<'static>),
    /// A setting of [`Settings`](super::Settings) was refused.
    SettingRefused(Refused),
}
