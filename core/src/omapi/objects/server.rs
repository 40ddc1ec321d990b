//! The server as a whole, and its interfaces.

use super::view;
use crate::omapi::values::ControlState;

view! {
    /// The one object that stands for the server's own life. Setting its `state` to 2 shuts the
    /// server down.
    Control, "control"
}

impl Control {
    /// What the server does. Always startup in replies, also while it runs (dhcpd 4.4.3-P1).
    pub fn state(&self) -> Option<ControlState> {
        self.0.number("state").map(ControlState)
    }
}

view! {
    /// A network interface of the server, found by its name, which the reply does not repeat.
    Interface, "interface"
}

impl Interface {
    /// `up` or `down`.
    pub fn state(&self) -> Option<&str> {
        self.0.text("state")
    }

    /// Whether the state is `up`.
    pub fn is_up(&self) -> bool {
        self.state() == Some("up")
    }
}
