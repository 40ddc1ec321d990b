//! Client and simulated server in memory, in any weather and with every fault.
#![no_main]

libfuzzer_sys::fuzz_target!(|script: netlever_fuzz::pair::Script| script.run());
