//! The simulated server against clients of every kind.
#![no_main]

libfuzzer_sys::fuzz_target!(|script: netlever_fuzz::peer::Script| script.run());
