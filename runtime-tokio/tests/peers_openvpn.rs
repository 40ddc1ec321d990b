//! The management interface from tokio against the real OpenVPN.

#![cfg(feature = "peers")]

netlever_conformance::openvpn_suite!(netlever_tokio::Tokio::new().expect("a runtime"), "tokio");
