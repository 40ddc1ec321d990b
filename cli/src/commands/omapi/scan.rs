//! `scan`: every lease of an address range, by asking for each address; dhcpd has no list.

use std::net::Ipv4Addr;

use clap::Args;
use netlever_core::omapi::Error;
use netlever_core::omapi::calls;
use netlever_core::omapi::objects::{Lease, Object};
use netlever_core::omapi::values::{LeaseState, Value};
use serde_json::json;

use super::render::{self, Form};
use super::trace::On;
use super::{Context, Ended, Server};
use crate::failure::{Failure, Status};
use crate::output::Table;
use crate::progress;

/// The words behind `scan`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  netlever omapi … scan 10.0.0.0/24 --state active
  netlever omapi … --rate 500 scan 10.0.0.100-10.0.3.200        easy on a busy server
  netlever omapi … --json scan 10.0.0.0/24 | jq -r '.\"ip-address\"'

With --json each lease is a line, as `lookup lease` prints it. Addresses outside all pools have no
lease; --all names them too, as {\"ip-address\": …, \"lease\": null}.")]
pub(crate) struct Scan {
    /// Addresses: 10.0.0.0/24, or 10.0.0.100-10.0.0.199
    #[arg(value_name = "CIDR", value_parser = range)]
    range: Range,
    /// Only leases in this state: free, active, expired, released, abandoned, reset, backup; give
    /// it again for more
    #[arg(long, value_name = "STATE")]
    state: Vec<LeaseState>,
    /// Name addresses without a lease too
    #[arg(long)]
    all: bool,
    /// Scan more than 65536 addresses
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    form: Form,
}

/// Both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Range {
    first: Ipv4Addr,
    last: Ipv4Addr,
}

/// So many addresses are asked for without `--force`.
const MOST: u64 = 1 << 16;

impl Range {
    fn len(self) -> u64 {
        u64::from(self.last.to_bits()) - u64::from(self.first.to_bits()) + 1
    }
}

fn range(text: &str) -> Result<Range, String> {
    let wrong = || "write it as 10.0.0.0/24 or 10.0.0.100-10.0.0.199".to_owned();
    let ip = |text: &str| text.trim().parse::<Ipv4Addr>().map_err(|_| wrong());
    if let Some((first, last)) = text.split_once('-') {
        let range = Range { first: ip(first)?, last: ip(last)? };
        return if range.first <= range.last {
            Ok(range)
        } else {
            Err("it ends before it begins".into())
        };
    }
    let (base, prefix) = text.split_once('/').unwrap_or((text, "32"));
    let prefix: u32 = prefix.parse().ok().filter(|prefix| *prefix <= 32).ok_or_else(wrong)?;
    let rest = u32::MAX.checked_shr(prefix).unwrap_or(0);
    let first = ip(base)?.to_bits() & !rest;
    Ok(Range { first: first.into(), last: (first | rest).into() })
}

/// Asks for each address and prints what it finds, in order.
pub(crate) async fn run(server: &Server, context: &Context, args: Scan) -> Ended {
    let Scan { range, state, all, force, form } = args;
    let output = &context.output;
    let count = range.len();
    if count > MOST && !force {
        return Err(Failure::usage(format!(
            "{count} addresses are more than {MOST}: --force asks for all of them"
        )));
    }
    let lookups = calls::scan(range.first, range.last).map(On);
    let mut batch = server.client().batch(lookups, server.window(1));
    let bar = progress::bar(count, "scan");
    let mut table = Table::new(&HEAD);
    let mut statuses = vec![];
    let mut end = Ok(());
    for ip in (range.first.to_bits()..=range.last.to_bits()).map(Ipv4Addr::from) {
        let Some(found) = batch.next().await else { break };
        bar.inc(1);
        match found {
            Ok(lease) if state.is_empty() || lease.state().is_some_and(|s| state.contains(&s)) => {
                if output.json {
                    bar.suspend(|| output.json_line(&render::json(lease.object(), form).into()));
                } else {
                    table.row(row(&lease));
                }
            }
            Ok(_) => {}
            Err(error) if error.is_not_found() => {
                if all && output.json {
                    bar.suspend(|| {
                        output.json_line(&json!({ "ip-address": ip.to_string(), "lease": null }));
                    });
                } else if all {
                    table.row(vec![ip.to_string(), "no lease".into()]);
                }
            }
            Err(error @ Error::Refused(_)) => {
                let failure = server.failure(&format!("looking up lease ip-address={ip}"), &error);
                bar.suspend(|| output.error(&failure.message));
                if output.json {
                    let error = failure.json();
                    output.json_line(&json!({ "ip-address": ip.to_string(), "error": error }));
                }
                statuses.push(failure.status());
            }
            Err(error) => {
                let tried = format!("looking up lease ip-address={ip}, the scan ends there,");
                end = Err(server.failure(&tried, &error));
                break;
            }
        }
    }
    bar.finish_and_clear();
    if !output.json {
        output.text(&table.render(output.palette()));
    }
    end?;
    Ok(Status::of_all(statuses))
}

const HEAD: [&str; 5] = ["ip-address", "state", "ends", "hardware-address", "client-hostname"];

fn row(lease: &Lease) -> Vec<String> {
    HEAD.iter().map(|name| cell(lease.object(), name)).collect()
}

fn cell(object: &Object, name: &str) -> String {
    object.value(name).as_ref().map(Value::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read() {
        for (text, first, last, len) in [
            ("10.0.0.0/24", "10.0.0.0", "10.0.0.255", 256),
            ("10.0.0.7/30", "10.0.0.4", "10.0.0.7", 4),
            ("10.0.0.7", "10.0.0.7", "10.0.0.7", 1),
            ("10.0.0.7/32", "10.0.0.7", "10.0.0.7", 1),
            ("0.0.0.0/0", "0.0.0.0", "255.255.255.255", 1 << 32),
            ("10.0.0.250-10.0.1.2", "10.0.0.250", "10.0.1.2", 9),
        ] {
            let range = range(text).unwrap();
            let expected = Range { first: first.parse().unwrap(), last: last.parse().unwrap() };
            assert_eq!((range, range.len()), (expected, len), "{text}");
        }
        for text in ["", "10.0.0.0/33", "10.0.0/24", "10.0.0.2-10.0.0.1", "10.0.0.0/", "x-y", "/8"]
        {
            assert!(range(text).is_err(), "{text}");
        }
    }
}
