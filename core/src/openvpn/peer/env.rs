//! Environments: the variables that come with an event, in the daemon's order.
//!
//! The daemon prints its list newest first, so the order tells the history: the counters of a
//! DISCONNECT stand before what ESTABLISHED had, and that before what CONNECT had.

use std::net::{IpAddr, SocketAddr};

use super::client::mask;
use super::members::Member;
use super::store::Store;
use super::{Mode, ServerSide};
use crate::backoff::Chance;
use crate::openvpn::command::Transport;

/// Which event wants the variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occasion {
    Connect,
    Reauth,
    Response,
    Established,
    Disconnect,
}

/// Variables under construction.
struct Vars(Vec<(String, Vec<u8>)>);

impl Vars {
    fn put(&mut self, name: impl Into<String>, value: impl AsRef<[u8]>) {
        self.0.push((name.into(), value.as_ref().to_vec()));
    }

    fn show(&mut self, name: &str, value: impl ToString) {
        self.put(name, value.to_string());
    }

    fn address(&mut self, which: &str, address: SocketAddr) {
        self.show(&format!("{which}_port"), address.port());
        let six = if address.is_ipv6() { "6" } else { "" };
        self.show(&format!("{which}_ip{six}"), address.ip());
    }
}

/// What `env-filter` lets through at level 2; at level 1 `X509_` too.
const LISTED: [&str; 17] = [
    "username=",
    "password=",
    "X509_0_CN=",
    "tls_serial_",
    "untrusted_ip=",
    "ifconfig_local=",
    "ifconfig_netmask=",
    "daemon_start_time=",
    "daemon_pid=",
    "dev=",
    "ifconfig_pool_remote_ip=",
    "ifconfig_pool_netmask=",
    "time_duration=",
    "bytes_sent=",
    "bytes_received=",
    "session_id=",
    "session_state=",
];

fn passes(line: &str, level: i64) -> bool {
    level <= 0
        || level == 1 && line.starts_with("X509_")
        || level <= 2 && LISTED.iter().any(|listed| line.starts_with(listed))
}

/// The octets that a spoiled name ends in.
const SPOILT: &[u8] = b"\xe9\xff";

impl Store {
    /// Tells an event of a client with its environment, in one piece.
    pub(super) fn tell_client(&mut self, head: &str, cid: u64, occasion: Occasion) {
        let Some(member) = self.members.get(cid) else { return };
        let level = self.settings.env_filter;
        let mut lines = vec![format!(">CLIENT:{head}").into_bytes()];
        let env = |name: &[u8], value: &[u8]| [b">CLIENT:ENV,", name, b"=", value].concat();
        let asks = matches!(occasion, Occasion::Connect | Occasion::Reauth | Occasion::Response);
        if level > 0 && asks && occasion != Occasion::Reauth {
            for (name, value) in &member.client.peer_info {
                lines.push(env(name, value));
            }
        }
        let server = match &self.setup.mode {
            Mode::Server(server) => server,
            Mode::Client(_) => return,
        };
        for (name, value) in self.variables(member, server, occasion) {
            if passes(&format!("{name}="), level) {
                lines.push(env(name.as_bytes(), &value));
            }
        }
        lines.push(b">CLIENT:ENV,END".to_vec());
        let lines: Vec<&[u8]> = lines.iter().map(Vec::as_slice).collect();
        self.notify_all(&lines);
    }

    /// A name as it is shown: in octets that are not UTF-8 under that fault.
    pub(super) fn name<'n>(&self, name: &'n [u8]) -> std::borrow::Cow<'n, [u8]> {
        if self.spoiled { [name, SPOILT].concat().into() } else { name.into() }
    }

    fn variables(
        &self,
        member: &Member,
        server: &ServerSide,
        occasion: Occasion,
    ) -> Vec<(String, Vec<u8>)> {
        let mut vars = Vars(Vec::with_capacity(64));
        if occasion == Occasion::Disconnect && !member.established {
            return vars.0; // it never had any
        }
        let client = &member.client;
        match occasion {
            Occasion::Disconnect => {
                vars.show("time_duration", self.unix().saturating_sub(member.since));
                vars.show("bytes_sent", client.bytes_sent);
                vars.show("bytes_received", client.bytes_received);
                vars.address("trusted", client.real_address);
                self.pool(&mut vars, member, server);
                self.time(&mut vars, member);
                self.identity(&mut vars, member);
            }
            Occasion::Established => {
                vars.show("n_clients", self.members.up());
                self.pool(&mut vars, member, server);
                self.time(&mut vars, member);
                vars.address("trusted", client.real_address);
                self.identity(&mut vars, member);
            }
            Occasion::Response => {
                vars.show("n_clients", self.members.up());
                vars.put("common_name", self.name(&client.common_name));
                vars.address("trusted", client.real_address);
                vars.address("untrusted", client.real_address);
                self.username(&mut vars, member);
            }
            Occasion::Connect | Occasion::Reauth => {
                vars.show("n_clients", self.members.up());
                match &member.session {
                    Some(session) if member.has_token => {
                        vars.put("password", format!("SESS_ID_AT_{session}AAAAAGsCBOsAAAAA"));
                    }
                    _ => vars.put(
                        "password",
                        client.password.as_ref().map_or(&b""[..], |it| it.expose()),
                    ),
                }
                self.token(&mut vars, member);
                vars.address("untrusted", client.real_address);
                vars.put("common_name", self.name(&client.common_name));
                self.username(&mut vars, member);
            }
        }
        for (name, value) in client.peer_info.iter().rev() {
            // The daemon replaces what a shell would read.
            let under = |octet: &u8| if b" \t$(`".contains(octet) { b'_' } else { *octet };
            let value: Vec<u8> = value.iter().map(under).collect();
            vars.put(String::from_utf8_lossy(name), value);
        }
        certificates(&mut vars, &client.common_name);
        if occasion == Occasion::Reauth {
            self.pool(&mut vars, member, server);
            self.time(&mut vars, member);
            vars.address("trusted", client.real_address);
        }
        self.daemon(&mut vars, server, client.transport);
        vars.0
    }

    fn identity(&self, vars: &mut Vars, member: &Member) {
        vars.put("common_name", self.name(&member.client.common_name));
        self.token(vars, member);
        vars.address("untrusted", member.client.real_address);
        self.username(vars, member);
    }

    fn username(&self, vars: &mut Vars, member: &Member) {
        match &member.client.username {
            Some(username) => vars.put("username", self.name(username)),
            None => vars.put("username", ""),
        }
    }

    fn token(&self, vars: &mut Vars, member: &Member) {
        if let Some(session) = &member.session {
            vars.put("session_id", session);
            vars.put("session_state", if member.has_token { "Authenticated" } else { "Initial" });
        }
    }

    fn pool(&self, vars: &mut Vars, member: &Member, server: &ServerSide) {
        if let (Some(remote), Some(local)) = (member.client.virtual_ipv6, server.tunnel_ipv6) {
            vars.put("ifconfig_pool_ip6_netbits", "64");
            vars.show("ifconfig_pool_local_ip6", local);
            vars.show("ifconfig_pool_remote_ip6", remote);
        }
        if let Some(remote) = member.client.virtual_ipv4 {
            vars.show("ifconfig_pool_netmask", mask(server.tunnel_ipv4.1));
            vars.show("ifconfig_pool_remote_ip", remote);
        }
    }

    fn time(&self, vars: &mut Vars, member: &Member) {
        vars.show("time_unix", member.since);
        vars.put("time_ascii", self.clock(member.since));
    }

    fn daemon(&self, vars: &mut Vars, server: &ServerSide, transport: Transport) {
        vars.show("remote_port_1", server.port);
        vars.show("local_port_1", server.port);
        vars.show("local_1", server.local);
        let six = if matches!(server.local, IpAddr::V6(_)) { "6" } else { "" };
        vars.put(
            "proto_1",
            match transport {
                Transport::Udp => format!("udp{six}"),
                Transport::Tcp => format!("tcp{six}-server"),
            },
        );
        vars.show("daemon_pid", self.pid);
        vars.show("daemon_start_time", self.started);
        vars.put("daemon_log_redirect", "0");
        vars.put("daemon", "0");
        vars.show("verb", self.settings.verb);
        vars.show("ifconfig_local", server.tunnel_ipv4.0);
        vars.show("ifconfig_netmask", mask(server.tunnel_ipv4.1));
        if let Some(local) = server.tunnel_ipv6 {
            vars.show("ifconfig_ipv6_local", local);
            vars.put("ifconfig_ipv6_netbits", "64");
        }
        vars.put("script_context", "init");
        vars.put("tun_mtu", "1500");
        let device = if server.tap { "tap" } else { "tun" };
        vars.put("dev", format!("{device}0"));
        vars.put("dev_type", device);
        vars.put("redirect_gateway", "0");
    }
}

/// Two levels of certificates; numbers and digests follow from the name.
fn certificates(vars: &mut Vars, common_name: &[u8]) {
    for (level, name) in [(0, common_name), (1, &b"Example CA"[..])] {
        let seed = name.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, octet| {
            (hash ^ u64::from(*octet)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut chance = Chance::new(seed);
        let serial = chance.number() >> 1;
        let hex = |octets: &[u8]| {
            octets.iter().map(|octet| format!("{octet:02x}")).collect::<Vec<_>>().join(":")
        };
        let mut digest = |words: usize| {
            let octets: Vec<u8> = (0..words).flat_map(|_| chance.number().to_be_bytes()).collect();
            octets
        };
        let (sha256, sha1) = (digest(4), digest(3));
        vars.put(format!("tls_serial_hex_{level}"), hex(&serial.to_be_bytes()));
        vars.put(format!("tls_serial_{level}"), serial.to_string());
        vars.put(format!("tls_digest_sha256_{level}"), hex(&sha256));
        vars.put(format!("tls_digest_{level}"), hex(&sha1[..20]));
        vars.put(format!("tls_id_{level}"), [b"CN=", name, b", O=Example Org"].concat());
        vars.put(format!("X509_{level}_O"), "Example Org");
        vars.put(format!("X509_{level}_CN"), name);
    }
}
