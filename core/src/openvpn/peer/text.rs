//! Text input: what stands between a header that was accepted and its `END`.

use super::prompt::{Prompt, What};
use super::store::Store;
use crate::openvpn::Text;

/// A text that is being sent.
pub(super) struct TextInput {
    pub(super) command: TextCommand,
    pub(super) header: Vec<u8>,
    pub(super) lines: Vec<Vec<u8>>,
    octets: usize,
    /// Whether more came than is kept.
    too_long: bool,
}

/// What a text is for.
pub(super) enum TextCommand {
    ClientAuth { cid: u64, kid: u64 },
    ClientPf { cid: u64 },
    Signature,
    Certificate,
    Password,
}

/// The longest signature and certificate, in octets.
const SIGNATURE: usize = 2048;
const CERTIFICATE: usize = 10_000;

impl Store {
    /// The header was accepted: what follows is text.
    pub(super) fn take_text(&mut self, command: TextCommand, header: &[u8]) {
        if let Some(seat) = &mut self.seat {
            let header = header.to_vec();
            let text = TextInput { command, header, lines: Vec::new(), octets: 0, too_long: false };
            seat.text = Some(text);
        }
    }

    /// A line of a text. `true`: it was its `END`, and the text is in the seat no more.
    pub(super) fn text_line(&mut self, line: Vec<u8>) -> Option<TextInput> {
        let most = self.setup.bounds.text;
        let seat = self.seat.as_mut()?;
        let text = seat.text.as_mut()?;
        if line == b"END" {
            return seat.text.take();
        }
        text.octets += line.len() + 1;
        if text.octets > most {
            text.too_long = true;
        } else {
            text.lines.push(line);
        }
        None
    }

    /// The whole text is there.
    pub(super) fn run_text(&mut self, text: TextInput) {
        let octets = text.octets;
        match text.command {
            TextCommand::ClientAuth { cid, kid } => {
                let done = !text.too_long && self.allow(cid, kid, &text.lines);
                self.outcome("client-auth", done);
            }
            TextCommand::ClientPf { cid } => {
                let done = self.members.get(cid).is_some();
                self.outcome("client-pf", done);
            }
            TextCommand::Signature => {
                let word = if self.settings.announced > 1 { "pk-sign" } else { "rsa-sign" };
                let open = matches!(self.prompt, Some(Prompt::Sign(_)));
                self.outcome(word, open && octets <= SIGNATURE);
                if open {
                    let signed = octets <= SIGNATURE && text.lines.iter().any(|it| !it.is_empty());
                    self.signed(signed);
                }
            }
            TextCommand::Certificate => {
                let open = matches!(self.prompt, Some(Prompt::Certificate(_)));
                self.outcome("certificate", open && octets <= CERTIFICATE);
                if open {
                    self.answered();
                }
            }
            TextCommand::Password => self.text_password(&text.lines.concat()),
        }
    }

    fn text_password(&mut self, base64: &[u8]) {
        use base64::Engine;
        let decoded = base64::engine::general_purpose::STANDARD.decode(base64);
        let Ok(value) = decoded else {
            return self.error("password could not be decoded");
        };
        if value.len() > 127 {
            return self.error("password too long");
        }
        let Some(Prompt::Login { kind, what, .. }) = &self.prompt else {
            return self.error("no password is currently needed at this time");
        };
        let kind = kind.clone();
        if *what == What::Username {
            return self.error("no password is currently needed at this time");
        }
        self.give(&kind, "password", value);
    }

    /// `… command succeeded` or `… command failed`.
    pub(super) fn outcome(&mut self, word: &str, done: bool) {
        if done {
            self.success(format!("{word} command succeeded"));
        } else {
            self.error(format!("{word} command failed"));
        }
    }
}

/// `push "…"` and the like: the words of a directive that matter to a listing.
pub(super) fn words(line: &[u8]) -> Vec<Text<'static>> {
    let words = crate::openvpn::lexer::arguments(line).unwrap_or_default();
    words.into_iter().map(Text::from).collect()
}
