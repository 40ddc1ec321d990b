//! The management interface from async-std against the real OpenVPN.

#![cfg(feature = "peers")]

netlever_conformance::openvpn_suite!(netlever_async_std::AsyncStd, "async-std");
