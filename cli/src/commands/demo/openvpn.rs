//! An OpenVPN server, and all that is usually done to one.

use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use netlever_core::backoff::Reconnect;
use netlever_core::client::{Client, Heard, Listener};
use netlever_core::openvpn::calls::{self, KillNamed, Within};
use netlever_core::openvpn::command::Signal;
use netlever_core::openvpn::event::ClientEvent;
use netlever_core::openvpn::peer::{self, Daemon, Setup};
use netlever_core::openvpn::policy::{Authorizer, Decision, Terms};
use netlever_core::openvpn::session::Event;
use netlever_core::openvpn::{Config, Error, Event as Said, Management};
use netlever_core::runtime::{Endpoint, Listening, Runtime};
use serde_json::json;

use super::Stage;
use crate::failure::Failure;

/// Starts the daemon, then uses it.
pub(super) async fn play<R: Runtime>(runtime: &R, stage: &Stage<'_>) -> Result<(), Failure> {
    let password = format!("{:016x}", random()?);
    let (here, daemon) = start(runtime, stage, &password)?;
    let mut config = Config::with_password(password.as_str(), random()?);
    config.reconnect = Reconnect::Never;
    let client = runtime.connect(Management::new(config), &here);
    let listener = client.listen(1000);
    let mut scene = Scene { runtime, stage, client, listener, here, daemon };
    scene.read().await?;
    scene.authorise().await?;
    scene.kill().await?;
    scene.occupied().await?;
    scene.end().await
}

fn random() -> Result<u64, Failure> {
    getrandom::u64()
        .map_err(|why| Failure::other(format!("the system gives no random numbers: {why}")))
}

fn start<R: Runtime>(
    runtime: &R,
    stage: &Stage<'_>,
    password: &str,
) -> Result<(Endpoint, Daemon), Failure> {
    let begun = Instant::now();
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let now = runtime.clock()();
    let mut setup = Setup::server(now, unix).with_password(password);
    setup.seed = random()?;
    // What takes seconds in a network takes none here.
    setup.timers.kill = Duration::from_millis(50);
    let daemon = Daemon::new(setup);
    peer::small_office(&daemon, now);
    let listening = runtime
        .listen(&Endpoint::tcp("127.0.0.1", 0))
        .map_err(|why| Failure::other(format!("listening on loopback: {why}")))?;
    let here = listening.endpoint();
    let serving = peer::serve(runtime.clone(), listening, daemon.clone());
    runtime.spawn(async {
        // Only an accept that fails ends it early: the next call notices.
        let _ = serving.await;
    });
    stage.tell(
        "sim",
        begun.elapsed(),
        &format!("a simulated OpenVPN 2.6 server at {here}, with a management password"),
        json!({ "listening": here.to_string() }),
    );
    Ok((here, daemon))
}

struct Scene<'a, R> {
    runtime: &'a R,
    stage: &'a Stage<'a>,
    client: Client<Management>,
    listener: Listener<Management>,
    here: Endpoint,
    /// What happens on the VPN's side.
    daemon: Daemon,
}

impl<R: Runtime> Scene<'_, R> {
    fn failed(&self, tried: &'static str) -> impl Fn(Error) -> Failure {
        let here = self.here.clone();
        move |error| Failure::other(format!("{tried} at {here}: {error}"))
    }

    async fn read(&self) -> Result<(), Failure> {
        let begun = Instant::now();
        let version = self.client.call(calls::version()).await.map_err(self.failed("version"))?;
        let state = self.client.call(calls::state()).await.map_err(self.failed("state"))?;
        let state = state.last().map(|state| state.name.to_string()).unwrap_or_default();
        let release = version.release().map(|release| release.to_string()).unwrap_or_default();
        expect(state == "CONNECTED" && release == "2.6.14", "the daemon is not up")?;
        self.stage.tell(
            "state",
            begun.elapsed(),
            &format!("OpenVPN {release} is {state}"),
            json!({ "version": release, "state": state }),
        );
        let begun = Instant::now();
        let status = self.client.call(calls::server_status()).await;
        let status = status.map_err(self.failed("status"))?;
        let (clients, routes) = (status.client_count(), status.route_count());
        expect((clients, routes) == (6, 12), "the listing is not whole")?;
        self.stage.tell(
            "status",
            begun.elapsed(),
            &format!(
                "{clients} clients and {routes} routes, names with commas and twins among them"
            ),
            json!({ "clients": clients, "routes": routes }),
        );
        Ok(())
    }

    /// Two clients come; one is let in.
    async fn authorise(&mut self) -> Result<(), Failure> {
        let begun = Instant::now();
        let policy = |event: &ClientEvent<'_>| match event.env().username() {
            Some(name) if name == "carol" => {
                Decision::accept([calls::push("route 10.0.0.0 255.0.0.0")])
            }
            _ => Decision::deny("unknown user"),
        };
        let mut authorizer = Authorizer::new(policy, Terms::default());
        let clock = self.runtime.clock();
        let address = SocketAddr::from(([192, 0, 2, 7], 40_000));
        for name in ["carol", "mallory"] {
            let newcomer = peer::Client::new(name, address).with_login(name, "secret");
            self.daemon.connect_client(clock(), newcomer);
        }
        let (mut answered, mut established) = (0, None);
        while answered < 2 || established.is_none() {
            let event = self.next().await?;
            if let Event::Notification(notification) = &event
                && let Said::Client(ClientEvent::Established { cid, env }) = notification.event()
            {
                established = Some((cid, env.common_name().map(|name| name.to_string())));
            }
            authorizer.handle_event(clock(), &event);
            while let Some(ruling) = authorizer.poll_ruling(clock()) {
                self.client.call(ruling.call()).await.map_err(self.failed("answering"))?;
                answered += 1;
            }
        }
        let (cid, name) = established.unwrap_or_default();
        expect(name.as_deref() == Some("carol"), "somebody else came in")?;
        self.stage.tell(
            "auth",
            begun.elapsed(),
            &format!("carol is let in as client {cid} with a route, mallory is not"),
            json!({ "client_id": cid, "common_name": name }),
        );
        Ok(())
    }

    async fn kill(&mut self) -> Result<(), Failure> {
        let begun = Instant::now();
        let killed = self.client.call(KillNamed::new("bob")).await;
        let killed = killed.map_err(self.failed("killing bob"))?;
        let mut gone = 0;
        while gone < killed {
            if let Event::Notification(notification) = self.next().await?
                && let Said::Client(ClientEvent::Disconnect { .. }) = notification.event()
            {
                gone += 1;
            }
        }
        let nobody = self.client.call(KillNamed::new("nobody")).await;
        expect(nobody.is_err_and(|error| error.is_not_found()), "nobody was found")?;
        self.stage.tell(
            "kill",
            begun.elapsed(),
            &format!("{killed} clients called bob, by their ids; nobody is not found"),
            json!({ "killed": killed }),
        );
        Ok(())
    }

    /// A daemon serves one client at a time.
    async fn occupied(&self) -> Result<(), Failure> {
        let begun = Instant::now();
        let mut config = Config::new(random()?);
        config.reconnect = Reconnect::Never;
        config.greeting = Duration::from_millis(200);
        let second = self.runtime.connect(Management::new(config), &self.here);
        let told = second.call(Within(calls::pid(), Duration::from_secs(2))).await;
        expect(told == Err(Error::Occupied), "a second client was served")?;
        self.stage.tell(
            "busy",
            begun.elapsed(),
            "a second client is told that the daemon serves another one",
            json!({ "occupied": true }),
        );
        Ok(())
    }

    async fn end(&mut self) -> Result<(), Failure> {
        let begun = Instant::now();
        let said = self.client.call(calls::signal(Signal::Term)).await;
        let said = said.map_err(self.failed("ending the daemon"))?.to_string();
        while !matches!(self.next().await, Ok(Event::Down { .. }) | Err(_)) {}
        let counters = self.client.with(|management| management.counters());
        let (commands, events) = (counters.commands, counters.events);
        self.stage.tell(
            "end",
            begun.elapsed(),
            &format!("{said}; in all {commands} commands and {events} events on one connection"),
            json!({ "success": said, "commands": commands, "events": events }),
        );
        Ok(())
    }

    async fn next(&mut self) -> Result<Event, Failure> {
        match self.listener.next().await {
            Some(Heard::Event(event)) => Ok(event),
            Some(Heard::Gap(lost)) => Err(Failure::other(format!("{lost} events were lost"))),
            None => Err(Failure::other("the session has ended")),
        }
    }
}

fn expect(holds: bool, otherwise: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::other(format!("the demo failed: {otherwise}"))) }
}
