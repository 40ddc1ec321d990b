//! Every property of the contract, in memory and on a virtual clock.

use std::time::Instant;

use netlever_core::memory::{Weather, World};

fn world() -> World {
    World::new(Instant::now(), 1)
}

netlever_conformance::every_runtime!(world());

mod hours_and_storms {
    use super::*;

    fn storm() -> Weather {
        Weather { loss: 20, twice: 5, late: 10, ..Weather::default() }
    }

    netlever_conformance::virtual_world!(world().under(storm()));
}
