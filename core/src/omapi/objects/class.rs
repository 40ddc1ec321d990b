//! Classes of clients.

use super::view;

view! {
    /// A class of clients. Replies hold neither its name nor its match.
    Class, "class"
}

view! {
    /// A member of a class, found by the class's name and the member's `hashstring`.
    Subclass, "subclass"
}

impl Class {
    /// How many leases its members may hold; 0 is no limit.
    pub fn lease_limit(&self) -> Option<u32> {
        self.0.number("lease-limit")
    }

    /// How many leases its members hold.
    pub fn leases_used(&self) -> Option<u32> {
        self.0.number("leases-used")
    }
}

impl Subclass {
    /// How many leases its members may hold; 0 is no limit.
    pub fn lease_limit(&self) -> Option<u32> {
        self.0.number("lease-limit")
    }

    /// How many leases its members hold.
    pub fn leases_used(&self) -> Option<u32> {
        self.0.number("leases-used")
    }
}
