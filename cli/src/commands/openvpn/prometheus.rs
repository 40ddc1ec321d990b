//! A listing of `status` in Prometheus' text form, for a textfile collector.
//!
//! Each client has the labels `common_name` and `client_id`, since names repeat; without ids
//! (format 1) its real address stands for them.

use std::fmt::{self, Write};

use netlever_core::openvpn::calls::Listing;
use netlever_core::openvpn::status::{Client, ClientStatus, Status};

/// The text, ready to be written to a file.
pub(super) fn text(listing: &Listing) -> String {
    let mut out = Exposition::default();
    match listing {
        Listing::Server(status) => server(&mut out, status),
        Listing::Client(status) => client(&mut out, status),
    }
    out.0
}

fn server(out: &mut Exposition, status: &Status<'_>) {
    if let Some(time) = status.time() {
        out.family("openvpn_status_time_seconds", "gauge", "When the listing was made.");
        out.sample(&[], time);
    }
    out.family("openvpn_status_complete", "gauge", "Whether the listing came to its end.");
    out.sample(&[], status.is_complete());
    out.family("openvpn_clients", "gauge", "Clients that are connected.");
    out.sample(&[], status.client_count());
    out.family("openvpn_routes", "gauge", "Entries of the routing table.");
    out.sample(&[], status.route_count());
    if status.global_stats().next().is_some() {
        out.family("openvpn_global_stat", "gauge", "Global statistics, by the daemon's names.");
        for (name, value) in status.global_stats() {
            out.sample(&[("name", &name)], value);
        }
    }
    type Value = fn(&Client<'_>) -> Option<u64>;
    let counters: [(&str, &str, &str, Value); 3] = [
        ("openvpn_client_received_bytes_total", "counter", "Octets received from a client.", |c| {
            Some(c.bytes_received)
        }),
        ("openvpn_client_sent_bytes_total", "counter", "Octets sent to a client.", |c| {
            Some(c.bytes_sent)
        }),
        ("openvpn_client_connected_since_seconds", "gauge", "Since when it is connected.", |c| {
            c.connected_since_time
        }),
    ];
    for (name, kind, help, value) in counters {
        let mut clients = status.clients().flatten().filter(|client| value(client).is_some());
        let Some(first) = clients.next() else { continue };
        out.family(name, kind, help);
        for client in std::iter::once(first).chain(clients) {
            key(out, &client, &[], value(&client).unwrap_or_default());
        }
    }
    let mut clients = status.clients().flatten().peekable();
    if clients.peek().is_none() {
        return;
    }
    out.family("openvpn_client_info", "gauge", "What else is known of a client.");
    for client in clients {
        let text = |octets: Option<_>| octets.unwrap_or_default();
        let more = [
            ("username", text(client.username)),
            ("virtual_address", text(client.virtual_address)),
            ("virtual_ipv6_address", text(client.virtual_ipv6)),
            ("cipher", text(client.cipher)),
        ];
        let mut labels: Vec<(&str, &dyn fmt::Display)> = Vec::new();
        if client.cid.is_some() {
            labels.push(("real_address", &client.real_address));
        }
        labels.extend(more.iter().map(|(name, value)| (*name, value as &dyn fmt::Display)));
        key(out, &client, &labels, 1_u8);
    }
}

/// A sample of this client.
fn key(
    out: &mut Exposition,
    client: &Client<'_>,
    more: &[(&str, &dyn fmt::Display)],
    value: impl Into<u64>,
) {
    let id: (&str, &dyn fmt::Display) = match &client.cid {
        Some(cid) => ("client_id", cid),
        None => ("real_address", &client.real_address),
    };
    let labels = [&[("common_name", &client.common_name as &dyn fmt::Display), id], more].concat();
    out.sample(&labels, value.into());
}

fn client(out: &mut Exposition, status: &ClientStatus<'_>) {
    if status.counters().next().is_some() {
        out.family("openvpn_counter_bytes_total", "counter", "Octets, by the daemon's names.");
        for (name, value) in status.counters() {
            out.sample(&[("name", &name)], value);
        }
    }
}

/// Text that grows by families of samples.
#[derive(Default)]
struct Exposition(String, &'static str);

/// A number of a sample.
trait Number {
    fn number(self) -> u64;
}

impl Number for u64 {
    fn number(self) -> u64 {
        self
    }
}

impl Number for usize {
    fn number(self) -> u64 {
        self as u64
    }
}

impl Number for bool {
    fn number(self) -> u64 {
        self.into()
    }
}

impl Exposition {
    fn family(&mut self, name: &'static str, kind: &str, help: &str) {
        self.1 = name;
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    /// One more sample of the family.
    fn sample(&mut self, labels: &[(&str, &dyn fmt::Display)], value: impl Number) {
        self.0.push_str(self.1);
        for (number, (name, value)) in labels.iter().enumerate() {
            let _ = write!(self.0, "{}{name}=\"", if number == 0 { '{' } else { ',' });
            let _ = write!(Label(&mut self.0), "{value}");
            self.0.push('"');
        }
        let _ = writeln!(self.0, "{} {}", if labels.is_empty() { "" } else { "}" }, value.number());
    }
}

/// Escapes what is written into a label.
struct Label<'o>(&'o mut String);

impl Write for Label<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for character in text.chars() {
            match character {
                '\\' => self.0.push_str("\\\\"),
                '"' => self.0.push_str("\\\""),
                '\n' => self.0.push_str("\\n"),
                other => self.0.push(other),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use netlever_core::openvpn::block::Block;

    use super::*;

    #[test]
    fn names_are_escaped_and_ids_tell_clients_apart() {
        let listing = b"TITLE\tOpenVPN 2.6.14\nTIME\tlocal\t1795294034\n\
            HEADER\tCLIENT_LIST\tCommon Name\tReal Address\tBytes Received\tBytes Sent\t\
            Connected Since\tConnected Since (time_t)\tUsername\tClient ID\n\
            CLIENT_LIST\tbob\"\\\t192.0.2.2:1\t1\t2\tlocal\t5\tUNDEF\t0\n\
            CLIENT_LIST\tbob\"\\\t192.0.2.2:2\t3\t4\tlocal\t6\tcarol\t1\nEND\n";
        let status = Status::parse(listing).unwrap().into_owned();
        let text = text(&Listing::Server(status));
        for line in [
            "openvpn_status_time_seconds 1795294034\n",
            "openvpn_clients 2\n",
            "# TYPE openvpn_client_received_bytes_total counter\n\
             openvpn_client_received_bytes_total{common_name=\"bob\\\"\\\\\",client_id=\"0\"} 1\n\
             openvpn_client_received_bytes_total{common_name=\"bob\\\"\\\\\",client_id=\"1\"} 3\n",
            "openvpn_client_info{common_name=\"bob\\\"\\\\\",client_id=\"1\",\
             real_address=\"192.0.2.2:2\",username=\"carol\",virtual_address=\"\",\
             virtual_ipv6_address=\"\",cipher=\"\"} 1\n",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }

    #[test]
    fn without_ids_the_real_address_tells() {
        let listing = b"OpenVPN CLIENT LIST\nUpdated,2026-11-21 20:49:42\n\
            Common Name,Real Address,Bytes Received,Bytes Sent,Connected Since\n\
            bob,192.0.2.2:1,1,2,2026-11-21 20:49:42\nROUTING TABLE\n\
            Virtual Address,Common Name,Real Address,Last Ref\nGLOBAL STATS\nEND\n";
        let status = Status::parse(listing).unwrap().into_owned();
        let text = text(&Listing::Server(status));
        let labels = "{common_name=\"bob\",real_address=\"192.0.2.2:1\"} 2\n";
        assert!(text.contains(labels) && !text.contains("since_seconds"), "{text}");
    }

    #[test]
    fn a_client_tells_its_counters() {
        let block = Block::new(b"OpenVPN STATISTICS\nUpdated,x\nAuth read bytes,7\n");
        let status = ClientStatus::new(block).unwrap().into_owned();
        let text = text(&Listing::Client(status));
        assert!(text.contains("{name=\"Auth read bytes\"} 7\n"), "{text}");
    }
}
