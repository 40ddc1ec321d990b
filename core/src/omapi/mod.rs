//! OMAPI: the TCP management protocol of the ISC DHCP server.
//!
//! OMAPI reads and changes a running dhcpd: its leases, hosts, groups, classes, failover state and
//! its own life. No RFC describes it; the daemon is the specification. What these modules state as
//! fact was observed on dhcpd 4.4.3-P1 unless they say otherwise.
//!
//! # One connection
//!
//! ```text
//!   client                                            dhcpd, customary port 7911
//!     | -- introduction: version 100, header 24 -->     |   both sides at once,
//!     | <------------- introduction --------------      |   neither waits for the other
//!     | -- OPEN authenticator (name, algorithm) ->      |   unsigned
//!     | <------- UPDATE, handle = authid ---------      |   unsigned
//!     | -- OPEN / REFRESH / UPDATE / DELETE ----->      |   signed from here on
//!     | <------- UPDATE or STATUS, rid = tid -----      |   one answer each, in order
//! ```
//!
//! # The first lookup
//!
//! A [`Config`] says how the session behaves, a [`Client`](crate::Client) is the handle, and what
//! can be asked is in [`calls`]. The same lines work under every runtime; here it is
//! [`memory::World`](crate::memory::World), with a simulated server in place of dhcpd:
//!
//! ```
//! use netlever_core::memory::World;
//! use netlever_core::omapi::key::{Algorithm, Key};
//! use netlever_core::omapi::peer::{self, Server, Setup};
//! use netlever_core::omapi::{Config, Omapi, calls::Lookup};
//! use netlever_core::runtime::{Endpoint, Listening, Runtime};
//!
//! # let now = std::time::Instant::now();
//! # let world = World::new(now, 1);
//! let key = Key::from_base64("defomapi", Algorithm::HmacMd5, "+bFQtBCta6j2vWkjPkNFtgA==")?;
//! # let server = Server::new(Setup::new(now, 1_795_000_000).with_key(key.clone()));
//! # peer::small_office(&server, 1_795_000_000)?;
//! # let listening = world.listen(&Endpoint::tcp("dhcp.example", 7911))?;
//! # let serving = peer::serve(world.clone(), listening, server);
//! # world.spawn(async move { serving.await.unwrap() });
//! let seed = 5; // from the system's random numbers
//! let client = world.connect(Omapi::new(Config::signed(key, seed)), &"dhcp.example:7911".parse()?);
//! world.block_on(async {
//!     // Who has this address, and which address has that MAC?
//!     let lease = client.call(Lookup::lease().ip_address([192, 168, 10, 167].into())).await?;
//!     assert_eq!(lease.hardware_address().unwrap().to_string(), "24:79:2a:0a:13:c0");
//!     let mac = "24:79:2a:0a:13:c0".parse().unwrap();
//!     let lease = client.call(Lookup::lease().hardware_address(mac)).await?;
//!     assert_eq!(lease.ip_address(), Some([192, 168, 10, 167].into()));
//!     for field in lease.object().fields() {
//!         println!("{}: {}", field.name_text(), field.value);
//!     }
//!     Ok::<(), netlever_core::omapi::Error>(())
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # By handle
//!
//! What no typed call does is done with the four requests of the protocol. A handle is bound to
//! its connection: dhcpd counts them from 1 again when it restarts.
//!
//! ```
//! # use netlever_core::memory::World;
//! # use netlever_core::omapi::peer::{self, Server, Setup};
//! # use netlever_core::omapi::{Config, Omapi};
//! use netlever_core::omapi::calls::{Delete, Open, Refresh, Update};
//! # use netlever_core::runtime::{Endpoint, Listening, Runtime};
//! # let now = std::time::Instant::now();
//! # let world = World::new(now, 1);
//! # let server = Server::new(Setup::new(now, 1_795_000_000));
//! # peer::small_office(&server, 1_795_000_000)?;
//! # let listening = world.listen(&Endpoint::tcp("dhcp.example", 7911))?;
//! # let serving = peer::serve(world.clone(), listening, server);
//! # world.spawn(async move { serving.await.unwrap() });
//! # let client = world.connect(Omapi::new(Config::unsigned(5)), &"dhcp.example:7911".parse()?);
//! # world.block_on(async {
//! let host = client.call(Open::new("host").with("name", "camera-1")).await?;
//! client.call(Update::new(&host.handle, [("group", "staff")].into_iter().collect())).await?;
//! let host = client.call(Refresh::new(&host.handle)).await?;
//! client.call(Delete::new(&host.handle)).await?;
//! # Ok::<(), netlever_core::omapi::Error>(()) })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What it costs to trust it
//!
//! OMAPI has no confidentiality and no protection against replay: a captured request can be sent
//! again. dhcpd 4.4.3-P1 even serves a message that names an opened key without a signature, so
//! `omapi-key` keeps nobody out who reaches the port: let only trusted hosts reach it, by firewall
//! or tunnel. HMAC-MD5 is the default everywhere; prefer `hmac-sha256` in new configurations.
//!
//! # What is where
//!
//! * [`calls`]: what can be asked of a server; [`error`]: what can become of it.
//! * [`session`]: the client's side of a connection, with its states and bursts.
//! * [`objects`]: leases, hosts and the other objects that answers describe.
//! * [`values`]: what the octets of an attribute mean, and back from text; [`code`]: the result
//!   codes of refusals.
//! * [`statements`]: the text of `statements`, safely made.
//! * [`guard`]: requests that would harm the server and are not sent.
//! * [`request`]: what goes out and comes back, as values.
//! * [`wire`]: octets to messages and back, with every limit on what a peer may send; [`key`]: the
//!   shared secret and the six HMACs that sign a message.
//! * [`peer`]: a simulated DHCP server.

pub mod calls;
pub mod code;
pub mod error;
pub mod guard;
pub mod key;
pub mod objects;
pub mod peer;
pub mod request;
pub mod session;
pub mod statements;
pub mod values;
pub mod wire;

pub use error::Error;
pub use session::{Config, Omapi};
