//! What every daemon can be asked, server or client.

use super::{Ask, Known, pick};
use crate::openvpn::block::Block;
use crate::openvpn::command::{AuthRetry, Command, Hold, RawLine, Signal};
use crate::openvpn::octets::Text;
use crate::openvpn::reader::Answer;
use crate::openvpn::session::Replies;
use crate::openvpn::status::{ClientStatus, Format, Status};
use crate::openvpn::success::{self, LoadStats};
use crate::openvpn::version::Version;

/// What `status` lists: on a server its clients, on a client its counters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listing {
    /// Of a server.
    Server(Status<'static>),
    /// Of a client.
    Client(ClientStatus<'static>),
}

/// `version`: title, release and management version. Known once it was asked for.
pub fn version() -> Known<Version<'static>> {
    let ask = Ask::new(Command::Version, |reading| reading.find(pick!(Version)));
    Known { ask, known: |session| session.version().cloned() }
}

/// `pid`: the daemon's process. Known once it was asked for.
pub fn pid() -> Known<u64> {
    let ask = Ask::new(Command::Pid, |reading| reading.number("pid"));
    Known { ask, known: |session| session.pid() }
}

/// `help`: the daemon's own list of commands.
pub fn help() -> Ask<Block<'static>> {
    Ask::new(Command::Help, |reading| reading.block())
}

/// `version «n»`: announces which version of the interface we understand, until the next one who
/// does (2.5). Most releases do not answer.
pub fn announce(version: u32) -> Ask<()> {
    Ask::new(Command::Announce(version), |reading| reading.done())
}

/// `status`, in this format or in the daemon's own.
pub fn status(format: Option<Format>) -> Ask<Listing> {
    Ask::new(Command::Status(format), |reading| {
        reading.find(|answer| match answer {
            Answer::Status(status) => Some(Listing::Server(status)),
            Answer::ClientStatus(status) => Some(Listing::Client(status)),
            _ => None,
        })
    })
}

/// `status` of a client daemon: its counters.
pub fn client_status() -> Ask<ClientStatus<'static>> {
    Ask::new(Command::Status(None), |reading| reading.find(pick!(ClientStatus)))
}

/// `load-stats`: totals since the daemon started.
pub fn load_stats() -> Ask<LoadStats> {
    Ask::new(Command::LoadStats, |reading| reading.text(LoadStats::parse))
}

/// `bytecount`: tells counters every so many seconds from now on; 0 never. See
/// [`Settings::byte_count`](crate::openvpn::Settings::byte_count) for every connection.
pub fn byte_count(seconds: u32) -> Ask<()> {
    Ask::new(Command::ByteCount(seconds), |reading| reading.done())
}

/// `hold`: whether the daemon holds at its next start and at restarts.
pub fn hold() -> Ask<bool> {
    Ask::new(Command::Hold(Hold::Show), |reading| reading.number("hold").map(|flag| flag != 0))
}

/// `hold on`, `hold off`.
pub fn set_hold(on: bool) -> Ask<()> {
    let hold = if on { Hold::On } else { Hold::Off };
    Ask::new(Command::Hold(hold), |reading| reading.done())
}

/// `hold release`: go on now. The flag stays as it is.
pub fn release_hold() -> Ask<()> {
    Ask::new(Command::Hold(Hold::Release), |reading| reading.done())
}

/// `signal`: the daemon's own words, whose signal can differ from the one asked for. After SIGTERM
/// the stream ends; it survives SIGUSR1 and SIGHUP.
pub fn signal(signal: Signal) -> Ask<Text<'static>> {
    Ask::new(Command::Signal(signal), |reading| reading.success())
}

/// `verb`: how much is logged, 0 to 15.
pub fn verb() -> Ask<u64> {
    Ask::new(Command::Verb(None), |reading| reading.number("verb"))
}

/// `verb «level»`.
pub fn set_verb(level: u8) -> Ask<()> {
    Ask::new(Command::Verb(Some(level)), |reading| reading.done())
}

/// `mute`: how many log lines of one kind in a row are printed.
pub fn mute() -> Ask<u64> {
    Ask::new(Command::Mute(None), |reading| reading.number("mute"))
}

/// `mute «lines»`.
pub fn set_mute(lines: u32) -> Ask<()> {
    Ask::new(Command::Mute(Some(lines)), |reading| reading.done())
}

/// `auth-retry`: what a client does when its password is refused, in the daemon's word.
pub fn auth_retry() -> Ask<Text<'static>> {
    Ask::new(Command::AuthRetry(None), |reading| {
        reading.text(|text| {
            success::value(text, "auth-retry").map(|mode| mode.as_bytes().to_vec().into())
        })
    })
}

/// `auth-retry «mode»`.
pub fn set_auth_retry(mode: AuthRetry) -> Ask<()> {
    Ask::new(Command::AuthRetry(Some(mode)), |reading| reading.done())
}

/// `forget-passwords`: they will be asked for again.
pub fn forget_passwords() -> Ask<()> {
    Ask::new(Command::ForgetPasswords, |reading| reading.done())
}

/// `env-filter` without a level: events bring the whole environment again. It reads nothing: it
/// sets the level to 0 and says so (OpenVPN 2.6.14).
pub fn reset_env_filter() -> Ask<u64> {
    Ask::new(Command::EnvFilter(None), |reading| reading.number("env_filter_level"))
}

/// `env-filter «level»`, until somebody changes it.
pub fn set_env_filter(level: u32) -> Ask<()> {
    Ask::new(Command::EnvFilter(Some(level)), |reading| reading.done())
}

/// `net`: what Windows knows of its network; refused elsewhere.
pub fn net() -> Ask<Block<'static>> {
    Ask::new(Command::Net, |reading| reading.block())
}

/// `test «n»`: n lines.
pub fn test(lines: u32) -> Ask<Vec<Text<'static>>> {
    Ask::new(Command::Test(lines), |reading| {
        let line = |reply| if let Answer::Line(line) = reply { Some(line) } else { None };
        Ok(reading.replies().into_iter().filter_map(line).collect())
    })
}

/// `exit`: waits until nothing is owed, then makes the daemon hang up. A session that is to stay
/// attached connects again; to leave for good, close the client.
pub fn exit() -> Ask<()> {
    Ask::new(Command::Exit, |reading| reading.done())
}

/// Any command, and all that it is answered with. A refusal is an error.
pub fn command(command: Command) -> Ask<Replies> {
    Ask::new(command, |reading| Ok(reading.replies()))
}

/// A line as it is, without its line end, and all that it is answered with; nothing for a blank
/// line or a comment. A refusal is an error. A line that would open a text is not sent.
pub fn raw(line: impl Into<Text<'static>>) -> Ask<Replies> {
    command(Command::Raw(RawLine(line.into())))
}
