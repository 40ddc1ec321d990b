//! The text of the attribute `statements`: what a host or group sends to its clients.
//!
//! The attribute holds executable statements of dhcpd.conf. Nothing reads them back, an error can
//! be dropped in silence, and a name taken from somewhere else could end a statement and begin
//! another. So [`Statements`] builds the text from typed parts.
//!
//! # What quoting alone does not do
//!
//! dhcpd 4.4.3-P1 understands `"a\"b"` when it arrives, but writes any value of printable octets to
//! its leases file between quotes *without* escaping it. At the next start a `"` or `\` in there
//! ends the string early: the rest of the file is lost, or becomes declarations that a stranger
//! wrote. It does not matter how the value was sent: `supersede routers 34.64.64.64;` is four
//! printable octets and does it too. Here such octets go as `encode-int (34, 8)`, an expression,
//! which the leases file keeps as an expression.
//!
//! ```
//! use netlever_core::omapi::statements::Statements;
//!
//! let mut statements = Statements::new();
//! statements.host_name("pc-7")?.routers(&[[10, 0, 0, 1].into()])?;
//! statements.filename(r"boot\x64")?;
//! assert_eq!(
//!     statements.as_str(),
//!     "supersede host-name \"pc-7\"; supersede routers 10.0.0.1; \
//!      filename = concat (\"boot\", encode-int (92, 8), \"x64\");",
//! );
//! assert!(statements.host_name("pc\"; next-server 10.6.6.6; #\n").is_err());
//! # Ok::<(), netlever_core::omapi::statements::StatementError>(())
//! ```

mod error;
mod raw;
mod routes;
mod value;

use std::{fmt, net::Ipv4Addr};

pub use error::{RouteError, StatementError};
pub(in crate::omapi) use raw::check;
pub use routes::{CLASSLESS_STATIC_ROUTES, Route, classless_static_routes};
pub(in crate::omapi) use value::breaks_leases_file;
pub use value::{MAX_ESCAPES, MAX_TEXT, OptionValue};

/// What a statement does with an option that the client is about to get.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// `supersede`: the option has this value, whatever else says.
    Supersede,
    /// `option`: dhcpd keeps it as `supersede` (4.4.3-P1).
    Option,
    /// `default`: only when nothing else gives the option a value.
    Default,
    /// `append`: behind what is there.
    Append,
    /// `prepend`: before what is there.
    Prepend,
}

impl Action {
    /// The word in dhcpd.conf.
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Supersede => "supersede",
            Self::Option => "option",
            Self::Default => "default",
            Self::Append => "append",
            Self::Prepend => "prepend",
        }
    }
}

/// Statements in the order in which they were added, each ended by `;`, one blank between them.
///
/// A call that fails adds nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Statements {
    text: String,
}

impl Statements {
    /// No statement.
    pub const fn new() -> Self {
        Self { text: String::new() }
    }

    /// What pypureomapi's `add_host_supersede` sends: host name, routers and domain name, each only
    /// if given. (There the parts are joined by a line end and a blank, which means the same.)
    ///
    /// # Errors
    ///
    /// As [`option`](Self::option).
    pub fn supersede_host(
        host_name: Option<&str>,
        routers: &[Ipv4Addr],
        domain_name: Option<&str>,
    ) -> Result<Self, StatementError> {
        let mut statements = Self::new();
        if let Some(name) = host_name {
            statements.host_name(name)?;
        }
        if !routers.is_empty() {
            statements.routers(routers)?;
        }
        if let Some(name) = domain_name {
            statements.domain_name(name)?;
        }
        Ok(statements)
    }

    /// `supersede host-name "…";`
    ///
    /// # Errors
    ///
    /// As [`option`](Self::option).
    pub fn host_name(&mut self, name: &str) -> Result<&mut Self, StatementError> {
        self.option(Action::Supersede, "host-name", OptionValue::Text(name))
    }

    /// `supersede domain-name "…";`
    ///
    /// # Errors
    ///
    /// As [`option`](Self::option).
    pub fn domain_name(&mut self, name: &str) -> Result<&mut Self, StatementError> {
        self.option(Action::Supersede, "domain-name", OptionValue::Text(name))
    }

    /// `supersede routers …;`, the best router first.
    ///
    /// # Errors
    ///
    /// As [`option`](Self::option).
    pub fn routers(&mut self, routers: &[Ipv4Addr]) -> Result<&mut Self, StatementError> {
        self.option(Action::Supersede, "routers", OptionValue::Addresses(routers))
    }

    /// `filename "…";`, the boot file.
    ///
    /// # Errors
    ///
    /// As [`option`](Self::option).
    pub fn filename(&mut self, name: &str) -> Result<&mut Self, StatementError> {
        let value = OptionValue::Text(name).statement("filename")?;
        Ok(self.add(format_args!("filename {value};")))
    }

    /// `next-server …;`, where the boot file is fetched.
    pub fn next_server(&mut self, server: Ipv4Addr) -> &mut Self {
        self.add(format_args!("next-server {};", value::address(server)))
    }

    /// `supersede NAME = 08:0a:…;`, routes of RFC 3442. `name` is how dhcpd.conf calls option 121
    /// (or 249, for old Windows), which it must declare; [`CLASSLESS_STATIC_ROUTES`] is usual.
    /// A client that gets this option ignores `routers`: give a default route here as well.
    ///
    /// # Errors
    ///
    /// As [`option`](Self::option).
    pub fn routes(&mut self, name: &str, routes: &[Route]) -> Result<&mut Self, StatementError> {
        let octets: Vec<u8> = routes.iter().flat_map(|route| route.encode()).collect();
        self.option(Action::Supersede, name, OptionValue::Octets(&octets))
    }

    /// A statement about any option. Whether the server knows the option, and with this type, is
    /// seen in its answer: a parse error (0x60008) when it does not.
    ///
    /// # Errors
    ///
    /// [`StatementError`] for a name with other characters than letters, digits, `-`, `_` and one
    /// `.`, for control characters in a text, for empty values and for those beyond the limits.
    pub fn option(
        &mut self,
        action: Action,
        name: &str,
        value: OptionValue<'_>,
    ) -> Result<&mut Self, StatementError> {
        check_option_name(name)?;
        let value = value.statement(name)?;
        Ok(self.add(format_args!("{} {name} {value};", action.keyword())))
    }

    /// Text of the caller's own: any number of whole statements.
    ///
    /// # Errors
    ///
    /// [`StatementError`] unless strings and braces are closed, the last statement has its end, and
    /// there is nothing that the leases file would not keep (see the [module](self)). Whether the
    /// statements make sense is not looked at.
    pub fn raw(&mut self, text: &str) -> Result<&mut Self, StatementError> {
        check(text.as_bytes())?;
        Ok(self.raw_unchecked(text))
    }

    /// Text of the caller's own, whatever it is. For experts: what is wrong in it may be dropped
    /// without an error, or cost the server its leases file at the next start.
    pub fn raw_unchecked(&mut self, text: &str) -> &mut Self {
        let text = text.trim_matches([' ', '\t', '\r', '\n']);
        if text.is_empty() { self } else { self.add(format_args!("{text}")) }
    }

    /// The text so far.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The text, or one blank where there is none: a group cannot be created without `statements`,
    /// and an empty value would crash the server (dhcpd 4.4.3-P1).
    pub fn or_blank(&self) -> &str {
        if self.text.is_empty() { " " } else { &self.text }
    }

    /// Whether nothing was added.
    pub const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    fn add(&mut self, statement: fmt::Arguments<'_>) -> &mut Self {
        if !self.text.is_empty() {
            self.text.push(' ');
        }
        self.text.push_str(&statement.to_string());
        self
    }
}

impl fmt::Display for Statements {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl AsRef<[u8]> for Statements {
    fn as_ref(&self) -> &[u8] {
        self.text.as_bytes()
    }
}

/// `NAME`, or `SPACE.NAME` for an option of a vendor's space.
fn check_option_name(name: &str) -> Result<(), StatementError> {
    let word = |word: &str| {
        word.starts_with(|first: char| first.is_ascii_alphanumeric())
            && word.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-_".contains(&octet))
    };
    let (space, name_in_space) = name.split_once('.').unwrap_or((name, name));
    if word(space) && word(name_in_space) {
        Ok(())
    } else {
        Err(StatementError::OptionName { name: name.into() })
    }
}

#[cfg(test)]
mod tests;
