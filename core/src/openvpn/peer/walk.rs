//! How a daemon comes up, and what signals and refusals do to it.
//!
//! ```text
//!  hold ─► login ─► key ─► certificate ─► needs ─► REMOTE ─► PROXY ─► RESOLVE ─► TCP_CONNECT
//!    ▲     (asked, where the setup wants it)                                        │
//!    │                                                                              ▼
//!    └── RECONNECTING ◄── refused ── verify ◄─ GET_CONFIG ◄─ AUTH_PENDING ◄─ AUTH ◄─ WAIT
//!                                      └─► ASSIGN_IP ─► ADD_ROUTES ─► CONNECTED
//! ```
//!
//! A server goes from the hold to CONNECTED at once.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::agenda::Due;
use super::local::{ClientSide, Login, RemoteServer};
use super::prompt::{Prompt, What};
use super::store::Store;
use super::{Edition, Mode};
use crate::openvpn::{Secret, Text};

/// What a client signs: the octets do not matter here.
const TO_SIGN: &str = "ICAgICAgICAgICAgICAgIFRMUyAxLjMsIGNsaWVudCBDZXJ0aWZpY2F0ZVZlcmlmeQA=";

/// The address that every name has.
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));

/// The next thing on a daemon's way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Place {
    #[default]
    Login,
    Key,
    Certificate,
    NeedOk,
    NeedStr,
    Remote,
    Proxy,
    Resolve,
    Tcp,
    Wait,
    Auth,
    Sign,
    Pending,
    /// A pending authentication is being answered.
    Pends,
    Config,
    Verify,
    Assign,
    Routes,
    Connect,
    Connected,
}

/// Where a daemon is on its way.
#[derive(Debug, Default)]
pub(super) struct Walk {
    place: Place,
    restarts: u64,
    index: usize,
    skipped: bool,
    /// Through `remote MOD`.
    pub(super) modified: Option<(Text<'static>, Text<'static>)>,
    /// The login as it was given.
    login: Option<(Vec<u8>, Secret)>,
    /// Whether the dynamic challenge was put.
    challenged: bool,
    key: bool,
    certificate: bool,
    needs: (bool, bool),
    /// Octets since counters were told last.
    pub(super) moved: bool,
}

impl Walk {
    /// The remote so many places on, the first behind the last.
    pub(super) fn skip(&mut self, index: usize, count: i64, remotes: usize) {
        let count = usize::try_from(count).unwrap_or(0) % remotes.max(1);
        self.index = (index + count) % remotes.max(1);
        self.skipped = true;
    }

    pub(super) fn is_pending(&self) -> bool {
        self.place == Place::Pends
    }
}

impl Store {
    fn local(&self) -> Option<&ClientSide> {
        match &self.setup.mode {
            Mode::Client(client) => Some(client),
            Mode::Server(_) => None,
        }
    }

    pub(super) fn remotes(&self) -> usize {
        self.local().map_or(0, |client| client.remotes.len()).max(1)
    }

    pub(super) fn remote(&self, index: usize) -> RemoteServer {
        let remotes = self.local().map(|client| client.remotes.as_slice()).unwrap_or_default();
        remotes
            .get(index)
            .cloned()
            .unwrap_or_else(|| RemoteServer::new("vpn.example.net", "1194", "udp"))
    }

    /// The daemon begins, or begins again: it holds, or goes on.
    pub(super) fn begin(&mut self) {
        self.walk.place = Place::Login;
        if self.settings.hold {
            let seconds = self.walk.restarts.min(1);
            self.ask(Prompt::Hold(seconds));
        } else if self.is_server() {
            self.step(); // a server without a hold is up at once
        } else {
            self.after(Duration::ZERO, Due::Step);
        }
    }

    /// What was asked is answered: the daemon goes on.
    pub(super) fn answered(&mut self) {
        let next = match self.prompt.take() {
            Some(Prompt::Login { kind, username, password, .. }) => {
                let password = password.unwrap_or_default().into();
                if kind.octets() == "Private Key" {
                    let right = self.local().and_then(|client| client.private_key.as_ref());
                    if right.is_some_and(|right| *right != password) {
                        self.notify(b">PASSWORD:Verification Failed: 'Private Key'");
                        self.log("W", "Cannot load private key file client.key");
                        return self.fatal("Error: private key password verification failed");
                    }
                    self.walk.key = true;
                    Place::Certificate
                } else {
                    self.walk.login = Some((username.unwrap_or_default(), password));
                    Place::Key
                }
            }
            Some(Prompt::Certificate(_)) => {
                self.walk.certificate = true;
                Place::NeedOk
            }
            Some(Prompt::NeedOk { .. }) => {
                self.walk.needs.0 = true;
                Place::NeedStr
            }
            Some(Prompt::NeedStr { .. }) => {
                self.walk.needs.1 = true;
                Place::Remote
            }
            Some(Prompt::Remote(_)) if std::mem::take(&mut self.walk.skipped) => Place::Remote,
            Some(Prompt::Remote(_)) => Place::Resolve,
            Some(Prompt::Proxy(_)) => Place::Resolve,
            Some(Prompt::Sign(_)) => Place::Pending,
            Some(Prompt::Hold(_)) | None => Place::Login,
        };
        self.walk.place = next;
        self.after(Duration::ZERO, Due::Step);
    }

    /// The signature is there.
    pub(super) fn signed(&mut self, good: bool) {
        if good {
            self.answered();
        } else {
            self.prompt = None;
            self.reconnect("tls-error");
        }
    }

    /// The daemon takes its next steps, until it asks or waits.
    pub(super) fn step(&mut self) {
        if let Mode::Server(server) = &self.setup.mode {
            let (tunnel, port, local) = (server.tunnel_ipv4.0, server.port, server.local);
            let ipv6 = server.tunnel_ipv6.map(|ip| format!(",{ip}")).unwrap_or_default();
            self.live = true;
            self.state("ASSIGN_IP", "", &format!(",{tunnel},,,,{ipv6}"));
            self.state("CONNECTED", "SUCCESS", &format!(",{tunnel},,,{local},{port}{ipv6}"));
            return;
        }
        let Some(client) = self.local().cloned() else { return };
        loop {
            let (next, wait) = match self.walk.place {
                Place::Login => match &client.login {
                    Some(login) if self.walk.login.is_none() => return self.ask_login(login),
                    _ => (Place::Key, false),
                },
                Place::Key if client.private_key.is_some() && !self.walk.key => {
                    return self.ask(Prompt::login("Private Key".into(), What::Password, vec![]));
                }
                Place::Key => (Place::Certificate, false),
                Place::Certificate => match &client.certificate_hint {
                    Some(hint) if !self.walk.certificate => {
                        return self.ask(Prompt::Certificate(hint.clone()));
                    }
                    _ => (Place::NeedOk, false),
                },
                Place::NeedOk => match client.need_ok.clone() {
                    Some((name, message)) if !self.walk.needs.0 => {
                        return self.ask(Prompt::NeedOk { name, message });
                    }
                    _ => (Place::NeedStr, false),
                },
                Place::NeedStr => match client.need_str.clone() {
                    Some((name, message)) if !self.walk.needs.1 => {
                        return self.ask(Prompt::NeedStr { name, message });
                    }
                    _ => (Place::Remote, false),
                },
                Place::Remote => {
                    self.live = true;
                    if client.query_remote {
                        return self.ask(Prompt::Remote(self.walk.index));
                    }
                    (Place::Proxy, false)
                }
                Place::Proxy if client.query_proxy => {
                    return self.ask(Prompt::Proxy(self.walk.index));
                }
                Place::Proxy => (Place::Resolve, false),
                Place::Resolve => match self.target().0.parse::<IpAddr>() {
                    Ok(_) => (Place::Tcp, false),
                    Err(_) => self.passes("RESOLVE", Place::Tcp),
                },
                Place::Tcp if self.remote(self.walk.index).is_tcp() => {
                    self.passes("TCP_CONNECT", Place::Wait)
                }
                Place::Tcp => (Place::Wait, false),
                Place::Wait => self.passes("WAIT", Place::Auth),
                Place::Auth => self.passes("AUTH", Place::Sign),
                Place::Sign if client.external_key => return self.ask(Prompt::Sign(TO_SIGN)),
                Place::Sign => (Place::Pending, false),
                Place::Pending => {
                    if let Some(pending) = &client.pending {
                        self.state("AUTH_PENDING", &format!("timeout {}", pending.timeout), "");
                        self.notify(&[b">INFOMSG:", &pending.extra[..]].concat());
                        self.walk.place = Place::Pends;
                        let wait = match pending.response {
                            Some(_) => Duration::from_secs(pending.timeout.into()),
                            None => self.setup.timers.response,
                        };
                        return self.after(wait, Due::Step);
                    }
                    (Place::Config, false)
                }
                Place::Pends => {
                    let answers = client.pending.as_ref().is_some_and(|it| it.response.is_some());
                    if answers {
                        return self.refused(None); // the time is up
                    }
                    (Place::Config, false)
                }
                Place::Config => self.passes("GET_CONFIG", Place::Verify),
                Place::Verify => match client.login.as_ref().map(|login| self.verify(login)) {
                    Some(Err(reason)) => return self.refused(reason),
                    _ => (Place::Assign, false),
                },
                Place::Assign => {
                    self.assign(&client);
                    (Place::Routes, true)
                }
                Place::Routes => self.passes("ADD_ROUTES", Place::Connect),
                Place::Connect => {
                    self.connected(&client);
                    (Place::Connected, false)
                }
                Place::Connected => {
                    self.totals.0 = self.totals.0.saturating_add(client.traffic.0);
                    self.totals.1 = self.totals.1.saturating_add(client.traffic.1);
                    self.walk.moved = client.traffic != (0, 0);
                    return self.after(Duration::from_secs(1), Due::Step);
                }
            };
            self.walk.place = next;
            if wait {
                return self.after(self.setup.timers.step, Due::Step);
            }
        }
    }

    fn passes(&mut self, state: &str, next: Place) -> (Place, bool) {
        self.state(state, "", "");
        (next, true)
    }

    fn ask_login(&mut self, login: &Login) {
        let only =
            login.username_only && self.edition() >= Edition::Next && self.settings.announced >= 4;
        let what = if only { What::Username } else { What::Both };
        let challenge = login.static_challenge.as_ref().map_or_else(Vec::new, |challenge| {
            let concat = challenge.concat && self.edition() >= Edition::V27;
            let flags = u8::from(challenge.echo) | u8::from(concat) << 1;
            [format!(" SC:{flags},").as_bytes(), &challenge.text].concat()
        });
        self.ask(Prompt::login("Auth".into(), what, challenge));
    }

    /// Whether the server takes the login; else the reason that it gives.
    fn verify(&mut self, login: &Login) -> Result<(), Option<Vec<u8>>> {
        let Some((username, password)) = &self.walk.login else { return Ok(()) };
        let refusal = || Err(login.refusal.as_ref().map(|text| text.to_vec()));
        if let Some(dynamic) = &login.dynamic_challenge {
            if self.walk.challenged {
                let right =
                    [b"CRV1::", &dynamic.state_id[..], b"::", dynamic.response.expose()].concat();
                return if *password == right.into() { Ok(()) } else { refusal() };
            }
            let user = STANDARD.encode(username);
            let reason = [
                b"CRV1:",
                &dynamic.flags[..],
                b":",
                &dynamic.state_id[..],
                b":",
                user.as_bytes(),
                b":",
                &dynamic.text[..],
            ]
            .concat();
            self.walk.challenged = true;
            return Err(Some(reason));
        }
        let name = login.username.as_ref().is_none_or(|right| right[..] == username[..]);
        let secret = match (&login.static_challenge, &login.password) {
            (None, None) => true,
            (None, Some(right)) => right == password,
            (Some(challenge), right) => {
                let response = challenge.response.expose();
                let first = right.as_ref().map(Secret::expose);
                if challenge.concat && self.setup.edition >= Edition::V27 {
                    first.is_none_or(|first| *password == [first, response].concat().into())
                } else {
                    let text = password.expose();
                    let parts = text.strip_prefix(b"SCRV1:").unwrap_or_default();
                    let mut parts =
                        parts.split(|octet| *octet == b':').map(|it| STANDARD.decode(it));
                    let mut part = || parts.next().and_then(Result::ok);
                    let (given, answer) = (part(), part());
                    given.is_some_and(|given| first.is_none_or(|first| first == given))
                        && answer.is_some_and(|answer| answer == response)
                }
            }
        };
        if name && secret { Ok(()) } else { refusal() }
    }

    /// The server refused the login.
    fn refused(&mut self, reason: Option<Vec<u8>>) {
        let reason = reason.map(|it| [b" ['", &it[..], b"']"].concat()).unwrap_or_default();
        self.notify(&[b">PASSWORD:Verification Failed: 'Auth'", &reason[..]].concat());
        match self.settings.auth_retry {
            "none" => {
                self.state("EXITING", "auth-failure", "");
                self.end();
            }
            mode => {
                if mode == "interact" {
                    self.walk.login = None;
                }
                self.reconnect("auth-failure");
            }
        }
    }

    /// A pending authentication was answered.
    pub(super) fn respond_pending(&mut self, right: bool) {
        if right {
            self.walk.place = Place::Config;
            self.after(Duration::ZERO, Due::Step);
        } else {
            self.agenda.clear(Due::Step);
            self.refused(None);
        }
    }

    fn assign(&mut self, client: &ClientSide) {
        if let Some(token) = &client.token {
            self.notify(&[b">PASSWORD:Auth-Token:", token.expose()].concat());
        }
        for text in &client.echoes {
            self.echo(text);
        }
        let ipv6 = client.tunnel_ipv6.map(|ip| format!(",{ip}")).unwrap_or_default();
        self.state("ASSIGN_IP", "", &format!(",{},,,,{ipv6}", client.tunnel_ipv4));
        if client.up_down {
            self.up_down("UP", client);
        }
    }

    fn up_down(&mut self, what: &str, client: &ClientSide) {
        let host = self.address();
        let lines = [
            format!(">UPDOWN:{what}"),
            format!(">UPDOWN:ENV,daemon_pid={}", self.pid),
            ">UPDOWN:ENV,dev=tun0".into(),
            format!(">UPDOWN:ENV,ifconfig_local={}", client.tunnel_ipv4),
            format!(">UPDOWN:ENV,trusted_ip={host}"),
            ">UPDOWN:ENV,END".into(),
        ];
        self.notify_all(&lines.each_ref().map(|line| line.as_bytes()));
    }

    fn connected(&mut self, client: &ClientSide) {
        let (host, (_, port)) = (self.address(), self.target());
        let port: u16 = port.parse().unwrap_or(1194);
        let tcp = self.remote(self.walk.index).is_tcp();
        let local = if tcp { "192.0.2.2,53064" } else { "," };
        let ipv6 = client.tunnel_ipv6.map(|ip| format!(",{ip}")).unwrap_or_default();
        let addresses = format!(",{},{host},{port},{local}{ipv6}", client.tunnel_ipv4);
        self.state("CONNECTED", "SUCCESS", &addresses);
        self.totals.0 = self.totals.0.saturating_add(2254);
        self.totals.1 = self.totals.1.saturating_add(2129);
    }

    /// The address of the present attempt; every name has the same.
    fn address(&self) -> IpAddr {
        self.target().0.parse().unwrap_or(ELSEWHERE)
    }

    /// Host and port of the present attempt.
    fn target(&self) -> (String, String) {
        let remote = self.remote(self.walk.index);
        let (host, port) =
            self.walk.modified.as_ref().unwrap_or(&(remote.host, remote.port)).clone();
        let text = |text: Text<'_>| String::from_utf8_lossy(&text).into_owned();
        (text(host), text(port))
    }

    // ---- the ways back ----

    /// The tunnel goes down, to come up again after a while.
    pub(super) fn reconnect(&mut self, why: &str) {
        let was_up = matches!(self.walk.place, Place::Connected | Place::Connect | Place::Routes);
        if let Some(client) = self.local().filter(|it| it.up_down && was_up).cloned() {
            self.up_down("DOWN", &client);
        }
        if self.is_server() {
            for cid in self.members.ids(|_| true) {
                self.leave_client(cid);
            }
        }
        self.state("RECONNECTING", why, "");
        self.live = false;
        self.walk.restarts = self.walk.restarts.saturating_add(1);
        self.walk.modified = None;
        self.agenda.clear(Due::Step);
        self.after(self.setup.timers.restart, Due::Begin);
    }

    pub(super) fn fatal(&mut self, why: &str) {
        self.log("F", why);
        self.notify(format!(">FATAL:{why}").as_bytes());
        self.end();
    }

    pub(super) fn signal(&mut self, name: &[u8]) {
        let name = match name {
            b"SIGHUP" => "SIGHUP",
            b"SIGTERM" => "SIGTERM",
            b"SIGUSR1" => "SIGUSR1",
            b"SIGUSR2" => "SIGUSR2",
            other => {
                let text = [b"signal '", other, b"' is not a known signal type"].concat();
                return self.error(text);
            }
        };
        let restart = matches!(name, "SIGHUP" | "SIGUSR1");
        match &self.prompt {
            Some(Prompt::Hold(_)) if restart => {
                self.error(format!("signal '{name}' is currently ignored"));
                return self.repeat_prompt();
            }
            Some(Prompt::Login { kind, .. }) => {
                let kind = kind.octets().lossy().into_owned();
                self.success(format!("signal {name} thrown"));
                return self.fatal(&format!(
                    "ERROR: could not read {kind} username/password/ok/string from management \
                     interface"
                ));
            }
            _ => {}
        }
        self.success(format!("signal {name} thrown"));
        self.raise(name);
    }

    /// A signal reaches the daemon.
    pub(super) fn raise(&mut self, name: &str) {
        match name {
            "SIGTERM" => {
                self.state("EXITING", name, "");
                self.end();
            }
            "SIGUSR2" => self.log("", "OpenVPN STATISTICS"),
            _ => {
                self.prompt = None;
                self.reconnect(name);
            }
        }
    }
}
