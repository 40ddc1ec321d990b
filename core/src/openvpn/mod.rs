//! The management interface of OpenVPN 2.4 to 2.7: a line protocol between a daemon and one
//! program that watches and steers it.
//!
//! What these modules state as fact was observed on OpenVPN 2.6.14 unless they say otherwise.
//!
//! # One connection
//!
//! ```text
//!   client                                            daemon (server or client of a VPN)
//!     | <------------ ENTER PASSWORD: ------------      |   only with a management password
//!     | -- the password, raw --------------------->     |
//!     | <--- >INFO:OpenVPN Management Interface …       |   the greeting: its version
//!     | -- command ------------------------------->     |
//!     | <--- >STATE:…, >CLIENT:…, >LOG:… ----------     |   at any time, but never inside a block
//!     | <--- SUCCESS: …, ERROR: …, or lines and END     |   strictly in order of the commands
//! ```
//!
//! A daemon serves one client at a time: a second connection is accepted by its kernel and gets no
//! octet, not even the greeting, until the first has left.
//!
//! # The first questions
//!
//! A [`Config`] says how the session behaves, a [`Client`](crate::Client) is the handle, and what
//! can be asked is in [`calls`]. The same lines work under every runtime, over TCP and Unix
//! sockets; here it is [`memory::World`](crate::memory::World), with a simulated daemon:
//!
//! ```
//! use netlever_core::memory::World;
//! use netlever_core::openvpn::peer::{self, Daemon, Setup};
//! use netlever_core::openvpn::{Config, Management, calls, state::Side};
//! use netlever_core::runtime::{Endpoint, Listening, Runtime};
//!
//! # let now = std::time::Instant::now();
//! # let world = World::new(now, 1);
//! # let daemon = Daemon::new(Setup::server(now, 1_795_294_029).with_password("secret"));
//! # peer::small_office(&daemon, now);
//! # let listening = world.listen(&Endpoint::tcp("localhost", 7505))?;
//! # let serving = peer::serve(world.clone(), listening, daemon);
//! # world.spawn(async move { serving.await.unwrap() });
//! let seed = 5; // from the system's random numbers
//! let session = Management::new(Config::with_password("secret", seed));
//! let vpn = world.connect(session, &"localhost:7505".parse()?);
//! world.block_on(async {
//!     // Asked once on a connection, then known.
//!     let version = vpn.call(calls::version()).await?;
//!     println!("{}", version.title); // OpenVPN 2.6.14 x86_64-pc-linux-gnu [SSL (OpenSSL)] …
//!     assert_eq!(version.release().unwrap().to_string(), "2.6.14");
//!
//!     let states = vpn.call(calls::state()).await?;
//!     let state = states.last().expect("a daemon that is up has one");
//!     assert_eq!((state.name.lossy().as_ref(), state.side()), ("CONNECTED", Some(Side::Server)));
//!     assert_eq!(state.tun_ip4.unwrap(), "10.9.0.1");
//!     assert_eq!(state.local.unwrap(), "192.0.2.1");
//!     assert_eq!(state.local_port, Some(1194));
//!
//!     let status = vpn.call(calls::server_status()).await?;
//!     for client in status.clients().flatten() {
//!         println!("{} {} {:?}", client.common_name, client.real_address, client.cid);
//!     }
//!     let stats = vpn.call(calls::load_stats()).await?;
//!     assert_eq!(stats.clients, 5);
//!     Ok::<(), netlever_core::openvpn::Error>(())
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Events
//!
//! What the daemon tells unasked, and what becomes of the link, comes as a stream beside the
//! calls, and commands may be sent from its midst:
//!
//! ```
//! # use netlever_core::memory::World;
//! # use netlever_core::openvpn::peer::{self, Daemon, Setup};
//! # use netlever_core::runtime::{Endpoint, Listening, Runtime};
//! use netlever_core::Heard;
//! use netlever_core::openvpn::session::Event;
//! use netlever_core::openvpn::{self, Config, Management, calls, event::ClientEvent};
//!
//! # let now = std::time::Instant::now();
//! # let world = World::new(now, 1);
//! # let daemon = Daemon::new(Setup::server(now, 1_795_294_029));
//! # let listening = world.listen(&Endpoint::tcp("localhost", 7505))?;
//! # let serving = peer::serve(world.clone(), listening, daemon.clone());
//! # world.spawn(async move { serving.await.unwrap() });
//! let mut config = Config::new(5);
//! config.settings.state = true; // asked for on every connection
//! let vpn = world.connect(Management::new(config), &"localhost:7505".parse()?);
//! let mut events = vpn.listen(1000);
//! # let carol = peer::Client::new("carol", "192.0.2.7:1194".parse()?).with_login("carol", "x");
//! world.block_on(async {
//!     while let Some(heard) = events.next().await {
//!         match heard {
//!             Heard::Event(Event::Up { .. }) => {
//!                 println!("attached");
//! #               daemon.connect_client(world.now(), carol.clone());
//!             }
//!             Heard::Event(Event::Down { why }) => println!("no link: {why}"),
//!             Heard::Event(Event::Notification(told)) => match told.event() {
//!                 openvpn::Event::Client(ClientEvent::Connect { cid, kid, env }) => {
//!                     println!("{:?} wants in: {env:?}", env.common_name());
//!                     vpn.call(calls::accept(cid, kid, vec![])).await?;
//!                 }
//!                 openvpn::Event::Client(ClientEvent::Established { cid, .. }) => {
//!                     println!("client {cid} is in");
//! #                   assert_eq!(cid, 0);
//!                     break;
//!                 }
//!                 other => println!("{other:?}"), // without the secrets in it
//!             },
//!             Heard::Gap(lost) => println!("{lost} events came too fast"),
//!             Heard::Event(other) => println!("{other:?}"),
//!         }
//!     }
//!     Ok::<(), netlever_core::openvpn::Error>(())
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! To authorise clients from an outside source, take [`policy`].
//!
//! # What it costs to trust it
//!
//! The interface has no encryption, and its password travels in clear text; users' passwords come
//! through it too. Keep it on a Unix socket or on loopback.
//!
//! # What is where
//!
//! * [`calls`]: what can be asked of a daemon; [`error`]: what can become of it.
//! * [`session`]: the client's side of a connection; its events and settings.
//! * [`policy`]: who may come in.
//! * [`reader`]: both directions in, what was said out; it knows which reply is whose.
//! * [`command`]: every command, checked and quoted; what each is answered with.
//! * [`event`]: notifications; environments, password prompts, challenges.
//! * [`status`]: listings in their three formats, read and written.
//! * [`state`], [`history`], [`remotes`], [`version`], [`success`], [`block`]: the other replies.
//! * [`address`]: addresses as the daemon prints them.
//! * [`lexer`], [`input`]: what the daemon makes of our octets.
//! * [`wire`], [`octets`]: lines, limits, text that need not be UTF-8, secrets.
//! * [`peer`]: a simulated daemon.

pub mod address;
pub mod block;
pub mod calls;
pub mod command;
pub mod error;
pub mod event;
pub mod history;
pub mod input;
pub mod lexer;
pub mod octets;
pub mod peer;
pub mod policy;
pub mod reader;
pub mod remotes;
pub mod session;
pub mod state;
pub mod status;
pub mod success;
pub mod version;
pub mod wire;

pub use command::{Command, CommandError};
pub use error::Error;
pub use event::{Event, Notification, OwnedNotification};
pub use octets::{Octets, Redacted, Secret, Text};
pub use reader::{Answer, Fault, Item, Reader, Reply};
pub use session::{Config, Management, Settings};
