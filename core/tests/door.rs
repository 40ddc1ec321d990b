//! A client whose server connects to it: dialling is accepting, again after each loss.
#![cfg(feature = "omapi")]

use std::time::Instant;

use netlever_core::client::Client;
use netlever_core::door::Door;
use netlever_core::memory::World;
use netlever_core::omapi::calls::Lookup;
use netlever_core::omapi::peer::{self, Fault, Server, Setup, Strike, When};
use netlever_core::omapi::{Config, Omapi};
use netlever_core::runtime::{Endpoint, Listening, Runtime};
use netlever_core::{drive, drive_alone};

#[test]
fn a_client_accepts_its_server_and_accepts_it_again() {
    let now = Instant::now();
    let world = World::new(now, 3);
    // The third answer of the server is cut off: the client has to let it in a second time.
    let cut = Strike { fault: Fault::CloseAt(7), when: When::Nth(3) };
    let server = Server::new(Setup::new(now, 1_795_000_000).with_fault(cut));
    peer::small_office(&server, 1_795_000_000).unwrap();

    let listening = world.listen(&Endpoint::tcp("127.0.0.1", 0)).unwrap();
    let here = listening.endpoint();
    let client = Client::new(Omapi::new(Config::unsigned(1)), world.clock());
    world.spawn(drive(&client, Door::new(&world, listening)));
    for _ in 0..2 {
        world.spawn(drive_alone(server.session(), world.clock(), world.stream(&here)));
    }
    world.block_on(async {
        for name in ["printer", "camera-1", "camera-2", "printer"] {
            let host = client.call(Lookup::host().name(name)).await.unwrap();
            assert_eq!(host.name(), Some(name));
        }
    });
    assert_eq!(client.with(|omapi| omapi.counters().links), 2);
}
