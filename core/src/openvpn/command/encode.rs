//! Commands to octets.

use std::fmt;
use std::net::SocketAddrV4;

use zeroize::Zeroizing;

use super::super::input::{SAFE_LINE, is_deleted};
use super::super::lexer::{MAX_ARGUMENT, MAX_ARGUMENTS, arguments, is_plain, quote};
use super::super::wire::{END, decimal, split_once};
use super::{CommandError, Warning};

/// Octets of the text of `client-pending-auth` beyond which the client's daemon drops it, while
/// the server says success (2.6.14).
pub const MAX_PENDING_EXTRA: usize = 246;

/// Octets of a common name that `kill` looks at.
pub const MAX_KILL_NAME: usize = 127;

/// A command as it goes out: the line, and the text with its `END` where there is one.
#[derive(Clone, PartialEq, Eq)]
pub struct Encoded {
    octets: Zeroizing<Vec<u8>>,
    warnings: Vec<Warning>,
}

impl Encoded {
    pub(super) const fn new(octets: Zeroizing<Vec<u8>>, warnings: Vec<Warning>) -> Self {
        Self { octets, warnings }
    }

    /// The octets. They may hold a password.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.octets
    }

    /// What the caller should know.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        &self.warnings
    }

    pub(crate) fn into_parts(self) -> (Zeroizing<Vec<u8>>, Vec<Warning>) {
        (self.octets, self.warnings)
    }
}

impl fmt::Debug for Encoded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoded")
            .field("octets", &self.octets.len())
            .field("warnings", &self.warnings)
            .finish()
    }
}

/// A command and its arguments, which the daemon takes apart into exactly these.
///
/// # Errors
///
/// [`CommandError`]: see there.
///
/// ```
/// use netlever_core::openvpn::command::line;
///
/// assert_eq!(line(&["kill", "#1 \"x\""])?.expose(), b"kill \"#1 \\\"x\\\"\"\n");
/// # Ok::<(), netlever_core::openvpn::command::CommandError>(())
/// ```
pub fn line<A: AsRef<[u8]>>(args: &[A]) -> Result<Encoded, CommandError> {
    let args: Vec<&[u8]> = args.iter().map(AsRef::as_ref).collect();
    let octets = words(&args)?;
    kill_is_sure(&args)?;
    let warnings = warnings(&args);
    Ok(Encoded::new(octets, warnings))
}

/// A text command: its header, the lines of the text, and `END`.
///
/// The header's numbers are checked, since the daemon would run the text as commands if it refused
/// them. Whether a signature or certificate is wanted just now is not known here: see
/// [`Reader::send`](crate::openvpn::Reader::send).
///
/// # Errors
///
/// [`CommandError`]: see there.
pub fn text<A, L>(args: &[A], lines: &[L]) -> Result<Encoded, CommandError>
where
    A: AsRef<[u8]>,
    L: AsRef<[u8]>,
{
    let args: Vec<&[u8]> = args.iter().map(AsRef::as_ref).collect();
    let numbers = match args.first().copied() {
        Some(b"client-auth") => 2,
        Some(b"client-pf") => 1,
        Some(b"pk-sig" | b"rsa-sig" | b"certificate") => 0,
        Some(b"password") if args.len() == 2 => 0,
        Some(_) => return Err(CommandError::TextRefused { why: "it takes no text" }),
        None => return Err(CommandError::Empty),
    };
    let numbers =
        args.get(1..=numbers).ok_or(CommandError::TextRefused { why: "an id is missing" })?;
    if args[0] != b"password" && numbers.iter().any(|number| decimal(number).is_none()) {
        return Err(CommandError::TextRefused { why: "an id is no number" });
    }
    let mut octets = words(&args)?;
    for (at, line) in lines.iter().map(AsRef::as_ref).enumerate() {
        if line == END {
            return Err(CommandError::EndInText { line: at + 1 });
        }
        checked(line)?;
        if line.len() + 1 > SAFE_LINE {
            return Err(CommandError::LineTooLong { octets: line.len() + 1 });
        }
        octets.extend_from_slice(line);
        octets.push(b'\n');
    }
    octets.extend_from_slice(END);
    octets.push(b'\n');
    Ok(Encoded::new(octets, Vec::new()))
}

/// A line as the user wrote it, without its line end.
///
/// # Errors
///
/// [`CommandError::ControlOctet`] and [`CommandError::LineTooLong`]; all else is the user's wish,
/// and told as a [`Warning`] where it is odd.
pub fn raw(line: &[u8]) -> Result<Encoded, CommandError> {
    checked(line)?;
    if line.len() + 1 > SAFE_LINE {
        return Err(CommandError::LineTooLong { octets: line.len() + 1 });
    }
    let warnings = match arguments(line) {
        Err(refused) => vec![Warning::Refused(refused)],
        Ok(args) if args.is_empty() => vec![Warning::NothingSaid],
        Ok(args) => {
            let args: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
            let mut warnings = warnings(&args);
            if kill_is_sure(&args).is_err() {
                warnings.push(Warning::KillColon);
            }
            if args.len() == MAX_ARGUMENTS {
                let surplus = line.split(|octet| *octet == b' ').filter(|word| !word.is_empty());
                let arguments = surplus.count();
                if arguments > MAX_ARGUMENTS {
                    warnings.push(Warning::ArgumentsIgnored { arguments });
                }
            }
            warnings
        }
    };
    let mut octets = Zeroizing::new(line.to_vec());
    octets.push(b'\n');
    Ok(Encoded::new(octets, warnings))
}

/// A command line: words as they are where they need no quotes.
pub(super) fn words(args: &[&[u8]]) -> Result<Zeroizing<Vec<u8>>, CommandError> {
    let mut octets = Zeroizing::new(Vec::with_capacity(SAFE_LINE));
    let [word, ..] = args else { return Err(CommandError::Empty) };
    if word.is_empty() {
        return Err(CommandError::Empty);
    }
    if args.len() > MAX_ARGUMENTS {
        return Err(CommandError::TooManyArguments { arguments: args.len() });
    }
    for (at, arg) in args.iter().enumerate() {
        checked(arg)?;
        if arg.len() > MAX_ARGUMENT {
            return Err(CommandError::ArgumentTooLong { octets: arg.len() });
        }
        if at > 0 {
            octets.push(b' ');
        }
        if is_plain(arg) {
            octets.extend_from_slice(arg);
        } else {
            quote(&mut octets, arg);
        }
    }
    octets.push(b'\n');
    if octets.len() > SAFE_LINE {
        return Err(CommandError::LineTooLong { octets: octets.len() });
    }
    Ok(octets)
}

/// No octet that the daemon deletes or takes for the end of the line.
pub(super) fn checked(text: &[u8]) -> Result<(), CommandError> {
    match text.iter().find(|octet| is_deleted(**octet) || **octet == b'\n') {
        Some(&octet) => Err(CommandError::ControlOctet { octet }),
        None => Ok(()),
    }
}

/// A colon is only sure in an address.
fn kill_is_sure(args: &[&[u8]]) -> Result<(), CommandError> {
    match args {
        [b"kill", target, ..] if target.contains(&b':') && !is_kill_address(target) => {
            Err(CommandError::KillColon)
        }
        _ => Ok(()),
    }
}

fn is_kill_address(target: &[u8]) -> bool {
    let address = match split_once(target, b':') {
        Some((b"tcp" | b"udp", address)) => address,
        _ => target,
    };
    str::from_utf8(address).is_ok_and(|address| address.parse::<SocketAddrV4>().is_ok())
}

/// What is odd about a command that is sent all the same.
pub(super) fn warnings(args: &[&[u8]]) -> Vec<Warning> {
    let mut warnings = Vec::new();
    let mut number = |argument: usize| {
        if args.get(argument).is_some_and(|arg| decimal(arg).is_none()) {
            warnings.push(Warning::NotANumber { argument });
        }
    };
    match args.first().copied().unwrap_or_default() {
        b"verb" | b"mute" | b"bytecount" | b"env-filter" | b"pkcs11-id-get" | b"test" => number(1),
        b"remote-entry-get" if args.get(1) != Some(&&b"all"[..]) => {
            number(1);
            number(2);
        }
        b"version" if args.len() > 1 => {
            number(1);
            warnings.push(Warning::ReplyByRelease);
        }
        b"exit" | b"quit" => warnings.push(Warning::Closes),
        b"client-auth" | b"client-pf" | b"pk-sig" | b"rsa-sig" | b"certificate" => {
            warnings.push(Warning::OpensText);
        }
        b"password" if args.len() == 2 => warnings.push(Warning::OpensText),
        b"kill" => {
            let name = args.get(1).copied().unwrap_or_default();
            if name.len() > MAX_KILL_NAME {
                warnings.push(Warning::KillNameCut { octets: name.len() });
            }
        }
        b"client-pending-auth" => {
            let extra = args.get(if args.len() > 3 { 3 } else { 2 }).copied().unwrap_or_default();
            if extra.len() > MAX_PENDING_EXTRA {
                warnings.push(Warning::PendingExtraTooLong { octets: extra.len() });
            }
        }
        _ => {}
    }
    warnings
}
