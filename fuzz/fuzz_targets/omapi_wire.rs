//! Octets of a hostile peer: read at once and in cuts, written again, and held against limits.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: netlever_fuzz::wire::Input<'_>| input.run());
