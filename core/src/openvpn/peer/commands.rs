//! Lines in: the management password, commands, and those that any daemon has.

use super::prompt::Prompt;
use super::seat::{Phase, Served};
use super::store::Store;
use super::{Edition, help};
use crate::openvpn::lexer::{LexError, MAX_ARGUMENT, arguments};
use crate::openvpn::wire::{PASSWORD_ACCEPTED, PASSWORD_PROMPT, atoi};

/// Wrong passwords before the daemon hangs up.
const ATTEMPTS: u8 = 3;

/// What stands behind a command word.
pub(super) type Args<'a> = &'a [Vec<u8>];

impl Store {
    /// Runs the lines that wait, as long as there is room for their replies.
    pub(super) fn run(&mut self, number: u64) {
        loop {
            let bound = self.setup.bounds.output;
            let Some(seat) = self.seat.as_mut().filter(|seat| seat.number == number) else {
                return;
            };
            if seat.waiting >= bound {
                return;
            }
            if let Some((next, end)) = seat.test {
                if seat.waiting < 65_536 {
                    test_lines(seat, next, end);
                    continue;
                }
                return;
            }
            let Some(line) = seat.next_line() else { return };
            match seat.phase {
                Phase::Locked(wrong) => self.login(wrong, &line),
                Phase::Ready => self.line(line),
            }
        }
    }

    fn login(&mut self, wrong: u8, line: &[u8]) {
        let right = self.setup.password.as_ref().is_some_and(|it| *it == line.into());
        let Some(seat) = &mut self.seat else { return };
        seat.served.push_back(Served::Password { right });
        if right {
            seat.phase = Phase::Ready;
            seat.push(None, PASSWORD_ACCEPTED);
            seat.push(None, b"\r\n");
            self.greet();
        } else if wrong + 1 == ATTEMPTS {
            seat.close();
        } else {
            seat.phase = Phase::Locked(wrong + 1);
            seat.push(None, PASSWORD_PROMPT);
        }
    }

    fn line(&mut self, line: Vec<u8>) {
        if self.seat.as_ref().is_some_and(|seat| seat.text.is_some()) {
            if let Some(text) = self.text_line(line) {
                self.open_draft();
                let header = text.header.clone();
                self.run_text(text);
                let word = header.split(|octet| *octet == b' ').next().unwrap_or_default().to_vec();
                self.close_draft(header, &word);
            }
            return;
        }
        self.open_draft();
        let words = arguments(&line);
        let shown = match &words {
            Ok(words) if words.first().is_some_and(|word| word == b"password") => {
                b"password [...]".to_vec()
            }
            _ => line.clone(),
        };
        match words {
            Err(why) => self.error(complaint(why, &line)),
            Ok(words) => {
                if self.settings.verb >= 3 && line != b"load-stats" {
                    let text = [b"MANAGEMENT: CMD '", &shown[..], b"'"].concat();
                    self.log("D", text);
                }
                if let Some((word, args)) = words.split_first() {
                    self.dispatch(word, args, &line);
                }
                let word = words.first().map(Vec::as_slice).unwrap_or_default();
                self.close_draft(shown, word);
                return;
            }
        }
        self.close_draft(shown, b"");
    }

    /// `true`, or a complaint about too few parameters.
    pub(super) fn needs(&mut self, word: &str, args: Args<'_>, count: usize, least: bool) -> bool {
        if args.len() >= count {
            return true;
        }
        let at_least = if least { "at least " } else { "" };
        let plural = if count == 1 { "" } else { "s" };
        self.error(format!("the '{word}' command requires {at_least}{count} parameter{plural}"));
        false
    }

    pub(super) fn unsupported(&mut self, word: &str) {
        self.error(format!("The '{word}' command is not supported by the current daemon mode"));
    }

    pub(super) fn unknown(&mut self, word: &[u8]) {
        let mut text = b"unknown command".to_vec();
        if self.edition() >= Edition::V27 {
            text = [&text[..], b" [", word, b"]"].concat();
        }
        self.error([&text[..], b", enter 'help' for more options"].concat());
    }

    fn dispatch(&mut self, word: &[u8], args: Args<'_>, line: &[u8]) {
        match word {
            b"help" => {
                let text = help::text(self.edition());
                self.reply_octets(text.as_bytes());
            }
            b"exit" | b"quit" => {
                if let Some(seat) = &mut self.seat {
                    seat.hang_up();
                }
            }
            b"version" => self.version(args),
            b"pid" => self.success(format!("pid={}", self.pid)),
            b"load-stats" => {
                let (clients, (read, sent)) = (self.members.up(), self.totals);
                self.success(format!("nclients={clients},bytesin={read},bytesout={sent}"));
            }
            b"status" if !self.live => self.unsupported("status"),
            b"status" => {
                let format = args.first().map(|format| atoi(format));
                match self.listing(format) {
                    Some(text) => self.reply_octets(&text),
                    None => self.error("bad status format version number"),
                }
            }
            b"state" if args.is_empty() => self.history("state", b"1"),
            b"state" => args.iter().take(2).for_each(|arg| self.history("state", arg)),
            b"log" | b"echo" => {
                let word = if word == b"log" { "log" } else { "echo" };
                if self.needs(word, args, 1, true) {
                    args.iter().take(2).for_each(|arg| self.history(word, arg));
                }
            }
            b"bytecount" => {
                if self.needs("bytecount", args, 1, false) {
                    self.settings.bytecount = u64::try_from(atoi(&args[0])).unwrap_or(0);
                    self.agenda.clear(super::agenda::Due::ByteCount);
                    self.begin_bytecount();
                    self.success("bytecount interval changed");
                }
            }
            b"hold" => self.hold(args),
            b"verb" => match args.first().map(|level| atoi(level)) {
                None => self.success(format!("verb={}", self.settings.verb)),
                Some(level @ 0..=15) => {
                    self.settings.verb = level;
                    self.success("verb level changed");
                }
                Some(_) => self.error("verb level is out of range"),
            },
            b"mute" => match args.first().map(|level| atoi(level)) {
                None => self.success(format!("mute={}", self.settings.mute)),
                Some(level) if (0..=i64::from(i32::MAX)).contains(&level) => {
                    self.settings.mute = level;
                    self.success("mute level changed");
                }
                Some(_) => self.error("mute level is out of range"),
            },
            b"signal" => {
                if self.needs("signal", args, 1, false) {
                    self.signal(&args[0]);
                }
            }
            b"auth-retry" => self.auth_retry(args),
            b"forget-passwords" => self.success("Passwords were forgotten"),
            b"net" => {
                self.error("Sorry, this command is currently only implemented on Windows");
            }
            b"test" => {
                if self.needs("test", args, 1, false)
                    && let Ok(lines @ 1..) = u64::try_from(atoi(&args[0]).min(i32::MAX.into()))
                    && let Some(seat) = &mut self.seat
                {
                    seat.test = Some((0, lines));
                }
            }
            b"pkcs11-id-count" => self.reply(">PKCS11ID-COUNT:0"),
            b"pkcs11-id-get" => {
                if self.needs("pkcs11-id-get", args, 1, false) {
                    let index = atoi(&args[0]);
                    self.reply(format!(">PKCS11ID-ENTRY:'{index}'"));
                }
            }
            _ => self.dispatch_server(word, args, line),
        }
    }

    fn version(&mut self, args: Args<'_>) {
        let edition = self.edition();
        match args.first().filter(|_| edition > Edition::V24) {
            None => {
                let (title, management) = (edition.title(), edition.management());
                self.reply(format!("OpenVPN Version: {title}"));
                self.reply(format!("Management Version: {management}"));
                self.reply("END");
            }
            Some(number) => {
                let number = atoi(number);
                self.settings.announced = number;
                if edition >= Edition::Next && number >= 4 {
                    self.success(format!("Management client version set to {number}"));
                }
            }
        }
    }

    fn history(&mut self, word: &str, arg: &[u8]) {
        let count = match arg {
            b"on" | b"off" => {
                let on = arg == b"on";
                if let Some(seat) = &mut self.seat {
                    match word {
                        "state" => seat.state_on = on,
                        "log" => seat.log_on = on,
                        _ => seat.echo_on = on,
                    }
                }
                let state = if on { "ON" } else { "OFF" };
                return self.success(format!("real-time {word} notification set to {state}"));
            }
            b"all" => usize::MAX,
            number => match usize::try_from(atoi(number)) {
                Ok(count @ 1..) => count,
                _ => {
                    return self.error(format!(
                        "{word} parameter must be 'on' or 'off' or some number n or 'all'"
                    ));
                }
            },
        };
        let lines = match word {
            "state" => &self.states,
            "log" => &self.logs,
            _ => &self.echoes,
        };
        let mut text = Vec::new();
        for line in lines.iter().skip(lines.len().saturating_sub(count)) {
            text.extend_from_slice(line);
            text.extend_from_slice(b"\r\n");
        }
        text.extend_from_slice(b"END\r\n");
        self.reply_octets(&text);
    }

    fn hold(&mut self, args: Args<'_>) {
        match args.first().map(Vec::as_slice) {
            None => self.success(format!("hold={}", u8::from(self.settings.hold))),
            Some(b"on") => {
                self.settings.hold = true;
                self.success("hold flag set to ON");
            }
            Some(b"off") => {
                self.settings.hold = false;
                self.success("hold flag set to OFF");
            }
            Some(b"release") => {
                self.success("hold release succeeded");
                if matches!(self.prompt, Some(Prompt::Hold(_))) {
                    self.answered();
                }
            }
            Some(_) => self.error("bad hold command parameter"),
        }
    }

    fn auth_retry(&mut self, args: Args<'_>) {
        self.settings.auth_retry = match args.first().map(Vec::as_slice) {
            None => return self.success(format!("auth-retry={}", self.settings.auth_retry)),
            Some(b"none") => "none",
            Some(b"interact") => "interact",
            Some(b"nointeract") => "nointeract",
            Some(_) => {
                self.reply("--auth-retry method must be 'interact', 'nointeract', or 'none'");
                return self.error("bad auth-retry parameter");
            }
        };
        self.success("auth-retry parameter changed");
    }
}

/// Some lines of `test`.
fn test_lines(seat: &mut super::seat::Seat, next: u64, end: u64) {
    let until = end.min(next + 256);
    for number in next..until {
        let line = format!(
            "[{number}] The purpose of this command is to generate large amounts of output.\r\n"
        );
        seat.push(None, line.as_bytes());
    }
    seat.test = (until < end).then_some((until, end));
}

/// What the daemon says about a line that it cannot take apart.
fn complaint(why: LexError, line: &[u8]) -> Vec<u8> {
    let text = match why {
        LexError::Backslash => {
            "Options warning: Bad backslash ('\\') usage in TCP:0: remember that backslashes are \
             treated as shell-escapes and if you need to pass backslash characters as part of a \
             Windows filename, you should use double backslashes such as \
             \"c:\\\\openvpn\\\\static.key\""
        }
        LexError::Quote => "Options error: No closing quotation (\") in TCP:0",
        LexError::SingleQuote => "Options error: No closing single quotation (') in TCP:0",
        LexError::Residue => "Options error: Residual parse state (2) in TCP:0",
        LexError::TooLong => {
            // The daemon shows the parameter as far as it read it.
            let words = line.split(|octet| *octet == b' ');
            let long = words.max_by_key(|word| word.len()).unwrap_or_default();
            let shown = &long[..long.len().min(MAX_ARGUMENT)];
            let text = b"Options error: Parameter at TCP:0 is too long (256 chars max): ";
            return [&text[..], shown].concat();
        }
    };
    text.into()
}
