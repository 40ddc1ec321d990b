//! `keygen`: a random key, and the lines of dhcpd.conf for it.

use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use netlever_core::omapi::key::Algorithm;
use serde_json::json;
use zeroize::Zeroizing;

use super::options::PORT;
use super::{Context, Ended, Options};
use crate::failure::{Failure, Status};

/// The words behind `keygen`.
#[derive(Debug, Args)]
#[command(after_help = "\
Its algorithm is --algorithm, or hmac-sha256; its name --key-name, or omapi. No server is asked.

Examples:
  netlever omapi keygen --key-name provisioning
  netlever omapi keygen --algorithm hmac-sha512 --write /etc/netlever/omapi.key")]
pub(crate) struct Keygen {
    /// The port in the lines for dhcpd.conf
    #[arg(long, value_name = "PORT", default_value_t = PORT)]
    port: u16,
    /// Write the secret to this new file too, for --secret-file; only its owner may read it
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

/// Makes a key and prints it.
pub(crate) fn run(context: &Context, options: &Options, args: &Keygen) -> Ended {
    let algorithm = options.algorithm.unwrap_or(Algorithm::HmacSha256);
    let name = options.key_name.as_deref().unwrap_or("omapi");
    if name.is_empty()
        || !name.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"._-".contains(&octet))
    {
        return Err(Failure::usage(format!(
            "key name {name:?}: dhcpd.conf takes letters, digits, '.', '_' and '-'"
        )));
    }
    let mut octets = Zeroizing::new(vec![0; algorithm.signature_len()]);
    getrandom::fill(&mut octets)
        .map_err(|why| Failure::other(format!("the system gives no random numbers: {why}")))?;
    let secret = Zeroizing::new(STANDARD.encode(&octets));
    if let Some(path) = &args.write {
        write(path, &secret).map_err(|why| {
            let hint = match why.kind() {
                ErrorKind::AlreadyExists => "; a key is never written over: name a new file",
                _ => "",
            };
            Failure::usage(format!("secret file {}: {why}{hint}", path.display()))
        })?;
    }
    let lines = Zeroizing::new(format!(
        "key {name} {{\n  algorithm {algorithm};\n  secret {};\n}};\nomapi-port {};\nomapi-key \
         {name};\n",
        *secret, args.port
    ));
    context.output.print(
        || {
            json!({
                "key-name": name,
                "algorithm": algorithm.name(),
                "secret": *secret,
                "dhcpd.conf": *lines,
            })
        },
        |palette| {
            let dim = palette.dim;
            format!(
                "{dim}# dhcpd.conf; then: netlever omapi --server HOST --key-name {name} \
                 --algorithm {algorithm} --secret-file FILE …{dim:#}\n{}",
                *lines
            )
        },
    );
    Ok(Status::Done)
}

/// A new file that only its owner may read.
fn write(path: &Path, secret: &str) -> std::io::Result<()> {
    let mut new = std::fs::OpenOptions::new();
    new.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut new, 0o600);
    let mut file = new.open(path)?;
    writeln!(file, "{secret}")
}
