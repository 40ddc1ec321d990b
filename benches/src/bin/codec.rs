//! One step of the codec, so many times: for `instructions`, which counts what it executes.
//!
//! `codec STEP COUNT`

use std::env;
use std::hint::black_box;
use std::process::ExitCode;

use netlever_benches::codec;
use netlever_core::omapi::key::Algorithm;

const USAGE: &str = "codec decode|read|verify-md5|verify-sha256|sign-md5|sign-sha256 COUNT";

fn main() -> ExitCode {
    let mut arguments = env::args().skip(1);
    let (step, count) = (arguments.next(), arguments.next());
    let (Some(step), Some(count)) = (step, count.and_then(|count| count.parse().ok())) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    run(&step, count)
}

fn run(step: &str, count: u64) -> ExitCode {
    let algorithm =
        if step.ends_with("sha256") { Algorithm::HmacSha256 } else { Algorithm::HmacMd5 };
    let key = codec::key(algorithm);
    let (reply, lookup) = (codec::lease_reply(&key), codec::lookup());
    let mut out = Vec::with_capacity(256);
    for _ in 0..count {
        match step {
            "decode" => {
                black_box(codec::decode(black_box(&reply)));
            }
            "read" => {
                black_box(codec::decode_and_read(black_box(&reply)));
            }
            "verify-md5" | "verify-sha256" => codec::decode_and_verify(black_box(&reply), &key),
            "sign-md5" | "sign-sha256" => {
                codec::sign_and_encode(&mut out, black_box(&lookup), &key);
                black_box(&out);
            }
            _ => {
                eprintln!("{USAGE}");
                return ExitCode::from(2);
            }
        }
    }
    ExitCode::SUCCESS
}
