//! Every property of the contract, on the blocking reactor.

use netlever_blocking::Reactor;

netlever_conformance::every_runtime!(Reactor::new().unwrap());
netlever_conformance::real_sockets!(Reactor::new().unwrap());
