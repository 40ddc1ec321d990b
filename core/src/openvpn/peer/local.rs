//! What a daemon that is a client itself is like, and what it asks for.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::openvpn::{Secret, Text};

/// The settings of a client daemon. What is `None` or empty is not asked.
#[derive(Clone, Debug)]
pub struct ClientSide {
    /// The servers that it may connect to, in order; at least one is assumed.
    pub remotes: Vec<RemoteServer>,
    /// Whether `>REMOTE` asks about each attempt: `management-query-remote`.
    pub query_remote: bool,
    /// Whether `>PROXY` asks about each attempt: `management-query-proxy`.
    pub query_proxy: bool,
    /// The user's login, if the server wants one.
    pub login: Option<Login>,
    /// The pass phrase of its private key, if that has one. A wrong one is fatal.
    pub private_key: Option<Secret>,
    /// The hint of `>NEED-CERTIFICATE`: `management-external-cert`.
    pub certificate_hint: Option<Text<'static>>,
    /// Whether signatures are asked for: `management-external-key`. An empty one fails.
    pub external_key: bool,
    /// Name and text of a `>NEED-OK`.
    pub need_ok: Option<(Text<'static>, Text<'static>)>,
    /// Name and text of a `>NEED-STR`.
    pub need_str: Option<(Text<'static>, Text<'static>)>,
    /// What the server asks of the user before it lets him in.
    pub pending: Option<PendingAuth>,
    /// A token that the server issues in place of the password.
    pub token: Option<Secret>,
    /// Texts that the server pushes as `echo`.
    pub echoes: Vec<Text<'static>>,
    /// Whether `>UPDOWN` is told: `management-up-down`.
    pub up_down: bool,
    /// Its own address in the tunnel.
    pub tunnel_ipv4: Ipv4Addr,
    /// Its own IPv6 address in the tunnel.
    pub tunnel_ipv6: Option<Ipv6Addr>,
    /// Octets that it moves each second while it is connected: received, sent.
    pub traffic: (u64, u64),
}

impl Default for ClientSide {
    fn default() -> Self {
        Self {
            remotes: vec![RemoteServer::new("vpn.example.net", "1194", "udp")],
            query_remote: false,
            query_proxy: false,
            login: None,
            private_key: None,
            certificate_hint: None,
            external_key: false,
            need_ok: None,
            need_str: None,
            pending: None,
            token: None,
            echoes: Vec::new(),
            up_down: false,
            tunnel_ipv4: Ipv4Addr::new(10, 9, 0, 3),
            tunnel_ipv6: Some(Ipv6Addr::new(0xfd00, 9, 0, 0, 0, 0, 0, 0x1001)),
            traffic: (72, 48),
        }
    }
}

/// A server that a client daemon may connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteServer {
    /// Host name or address.
    pub host: Text<'static>,
    /// Port, or the name of a service.
    pub port: Text<'static>,
    /// `udp`, `udp4`, `udp6`, `tcp-client`, `tcp4-client` or `tcp6-client`.
    pub protocol: Text<'static>,
}

impl RemoteServer {
    /// A server.
    pub fn new(
        host: impl Into<Text<'static>>,
        port: impl Into<Text<'static>>,
        protocol: impl Into<Text<'static>>,
    ) -> Self {
        Self { host: host.into(), port: port.into(), protocol: protocol.into() }
    }

    pub(super) fn is_tcp(&self) -> bool {
        self.protocol.starts_with(b"tcp")
    }
}

/// What the server accepts as a login.
#[derive(Clone, Debug, Default)]
pub struct Login {
    /// The user name; `None`: any.
    pub username: Option<Text<'static>>,
    /// The password; `None`: any.
    pub password: Option<Secret>,
    /// A challenge that is asked along with the password.
    pub static_challenge: Option<StaticChallenge>,
    /// A challenge that the server makes when it has seen the password.
    pub dynamic_challenge: Option<DynamicChallenge>,
    /// What the server says when it refuses.
    pub refusal: Option<Text<'static>>,
    /// Whether only the user name is asked; for a management client of version 4 or more, after
    /// 2.7.
    pub username_only: bool,
}

/// `static-challenge` of a client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaticChallenge {
    /// What the user is asked.
    pub text: Text<'static>,
    /// Whether his input may be shown.
    pub echo: bool,
    /// Whether the response is put behind the password, since 2.7.
    pub concat: bool,
    /// The right response.
    pub response: Secret,
}

/// A challenge by `CRV1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DynamicChallenge {
    /// `R,E`: response needed, echo.
    pub flags: Text<'static>,
    /// Names the exchange; no colon.
    pub state_id: Text<'static>,
    /// What the user is asked.
    pub text: Text<'static>,
    /// The right response.
    pub response: Secret,
}

/// What a server asks in a pending authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PendingAuth {
    /// `CR_TEXT:R,E:…`, `WEB_AUTH::https://…`.
    pub extra: Text<'static>,
    /// Seconds for the answer.
    pub timeout: u32,
    /// The right `cr-response`, in base64; `None`: the server lets in after a while by itself.
    pub response: Option<Secret>,
}
