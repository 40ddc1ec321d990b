//! The one question that a daemon waits to have answered.

use super::store::Store;
use crate::openvpn::Text;

/// What is asked. It is repeated to each new connection until it is answered.
#[derive(Clone, Debug)]
pub(super) enum Prompt {
    /// `>HOLD`, with the seconds that it would have waited by itself.
    Hold(u64),
    /// `>PASSWORD:Need`.
    Login {
        kind: Text<'static>,
        what: What,
        /// ` SC:…`, or nothing.
        challenge: Vec<u8>,
        username: Option<Vec<u8>>,
        password: Option<Vec<u8>>,
    },
    /// `>NEED-OK`.
    NeedOk { name: Text<'static>, message: Text<'static> },
    /// `>NEED-STR`.
    NeedStr { name: Text<'static>, message: Text<'static> },
    /// `>NEED-CERTIFICATE`.
    Certificate(Text<'static>),
    /// `>RSA_SIGN` or `>PK_SIGN`, by the version that was announced.
    Sign(&'static str),
    /// `>REMOTE`: which one of the list.
    Remote(usize),
    /// `>PROXY`.
    Proxy(usize),
}

/// Which parts of a login are asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Password,
    Both,
    Username,
}

impl What {
    const fn words(self) -> &'static str {
        match self {
            Self::Password => "password",
            Self::Both => "username/password",
            Self::Username => "username",
        }
    }
}

impl Prompt {
    pub(super) const fn login(kind: Text<'static>, what: What, challenge: Vec<u8>) -> Self {
        Self::Login { kind, what, challenge, username: None, password: None }
    }
}

impl Store {
    /// Asks, and waits.
    pub(super) fn ask(&mut self, prompt: Prompt) {
        self.prompt = Some(prompt);
        self.repeat_prompt();
    }

    /// Asks again what is open.
    pub(super) fn repeat_prompt(&mut self) {
        if let Some(prompt) = self.prompt.clone() {
            let line = self.prompt_line(&prompt);
            self.notify(&line);
        }
    }

    fn prompt_line(&self, prompt: &Prompt) -> Vec<u8> {
        match prompt {
            Prompt::Hold(seconds) => {
                format!(">HOLD:Waiting for hold release:{seconds}").into_bytes()
            }
            Prompt::Login { kind, what, challenge, .. } => {
                [b">PASSWORD:Need '", &kind[..], b"' ", what.words().as_bytes(), challenge].concat()
            }
            Prompt::NeedOk { name, message } => {
                [b">NEED-OK:Need '", &name[..], b"' confirmation MSG:", message].concat()
            }
            Prompt::NeedStr { name, message } => {
                [b">NEED-STR:Need '", &name[..], b"' input MSG:", message].concat()
            }
            Prompt::Certificate(hint) => [b">NEED-CERTIFICATE:", &hint[..]].concat(),
            Prompt::Sign(data) => match self.settings.announced {
                ..=1 => format!(">RSA_SIGN:{data}"),
                2 => format!(">PK_SIGN:{data}"),
                _ => format!(
                    ">PK_SIGN:{data},RSA_PKCS1_PSS_PADDING,hashalg=SHA256,saltlen=digest,\
                     data=message"
                ),
            }
            .into_bytes(),
            Prompt::Remote(index) => {
                let remote = self.remote(*index);
                [b">REMOTE:", &remote.host[..], b",", &remote.port, b",", &remote.protocol].concat()
            }
            Prompt::Proxy(index) => {
                let remote = self.remote(*index);
                let transport = if remote.is_tcp() { "TCP" } else { "UDP" };
                let start = format!(">PROXY:{},{transport},", index + 1);
                [start.as_bytes(), &remote.host].concat()
            }
        }
    }
}
