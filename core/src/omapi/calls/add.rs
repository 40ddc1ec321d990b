//! Making hosts, groups, classes and subclasses.

use std::net::IpAddr;
use std::time::Instant;

use super::Exchange;
use crate::omapi::error::Error;
use crate::omapi::objects::{Class, Group, Host, Object, Subclass};
use crate::omapi::request::{ObjectType, Request};
use crate::omapi::session::Omapi;
use crate::omapi::statements::Statements;
use crate::omapi::values::{HardwareAddress, HardwareType};
use crate::omapi::wire::Attributes;
use crate::session::{Call, Step};

/// Adds a host: a static lease.
///
/// ```
/// use netlever_core::omapi::calls::AddHost;
///
/// let add = AddHost::new("24:79:2a:0a:13:c0".parse().unwrap())
///     .name("printer")
///     .ip_address([192, 168, 10, 9].into());
/// # let _ = add;
/// ```
///
/// Without a name the server makes one (`nh` and hex digits). A name that is taken, or a hardware
/// address that is, is refused: [`SyncHost`](super::SyncHost) changes the host instead.
#[derive(Clone, Debug)]
pub struct AddHost {
    exchange: Exchange,
    pub(super) wish: Wish,
    exclusive: bool,
}

/// What a host is to be like.
#[derive(Clone, Debug, Default)]
pub(super) struct Wish {
    pub(super) name: Option<String>,
    pub(super) hardware: Option<(HardwareAddress, HardwareType)>,
    pub(super) client_id: Option<Vec<u8>>,
    pub(super) ips: Vec<IpAddr>,
    pub(super) group: Option<String>,
    pub(super) statements: Option<Statements>,
}

impl AddHost {
    /// A host with this ethernet address.
    #[must_use]
    pub fn new(address: HardwareAddress) -> Self {
        let hardware = Some((address, HardwareType::ETHERNET));
        Self {
            exchange: Exchange::default(),
            wish: Wish { hardware, ..Wish::default() },
            exclusive: true,
        }
    }

    /// A host with this client identifier: all octets of option 61, the type octet too.
    #[must_use]
    pub fn by_client_id(identifier: impl Into<Vec<u8>>) -> Self {
        let client_id = Some(identifier.into());
        Self {
            exchange: Exchange::default(),
            wish: Wish { client_id, ..Wish::default() },
            exclusive: true,
        }
    }

    /// Of another hardware type than ethernet.
    #[must_use]
    pub fn hardware_type(mut self, hardware: HardwareType) -> Self {
        self.wish.hardware = self.wish.hardware.map(|(address, _)| (address, hardware));
        self
    }

    /// And with this client identifier.
    #[must_use]
    pub fn client_id(mut self, identifier: impl Into<Vec<u8>>) -> Self {
        self.wish.client_id = Some(identifier.into());
        self
    }

    /// Called so: letters, digits, `.`, `_` and `-` only, as dhcpd writes it unquoted into its
    /// leases file.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.wish.name = Some(name.into());
        self
    }

    /// With this fixed address; said again, with one more.
    #[must_use]
    pub fn ip_address(mut self, ip: IpAddr) -> Self {
        self.wish.ips.push(ip);
        self
    }

    /// In this group.
    #[must_use]
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.wish.group = Some(group.into());
        self
    }

    /// With these statements.
    #[must_use]
    pub fn statements(mut self, statements: Statements) -> Self {
        self.wish.statements = Some(statements);
        self
    }

    /// Without the flag `exclusive`, as one of the old package's functions sent it. The server
    /// then applies the attributes to a host that exists, which nearly always fails as well.
    #[must_use]
    pub fn not_exclusive(mut self) -> Self {
        self.exclusive = false;
        self
    }
}

impl Wish {
    /// All attributes of a new host.
    fn attributes(&self) -> Attributes {
        let mut object = Attributes::new();
        if let Some(name) = &self.name {
            object.push("name", name);
        }
        self.identify(&mut object);
        if !self.ips.is_empty() {
            object.push("ip-address", octets(&self.ips));
        }
        if let Some(group) = &self.group {
            object.push("group", group);
        }
        if let Some(statements) = self.statements.as_ref().filter(|some| !some.is_empty()) {
            object.push("statements", statements.as_str());
        }
        object
    }

    /// What a host is known by.
    pub(super) fn identify(&self, object: &mut Attributes) {
        if let Some((address, hardware)) = &self.hardware {
            object.push("hardware-address", address.octets());
            object.push("hardware-type", u32::from(hardware.0).to_be_bytes());
        }
        if let Some(identifier) = &self.client_id {
            object.push("dhcp-client-identifier", identifier);
        }
    }

    pub(super) fn request(&self, exclusive: bool) -> Request {
        let request = Request::open(ObjectType::HOST, self.attributes()).flag("create");
        if exclusive { request.flag("exclusive") } else { request }
    }
}

/// Addresses one behind the other, as `ip-address` of a host has them.
pub(super) fn octets(ips: &[IpAddr]) -> Vec<u8> {
    let mut octets = vec![];
    for ip in ips {
        match ip {
            IpAddr::V4(ip) => octets.extend(ip.octets()),
            IpAddr::V6(ip) => octets.extend(ip.octets()),
        }
    }
    octets
}

impl Call<Omapi> for AddHost {
    type Output = Result<Host, Error>;

    fn step(&mut self, omapi: &mut Omapi, now: Instant) -> Step<Self::Output> {
        let Self { exchange, wish, exclusive } = self;
        exchange.object(omapi, now, || wish.request(*exclusive)).map(|made| made.map(Host::from))
    }
}

/// A creation with nothing more to it than its attributes.
macro_rules! creation {
    ($(#[$doc:meta])* $name:ident -> $made:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name {
            exchange: Exchange,
            request: Request,
        }

        impl $name {
            fn create(object_type: ObjectType, attributes: Attributes) -> Self {
                let request = Request::open(object_type, attributes);
                let request = request.flag("create").flag("exclusive");
                Self { exchange: Exchange::default(), request }
            }
        }

        impl Call<Omapi> for $name {
            type Output = Result<$made, Error>;

            fn step(&mut self, omapi: &mut Omapi, now: Instant) -> Step<Self::Output> {
                let Self { exchange, request } = self;
                let made: Step<Result<Object, Error>> =
                    exchange.object(omapi, now, || request.clone());
                made.map(|made| made.map($made::from))
            }
        }
    };
}

creation! {
    /// Adds a group of hosts that share statements.
    AddGroup -> Group
}

impl AddGroup {
    /// A group of this name. It must have statements; none become one blank, since an empty value
    /// kills dhcpd 4.4.3-P1.
    #[must_use]
    pub fn new(name: &str, statements: &Statements) -> Self {
        let text = if statements.is_empty() { " " } else { statements.as_str() };
        let attributes = [("name", name), ("statements", text)].into_iter().collect();
        Self::create(ObjectType::GROUP, attributes)
    }
}

creation! {
    /// Adds a class.
    AddClass -> Class
}

impl AddClass {
    /// A class of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self::create(ObjectType::CLASS, [("name", name)].into_iter().collect())
    }

    /// That matches by hardware address: the one expression that dhcpd takes here.
    #[must_use]
    pub fn match_hardware(mut self) -> Self {
        self.request.object.push("match", "hardware");
        self
    }
}

creation! {
    /// Adds a subclass: a member of a class.
    AddSubclass -> Subclass
}

impl AddSubclass {
    /// A member of this class with this hash string.
    #[must_use]
    pub fn new(class: &str, hashstring: impl AsRef<[u8]>) -> Self {
        let mut attributes = Attributes::new();
        attributes.push("name", class).push("hashstring", hashstring);
        Self::create(ObjectType::SUBCLASS, attributes)
    }

    /// The member with this hardware address, of a class that matches by hardware.
    #[must_use]
    pub fn hardware(class: &str, hardware: HardwareType, address: &HardwareAddress) -> Self {
        let mut hashstring = vec![hardware.0];
        hashstring.extend_from_slice(address.octets());
        Self::new(class, hashstring)
    }

    /// Whose hosts are in this group.
    #[must_use]
    pub fn group(mut self, group: &str) -> Self {
        self.request.object.push("group", group);
        self
    }
}
