//! Answers: in order, verified, and each to its call.

use std::time::Instant;

use super::{Omapi, Phase};
use crate::omapi::code::ResultCode;
use crate::omapi::error::{Error, Fault};
use crate::omapi::request::{Answer, Expects, Handle};
use crate::omapi::wire::{Dictionary, Header, Message, Opcode};

impl Omapi {
    pub(super) fn answered(&mut self, now: Instant, message: &Message<'_>) {
        let Header { opcode, rid, .. } = message.header;
        let Some(next) = self.flight.front() else {
            return self.broken(now, Fault::Unasked { opcode, rid });
        };
        if rid != next.tid {
            return self.broken(now, Fault::OutOfOrder { expected: next.tid, found: rid });
        }
        let answer = match self.verified(message) {
            Err(fault) => return self.broken(now, fault),
            Ok(answer) => answer,
        };
        let Some(flight) = self.flight.pop_front() else { return };
        self.counters.answers += 1;
        self.counters.largest = self.counters.largest.max(message.len());
        let answer = answer.map(|opcode| {
            let handle = Handle::given(message.header.handle, self.link, flight.object_type);
            Answer::new(opcode, handle, message.message, message.object)
        });
        if self.phase == Phase::Draining && flight.expects == Expects::Silence {
            self.phase = Phase::Ready; // it did not shut down after all
        }
        if !self.desk.settle(flight.ticket, answer) {
            self.counters.late += 1;
        }
        if self.flight.is_empty() {
            self.rest(now);
        }
    }

    /// The opcode of an answer that is what it says it is; or the refusal of the key; or the way
    /// in which it breaks the protocol.
    fn verified(&self, message: &Message<'_>) -> Result<Result<Opcode, Error>, Fault> {
        let authid = message.header.authid;
        let Some(opcode @ (Opcode::Update | Opcode::Status)) = message.opcode() else {
            return Err(Fault::NoAnswer(message.header.opcode));
        };
        let result = match opcode {
            Opcode::Status => Some(status(message.message).ok_or(Fault::NoResult)?.0),
            _ => None,
        };
        let unsigned = authid == 0 && message.signature.is_empty();
        match &self.config.key {
            None if unsigned && result == Some(ResultCode::NO_KEYS) => Ok(Err(Error::KeyRequired)),
            None if unsigned => Ok(Ok(opcode)),
            None => Err(Fault::Authenticator(authid)),
            Some(_) if unsigned => match result {
                Some(ResultCode::INVALID_KEY) => Ok(Err(Error::WrongKey)),
                Some(ResultCode::NO_KEYS) => Ok(Err(Error::KeyRequired)),
                _ => Err(Fault::Unsigned),
            },
            Some(_) if authid != self.authid => Err(Fault::Authenticator(authid)),
            Some(key) if message.verify(key) => Ok(Ok(opcode)),
            Some(_) => Err(Fault::Signature),
        }
    }
}

/// The result and text of a STATUS.
pub(crate) fn status(message: Dictionary<'_>) -> Option<(ResultCode, String)> {
    let result = message.get("result")?.try_into().ok()?;
    let text = message.get("message").unwrap_or_default();
    Some((ResultCode(u32::from_be_bytes(result)), String::from_utf8_lossy(text).into_owned()))
}
