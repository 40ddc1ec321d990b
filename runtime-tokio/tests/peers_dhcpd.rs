//! OMAPI from tokio against the real dhcpd.

#![cfg(feature = "peers")]

netlever_conformance::dhcpd_suite!(netlever_tokio::Tokio::new().expect("a runtime"), TOKIO);
