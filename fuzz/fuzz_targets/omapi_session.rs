//! A script of everything that can happen to a client session, by hand and without a runtime.
#![no_main]

libfuzzer_sys::fuzz_target!(|script: netlever_fuzz::session::Script| script.run());
