//! Replies to typed answers.

use super::pick;
use crate::openvpn::block::Block;
use crate::openvpn::command::Command;
use crate::openvpn::error::Error;
use crate::openvpn::octets::{Octets, Text};
use crate::openvpn::reader::Answer;
use crate::openvpn::session::{Replies, refusal, word};
use crate::openvpn::success;

/// The replies to a command that was not refused, to be read.
#[derive(Debug)]
pub struct Reading<'a> {
    command: &'a Command,
    replies: Replies,
}

impl<'a> Reading<'a> {
    pub(super) fn new(command: &'a Command, replies: Replies) -> Result<Self, Error> {
        refusal(command, &replies)?;
        Ok(Self { command, replies })
    }

    /// All that came.
    #[must_use]
    pub fn replies(self) -> Replies {
        self.replies
    }

    /// The first reply that is this.
    ///
    /// # Errors
    ///
    /// [`Error::Form`] when none is.
    pub fn find<T>(self, pick: impl FnMut(Answer<'static>) -> Option<T>) -> Result<T, Error> {
        let found = self.replies.first().map_or("nothing", form);
        let wrong = || Error::Form { command: word(self.command), found };
        self.replies.into_iter().find_map(pick).ok_or_else(wrong)
    }

    /// The text behind `SUCCESS: `.
    ///
    /// # Errors
    ///
    /// [`Error::Form`] when there is none.
    pub fn success(self) -> Result<Text<'static>, Error> {
        self.find(pick!(Success))
    }

    /// What this function reads in the text behind `SUCCESS: `.
    ///
    /// # Errors
    ///
    /// [`Error::Form`] when it reads nothing.
    pub fn text<T>(self, read: impl Fn(Octets<'_>) -> Option<T>) -> Result<T, Error> {
        self.find(|answer| match answer {
            Answer::Success(text) => read(text.octets()),
            _ => None,
        })
    }

    /// The number behind `name=`.
    ///
    /// # Errors
    ///
    /// [`Error::Form`] when there is none.
    pub fn number(self, name: &str) -> Result<u64, Error> {
        self.text(|text| success::number(text, name))
    }

    /// The lines of a block without a form of its own.
    ///
    /// # Errors
    ///
    /// [`Error::Form`] when there is none.
    pub fn block(self) -> Result<Block<'static>, Error> {
        self.find(pick!(Lines))
    }

    /// Nothing but that it was not refused.
    ///
    /// # Errors
    ///
    /// None: a refusal was one before.
    pub fn done(self) -> Result<(), Error> {
        Ok(())
    }
}

/// What a reply is, in words.
const fn form(answer: &Answer<'_>) -> &'static str {
    match answer {
        Answer::Success(_) => "a success without what was asked for",
        Answer::Error(_) => "a refusal",
        Answer::Preamble(_) | Answer::Line(_) => "a line",
        Answer::Lines(_) => "lines of another form",
        Answer::Version(_) => "a version",
        Answer::Status(_) => "a server's list of clients",
        Answer::ClientStatus(_) => "the counters of a client",
        Answer::States(_) => "states",
        Answer::Log(_) => "log lines",
        Answer::Echo(_) => "echoes",
        Answer::RemoteCount(_) => "a number",
        Answer::Remotes(_) => "a list of remotes",
        Answer::Pkcs11Count(_) | Answer::Pkcs11Entry(_) => "a token's",
    }
}
