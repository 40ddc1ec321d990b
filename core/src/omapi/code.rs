//! The result codes of STATUS messages.

use std::fmt;

/// The code that dhcpd gives to the outcome of a request, in the attribute `result`.
///
/// Low numbers are generic results of ISC's libraries, those from 0x60000 on are DHCP's own. Only
/// the number travels; a reply's text is a phrase of the code path and says less than the code.
/// Success is told by opcode and code together: two refusals carry code 0 as well
/// (dhcpd 4.4.3-P1).
///
/// ```
/// use netlever_core::omapi::code::ResultCode;
///
/// assert_eq!(ResultCode::NOT_FOUND.to_string(), "NOTFOUND (23): not found");
/// assert_eq!(ResultCode(0x6000b).to_string(), "INVALIDKEY (0x6000b): invalid TSIG key");
/// assert_eq!(ResultCode(99).to_string(), "unknown result (99)");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResultCode(pub u32);

/// Constants, and the table of number, name and text, from one list.
macro_rules! codes {
    ($($(#[$doc:meta])* $constant:ident = $number:literal, $name:literal, $text:literal;)*) => {
        impl ResultCode {
            $($(#[$doc])* pub const $constant: Self = Self($number);)*
        }

        /// Every code that has a name, by number.
        const TABLE: &[(u32, &str, &str)] = &[$(($number, $name, $text)),*];
    };
}

codes! {
    /// Done; for UPDATE and DELETE only.
    SUCCESS = 0, "SUCCESS", "success";
    /// The server ran out of memory. Not seen on the wire.
    NO_MEMORY = 1, "NOMEMORY", "out of memory";
    /// The attribute may not be set, or the object not be deleted.
    NO_PERMISSION = 6, "NOPERM", "permission denied";
    /// An exclusive OPEN found the object, or an attribute that may be set only once has a value.
    EXISTS = 18, "EXISTS", "already exists";
    /// No such object, handle, key name or group; also an unknown attribute of some types.
    NOT_FOUND = 23, "NOTFOUND", "not found";
    /// Lease flags that were not stored. Not seen on the wire.
    FAILURE = 25, "FAILURE", "failure";
    /// The leases file could not take the record, for example for a quote in a host's name.
    IO_ERROR = 26, "IOERROR", "I/O error";
    /// The type cannot be searched, created or deleted.
    NOT_IMPLEMENTED = 27, "NOTIMPLEMENTED", "not implemented";
    /// A fault inside the server. Not seen on the wire.
    UNEXPECTED = 34, "UNEXPECTED", "unexpected error";
    /// Not seen on the wire.
    HOST_UNKNOWN = 0x60000, "HOSTUNKNOWN", "host unknown";
    /// Not seen on the wire: the server closes the connection instead.
    VERSION_MISMATCH = 0x60001, "VERSIONMISMATCH", "protocol version mismatch";
    /// Not seen on the wire: the server closes the connection instead.
    PROTOCOL_ERROR = 0x60002, "PROTOCOLERROR", "protocol error";
    /// A value of the wrong length or range, or a required attribute is missing.
    INVALID_ARGUMENT = 0x60003, "INVALIDARG", "invalid argument";
    /// Not seen on the wire.
    NOT_YET = 0x60004, "NOTYET", "data not yet available";
    /// Not seen on the wire: turned into a success.
    UNCHANGED = 0x60005, "UNCHANGED", "object unchanged";
    /// Several leases share the hardware address or client identifier that was asked for.
    MULTIPLE = 0x60006, "MULTIPLE", "more than one object matches key";
    /// Two lookup attributes name different objects, or one of them names none.
    KEY_CONFLICT = 0x60007, "KEYCONFLICT", "key conflict";
    /// `statements` could not be parsed.
    BAD_PARSE = 0x60008, "BADPARSE", "parse error(s) occurred";
    /// The request was not signed and the server wants it signed.
    NO_KEYS = 0x60009, "NOKEYS", "no key specified";
    /// Not seen on the wire: the server closes the connection instead.
    KEY_UNKNOWN = 0x6000a, "KEYUNKNOWN", "zone TSIG key not known";
    /// The signature is wrong, or the key is not the one that the server permits.
    INVALID_KEY = 0x6000b, "INVALIDKEY", "invalid TSIG key";
    /// The object has no such attribute.
    UNKNOWN_ATTRIBUTE = 0x60020, "UNKNOWNATTRIBUTE", "unknown attribute";
}

impl ResultCode {
    /// The library's short name, such as `NOTFOUND`; `None` for a number outside the table.
    pub fn name(self) -> Option<&'static str> {
        self.entry().map(|entry| entry.1)
    }

    /// The library's text, such as `not found`; it never travels. `None` outside the table.
    pub fn text(self) -> Option<&'static str> {
        self.entry().map(|entry| entry.2)
    }

    /// The code of a library name, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        TABLE.iter().find(|entry| entry.1.eq_ignore_ascii_case(name)).map(|entry| Self(entry.0))
    }

    fn entry(self) -> Option<&'static (u32, &'static str, &'static str)> {
        let at = TABLE.binary_search_by_key(&self.0, |entry| entry.0).ok()?;
        TABLE.get(at)
    }
}

impl fmt::Display for ResultCode {
    /// Name, number and text; DHCP's own numbers are in hex, where their order is seen.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(number) = *self;
        let (name, colon, text) = match self.entry() {
            Some((_, name, text)) => (*name, ": ", *text),
            None => ("unknown result", "", ""),
        };
        if number < 0x60000 {
            write!(f, "{name} ({number}){colon}{text}")
        } else {
            write!(f, "{name} ({number:#x}){colon}{text}")
        }
    }
}

impl fmt::Debug for ResultCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_finds_each_of_its_codes() {
        assert!(TABLE.is_sorted_by(|one, next| one.0 < next.0));
        for &(number, name, text) in TABLE {
            let code = ResultCode(number);
            assert_eq!((code.name(), code.text()), (Some(name), Some(text)));
            assert_eq!(ResultCode::from_name(&name.to_lowercase()), Some(code));
        }
    }

    #[test]
    fn numbers_of_the_daemon_have_their_names() {
        for (number, name) in [
            (0, "SUCCESS"),
            (6, "NOPERM"),
            (18, "EXISTS"),
            (23, "NOTFOUND"),
            (26, "IOERROR"),
            (27, "NOTIMPLEMENTED"),
            (393_219, "INVALIDARG"),
            (393_222, "MULTIPLE"),
            (393_223, "KEYCONFLICT"),
            (393_224, "BADPARSE"),
            (393_225, "NOKEYS"),
            (393_227, "INVALIDKEY"),
            (393_248, "UNKNOWNATTRIBUTE"),
        ] {
            assert_eq!(ResultCode(number).name(), Some(name));
        }
    }

    #[test]
    fn an_unknown_number_is_printed_alone() {
        assert_eq!(ResultCode(24).name(), None);
        assert_eq!(ResultCode(0x6000c).to_string(), "unknown result (0x6000c)");
        assert_eq!(ResultCode::from_name("NOPE"), None);
    }
}
