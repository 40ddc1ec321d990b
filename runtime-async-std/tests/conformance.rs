//! Every property of the contract, on async-std.

use netlever_async_std::AsyncStd;

netlever_conformance::every_runtime!(AsyncStd);
netlever_conformance::real_sockets!(AsyncStd);
