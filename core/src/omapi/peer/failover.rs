//! Failover relations: read, and told that the partner is down.

use super::handles::Object;
use super::records::FailoverPeer;
use super::request::{Outcome, Pairs, Search, integer};
use super::store::Store;
use crate::omapi::code::ResultCode;
use crate::omapi::values::FailoverState;
use crate::omapi::wire::Attributes;

/// The type's name on the wire.
const FAILOVER: &str = "failover-state";

/// Names that may be written without any effect.
const IGNORED: &[&[u8]] = &[
    b"name",
    b"partner-address",
    b"local-address",
    b"partner-port",
    b"local-port",
    b"max-outstanding-updates",
    b"mclt",
    b"load-balance-max-secs",
    b"load-balance-hba",
    b"partner-state",
    b"partner-stos",
    b"local-stos",
    b"hierarchy",
    b"last-packet-sent",
    b"last-timestamp-received",
    b"skew",
    b"max-response-delay",
    b"cur-unacked-updates",
];

impl Store {
    pub(super) fn find_failover(&self, keys: &Pairs<'_>, search: &mut Search) -> Outcome {
        let Some(name) = keys.text("name") else { return Ok(()) };
        let place = self.failover.iter().position(|peer| peer.name == name);
        search.agree(place.map(Object::Failover))
    }

    pub(super) fn set_failover(
        &mut self,
        number: usize,
        name: &[u8],
        value: &[u8],
        unix: u32,
    ) -> Outcome {
        if name == b"local-state" {
            self.not_empty(FAILOVER, "local-state", value)?;
            let state = FailoverState(integer(value)?);
            if let Some(peer) = self.failover.get_mut(number) {
                (peer.local_state, peer.local_stos) = (state, unix);
            }
            return Ok(());
        }
        if IGNORED.contains(&name) { Ok(()) } else { Err(ResultCode::NOT_FOUND) }
    }

    /// The two addresses are raw pointers of a 64-bit server (dhcpd 4.4.3-P1): 8 octets of garbage.
    pub(super) fn failover_attributes(&self, number: usize) -> Attributes {
        let page = self.setup.seed.wrapping_mul(0x9e37_79b9) & 0xffff_f000;
        let pointer = |offset: u64| (0x5500_0000_0000 + (page << 8) + offset).to_le_bytes();
        let mut out = Attributes::new();
        let Some(peer) = self.failover.get(number) else { return out };
        let FailoverPeer { name, load_balance_hba, .. } = peer;
        let integer = |out: &mut Attributes, name: &str, value: u32| {
            out.push(name, value.to_be_bytes());
        };
        out.push("name", name).push("partner-address", pointer(0x9b0));
        integer(&mut out, "partner-port", peer.partner_port);
        out.push("local-address", pointer(0x900));
        integer(&mut out, "local-port", peer.local_port);
        integer(&mut out, "max-outstanding-updates", peer.max_outstanding_updates);
        integer(&mut out, "mclt", peer.mclt);
        integer(&mut out, "load-balance-max-secs", peer.load_balance_max_secs);
        if let Some(buckets) = load_balance_hba {
            out.push("load-balance-hba", buckets);
        }
        for (name, value) in [
            ("partner-state", peer.partner_state.0),
            ("local-state", peer.local_state.0),
            ("partner-stos", peer.partner_stos),
            ("local-stos", peer.local_stos),
            ("hierarchy", peer.hierarchy.0),
            ("last-packet-sent", peer.last_packet_sent),
            ("last-timestamp-received", peer.last_timestamp_received),
            ("skew", peer.skew),
            ("max-response-delay", peer.max_response_delay),
            ("cur-unacked-updates", peer.cur_unacked_updates),
        ] {
            integer(&mut out, name, value);
        }
        out
    }
}
