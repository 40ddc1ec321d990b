//! Who may speak: keys that are right, and wrong in each way.

use netlever_core::Client;
use netlever_core::omapi::calls::{AddHost, Lookup, Remove, scan};
use netlever_core::omapi::code::ResultCode;
use netlever_core::omapi::error::Error;
use netlever_core::omapi::key::{Algorithm, Key};
use netlever_core::omapi::objects::Lease;
use netlever_core::omapi::{Config, Omapi};
use netlever_core::runtime::Runtime;

use super::lab::{Daemon, Lab};

/// What a client with another configuration hears from this daemon.
fn hears<R: Runtime>(lab: &Lab<R>, daemon: &Daemon, config: Config) -> (Client<Omapi>, Error) {
    let client = lab.client_with(daemon, config);
    let error = lab.ask(&client, seed()).expect_err("not with this key");
    assert!(error.is_authentication() && !error.sent(), "{error}");
    lab.assert_alive(daemon);
    (client, error)
}

fn seed() -> Lookup<Lease> {
    Lookup::lease().ip_address([10, 99, 0, 101].into())
}

/// Read, scanned, changed, with each signature.
pub fn each_of_the_six_algorithms<R: Runtime>(lab: &Lab<R>) {
    for algorithm in Algorithm::ALL {
        let name = algorithm.name().replace("hmac-", "dhcpd-");
        let daemon = lab.shared(&name);
        assert_eq!(daemon.key().map(|key| key.algorithm()), Some(algorithm));
        let client = lab.client(&daemon);
        let alpha = lab.ask(&client, seed()).unwrap_or_else(|e| panic!("{algorithm}: {e}"));
        assert_eq!(alpha.client_hostname(), Some("alpha"));
        let leases = scan([10, 99, 0, 100].into(), [10, 99, 0, 119].into());
        assert!(lab.ask_all(&client, leases, 32).iter().all(Result::is_ok), "{algorithm}");
        let mac = lab.seat.mac(8, 0);
        let _ = lab.ask(&client, Remove::new(Lookup::host().hardware_address(mac)));
        lab.ask(&client, AddHost::new(mac)).expect("a new host");
        lab.ask(&client, Remove::new(Lookup::host().hardware_address(mac))).expect("the host");
    }
}

/// The handshake succeeds; the first signed request is refused.
pub fn a_wrong_secret<R: Runtime>(lab: &Lab<R>) {
    for name in ["dhcpd-md5", "dhcpd-sha512"] {
        let daemon = lab.shared(name);
        let key = daemon.key().expect("a keyed server");
        let wrong = Key::new(key.name(), key.algorithm(), b"not the secret").expect("a key");
        let (_, error) = hears(lab, &daemon, Config::signed(wrong, 1));
        assert_eq!((&error, error.code()), (&Error::WrongKey, Some(ResultCode::INVALID_KEY)));
    }
}

/// Refused in the handshake, and the session does not knock again.
pub fn an_unknown_name<R: Runtime>(lab: &Lab<R>) {
    let daemon = lab.shared("dhcpd-sha256");
    let key = Key::new("nobody", Algorithm::HmacSha256, b"secret").expect("a key");
    let (client, error) = hears(lab, &daemon, Config::signed(key, 1));
    let Error::KeyRefused { name, algorithm, code, .. } = &error else { panic!("{error}") };
    assert_eq!((&**name, *algorithm, *code), ("nobody", "hmac-sha256", ResultCode::NOT_FOUND));
    assert_eq!(lab.ask(&client, seed()), Err(error));
    assert_eq!(client.with(|omapi| omapi.counters()).requests, 0);
}

/// dhcpd says the same as for an unknown name.
pub fn another_algorithm_than_configured<R: Runtime>(lab: &Lab<R>) {
    let daemon = lab.shared("dhcpd-sha256");
    let name = daemon.key().expect("a keyed server").name().to_owned();
    let key = Key::new(name, Algorithm::HmacSha384, b"secret").expect("a key");
    let (_, error) = hears(lab, &daemon, Config::signed(key, 1));
    let Error::KeyRefused { algorithm, code, .. } = error else { panic!("{error}") };
    assert_eq!((algorithm, code), ("hmac-sha384", ResultCode::NOT_FOUND));
}

/// A key that dhcpd.conf has, but not as `omapi-key`.
pub fn another_key_of_the_configuration<R: Runtime>(lab: &Lab<R>) {
    let daemon = lab.shared("dhcpd-sha256");
    let (_, error) = hears(lab, &daemon, Config::signed(daemon.spare_key(), 1));
    let Error::KeyRefused { code, text, .. } = error else { panic!("{error}") };
    assert_eq!((code, &*text), (ResultCode::INVALID_KEY, "can't select authenticator"));
}

/// An unsigned request where the server wants it signed.
pub fn no_key_where_one_is_wanted<R: Runtime>(lab: &Lab<R>) {
    let daemon = lab.shared("dhcpd-sha256");
    let (client, error) = hears(lab, &daemon, Config::unsigned(1));
    assert_eq!((&error, error.code()), (&Error::KeyRequired, Some(ResultCode::NO_KEYS)));
    assert_eq!(lab.ask(&client, seed()), Err(Error::KeyRequired), "each time");
    assert_eq!(client.with(|omapi| omapi.counters()).links, 1, "on the same connection");
}

/// No key anywhere: all is served.
pub fn an_unsigned_server<R: Runtime>(lab: &Lab<R>) {
    let daemon = lab.shared("dhcpd-none");
    let client = lab.client(&daemon);
    assert_eq!(lab.ask(&client, seed()).expect("a lease").client_hostname(), Some("alpha"));
    let mac = lab.seat.mac(8, 1);
    let _ = lab.ask(&client, Remove::new(Lookup::host().hardware_address(mac)));
    lab.ask(&client, AddHost::new(mac)).expect("a new host");
    lab.ask(&client, Remove::new(Lookup::host().hardware_address(mac))).expect("the host");
    let leases = scan([10, 99, 0, 100].into(), [10, 99, 0, 200].into());
    assert!(lab.ask_all(&client, leases, 64).iter().all(Result::is_ok));
    lab.assert_alive(&daemon);
}

/// Any configured key is taken there, and verified.
pub fn a_key_on_an_unsigned_server<R: Runtime>(lab: &Lab<R>) {
    let daemon = lab.shared("dhcpd-none");
    let client = lab.client_with(&daemon, Config::signed(daemon.spare_key(), 1));
    assert_eq!(lab.ask(&client, seed()).expect("a lease").client_hostname(), Some("alpha"));
    let spare = daemon.spare_key();
    let wrong = Key::new(spare.name(), spare.algorithm(), b"not the secret").expect("a key");
    let (_, error) = hears(lab, &daemon, Config::signed(wrong, 1));
    assert_eq!(error, Error::WrongKey);
}
