//! What dhcpd's parser says about `statements`, roughly.
//!
//! It reads executable statements one after the other. As observed on 4.4.3-P1: text that begins
//! with no statement is refused, as are an unknown option name and a fault inside a known
//! statement; text that *stops* being statements succeeds, and the rest is silently dropped, as
//! is a missing semicolon at the end.

use crate::omapi::code::ResultCode;

use super::request::Outcome;

/// Words that begin a statement and want something behind them.
const KEYWORDS: &[&str] = &[
    "add",
    "allow",
    "always-broadcast",
    "append",
    "authoritative",
    "boot-unknown-clients",
    "ddns-domainname",
    "ddns-hostname",
    "ddns-rev-domainname",
    "ddns-ttl",
    "ddns-updates",
    "default",
    "default-lease-time",
    "deny",
    "do-forward-updates",
    "else",
    "elsif",
    "eval",
    "execute",
    "filename",
    "fixed-address",
    "hardware",
    "if",
    "ignore",
    "log",
    "max-lease-time",
    "min-lease-time",
    "min-secs",
    "next-server",
    "on",
    "one-lease-per-client",
    "option",
    "prepend",
    "return",
    "send",
    "server-identifier",
    "server-name",
    "set",
    "supersede",
    "switch",
    "unset",
    "use-host-decl-names",
    "vendor-option-space",
];

/// Statements whose first word is the name of an option.
const OF_OPTIONS: &[&str] = &["append", "default", "option", "prepend", "send", "supersede"];

/// Options that this server has declared. A name with a dot belongs to a space of a vendor.
const OPTIONS: &[&str] = &[
    "all-subnets-local",
    "arp-cache-timeout",
    "auto-config",
    "bootfile-name",
    "boot-size",
    "broadcast-address",
    "capwap-ac-v4",
    "cookie-servers",
    "default-ip-ttl",
    "default-tcp-ttl",
    "default-url",
    "dhcp-client-identifier",
    "dhcp-lease-time",
    "dhcp-max-message-size",
    "dhcp-parameter-request-list",
    "dhcp-rebinding-time",
    "dhcp-renewal-time",
    "dhcp-server-identifier",
    "domain-name",
    "domain-name-servers",
    "domain-search",
    "extensions-path",
    "finger-server",
    "font-servers",
    "host-name",
    "ieee802-3-encapsulation",
    "ien116-name-servers",
    "impress-servers",
    "interface-mtu",
    "ip-forwarding",
    "irc-server",
    "log-servers",
    "lpr-servers",
    "mask-supplier",
    "max-dgram-reassembly",
    "merit-dump",
    "mobile-ip-home-agent",
    "ms-classless-static-routes",
    "netbios-dd-server",
    "netbios-name-servers",
    "netbios-node-type",
    "netbios-scope",
    "nis-domain",
    "nis-servers",
    "nisplus-domain",
    "nisplus-servers",
    "nntp-server",
    "non-local-source-routing",
    "ntp-servers",
    "path-mtu-aging-timeout",
    "path-mtu-plateau-table",
    "pcode",
    "perform-mask-discovery",
    "policy-filter",
    "pop-server",
    "resource-location-servers",
    "rfc3442-classless-static-routes",
    "root-path",
    "router-discovery",
    "router-solicitation-address",
    "routers",
    "slp-directory-agent",
    "slp-service-scope",
    "smtp-server",
    "static-routes",
    "streettalk-directory-assistance-server",
    "streettalk-server",
    "subnet-mask",
    "swap-server",
    "tcode",
    "tcp-keepalive-garbage",
    "tcp-keepalive-interval",
    "tftp-server-name",
    "time-offset",
    "time-servers",
    "trailer-encapsulation",
    "user-class",
    "v4-captive-portal",
    "vendor-class-identifier",
    "vendor-encapsulated-options",
    "www-server",
    "x-display-manager",
];

/// The statements that dhcpd would keep, in their own text.
pub(super) fn parse(value: &[u8]) -> Outcome<String> {
    let text = str::from_utf8(value).map_err(|_| ResultCode::BAD_PARSE)?;
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let words = &rest[..end_of_statement(rest)?];
        let mut tokens = words.split_whitespace().map(|word| word.trim_end_matches([';', '{']));
        let first = tokens.next().unwrap_or_default();
        if !KEYWORDS.contains(&first) {
            if rest.len() == text.trim_start().len() {
                return Err(ResultCode::BAD_PARSE);
            }
            break; // no statement any more: the rest is dropped
        }
        let second = tokens.next().unwrap_or_default();
        if second.is_empty() && first != "else" && first != "authoritative" {
            return Err(ResultCode::BAD_PARSE);
        }
        if OF_OPTIONS.contains(&first) {
            let known = OPTIONS.contains(&second) || second.contains('.');
            if !known || tokens.next().is_none() {
                return Err(ResultCode::BAD_PARSE);
            }
        }
        rest = rest[words.len()..].trim_start();
    }
    Ok(text[..text.len() - rest.len()].to_owned())
}

/// Where the statement ends: behind its semicolon, or behind the brace that closes its block.
fn end_of_statement(text: &str) -> Outcome<usize> {
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, octet) in text.bytes().enumerate() {
        match octet {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            _ if quoted => {}
            b'{' => depth += 1,
            b'}' => {
                depth = depth.checked_sub(1).ok_or(ResultCode::BAD_PARSE)?;
                if depth == 0 {
                    return Ok(at + 1);
                }
            }
            b';' if depth == 0 => return Ok(at + 1),
            _ => {}
        }
    }
    if quoted || depth > 0 { Err(ResultCode::BAD_PARSE) } else { Ok(text.len()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_kept() {
        for text in [
            "supersede host-name \"pc-st\"; supersede routers 10.99.0.254;",
            "supersede rfc3442-classless-static-routes = 08:0a:c0:a8:01:01;",
            "option domain-name \"a;b}{\\\"\"; filename \"boot\"; next-server 10.0.0.1",
            "if known { option host-name \"x\"; } else { deny booting; }",
            "option space.thing 1;",
            "",
        ] {
            assert_eq!(parse(text.as_bytes()), Ok(text.to_owned()));
        }
        assert_eq!(parse(b" "), Ok(" ".to_owned()), "one blank is enough for a group");
    }

    #[test]
    fn faults_are_refused() {
        for text in [
            "this is not { valid",
            "nonsense;",
            "option frobnicate 1;",
            "option host-name;",
            "option",
            "filename \"open",
            "if known { option host-name \"x\";",
            "}",
        ] {
            assert_eq!(parse(text.as_bytes()), Err(ResultCode::BAD_PARSE), "{text}");
        }
        assert_eq!(parse(b"filename \"\xff\";"), Err(ResultCode::BAD_PARSE));
    }

    #[test]
    fn what_follows_the_last_statement_is_dropped() {
        let kept = parse(b"option host-name \"x\"; frobnicate;").expect("a success");
        assert_eq!(kept.trim_end(), "option host-name \"x\";");
    }
}
