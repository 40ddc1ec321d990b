//! Commands of a server: about its clients.

use std::net::Ipv4Addr;
use std::time::Duration;

use super::Edition;
use super::commands::Args;
use super::members::Stage;
use super::store::Store;
use super::text::TextCommand;
use crate::openvpn::command::Transport;
use crate::openvpn::wire::atoi;

/// Octets of a common name, or of a part of an address, that `kill` looks at.
const PART: usize = 127;

impl Store {
    pub(super) fn dispatch_server(&mut self, word: &[u8], args: Args<'_>, line: &[u8]) {
        let edition = self.edition();
        let name = match word {
            b"kill" => "kill",
            b"nclients" => "nclients",
            b"env-filter" => return self.env_filter(args),
            b"client-kill" => "client-kill",
            b"client-auth" => "client-auth",
            b"client-auth-nt" => "client-auth-nt",
            b"client-deny" => "client-deny",
            b"client-pending-auth" if edition > Edition::V24 => "client-pending-auth",
            b"client-pf" if edition < Edition::V26 => "client-pf",
            b"push-update-broad" if edition >= Edition::V27 => "push-update-broad",
            b"push-update-cid" if edition >= Edition::V27 => "push-update-cid",
            _ => return self.dispatch_local(word, args, line),
        };
        let (count, least) = match name {
            "nclients" => (0, false),
            "kill" | "client-pf" | "push-update-broad" => (1, false),
            "client-kill" => (1, true),
            "client-deny" => (3, true),
            "client-pending-auth" if edition >= Edition::V26 => (4, false),
            _ => (2, false),
        };
        if !self.needs(name, args, count, least) {
            return;
        }
        if !(self.live && self.is_server()) {
            let name = if name.starts_with("push-update") { "push-update" } else { name };
            return self.unsupported(name);
        }
        match name {
            "nclients" => self.success(format!("nclients={}", self.members.up())),
            "kill" => self.kill(&args[0]),
            "push-update-broad" => {
                let updated = self.members.up();
                self.push_updated(updated);
            }
            "push-update-cid" => match scan(&args[0]) {
                Some(cid) => {
                    let up = self.members.get(cid).is_some_and(|it| it.stage == Stage::Up);
                    if !up {
                        self.error(format!("Peer ID: {cid} has not been updated"));
                    }
                    self.push_updated(usize::from(up));
                }
                None => {
                    self.error("cannot parse CID");
                    self.error("push-update-cid fail during cid parsing");
                }
            },
            _ => self.about_client(name, args, line),
        }
    }

    fn env_filter(&mut self, args: Args<'_>) {
        let level = args.first().map_or(0, |level| atoi(level));
        self.settings.env_filter = level;
        self.success(format!("env_filter_level={level}"));
    }

    fn push_updated(&mut self, updated: usize) {
        if updated == 0 {
            self.error("no client updated");
        } else {
            self.success(format!("{updated} client(s) updated"));
        }
        self.outcome("push-update", updated > 0);
    }

    /// Commands that begin with the id of a client.
    fn about_client(&mut self, name: &str, args: Args<'_>, line: &[u8]) {
        let Some(cid) = scan(&args[0]) else { return self.error("cannot parse CID") };
        match name {
            "client-kill" => {
                let known = self.members.get(cid).is_some();
                let done = known && self.dismiss(cid, self.setup.timers.kill);
                return self.outcome("client-kill", done);
            }
            "client-pf" => return self.take_text(TextCommand::ClientPf { cid }, line),
            "client-pending-auth" if self.edition() < Edition::V26 => {
                let kid = self.members.get(cid).map_or(0, |member| member.kid);
                let done = self.pend(cid, kid, &args[1], self.setup.timers.answer);
                return self.pended(done);
            }
            _ => {}
        }
        let Some(kid) = scan(&args[1]) else { return self.error("cannot parse KID") };
        match name {
            "client-auth" => self.take_text(TextCommand::ClientAuth { cid, kid }, line),
            "client-auth-nt" => {
                let done = self.allow(cid, kid, &[]);
                self.outcome("client-auth", done);
            }
            "client-deny" => {
                let done = self.deny(cid, kid);
                self.outcome("client-deny", done);
            }
            _ => {
                let Some(timeout) = scan(&args[3]) else {
                    return self.error("cannot parse TIMEOUT");
                };
                let timeout = Duration::from_secs(timeout.min(u32::MAX.into()));
                let done = self.pend(cid, kid, &args[2], timeout);
                self.pended(done);
            }
        }
    }

    fn pended(&mut self, done: bool) {
        if done {
            self.success("client-pending-auth command succeeded");
        } else {
            self.error("client-pending-auth command failed. Extra parameter might be too long");
        }
    }

    fn kill(&mut self, victim: &[u8]) {
        let mut rest = victim;
        let (first, second) = (part(&mut rest), part(&mut rest));
        if self.edition() >= Edition::V27 {
            let third = part(&mut rest);
            if !(first.is_empty() || second.is_empty() || third.is_empty()) {
                return self.kill_protocol(first, second, third);
            }
        } else if !(first.is_empty() || second.is_empty()) {
            return self.kill_address(first, second);
        }
        if first.is_empty() {
            return self.error("kill parse");
        }
        let name = first.to_vec();
        let killed = self.kill_all(|client| client.common_name[..] == name[..]);
        let text = [b"common name '", first, b"' "].concat();
        if killed > 0 {
            let found = format!("found, {killed} client(s) killed");
            self.success([&text[..], found.as_bytes()].concat());
        } else {
            self.error([&text[..], b"not found"].concat());
        }
    }

    /// Up to 2.6: `ip:port`.
    fn kill_address(&mut self, ip: &[u8], port: &[u8]) {
        let Some(address) = ipv4(ip) else {
            return self.error([b"error parsing IP address: ", ip].concat());
        };
        let Ok(number @ 1..) = u16::try_from(atoi(port)) else {
            return self.error([b"port number is out of range: ", port].concat());
        };
        let killed = self.kill_all(|client| client.real_address == (address, number).into());
        self.killed_at(killed, &format!("{address}:{number}"));
    }

    /// Since 2.7: `proto:ip:port`.
    fn kill_protocol(&mut self, protocol: &[u8], ip: &[u8], port: &[u8]) {
        let Some(address) = ipv4(ip) else {
            return self.error([b"error parsing IP address: ", ip].concat());
        };
        let transport = match protocol {
            b"tcp" => Some(Transport::Tcp),
            b"udp" => Some(Transport::Udp),
            _ => None,
        };
        let (Some(transport), Ok(number @ 1..)) = (transport, u16::try_from(atoi(port))) else {
            let text = [b"port number or protocol out of range: ", port, b" ", protocol].concat();
            return self.error(text);
        };
        let killed = self.kill_all(|client| {
            client.transport == transport && client.real_address == (address, number).into()
        });
        let protocol = if transport == Transport::Tcp { "tcp-server" } else { "udp" };
        self.killed_at(killed, &format!("{protocol}:{address}:{number}"));
    }

    fn killed_at(&mut self, killed: usize, address: &str) {
        if killed > 0 {
            self.success(format!("{killed} client(s) at address {address} killed"));
        } else {
            self.error(format!("client at address {address} not found"));
        }
    }

    /// Ends clients at once: each DISCONNECT stands before the reply.
    fn kill_all(&mut self, which: impl Fn(&super::Client) -> bool) -> usize {
        let ids = self.members.ids(|it| it.stage != Stage::Handshake && which(&it.client));
        for cid in &ids {
            self.leave_client(*cid);
        }
        ids.len()
    }
}

/// What stands before the next colon, as the daemon cuts it: at 127 octets, with one octet lost
/// behind a longer part.
fn part<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let whole = *rest;
    let reads = whole.len().min(PART + 2);
    if let Some(colon) = whole[..reads.min(PART + 1)].iter().position(|octet| *octet == b':') {
        *rest = &whole[colon + 1..];
        return &whole[..colon.min(PART)];
    }
    *rest = &whole[reads..];
    &whole[..whole.len().min(PART)]
}

fn ipv4(text: &[u8]) -> Option<Ipv4Addr> {
    str::from_utf8(text).ok()?.parse().ok()
}

/// A number as C's `%lu` reads it: blanks, a sign, digits, and no look at the rest.
pub(super) fn scan(text: &[u8]) -> Option<u64> {
    let digits = text.trim_ascii_start();
    let digits = digits.strip_prefix(b"-").or_else(|| digits.strip_prefix(b"+")).unwrap_or(digits);
    digits.first().filter(|octet| octet.is_ascii_digit())?;
    Some(atoi(text) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_cut_as_the_daemon_cuts_them() {
        let parts = |text: &[u8]| {
            let mut rest = text;
            [part(&mut rest).len(), part(&mut rest).len()]
        };
        assert_eq!(parts(b"a:b"), [1, 1]);
        assert_eq!(parts(b":"), [0, 0]);
        assert_eq!(parts(&[b'x'; 127]), [127, 0]);
        assert_eq!(parts(&[b'x'; 128]), [127, 0]);
        assert_eq!(parts(&[b'x'; 129]), [127, 0]);
        assert_eq!(parts(&[b'x'; 256]), [127, 127]);
    }

    #[test]
    fn ids_are_read_as_scanf_does() {
        assert_eq!(scan(b"12x"), Some(12));
        assert_eq!(scan(b" 3"), Some(3));
        assert_eq!(scan(b"x"), None);
        assert_eq!(scan(b""), None);
        assert_eq!(scan(b"-1"), Some(u64::MAX));
    }
}
