//! OMAPI from blocking code against the real dhcpd.

#![cfg(feature = "peers")]

netlever_conformance::dhcpd_suite!(netlever_blocking::Reactor::new().expect("a reactor"), BLOCKING);
