//! Every property of the contract, on tokio: with one thread, and with threads of its own.

mod one_thread {
    use netlever_tokio::Tokio;

    netlever_conformance::every_runtime!(Tokio::new().unwrap());
    netlever_conformance::real_sockets!(Tokio::new().unwrap());
}

mod two_workers {
    use netlever_tokio::Tokio;

    netlever_conformance::every_runtime!(Tokio::with_workers(2).unwrap());
    netlever_conformance::real_sockets!(Tokio::with_workers(2).unwrap());
}
