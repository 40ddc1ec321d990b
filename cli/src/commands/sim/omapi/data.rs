//! What the simulated server knows, from a file.
//!
//! Values are read by the table of attributes, as everywhere: as text that a user would type, or as
//! JSON prints them.

use std::net::Ipv4Addr;
use std::path::Path;

use netlever_core::omapi::peer::{
    Class, FailoverPeer, Group, Host, Interface, Lease, Pool, Server, Subclass,
};
use netlever_core::omapi::values::{
    FailoverState, Family, HardwareAddress, HardwareType, Hierarchy, Kind, LeaseFlags, LeaseState,
    encode_text, kind,
};
use serde_json::{Map, Value};

use crate::commands::decode::input::hex;
use crate::failure::Failure;

/// The longest data file: 64 MiB.
const LONGEST: u64 = 64 << 20;

/// Fills the server. Pools and classes come first, since leases stand in them.
pub(super) fn load(server: &Server, path: &Path) -> Result<(), Failure> {
    let wrong = |why: String| Failure::usage(format!("data file {}: {why}", path.display()));
    let length = std::fs::metadata(path).map_err(|why| wrong(why.to_string()))?.len();
    if length > LONGEST {
        return Err(wrong(format!("it is longer than {LONGEST} octets")));
    }
    let text = std::fs::read_to_string(path).map_err(|why| wrong(why.to_string()))?;
    let json = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let tables: Map<String, Value> = if json {
        serde_json::from_str(&text).map_err(|why| wrong(why.to_string()))?
    } else {
        toml::from_str(&text).map_err(|why| wrong(why.to_string()))?
    };
    fill(server, tables).map_err(wrong)
}

/// The kinds of table, in the order in which they are added.
const KINDS: [&str; 8] =
    ["pool", "class", "subclass", "group", "host", "lease", "failover-state", "interface"];

fn fill(server: &Server, mut tables: Map<String, Value>) -> Result<(), String> {
    for kind in KINDS {
        let Some(list) = tables.remove(kind) else { continue };
        let Value::Array(list) = list else { return Err(format!("{kind} is no list")) };
        for (number, table) in list.into_iter().enumerate() {
            let place = |why: String| format!("{kind} {}: {why}", number + 1);
            let Value::Object(map) = table else { return Err(place("it is no table".into())) };
            let mut table = Table { kind, map };
            add(server, &mut table).map_err(place)?;
            if let Some(name) = table.map.keys().find(|name| !table.is_twin(name)) {
                return Err(place(format!("{name:?} is no attribute of it")));
            }
        }
    }
    match tables.keys().next() {
        Some(other) => Err(format!("{other:?} is none of {}", KINDS.join(", "))),
        None => Ok(()),
    }
}

fn add(server: &Server, table: &mut Table) -> Result<(), String> {
    let added = match table.kind {
        "pool" => {
            let (first, last) = (table.address("first")?, table.address("last")?);
            server.add_pool(Pool { first, last, subnet: table.address("subnet")? })
        }
        "class" => server.add_class(Class {
            name: table.name()?,
            matches: table.text("match")?,
            group: table.text("group")?,
            lease_limit: table.number("lease-limit")?.unwrap_or(0),
        }),
        "subclass" => server.add_subclass(Subclass {
            class: table.name()?,
            hash: table.octets("hashstring")?.ok_or("it has no hashstring")?,
            group: table.text("group")?,
        }),
        "group" => {
            server.add_group(Group { name: table.name()?, statements: table.text("statements")? })
        }
        "host" => server.add_host(host(table)?),
        "lease" => server.add_lease(lease(table)?),
        "interface" => {
            let state = table.text("state")?;
            let up = match state.as_deref() {
                None | Some("up") => true,
                Some("down") => false,
                Some(other) => return Err(format!("state {other:?} is neither up nor down")),
            };
            server.add_interface(Interface { name: table.name()?, up })
        }
        _ => server.add_failover(failover(table)?),
    };
    added.map_err(|why| why.to_string())
}

fn host(table: &mut Table) -> Result<Host, String> {
    let hardware_address = table.hardware_address()?;
    let hardware_type = table.number("hardware-type")?;
    let hardware_type = match hardware_type {
        Some(told) => told,
        None => u32::from(hardware_address.is_some()),
    };
    Ok(Host {
        name: table.name()?,
        client_id: table.octets("dhcp-client-identifier")?.unwrap_or_default(),
        hardware_type: HardwareType(small(hardware_type)?),
        hardware_address,
        ip_address: table.octets("ip-address")?.unwrap_or_default(),
        group: table.text("group")?,
        statements: table.text("statements")?,
    })
}

fn lease(table: &mut Table) -> Result<Lease, String> {
    let free = Lease::free(table.address("ip-address")?);
    let hardware_type = table.number("hardware-type")?;
    let hardware_type = hardware_type.map_or(Ok(free.hardware_type.0), small)?;
    let flags = table.octets("flags")?.map_or(Ok(0), |mask| match mask[..] {
        [mask] | [0, 0, 0, mask] => Ok(mask),
        _ => Err("flags are a mask of one octet".to_owned()),
    })?;
    let mut time = |name| table.number(name).map(|time| time.unwrap_or(0));
    let (ends, starts, cltt) = (time("ends")?, time("starts")?, time("cltt")?);
    let (tstp, tsfp, atsfp) = (time("tstp")?, time("tsfp")?, time("atsfp")?);
    let mut lease = Lease {
        state: table.number("state")?.map_or(free.state, LeaseState),
        client_id: table.octets("dhcp-client-identifier")?.unwrap_or_default(),
        client_hostname: table.octets("client-hostname")?.unwrap_or_default(),
        host: table.text("host")?,
        billing_class: table.text("billing-class")?,
        hardware_type: HardwareType(hardware_type),
        hardware_address: table.hardware_address()?,
        ends,
        starts,
        tstp,
        tsfp,
        atsfp,
        cltt,
        flags: LeaseFlags(flags),
        ..free
    };
    for handle in ["subnet", "pool"] {
        table.map.remove(handle); // they follow from the address
    }
    let variables: Vec<_> = table.map.keys().filter(|name| !table.is_twin(name)).cloned().collect();
    for name in variables {
        let octets = table.octets(&name)?.unwrap_or_default();
        lease.variables.push((name, octets));
    }
    Ok(lease)
}

fn failover(table: &mut Table) -> Result<FailoverPeer, String> {
    let mut peer = FailoverPeer::primary(table.name()?, 0);
    let mut set = |name: &str, field: &mut u32| {
        table.number(name).map(|number| *field = number.unwrap_or(*field))
    };
    set("partner-port", &mut peer.partner_port)?;
    set("local-port", &mut peer.local_port)?;
    set("max-outstanding-updates", &mut peer.max_outstanding_updates)?;
    set("mclt", &mut peer.mclt)?;
    set("load-balance-max-secs", &mut peer.load_balance_max_secs)?;
    set("partner-stos", &mut peer.partner_stos)?;
    set("local-stos", &mut peer.local_stos)?;
    set("last-packet-sent", &mut peer.last_packet_sent)?;
    set("last-timestamp-received", &mut peer.last_timestamp_received)?;
    set("skew", &mut peer.skew)?;
    set("max-response-delay", &mut peer.max_response_delay)?;
    set("cur-unacked-updates", &mut peer.cur_unacked_updates)?;
    peer.partner_state = table.number("partner-state")?.map_or(peer.partner_state, FailoverState);
    peer.local_state = table.number("local-state")?.map_or(peer.local_state, FailoverState);
    peer.hierarchy = table.number("hierarchy")?.map_or(peer.hierarchy, Hierarchy);
    if let Some(buckets) = table.octets("load-balance-hba")? {
        let buckets = buckets.try_into().map_err(|_| "load-balance-hba has 32 octets")?;
        peer.load_balance_hba = Some(buckets);
    }
    for garbage in ["partner-address", "local-address"] {
        table.map.remove(garbage); // memory addresses of a real server
    }
    Ok(peer)
}

fn small(number: u32) -> Result<u8, String> {
    u8::try_from(number).map_err(|_| format!("hardware-type {number} is above 255"))
}

/// One table; what was read is taken out of it.
struct Table {
    kind: &'static str,
    map: Map<String, Value>,
}

impl Table {
    /// What JSON has beside a number for people to read, and the list of repeated attributes.
    fn is_twin(&self, name: &str) -> bool {
        let stem = name.strip_suffix("-name").or_else(|| name.strip_suffix("-time"));
        name == "repeated"
            || stem.is_some_and(|stem| {
                matches!(kind(self.kind, stem), Kind::Time | Kind::Enumeration(_))
            })
    }

    fn name(&mut self) -> Result<String, String> {
        self.text("name")?.ok_or_else(|| "it has no name".into())
    }

    /// Text as it stands, whatever the table of attributes says: names of hosts and classes stand
    /// where the wire has handles.
    fn text(&mut self, name: &str) -> Result<Option<String>, String> {
        match self.map.remove(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            // A handle of another server means nothing here.
            Some(Value::Number(_)) if kind(self.kind, name) == Kind::Handle => Ok(None),
            Some(_) => Err(format!("{name} is no text")),
        }
    }

    fn address(&mut self, name: &str) -> Result<Ipv4Addr, String> {
        let text = self.text(name)?.ok_or_else(|| format!("it has no {name}"))?;
        text.parse().map_err(|_| format!("{name} {text:?} is no IPv4 address"))
    }

    fn hardware_address(&mut self) -> Result<Option<HardwareAddress>, String> {
        let octets = self.octets("hardware-address")?;
        octets
            .map(|octets| HardwareAddress::new(&octets).map_err(|why| why.to_string()))
            .transpose()
    }

    fn number(&mut self, name: &str) -> Result<Option<u32>, String> {
        let Some(octets) = self.octets(name)? else { return Ok(None) };
        let octets = octets.try_into().map_err(|_| format!("{name} is no number"))?;
        Ok(Some(u32::from_be_bytes(octets)))
    }

    /// The octets of a value on the wire.
    fn octets(&mut self, name: &str) -> Result<Option<Vec<u8>>, String> {
        let Some(value) = self.map.remove(name) else { return Ok(None) };
        let wrong = |why: String| format!("{name}: {why}");
        let read = |text: &str| {
            encode_text(self.kind, name, text, Family::V4).map_err(|why| wrong(why.to_string()))
        };
        let unknown = matches!(kind(self.kind, name), Kind::Text | Kind::Octets)
            && !matches!(name, "dhcp-client-identifier" | "hashstring" | "load-balance-hba");
        Ok(Some(match value {
            Value::Null => return Ok(None),
            // Variables and text are what they look like.
            Value::String(text) if unknown => text.into_bytes(),
            Value::String(text) => read(&text)?,
            Value::Number(number) if unknown || name == "lease-limit" => {
                let number = number.as_u64().and_then(|number| u32::try_from(number).ok());
                number.ok_or_else(|| wrong("a number of 32 bits".into()))?.to_be_bytes().into()
            }
            Value::Number(number) => read(&number.to_string())?,
            Value::Array(list) => {
                let words: Option<Vec<_>> = list.iter().map(Value::as_str).collect();
                read(&words.ok_or_else(|| wrong("a list of texts".into()))?.join(","))?
            }
            Value::Object(map) => match (map.len(), map.get("hex").and_then(Value::as_str)) {
                (1, Some(digits)) => hex(digits).map_err(|failure| wrong(failure.message))?,
                _ => return Err(wrong("write { hex = \"…\" }".into())),
            },
            Value::Bool(_) => return Err(wrong("a text, a number or { hex = \"…\" }".into())),
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use netlever_core::omapi::peer::Setup;

    use super::*;

    fn filled(toml: &str) -> Result<Server, String> {
        let server = Server::new(Setup::new(Instant::now(), 1_795_000_000));
        fill(&server, toml::from_str(toml).unwrap()).map(|()| server)
    }

    const POOL: &str = "[[pool]]\nfirst = '10.0.0.1'\nlast = '10.0.0.9'\nsubnet = '10.0.0.0'\n";

    #[test]
    fn a_lease_is_read_from_names_numbers_and_what_json_printed() {
        let server = filled(&format!(
            "[[lease]]\nip-address = '10.0.0.2'\nstate = 'active'\nends = 'never'\n\
             starts = '2019-02-11T11:48:10Z'\nhardware-address = '02-00-00-00-00-01'\n\
             flags = 'reserved'\nvendor-string = 'A'\ncount = 7\nraw = {{ hex = '00:ff' }}\n\
             [[lease]]\nip-address = '10.0.0.3'\nstate = 2\nstate-name = 'active'\nends = 5\n\
             ends-time = '1970-01-01T00:00:05Z'\npool = 9\nflags = 4\nhost = 12\n{POOL}"
        ))
        .unwrap();
        let lease = server.lease([10, 0, 0, 2].into()).unwrap();
        assert_eq!((lease.state, lease.ends), (LeaseState::ACTIVE, 0x7fff_ffff));
        assert_eq!(lease.starts, 1_549_885_690);
        assert_eq!(lease.flags, LeaseFlags::RESERVED);
        assert_eq!(lease.hardware_address, Some([2, 0, 0, 0, 0, 1].into()));
        let names: Vec<_> = lease.variables.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names.len(), 3);
        for (name, octets) in
            [("vendor-string", &b"A"[..]), ("count", &[0, 0, 0, 7]), ("raw", &[0, 255])]
        {
            assert!(lease.variables.contains(&(name.into(), octets.into())), "{names:?}");
        }
        let lease = server.lease([10, 0, 0, 3].into()).unwrap();
        assert_eq!((lease.state.0, lease.ends, lease.flags.0), (2, 5, 4));
        assert_eq!((lease.variables.len(), lease.host), (0, None));
    }

    #[test]
    fn each_kind_is_read() {
        let server = filled(
            "[[group]]\nname = 'g'\nstatements = 'max-lease-time 600;'\n\
             [[host]]\nname = 'a'\nhardware-address = '02:00:00:00:00:01'\ngroup = 'g'\n\
             ip-address = ['10.0.0.5', '10.0.0.6']\n\
             [[class]]\nname = 'c'\nmatch = 'hardware'\nlease-limit = 4\n\
             [[subclass]]\nname = 'c'\nhashstring = { hex = '0102' }\n\
             [[failover-state]]\nname = 'pair'\nlocal-state = 'normal'\npartner-port = 847\n\
             [[interface]]\nname = 'eth0'\nstate = 'down'\n",
        )
        .unwrap();
        let host = server.host("a").unwrap();
        assert_eq!((host.ip_address.len(), host.hardware_type.0), (8, 1));
        assert_eq!(host.group.as_deref(), Some("g"));
        assert_eq!(server.class("c").unwrap().lease_limit, 4);
        assert!(server.subclass("c", &[1, 2]).is_some());
        let pair = server.failover("pair").unwrap();
        assert_eq!((pair.local_state, pair.partner_port), (FailoverState::NORMAL, 847));
    }

    #[test]
    fn what_is_wrong_is_named_with_its_place() {
        for (text, why) in [
            ("[[frob]]\n", "\"frob\" is none of pool"),
            ("[[host]]\nhardware-address = '02:00:00:00:00:01'\n", "host 1: it has no name"),
            ("[[group]]\nname = 'g'\nfrob = 1\n", "group 1: \"frob\" is no attribute"),
            ("[[lease]]\nip-address = '10.0.0.1'\n", "lease 1: 10.0.0.1 is in no pool"),
            ("[[lease]]\nip-address = '10.0.0.1'\nstate = 'x'\n", "lease 1: state: \"x\""),
            ("pool = 1\n", "pool is no list"),
            ("[[interface]]\nname = 'a'\nstate = 'x'\n", "neither up nor down"),
        ] {
            let error = filled(text).map(|_| ()).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
