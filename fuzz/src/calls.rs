//! Calls of every kind, from a few octets each.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use arbitrary::Arbitrary;
use netlever_core::omapi::Omapi;
use netlever_core::omapi::calls::{
    AddClass, AddGroup, AddHost, AddSubclass, Delete, Expert, Lookup, Open, PoolUsage, Raw,
    Refresh, Remove, SetFailover, SetHost, SetLease, Shutdown, SyncHost, Update, Within,
};
use netlever_core::omapi::request::{Handle, ObjectType, Request};
use netlever_core::omapi::statements::Statements;
use netlever_core::omapi::values::{FailoverState, HardwareAddress, LeaseFlags, LeaseState, Time};
use netlever_core::omapi::wire::{Attributes, Opcode};
use netlever_core::{Call, Step};

/// A call, and how it is made.
#[derive(Arbitrary, Clone, Debug)]
pub struct Asked {
    what: What,
    /// Its own deadline, in units of 100 ms; 255: as long as a program can say.
    within: Option<u8>,
    /// Without the guard rails.
    pub expert: bool,
}

/// What is asked for. The small numbers choose among few names and addresses, so that calls meet.
#[derive(Arbitrary, Clone, Debug)]
pub enum What {
    /// A lease by its address.
    Lease(u8),
    /// A lease by hardware address.
    LeaseOf(u8),
    /// A host by its name.
    Host(u8),
    /// A new host.
    AddHost {
        /// Which hardware address.
        mac: u8,
        /// Which name.
        name: Option<u8>,
        /// Which addresses.
        ips: Vec<u8>,
        /// Which group.
        group: Option<u8>,
        /// With statements of so many octets.
        statements: Option<u16>,
    },
    /// A host as wished.
    SyncHost(u8, Option<u8>, Option<u8>),
    /// Changes of a host.
    SetHost(u8, Vec<u8>, Option<u8>),
    /// Any attribute of a host.
    SetHostAttribute(u8, Word, Vec<u8>),
    /// A host goes.
    RemoveHost(u8),
    /// A lease changes its state.
    SetLease(u8, u8, Option<u32>),
    /// Any attribute of a lease.
    SetLeaseAttribute(u8, Word, Vec<u8>),
    /// A lease's flags.
    SetFlags(u8, u8),
    /// A new group.
    AddGroup(u8, u16),
    /// A group goes.
    RemoveGroup(u8),
    /// A new class.
    AddClass(u8, bool),
    /// A new subclass.
    AddSubclass(u8, Vec<u8>),
    /// A class goes.
    RemoveClass(u8),
    /// A lease's pool.
    Pool(u8),
    /// A failover peer.
    Failover(u8),
    /// A failover peer's state.
    SetFailover(u8, u32),
    /// The server's end.
    Shutdown,
    /// OPEN of any object.
    Open(Word, Vec<(Word, Vec<u8>)>, u8),
    /// REFRESH of any handle.
    Refresh(u8),
    /// UPDATE of any handle.
    Update(u8, Vec<(Word, Vec<u8>)>),
    /// DELETE of any handle.
    Delete(u8),
    /// Any request.
    Raw(u8, u8, Vec<(Word, Vec<u8>)>, Vec<(Word, Vec<u8>)>),
    /// A request of so many octets.
    Long(u16),
}

/// A name that means something to the server, or nothing.
#[derive(Arbitrary, Clone, Copy, Debug)]
pub enum Word {
    /// One of the list.
    Known(u8),
    /// None of the list.
    Unknown(u8),
}

const WORDS: [&str; 34] = [
    "type",
    "create",
    "exclusive",
    "update",
    "result",
    "message",
    "name",
    "algorithm",
    "lease",
    "host",
    "group",
    "class",
    "subclass",
    "pool",
    "failover-state",
    "control",
    "interface",
    "authenticator",
    "ip-address",
    "hardware-address",
    "hardware-type",
    "dhcp-client-identifier",
    "client-hostname",
    "state",
    "ends",
    "starts",
    "flags",
    "statements",
    "known",
    "hashstring",
    "match",
    "local-state",
    "handle",
    "vendor-string",
];

impl Word {
    /// Its octets.
    #[must_use]
    pub fn text(self) -> String {
        match self {
            Self::Known(number) => WORDS[usize::from(number) % WORDS.len()].into(),
            Self::Unknown(number) => format!("x{number}"),
        }
    }
}

/// The attributes of a request or an answer.
#[must_use]
pub fn attributes(pairs: &[(Word, Vec<u8>)]) -> Attributes {
    pairs.iter().map(|(name, value)| (name.text(), value)).collect()
}

/// A call whose output nobody reads.
pub type Running = Box<dyn FnMut(&mut Omapi, Instant) -> Step<()> + Send>;

impl Asked {
    /// The call, to be stepped.
    #[must_use]
    pub fn begin(self) -> Running {
        let make = Maker { within: self.within(), expert: self.expert };
        self.what.begin(&make)
    }

    fn within(&self) -> Option<Duration> {
        self.within.map(|tenths| match tenths {
            255 => Duration::MAX,
            tenths => Duration::from_millis(100 * u64::from(tenths)),
        })
    }

    /// Gives a call without an end one of 25 s, for a world where time has to come to that end.
    pub fn hurry(&mut self) {
        self.within = self.within.map(|tenths| tenths.min(250));
    }

    /// How long it may take.
    #[must_use]
    pub fn patience(&self) -> Duration {
        let own = match self.what {
            What::Shutdown => Shutdown::DEADLINE,
            _ => Duration::from_secs(5),
        };
        self.within().unwrap_or(own)
    }

    /// Whether it names objects by numbers of its own, which no session can know to be deleted on
    /// another connection.
    #[must_use]
    pub fn deletes_by_number(&self) -> bool {
        matches!(self.what, What::Delete(_) | What::Raw(..))
    }
}

/// Wraps a call as it is to be made.
struct Maker {
    within: Option<Duration>,
    expert: bool,
}

/// The same call for a runtime's client.
pub struct Started(pub Running);

impl Call<Omapi> for Started {
    type Output = ();

    fn step(&mut self, omapi: &mut Omapi, now: Instant) -> Step<()> {
        (self.0)(omapi, now)
    }
}

impl Maker {
    fn call<C: Call<Omapi> + Send + 'static>(&self, call: C) -> Running {
        match (self.within, self.expert) {
            (None, false) => running(call),
            (None, true) => running(Expert(call)),
            (Some(within), false) => running(Within(call, within)),
            (Some(within), true) => running(Within(Expert(call), within)),
        }
    }
}

fn running<C: Call<Omapi> + Send + 'static>(mut call: C) -> Running {
    Box::new(move |omapi, now| call.step(omapi, now).map(drop))
}

fn ip(number: u8) -> Ipv4Addr {
    [192, 168, 10, number].into()
}

fn mac(number: u8) -> HardwareAddress {
    HardwareAddress::new(&[2, 0, 0, 0, 1, number % 16]).expect("six octets")
}

/// Names of the small office, and new ones.
const NAMES: [&str; 10] = [
    "printer",
    "camera-1",
    "camera-2",
    "cameras",
    "staff",
    "guests",
    "phones",
    "office-pair",
    "eth0",
    "control",
];

/// A name that is there, a new one, a long one, or one that the guard rails refuse.
fn name(number: u8) -> String {
    match number {
        255 => "we ird".into(),
        254 => "quo\"te".into(),
        253 => String::new(),
        252 => "é\n".into(),
        200..252 => "n".repeat(usize::from(number - 199) * 16),
        number => match NAMES.get(usize::from(number % 16)) {
            Some(name) => (*name).into(),
            None => format!("new-{}", number % 16),
        },
    }
}

fn host(mac_number: u8, named: Option<u8>, ips: &[u8]) -> AddHost {
    let mut host = AddHost::new(mac(mac_number));
    if let Some(number) = named {
        host = host.name(name(number));
    }
    ips.iter().take(4).fold(host, |host, number| host.ip_address(ip(*number).into()))
}

/// Statements of about so many octets.
fn statements(octets: u16) -> Statements {
    let mut statements = Statements::new();
    let text = "option domain-name \"example.org\";";
    for _ in 0..usize::from(octets) / text.len() {
        statements.raw_unchecked(text);
    }
    statements
}

impl What {
    fn begin(self, make: &Maker) -> Running {
        match self {
            Self::Lease(number) => make.call(Lookup::lease().ip_address(ip(number))),
            Self::LeaseOf(number) => make.call(Lookup::lease().hardware_address(mac(number))),
            Self::Host(number) => make.call(Lookup::host().name(&name(number))),
            Self::AddHost { mac, name: named, ips, group, statements: octets } => {
                let mut host = host(mac, named, &ips);
                if let Some(group) = group {
                    host = host.group(name(group));
                }
                if let Some(octets) = octets {
                    host = host.statements(statements(octets));
                }
                make.call(host)
            }
            Self::SyncHost(mac, named, ip) => {
                make.call(SyncHost::new(host(mac, named, ip.as_slice())))
            }
            Self::SetHost(number, ips, group) => {
                let ips: Vec<_> = ips.into_iter().take(8).map(|number| ip(number).into()).collect();
                let mut set = SetHost::new(Lookup::host().name(&name(number))).ip_addresses(&ips);
                if let Some(group) = group {
                    set = set.group(&name(group));
                }
                make.call(set)
            }
            Self::SetHostAttribute(number, word, value) => make.call(
                SetHost::new(Lookup::host().name(&name(number))).attribute(&word.text(), value),
            ),
            Self::RemoveHost(number) => make.call(Remove::new(Lookup::host().name(&name(number)))),
            Self::SetLease(number, state, ends) => {
                let set = SetLease::of(ip(number));
                let set = match ends {
                    Some(ends) => set.active_until(Time(ends)),
                    None => set,
                };
                make.call(set.state(LeaseState(u32::from(state))))
            }
            Self::SetLeaseAttribute(number, word, value) => {
                make.call(SetLease::of(ip(number)).attribute(&word.text(), value))
            }
            Self::SetFlags(number, flags) => {
                make.call(SetLease::of(ip(number)).flags(LeaseFlags(flags)))
            }
            Self::AddGroup(number, octets) => {
                make.call(AddGroup::new(&name(number), &statements(octets)))
            }
            Self::RemoveGroup(number) => make.call(Remove::new(Lookup::group(&name(number)))),
            Self::AddClass(number, hardware) => {
                let class = AddClass::new(&name(number));
                make.call(if hardware { class.match_hardware() } else { class })
            }
            Self::AddSubclass(number, hash) => make.call(AddSubclass::new(&name(number), hash)),
            Self::RemoveClass(number) => make.call(Remove::new(Lookup::class(&name(number)))),
            Self::Pool(number) => make.call(PoolUsage::of(ip(number))),
            Self::Failover(number) => make.call(Lookup::failover(&name(number))),
            Self::SetFailover(number, state) => {
                make.call(SetFailover::new(name(number), FailoverState(state)))
            }
            Self::Shutdown => make.call(Shutdown::new()),
            Self::Open(object_type, keys, flags) => {
                let open = Open::new(&object_type.text());
                let open =
                    keys.iter().fold(open, |open, (name, value)| open.with(&name.text(), value));
                let open = if flags & 1 == 0 { open } else { open.create() };
                let open = if flags & 2 == 0 { open } else { open.exclusive() };
                make.call(if flags & 4 == 0 { open } else { open.update() })
            }
            Self::Refresh(number) => make.call(Refresh::new(&handle(number))),
            Self::Update(number, pairs) => {
                make.call(Update::new(&handle(number), attributes(&pairs)))
            }
            Self::Delete(number) => make.call(Delete::new(&handle(number))),
            Self::Raw(opcode, number, message, object) => {
                let opcode = Opcode::from_u32(u32::from(opcode % 6) + 1).expect("one of the six");
                let object_type = ObjectType::from(Word::Known(number).text().as_str());
                let request = Request::open(object_type, attributes(&object));
                let message =
                    if opcode == Opcode::Open { request.message } else { attributes(&message) };
                let handle = Some(handle(number)).filter(|_| opcode != Opcode::Open);
                make.call(Raw::new(Request { opcode, handle, message, ..request }))
            }
            Self::Long(octets) => {
                make.call(Open::new("host").with("name", vec![b'n'; usize::from(octets)]))
            }
        }
    }
}

/// A number that may name an object.
fn handle(number: u8) -> Handle {
    let typed = [ObjectType::LEASE, ObjectType::HOST, ObjectType::GROUP, ObjectType::POOL];
    let handle = Handle::raw(u32::from(number % 32));
    match typed.into_iter().nth(usize::from(number / 32)) {
        Some(object_type) => handle.of(object_type),
        None => handle,
    }
}
