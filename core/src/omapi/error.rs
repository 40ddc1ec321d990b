//! What can become of a call.
//!
//! | the caller learns | variants |
//! |---|---|
//! | nothing was sent, the request was wrong | [`Error::Guarded`], [`Error::StaleHandle`] |
//! | the server said no | [`Error::Refused`] |
//! | the key is not accepted | [`Error::KeyRefused`], [`Error::WrongKey`], [`Error::KeyRequired`] |
//! | the server breaks the protocol | [`Error::Broken`] |
//! | no answer | [`Error::Failed`]: busy, closed, deadline, lost link |
//! | some of it was done | [`Error::HalfDone`] |
//! | a replaced host is gone | [`Error::NotRestored`] |

use std::io::ErrorKind;

use crate::desk::Fail;
use crate::omapi::code::ResultCode;
use crate::omapi::guard::Refusal;
use crate::omapi::wire::{Opcode, WireError};

/// Why a call did not succeed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server refused the request.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The handshake failed: the server does not accept the key's name and algorithm. It says the
    /// same (NOTFOUND) for an unknown name and for another algorithm than configured.
    #[error(
        "the server does not accept key \"{name}\" with {algorithm}: {code}{}; \
         compare name and algorithm with the key statement and omapi-key in dhcpd.conf",
        said(text)
    )]
    KeyRefused {
        /// The key's name.
        name: String,
        /// Its algorithm.
        algorithm: &'static str,
        /// The server's code.
        code: ResultCode,
        /// The server's text, if any.
        text: String,
    },
    /// The server says that the signature is wrong (0x6000b): it has another secret for this key.
    #[error(
        "the server refuses the signature: INVALIDKEY (0x6000b); \
         the secret is not the one in dhcpd.conf"
    )]
    WrongKey,
    /// The server wants signed requests (0x60009), and no key was given.
    #[error("the server wants signed requests: NOKEYS (0x60009); give it a key")]
    KeyRequired,
    /// The request would harm the server, or cannot succeed. Nothing was sent.
    #[error("{0}; nothing was sent")]
    Guarded(#[from] Refusal),
    /// The handle belongs to a connection that has gone, where its number may mean another object
    /// by now; or its object was deleted. The handle was not sent; look the object up again.
    #[error(
        "handle {0} is of a connection that has gone, or its object was deleted; \
         it was not used: look the object up again"
    )]
    StaleHandle(u32),
    /// The server breaks the protocol; the connection was given up.
    #[error("the server breaks the protocol: {fault} ({})", was(*sent))]
    Broken {
        /// What it did.
        fault: Fault,
        /// Whether the request may have been carried out.
        sent: bool,
    },
    /// There was no answer.
    #[error(transparent)]
    Failed(#[from] Fail),
    /// The call changed its object, and then could not go on: the object was deleted by another
    /// call meanwhile, or the connection was lost.
    #[error("{0}; what the call did before that stays done")]
    HalfDone(Box<Self>),
    /// A host was deleted for another one, which failed, and it could not be put back: it is gone.
    #[error("{failed}; the old host was deleted for it, and putting it back failed: {restoring}")]
    NotRestored {
        /// Why the new host was not added.
        failed: Box<Self>,
        /// Why the old one is not there again.
        restoring: Box<Self>,
    },
}

/// The server answered, and the answer is no.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{opcode} {object_type}: {code}{}{}", said(text), hint(*code))]
pub struct Refused {
    /// What was asked for.
    pub opcode: Opcode,
    /// The object's type, `object` where it is not known.
    pub object_type: String,
    /// The server's result code.
    pub code: ResultCode,
    /// The server's own text; empty when it gave none.
    pub text: String,
}

/// How a server broke the protocol.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Fault {
    /// Octets that are no message.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// Answers come in order, and this one is for another request.
    #[error("it answered request {found:#010x} where {expected:#010x} was next")]
    OutOfOrder {
        /// The transaction id that should have been answered.
        expected: u32,
        /// The one that was.
        found: u32,
    },
    /// A message that answers nothing.
    #[error("it sent a message that nobody asked for (opcode {opcode}, answers {rid:#010x})")]
    Unasked {
        /// The message's opcode.
        opcode: u32,
        /// The transaction id that it says it answers.
        rid: u32,
    },
    /// An opcode that is no answer.
    #[error("it answered with opcode {0}, which is no answer")]
    NoAnswer(u32),
    /// The signature of an answer is wrong: the server has another secret, or somebody else
    /// answered.
    #[error("the signature of its answer is wrong")]
    Signature,
    /// An unsigned answer to a signed request that is no refusal of the key.
    #[error("its answer is not signed")]
    Unsigned,
    /// A signed answer where nothing was signed, or by another authenticator.
    #[error("its answer is signed by authenticator {0}, which is not ours")]
    Authenticator(u32),
    /// The handshake came back with another key name or algorithm.
    #[error("the handshake came back for another key: {0}")]
    OtherKey(String),
    /// A STATUS without a result.
    #[error("its STATUS has no result")]
    NoResult,
}

/// What a [`Refused`] is about, for a caller that acts on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// No such object (23).
    NotFound,
    /// The object exists, or the attribute may be set only once (18).
    Exists,
    /// Several objects have this key (0x60006): look up by address.
    Multiple,
    /// The keys name different objects (0x60007).
    Conflict,
    /// The statements cannot be parsed (0x60008).
    BadParse,
    /// Any other refusal.
    Other,
}

impl Error {
    /// The server's result code, where there is one.
    #[must_use]
    pub const fn code(&self) -> Option<ResultCode> {
        match self {
            Self::Refused(refused) => Some(refused.code),
            Self::KeyRefused { code, .. } => Some(*code),
            Self::WrongKey => Some(ResultCode::INVALID_KEY),
            Self::KeyRequired => Some(ResultCode::NO_KEYS),
            Self::NotRestored { failed, .. } => failed.code(),
            _ => None,
        }
    }

    /// What the refusal is about, when it is one.
    #[must_use]
    pub fn kind(&self) -> Option<Kind> {
        let Self::Refused(refused) = self else { return None };
        Some(refused.kind())
    }

    /// Whether the server has no such object.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        self.kind() == Some(Kind::NotFound)
    }

    /// Whether the key was not accepted, in the handshake or afterwards.
    #[must_use]
    pub const fn is_authentication(&self) -> bool {
        matches!(self, Self::KeyRefused { .. } | Self::WrongKey | Self::KeyRequired)
    }

    /// Whether the request may have been carried out although there is no answer.
    #[must_use]
    pub const fn sent(&self) -> bool {
        match self {
            Self::Failed(fail) => fail.sent(),
            Self::Broken { sent, .. } => *sent,
            Self::NotRestored { .. } | Self::HalfDone(_) => true,
            _ => false,
        }
    }

    /// What a failure is to a call that has changed something before: it can no longer say that
    /// nothing was sent.
    pub(crate) fn halfway(self) -> Self {
        let lost = |why| Fail::Lost { sent: true, why };
        match self {
            Self::Failed(Fail::TimedOut { .. }) => Fail::TimedOut { sent: true }.into(),
            Self::Failed(Fail::Lost { why, .. }) => lost(why).into(),
            Self::Failed(Fail::Closed) => lost(ErrorKind::NotConnected).into(),
            Self::StaleHandle(_) => Self::HalfDone(Box::new(self)),
            Self::Broken { fault, .. } => Self::Broken { fault, sent: true },
            other => other,
        }
    }
}

impl Refused {
    /// What the refusal is about.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self.code {
            ResultCode::NOT_FOUND => Kind::NotFound,
            ResultCode::EXISTS => Kind::Exists,
            ResultCode::MULTIPLE => Kind::Multiple,
            ResultCode::KEY_CONFLICT => Kind::Conflict,
            ResultCode::BAD_PARSE => Kind::BadParse,
            _ => Kind::Other,
        }
    }
}

fn said(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!(" (\"{text}\")") }
}

fn hint(code: ResultCode) -> &'static str {
    match code {
        ResultCode::MULTIPLE => "; look it up by its IP address",
        ResultCode::KEY_CONFLICT => "; the keys given name different objects",
        _ => "",
    }
}

const fn was(sent: bool) -> &'static str {
    if sent { "the request was sent and may have been carried out" } else { "nothing was sent" }
}
