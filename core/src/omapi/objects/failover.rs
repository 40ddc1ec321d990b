//! The state of a failover pair.

use super::view;
use crate::omapi::values::{FailoverState, Hierarchy, Time};

view! {
    /// One end's view of a failover pair, found by the name of the pair.
    ///
    /// There are no getters for `partner-address` and `local-address`: dhcpd 4.4.3-P1 sends memory
    /// addresses of its own there.
    Failover, "failover-state"
}

impl Failover {
    /// The name of the pair.
    pub fn name(&self) -> Option<&str> {
        self.0.text("name")
    }

    /// The partner's TCP port.
    pub fn partner_port(&self) -> Option<u16> {
        self.0.number("partner-port")?.try_into().ok()
    }

    /// The server's own TCP port.
    pub fn local_port(&self) -> Option<u16> {
        self.0.number("local-port")?.try_into().ok()
    }

    /// How many updates may wait for their acknowledgement.
    pub fn max_outstanding_updates(&self) -> Option<u32> {
        self.0.number("max-outstanding-updates")
    }

    /// Maximum client lead time, in seconds.
    pub fn mclt(&self) -> Option<u32> {
        self.0.number("mclt")
    }

    /// After how many seconds a client is served whoever should.
    pub fn load_balance_max_secs(&self) -> Option<u32> {
        self.0.number("load-balance-max-secs")
    }

    /// The hash buckets of load balancing, 32 octets; absent on a secondary that never talked to
    /// its primary.
    pub fn load_balance_hba(&self) -> Option<&[u8]> {
        self.0.get("load-balance-hba")
    }

    /// Where the partner stands, as far as this end knows.
    pub fn partner_state(&self) -> Option<FailoverState> {
        self.0.number("partner-state").map(FailoverState)
    }

    /// Where this end stands.
    pub fn local_state(&self) -> Option<FailoverState> {
        self.0.number("local-state").map(FailoverState)
    }

    /// Since when the partner is in its state.
    pub fn partner_stos(&self) -> Option<Time> {
        self.0.time("partner-stos")
    }

    /// Since when this end is in its state.
    pub fn local_stos(&self) -> Option<Time> {
        self.0.time("local-stos")
    }

    /// Whether this end is the primary.
    pub fn hierarchy(&self) -> Option<Hierarchy> {
        self.0.number("hierarchy").map(Hierarchy)
    }

    /// When this end last sent something to the partner.
    pub fn last_packet_sent(&self) -> Option<Time> {
        self.0.time("last-packet-sent")
    }

    /// The time stamp of what the partner last sent.
    pub fn last_timestamp_received(&self) -> Option<Time> {
        self.0.time("last-timestamp-received")
    }

    /// Difference of the two clocks, in seconds.
    pub fn skew(&self) -> Option<u32> {
        self.0.number("skew")
    }

    /// After how many silent seconds the partner is taken for gone.
    pub fn max_response_delay(&self) -> Option<u32> {
        self.0.number("max-response-delay")
    }

    /// How many updates wait for their acknowledgement.
    pub fn cur_unacked_updates(&self) -> Option<u32> {
        self.0.number("cur-unacked-updates")
    }
}
