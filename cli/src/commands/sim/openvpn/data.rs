//! Clients of one's own, from a file.

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Instant;

use netlever_core::openvpn::command::Transport;
use netlever_core::openvpn::peer::{Client, Daemon, Stage};
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::failure::Failure;
use crate::secret::Secret;

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    #[serde(default)]
    client: Vec<Record>,
}

/// One client.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    name: String,
    address: SocketAddr,
    username: Option<String>,
    password: Option<Secret>,
    #[serde(default)]
    transport: Carrier,
    received: Option<u64>,
    sent: Option<u64>,
    /// What it answers to a question of a pending authentication.
    response: Option<String>,
    /// Whether it is yet to come, and asks to be let in.
    #[serde(default)]
    connects: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Carrier {
    #[default]
    Udp,
    Tcp,
}

/// Reads the file and gives the server its clients, but for those that are yet to come.
pub(super) fn load(daemon: &Daemon, now: Instant, path: &Path) -> Result<Vec<Client>, Failure> {
    let wrong = |why: &dyn Display| Failure::usage(format!("data file {}: {why}", path.display()));
    let text = std::fs::read_to_string(path).map(Zeroizing::new).map_err(|why| wrong(&why))?;
    let data: Data = if path.extension().is_some_and(|it| it == "json") {
        serde_json::from_str(&text).map_err(|why| wrong(&why))?
    } else {
        // Only the message: the error's own display quotes the line, which may hold a password.
        toml::from_str(&text).map_err(|why| wrong(&why.message()))?
    };
    let mut coming = Vec::new();
    for record in data.client {
        let (name, connects) = (record.name.clone(), record.connects);
        let client = record.client();
        if connects {
            coming.push(client);
        } else if daemon.add_client(now, client, Stage::Up).is_none() {
            return Err(wrong(&format!("there is no room for client {name}")));
        }
    }
    Ok(coming)
}

impl Record {
    fn client(self) -> Client {
        let mut client = Client::new(self.name, self.address);
        client.username = self.username.map(Into::into);
        client.password = self.password.map(|password| password.expose().into());
        client.transport = match self.transport {
            Carrier::Udp => Transport::Udp,
            Carrier::Tcp => Transport::Tcp,
        };
        client.bytes_received = self.received.unwrap_or(client.bytes_received);
        client.bytes_sent = self.sent.unwrap_or(client.bytes_sent);
        client.challenge_response = self.response.map(Into::into);
        client
    }
}
