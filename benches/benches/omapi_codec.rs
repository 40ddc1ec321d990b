//! The OMAPI codec, message by message, and pypureomapi beside it.

use std::hint::black_box;
use std::time::{Duration, Instant};
use std::{env, fmt::Write};

use criterion::{Criterion, Throughput};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use netlever_benches::{Spread, codec, python};
use netlever_core::omapi::key::Algorithm;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    steps(&mut criterion);
    criterion.final_summary();
    // cargo says `--bench` when it measures; with `--test` or `--list` it does not.
    let arguments: Vec<String> = env::args().skip(1).collect();
    if arguments == ["--bench"] {
        match python::interpreter() {
            Ok(python) => beside(&python),
            Err(why) => println!("pypureomapi is left out: {why}"),
        }
    }
}

fn steps(criterion: &mut Criterion) {
    let (md5, sha256) = (codec::key(Algorithm::HmacMd5), codec::key(Algorithm::HmacSha256));
    let (reply, longer) = (codec::lease_reply(&md5), codec::lease_reply(&sha256));
    let lookup = codec::lookup();
    let mut group = criterion.benchmark_group("omapi");
    group.throughput(Throughput::Elements(1));
    group.bench_function("decode", |bencher| bencher.iter(|| codec::decode(black_box(&reply))));
    group.bench_function("decode, read every attribute", |bencher| {
        bencher.iter(|| codec::decode_and_read(black_box(&reply)));
    });
    group.bench_function("decode, verify HMAC-MD5", |bencher| {
        bencher.iter(|| codec::decode_and_verify(black_box(&reply), &md5));
    });
    group.bench_function("decode, verify HMAC-SHA256", |bencher| {
        bencher.iter(|| codec::decode_and_verify(black_box(&longer), &sha256));
    });
    let mut out = Vec::with_capacity(256);
    for (name, key) in [("MD5", &md5), ("SHA256", &sha256)] {
        group.bench_function(format!("sign HMAC-{name} and encode a lookup"), |bencher| {
            bencher.iter(|| {
                codec::sign_and_encode(&mut out, black_box(&lookup), key);
                black_box(out.len())
            });
        });
    }
    let covered = reply.len() - 4 - 16;
    group.bench_function("bare HMAC-MD5 of the reply, key ready", |bencher| {
        let keyed = Hmac::<Md5>::new_from_slice(codec::SECRET).expect("any length");
        bencher.iter(|| {
            let mut mac = keyed.clone();
            mac.update(black_box(&reply[4..4 + covered]));
            mac.finalize().into_bytes()
        });
    });
    group.bench_function("bare HMAC-MD5 of the reply, key and all", |bencher| {
        bencher.iter(|| {
            let mut mac = Hmac::<Md5>::new_from_slice(codec::SECRET).expect("any length");
            mac.update(black_box(&reply[4..4 + covered]));
            mac.finalize().into_bytes()
        });
    });
    group.finish();
}

/// Rounds of ours and theirs, one after the other.
fn beside(python: &std::path::PathBuf) {
    const ROUNDS: usize = 5;
    let key = codec::key(Algorithm::HmacMd5);
    let reply = codec::lease_reply(&key);
    let hex = reply.iter().fold(String::new(), |mut hex, octet| {
        let _ = write!(hex, "{octet:02x}");
        hex
    });
    let (mut ours, mut verified, mut theirs) = (vec![], vec![], vec![]);
    for _ in 0..ROUNDS {
        ours.push(rate(|| black_box(codec::decode_and_read(black_box(&reply)))));
        verified.push(rate(|| codec::decode_and_verify(black_box(&reply), &key)));
        match python::run(python, "decode.py", &[hex.clone(), "0.5".into()]).as_deref() {
            Ok([rate]) => theirs.push(*rate),
            other => return println!("pypureomapi failed: {other:?}"),
        }
    }
    let [ours, verified, theirs] = [ours, verified, theirs].map(Spread::of);
    println!("decodes a second, {ROUNDS} rounds, median (least..most):");
    println!("  netlever, every attribute read   {ours}");
    println!("  netlever, HMAC-MD5 verified      {verified}");
    println!("  pypureomapi, no verification     {theirs}");
    println!("  netlever is {:.0} times as fast", ours.median / theirs.median);
}

/// How often a second, over half a second.
fn rate<T>(mut step: impl FnMut() -> T) -> f64 {
    let (begin, mut count) = (Instant::now(), 0.0);
    while begin.elapsed() < Duration::from_millis(500) {
        for _ in 0..1000 {
            black_box(step());
        }
        count += 1000.0;
    }
    count / begin.elapsed().as_secs_f64()
}
