//! A small DHCP server, and all that is usually done to one.

use std::net::Ipv4Addr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use netlever_core::backoff::Reconnect;
use netlever_core::client::Client;
use netlever_core::desk::Fail;
use netlever_core::omapi::calls::{AddHost, Lookup, Remove, SetHost, SetLease, Shutdown, scan};
use netlever_core::omapi::key::{Algorithm, Key};
use netlever_core::omapi::objects::{Host, Lease};
use netlever_core::omapi::peer::{self, Server, Setup, Timeline};
use netlever_core::omapi::values::{HardwareAddress, LeaseState};
use netlever_core::omapi::{Config, Error, Omapi};
use netlever_core::runtime::{Endpoint, Listening, Runtime};
use serde_json::json;

use super::Stage;
use crate::failure::Failure;

/// A shutdown that takes no 12 s, as dhcpd's does.
const TIMELINE: Timeline = Timeline {
    others: Duration::from_millis(100),
    asker: Duration::from_millis(200),
    exit: Duration::from_millis(250),
};

const KEY_NAME: &str = "demo";
const ALGORITHM: Algorithm = Algorithm::HmacSha256;
const HOST: &str = "kiosk";
const MAC: [u8; 6] = [2, 0, 0, 0, 9, 1];

/// An address of the simulated office.
const fn office(last: u8) -> Ipv4Addr {
    Ipv4Addr::new(192, 168, 10, last)
}

/// Starts the server, then uses it.
pub(super) async fn play<R: Runtime>(runtime: &R, stage: &Stage<'_>) -> Result<(), Failure> {
    let key = random_key()?;
    let here = start(runtime, stage, key.clone())?;
    let client = runtime.connect(Omapi::new(config(key)?), &here);
    let scene = Scene { stage, client: &client, here: &here };
    scene.lookup().await?;
    scene.host().await?;
    scene.release().await?;
    scene.scan().await?;
    scene.wrong_key(runtime).await?;
    scene.shutdown(runtime).await?;
    let counters = client.with(|omapi| omapi.counters());
    let (requests, bursts) = (counters.requests, counters.bursts);
    stage.tell(
        "in all",
        Duration::ZERO,
        &format!("{requests} signed requests in {bursts} bursts on one connection"),
        json!({ "requests": requests, "bursts": bursts, "links": counters.links }),
    );
    Ok(())
}

fn start<R: Runtime>(runtime: &R, stage: &Stage<'_>, key: Key) -> Result<Endpoint, Failure> {
    let begun = Instant::now();
    let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let unix = u32::try_from(unix).unwrap_or(u32::MAX);
    let setup = Setup::new(runtime.clock()(), unix).with_key(key);
    let server = Server::new(Setup { seed: random()?, timeline: TIMELINE, ..setup });
    peer::small_office(&server, unix).map_err(Failure::other)?;
    let listening = runtime
        .listen(&Endpoint::tcp("127.0.0.1", 0))
        .map_err(|why| Failure::other(format!("listening on loopback: {why}")))?;
    let here = listening.endpoint();
    let serving = peer::serve(runtime.clone(), listening, server);
    runtime.spawn(async {
        // Only an accept that fails ends it early: the next call notices.
        let _ = serving.await;
    });
    stage.tell(
        "sim",
        begun.elapsed(),
        &format!("a simulated DHCP server at {here}, key {KEY_NAME} with {ALGORITHM}"),
        json!({ "listening": here.to_string(), "algorithm": ALGORITHM.name() }),
    );
    Ok(here)
}

fn random() -> Result<u64, Failure> {
    getrandom::u64()
        .map_err(|why| Failure::other(format!("the system gives no random numbers: {why}")))
}

fn random_key() -> Result<Key, Failure> {
    let secret = [random()?, random()?, random()?, random()?].map(u64::to_be_bytes).concat();
    Key::new(KEY_NAME, ALGORITHM, &secret).map_err(Failure::other)
}

fn config(key: Key) -> Result<Config, Failure> {
    let mut config = Config::signed(key, random()?);
    config.reconnect = Reconnect::Never;
    Ok(config)
}

struct Scene<'a> {
    stage: &'a Stage<'a>,
    client: &'a Client<Omapi>,
    here: &'a Endpoint,
}

impl Scene<'_> {
    fn failed(&self, tried: &'static str) -> impl Fn(Error) -> Failure {
        let here = self.here.clone();
        move |error| Failure::omapi(&error, tried, &here)
    }

    async fn lookup(&self) -> Result<(), Failure> {
        let begun = Instant::now();
        let ip = office(167);
        let lease = self.lease(ip).await?;
        let (state, mac) = (lease.state(), lease.hardware_address());
        expect(state == Some(LeaseState::ACTIVE), "the lease is not active")?;
        let mac = mac.map(|mac| mac.to_string()).unwrap_or_default();
        let ends = lease.ends().map(|ends| ends.to_string()).unwrap_or_default();
        self.stage.tell(
            "lookup",
            begun.elapsed(),
            &format!("lease {ip} is active, of {mac}, until {ends}"),
            json!({ "ip-address": ip.to_string(), "hardware-address": mac, "ends-time": ends }),
        );
        Ok(())
    }

    /// A host is added, changed, moved into a group and deleted.
    async fn host(&self) -> Result<(), Failure> {
        let mac = HardwareAddress::from(MAC);
        let (first, then) = (office(30), office(31));
        let begun = Instant::now();
        let add = AddHost::new(mac).name(HOST).ip_address(first.into());
        self.client.call(add).await.map_err(self.failed("adding a host"))?;
        let found = self.client.call(by_name()).await.map_err(self.failed("looking it up"))?;
        expect(found.hardware_address() == Some(mac), "the host has another MAC")?;
        self.stage.tell(
            "add",
            begun.elapsed(),
            &format!("host {HOST} for {mac} at {first}, read back"),
            json!({ "name": HOST, "hardware-address": mac.to_string(), "ip-address": first.to_string() }),
        );

        let begun = Instant::now();
        let change = SetHost::new(by_name()).ip_addresses(&[then.into()]);
        self.client.call(change).await.map_err(self.failed("changing its address"))?;
        let found = self.client.call(by_name()).await.map_err(self.failed("looking it up"))?;
        expect(found.ip_addresses() == [then], "the host has another address")?;
        self.stage.tell(
            "change",
            begun.elapsed(),
            &format!("host {HOST} now at {then}"),
            json!({ "name": HOST, "ip-address": then.to_string() }),
        );

        let begun = Instant::now();
        let group = SetHost::new(by_name()).group("staff");
        self.client.call(group).await.map_err(self.failed("changing its group"))?;
        self.stage.tell(
            "group",
            begun.elapsed(),
            &format!("host {HOST} moved into group staff"),
            json!({ "name": HOST, "group": "staff" }),
        );

        let begun = Instant::now();
        self.client.call(Remove::new(by_name())).await.map_err(self.failed("deleting it"))?;
        let gone = self.client.call(by_name()).await;
        let gone = gone.is_err_and(|error| error.is_not_found());
        expect(gone, "the host is still there")?;
        self.stage.tell(
            "delete",
            begun.elapsed(),
            &format!("host {HOST} deleted, and not found any more"),
            json!({ "name": HOST }),
        );
        Ok(())
    }

    async fn release(&self) -> Result<(), Failure> {
        let begun = Instant::now();
        let ip = office(101);
        let release = self.client.call(SetLease::release(ip)).await;
        release.map_err(self.failed("releasing a lease"))?;
        let state = self.lease(ip).await?.state();
        expect(state == Some(LeaseState::FREE), "the lease is not free")?;
        self.stage.tell(
            "release",
            begun.elapsed(),
            &format!("lease {ip} is free"),
            json!({ "ip-address": ip.to_string(), "state-name": "free" }),
        );
        Ok(())
    }

    async fn scan(&self) -> Result<(), Failure> {
        let before = self.client.with(|omapi| omapi.counters());
        let begun = Instant::now();
        let (mut all, mut active) = (0_u32, 0_u32);
        let mut batch = self.client.batch(scan(office(100), office(199)), 64);
        while let Some(lease) = batch.next().await {
            let lease = lease.map_err(self.failed("scanning"))?;
            all += 1;
            active += u32::from(lease.state() == Some(LeaseState::ACTIVE));
        }
        let took = begun.elapsed();
        let after = self.client.with(|omapi| omapi.counters());
        let bursts = after.bursts - before.bursts;
        expect(all == 100 && active > 0, "the scan missed leases")?;
        let rate = f64::from(all) / took.as_secs_f64().max(1e-9);
        self.stage.tell(
            "scan",
            took,
            &format!(
                "{all} leases in {bursts} bursts and {:.1} ms ({rate:.0} a second): {active} active",
                took.as_secs_f64() * 1000.0
            ),
            json!({ "leases": all, "active": active, "bursts": bursts }),
        );
        Ok(())
    }

    async fn wrong_key<R: Runtime>(&self, runtime: &R) -> Result<(), Failure> {
        let begun = Instant::now();
        let stranger = runtime.connect(Omapi::new(config(random_key()?)?), self.here);
        let refused = stranger.call(by_name()).await;
        let Err(error) = refused else {
            return Err(Failure::other("a request with a wrong secret was served"));
        };
        expect(error == Error::WrongKey, "a wrong secret was not told as such")?;
        let (code, name) = error.code().map_or((0, None), |code| (code.0, code.name()));
        self.stage.tell(
            "wrong key",
            begun.elapsed(),
            &format!("another secret for {KEY_NAME} is refused: {}", name.unwrap_or("?")),
            json!({ "code": code, "name": name }),
        );
        Ok(())
    }

    async fn shutdown<R: Runtime>(&self, runtime: &R) -> Result<(), Failure> {
        let begun = Instant::now();
        self.client.call(Shutdown::new()).await.map_err(self.failed("shutting it down"))?;
        let took = begun.elapsed();
        let late = runtime.connect(Omapi::new(config(random_key()?)?), self.here);
        let refused = late.call(by_name()).await;
        let refused = matches!(refused, Err(Error::Failed(Fail::Lost { sent: false, .. })));
        expect(refused, "the server still takes connections")?;
        self.stage.tell(
            "shutdown",
            took,
            &format!(
                "the server closed its port at once and the connection after {} ms (dhcpd: 11 s)",
                took.as_millis()
            ),
            json!({ "refuses-connections": true }),
        );
        Ok(())
    }

    async fn lease(&self, ip: Ipv4Addr) -> Result<Lease, Failure> {
        let lookup = Lookup::lease().ip_address(ip);
        self.client.call(lookup).await.map_err(self.failed("looking up a lease"))
    }
}

fn by_name() -> Lookup<Host> {
    Lookup::host().name(HOST)
}

/// The demo is a test too.
fn expect(holds: bool, otherwise: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::other(format!("this should not happen: {otherwise}"))) }
}
