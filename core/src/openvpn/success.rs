//! What stands behind `SUCCESS: `: most is for people, but some commands answer with numbers.

use super::octets::Octets;
use super::wire::{decimal, rsplit_once, split_once};

/// The value behind `name=`, as in `pid=4711`, `hold=1`, `verb=3`, `mute=0`, `nclients=2`,
/// `env_filter_level=0`, `auth-retry=none`.
///
/// ```
/// use netlever_core::openvpn::success::value;
///
/// assert_eq!(value("pid=4711".into(), "pid").expect("a value"), "4711");
/// assert_eq!(value("verb level changed".into(), "verb"), None);
/// ```
#[must_use]
pub fn value<'a>(text: Octets<'a>, name: &str) -> Option<Octets<'a>> {
    text.as_bytes().strip_prefix(name.as_bytes())?.strip_prefix(b"=").map(Octets)
}

/// The number behind `name=`.
#[must_use]
pub fn number(text: Octets<'_>, name: &str) -> Option<u64> {
    value(text, name).and_then(|value| decimal(value.as_bytes()))
}

/// What `load-stats` answers: totals since the daemon started.
///
/// ```
/// use netlever_core::openvpn::success::LoadStats;
///
/// let stats = LoadStats::parse("nclients=2,bytesin=4529,bytesout=4687".into());
/// assert_eq!(stats, Some(LoadStats { clients: 2, bytes_in: 4529, bytes_out: 4687 }));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoadStats {
    /// Clients that are connected; 0 from a daemon that is a client itself.
    pub clients: u64,
    /// Octets received.
    pub bytes_in: u64,
    /// Octets sent.
    pub bytes_out: u64,
}

impl LoadStats {
    /// Reads the text of the reply.
    #[must_use]
    pub fn parse(text: Octets<'_>) -> Option<Self> {
        let (clients, rest) = split_once(text.as_bytes(), b',')?;
        let (bytes_in, bytes_out) = split_once(rest, b',')?;
        Some(Self {
            clients: number(Octets(clients), "nclients")?,
            bytes_in: number(Octets(bytes_in), "bytesin")?,
            bytes_out: number(Octets(bytes_out), "bytesout")?,
        })
    }
}

/// How many clients a `kill` ended: of `common name 'x' found, 2 client(s) killed`, or of
/// `1 client(s) at address 192.0.2.2:1194 killed`.
#[must_use]
pub fn killed(text: Octets<'_>) -> Option<u64> {
    let text = text.as_bytes();
    if let Some(rest) = text.strip_suffix(b" client(s) killed") {
        // A name may hold anything: the number is the last word.
        return decimal(rsplit_once(rest, b' ')?.1);
    }
    let (number, rest) = split_once(text, b' ')?;
    rest.starts_with(b"client(s) at address ").then(|| decimal(number))?
}

/// How many clients took a push update: of `2 client(s) updated`.
#[must_use]
pub fn updated(text: Octets<'_>) -> Option<u64> {
    decimal(text.as_bytes().strip_suffix(b" client(s) updated")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_successes() {
        assert_eq!(number("hold=1".into(), "hold"), Some(1));
        assert_eq!(number("hold=x".into(), "hold"), None);
        assert_eq!(LoadStats::parse("nclients=2,bytesin=4529".into()), None);
        assert_eq!(killed("common name 'a, 7 b' found, 2 client(s) killed".into()), Some(2));
        let address = "1 client(s) at address tcp-server:192.0.2.2:36332 killed";
        assert_eq!(killed(address.into()), Some(1));
        assert_eq!(killed("client-kill command succeeded".into()), None);
        assert_eq!(updated("3 client(s) updated".into()), Some(3));
    }
}
