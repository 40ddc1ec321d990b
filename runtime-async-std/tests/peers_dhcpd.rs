//! OMAPI from async-std against the real dhcpd.

#![cfg(feature = "peers")]

netlever_conformance::dhcpd_suite!(netlever_async_std::AsyncStd, ASYNC_STD);
