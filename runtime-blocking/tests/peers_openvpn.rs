//! The management interface from blocking code against the real OpenVPN.

#![cfg(feature = "peers")]

netlever_conformance::openvpn_suite!(
    netlever_blocking::Reactor::new().expect("a reactor"),
    "blocking"
);
