//! Commands of a client daemon, and the answers to what any daemon asks.

use super::commands::Args;
use super::prompt::{Prompt, What};
use super::store::Store;
use super::text::TextCommand;
use super::{Edition, Mode};
use crate::openvpn::wire::atoi;

impl Store {
    pub(super) fn dispatch_local(&mut self, word: &[u8], args: Args<'_>, line: &[u8]) {
        let edition = self.edition();
        let client = self.live && !self.is_server();
        match word {
            b"username" | b"needok" | b"needstr" => {
                let word = str::from_utf8(word).unwrap_or_default();
                if self.needs(word, args, 2, false) {
                    self.give_text(word, &args[0], &args[1]);
                }
            }
            b"password" if args.len() == 1 && self.takes_long_passwords() => {
                if self.wants(&args[0], "password") {
                    self.take_text(TextCommand::Password, b"password [...]");
                } else {
                    self.refuse(&args[0], "password");
                }
            }
            b"password" => {
                if self.needs("password", args, 2, false) {
                    self.give_text("password", &args[0], &args[1]);
                }
            }
            b"rsa-sig" => self.signature("rsa-sig", line),
            b"pk-sig" if edition > Edition::V24 => self.signature("pk-sig", line),
            b"certificate" => {
                if matches!(self.prompt, Some(Prompt::Certificate(_))) {
                    self.take_text(TextCommand::Certificate, line);
                } else {
                    self.error("The certificate command is not currently available");
                }
            }
            b"cr-response" if edition > Edition::V24 => {
                if !self.needs("cr-response", args, 1, false) {
                    return;
                }
                if !client {
                    return self.unsupported("cr-repsonse"); // so it is spelt
                }
                let done = self.respond(&args[0]);
                if done { self.success("command succeeded") } else { self.error("command failed") }
            }
            b"remote" | b"proxy" => {
                let word = if word == b"remote" { "remote" } else { "proxy" };
                if !self.needs(word, args, 1, true) {
                    return;
                }
                if !client {
                    return self.unsupported(word);
                }
                if word == "remote" { self.remote_command(args) } else { self.proxy_command(args) }
            }
            b"remote-entry-count" | b"remote-entry-get" if edition >= Edition::V26 => {
                self.remote_entries(word == b"remote-entry-get", args, client);
            }
            _ => self.unknown(word),
        }
    }

    fn takes_long_passwords(&self) -> bool {
        self.edition() >= Edition::Next && self.settings.announced >= 5
    }

    fn signature(&mut self, word: &str, line: &[u8]) {
        if matches!(self.prompt, Some(Prompt::Sign(_))) {
            self.take_text(TextCommand::Signature, line);
        } else {
            self.error(format!("The {word} command is not currently available"));
        }
    }

    fn give_text(&mut self, word: &str, kind: &[u8], value: &[u8]) {
        let what = match word {
            "needok" => "needok-confirmation",
            "needstr" => "needstr-string",
            word => word,
        };
        if self.wants(kind, what) {
            self.give(kind, what, value.to_vec());
        } else {
            self.refuse(kind, what);
        }
    }

    /// The name of what is asked now, if this could answer it.
    fn asked(&self, what: &str) -> Option<Vec<u8>> {
        let (name, takes) = match self.prompt.as_ref()? {
            Prompt::Login { kind, what: parts, .. } => (
                kind,
                what == "username" && *parts != What::Password
                    || what == "password" && *parts != What::Username,
            ),
            Prompt::NeedOk { name, .. } => (name, what == "needok-confirmation"),
            Prompt::NeedStr { name, .. } => (name, what == "needstr-string"),
            _ => return None,
        };
        takes.then(|| name.to_vec())
    }

    fn wants(&self, kind: &[u8], what: &str) -> bool {
        self.asked(what).is_some_and(|asked| asked == kind)
    }

    fn refuse(&mut self, kind: &[u8], what: &str) {
        match self.asked(what) {
            None => self.error(format!("no {what} is currently needed at this time")),
            Some(asked) => self.error(
                [
                    what.as_bytes(),
                    b" of type '",
                    kind,
                    b"' entered, but we need one of type '",
                    &asked,
                    b"'",
                ]
                .concat(),
            ),
        }
    }

    /// Takes an answer, or a part of one.
    pub(super) fn give(&mut self, kind: &[u8], what: &str, value: Vec<u8>) {
        let text = [b"'", kind, b"' ", what.as_bytes(), b" entered, but not yet verified"].concat();
        self.success(text);
        let whole = match &mut self.prompt {
            Some(Prompt::Login { what: parts, username, password, .. }) => {
                *(if what == "username" { &mut *username } else { &mut *password }) = Some(value);
                match parts {
                    What::Password => password.is_some(),
                    What::Username => username.is_some(),
                    What::Both => username.is_some() && password.is_some(),
                }
            }
            _ => true,
        };
        if whole {
            self.answered();
        }
    }

    fn remote_command(&mut self, args: Args<'_>) {
        let Some(Prompt::Remote(index)) = self.prompt else {
            return self.outcome("remote", false);
        };
        let done = match (args[0].as_slice(), args.get(1), args.get(2)) {
            (b"ACCEPT", ..) => true,
            (b"SKIP", count, _) => {
                let count = match count.filter(|_| self.edition() >= Edition::V26) {
                    Some(count) => atoi(count),
                    None => 1,
                };
                if count > 0 {
                    self.walk.skip(index, count, self.remotes());
                }
                count > 0
            }
            (b"MOD", Some(host), Some(port)) if host.len() < 80 && port.len() < 20 => {
                self.walk.modified = Some((host.clone().into(), port.clone().into()));
                true
            }
            _ => false,
        };
        self.outcome("remote", done);
        if done {
            self.answered();
        }
    }

    fn proxy_command(&mut self, args: Args<'_>) {
        let Some(Prompt::Proxy(index)) = self.prompt else {
            return self.outcome("proxy", false);
        };
        let (done, answered) = match (args[0].as_slice(), args.len()) {
            (b"NONE", _) | (b"SOCKS", 3..) => (true, true),
            (b"HTTP", 3..) => (self.remote(index).is_tcp(), true), // a failure counts too
            _ => (false, false),
        };
        self.outcome("proxy", done);
        if answered {
            self.answered();
        }
    }

    fn remote_entries(&mut self, get: bool, args: Args<'_>, client: bool) {
        let word = if get { "remote-entry-get" } else { "remote-entry-count" };
        if get && !self.needs(word, args, 1, true) {
            return;
        }
        if !client {
            return self.unsupported(word);
        }
        let count = self.remotes();
        if !get {
            self.reply(count.to_string());
            return self.reply("END");
        }
        let place = |text: &[u8]| usize::try_from(atoi(text)).unwrap_or(usize::MAX);
        let (from, to) = match (args[0].as_slice(), args.get(1)) {
            (b"all", _) => (0, count),
            (from, None) => (place(from), place(from).saturating_add(1)),
            (from, Some(to)) => (place(from), place(to)),
        };
        for index in from..to.min(count) {
            let remote = self.remote(index);
            let line = [
                index.to_string().as_bytes(),
                b",",
                &remote.host[..],
                b",",
                &remote.port[..],
                b",",
                &remote.protocol[..],
                b",enabled",
            ]
            .concat();
            self.reply(line);
        }
        self.reply("END");
    }

    fn respond(&mut self, response: &[u8]) -> bool {
        let Mode::Client(client) = &self.setup.mode else { return false };
        let right = client.pending.as_ref().is_some_and(|pending| {
            pending.response.as_ref().is_none_or(|right| *right == response.into())
        });
        if self.walk.is_pending() {
            self.respond_pending(right);
        }
        true
    }
}
