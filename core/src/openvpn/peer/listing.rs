//! `status`, in the formats of each release.

use super::members::{Member, Stage};
use super::store::Store;
use super::{Edition, Mode};
use crate::openvpn::Octets;
use crate::openvpn::status::{self, Format, Route, UNDEF, Writer};

impl Store {
    /// The listing of either side, `None` for a format that there is not.
    pub(super) fn listing(&self, format: Option<i64>) -> Option<Vec<u8>> {
        match self.setup.mode {
            Mode::Client(_) => Some(self.statistics()),
            Mode::Server(_) => Some(self.clients(match format {
                None => self.setup.status_version,
                Some(0 | 1) => Format::One,
                Some(2) => Format::Two,
                Some(3) => Format::Three,
                Some(_) => return None,
            })),
        }
    }

    fn clients(&self, format: Format) -> Vec<u8> {
        let (edition, unix) = (self.edition(), self.unix());
        let mut out = Vec::with_capacity(512 + self.members.len() * 384);
        let mut writer = Writer::new(&mut out, format, edition.release());
        let updated = self.clock(unix);
        writer.begin(edition.title().into(), updated.as_str().into(), unix);
        for member in self.members.iter() {
            self.client(&mut writer, member);
        }
        for member in self.members.iter().filter(|member| member.established) {
            self.routes(&mut writer, member);
        }
        writer.global("Max bcast/mcast queue length", 0);
        if edition >= Edition::V26 && format != Format::One {
            writer.global("dco_enabled", 0);
        }
        writer.end();
        out
    }

    fn client(&self, writer: &mut Writer<'_>, member: &Member) {
        let client = &member.client;
        let known = member.stage != Stage::Handshake;
        let let_in = member.established || member.stage == Stage::Granted;
        let name = self.name(&client.common_name);
        let username = client.username.as_ref().map(|name| self.name(name));
        let address = client.printed_address(self.edition());
        let since = self.clock(member.since);
        let [ipv4, ipv6] = match member.established {
            true => [
                client.virtual_ipv4.map(|ip| ip.to_string()),
                client.virtual_ipv6.map(|ip| ip.to_string()),
            ],
            false => [None, None],
        };
        writer.client(&status::Client {
            common_name: if known { Octets(&name) } else { UNDEF.into() },
            real_address: address.as_str().into(),
            virtual_address: ipv4.as_deref().map(Octets::from),
            virtual_ipv6: ipv6.as_deref().map(Octets::from),
            bytes_received: client.bytes_received,
            bytes_sent: client.bytes_sent,
            connected_since: since.as_str().into(),
            connected_since_time: Some(member.since),
            username: username.as_deref().map(Octets).filter(|_| let_in),
            cid: Some(member.cid),
            peer_id: Some((member.cid % 0x00ff_ffff) as u32),
            cipher: Some(if member.established {
                client.cipher.octets()
            } else {
                Octets(b"BF-CBC")
            }),
            ..status::Client::default()
        });
    }

    fn routes(&self, writer: &mut Writer<'_>, member: &Member) {
        let client = &member.client;
        let name = self.name(&client.common_name);
        let address = client.printed_address(self.edition());
        let unix = if member.moved { self.unix() } else { member.since };
        let last = self.clock(unix);
        let targets = client.virtual_ipv4.map(|ip| ip.to_string()).into_iter();
        let targets = targets.chain(client.virtual_ipv6.map(|ip| ip.to_string()));
        for target in targets.chain(client.routes.iter().map(|route| route.status_text())) {
            writer.route(&Route {
                virtual_address: target.as_str().into(),
                common_name: Octets(&name),
                real_address: address.as_str().into(),
                last_ref: last.as_str().into(),
                last_ref_time: Some(unix),
                ..Route::default()
            });
        }
    }

    /// What a client daemon answers, whatever the number.
    fn statistics(&self) -> Vec<u8> {
        let (read, written) = self.totals;
        let mut text = format!("OpenVPN STATISTICS\r\nUpdated,{}\r\n", self.clock(self.unix()));
        for (name, value) in [
            ("TUN/TAP read bytes", written / 2),
            ("TUN/TAP write bytes", read / 2),
            ("TCP/UDP read bytes", read),
            ("TCP/UDP write bytes", written),
            ("Auth read bytes", read / 2),
        ] {
            text += &format!("{name},{value}\r\n");
        }
        text += "END\r\n";
        text.into_bytes()
    }
}
