//! Groups, classes and subclasses: what hosts and clients belong to.

use netlever_core::omapi::calls::{
    AddClass, AddGroup, AddHost, AddSubclass, Delete, Lookup, Remove, Update,
};
use netlever_core::omapi::error::Error;
use netlever_core::omapi::statements::Statements;
use netlever_core::omapi::values::HardwareType;
use netlever_core::omapi::wire::Attributes;
use netlever_core::runtime::Runtime;

use super::lab::{Lab, code, requests};

const EXISTS: u32 = 18;
const NOT_FOUND: u32 = 23;

/// Made, given a host, made twice, deleted, made again.
pub fn a_group_lives_and_dies<R: Runtime>(lab: &Lab<R>) {
    let daemon = lab.shared("dhcpd-sha1");
    let (client, name, mac) = (lab.client(&daemon), lab.seat.name("group"), lab.seat.mac(7, 0));
    let host = || Lookup::host().hardware_address(mac);
    let _ = lab.ask(&client, Remove::new(host()));
    let _ = lab.ask(&client, Remove::new(Lookup::group(&name)));

    let mut statements = Statements::new();
    statements.domain_name("group.example").expect("a domain");
    let group = lab.ask(&client, AddGroup::new(&name, &statements)).expect("a new group");
    assert_eq!(group.name(), Some(&*name));
    assert_eq!(code(lab.ask(&client, AddGroup::new(&name, &statements))), EXISTS);
    let again: Attributes = [("statements", statements.as_str())].into_iter().collect();
    assert_eq!(code(lab.ask(&client, Update::new(group.handle(), again))), EXISTS);

    lab.ask(&client, AddHost::new(mac).group(&name)).expect("a host of it");
    lab.ask(&client, Remove::new(Lookup::group(&name))).expect("the group");
    assert_eq!(code(lab.ask(&client, Lookup::group(&name))), NOT_FOUND);
    assert_eq!(code(lab.ask(&client, Remove::new(Lookup::group(&name)))), NOT_FOUND);
    lab.ask(&client, Remove::new(host())).expect("its host stayed");

    lab.ask(&client, AddGroup::new(&name, &Statements::new())).expect("again, with nothing to say");
    lab.ask(&client, Lookup::group(&name)).expect("it is there again");
    lab.ask(&client, Remove::new(Lookup::group(&name))).expect("and goes again");
    lab.assert_alive(&daemon);
}

/// The second DELETE would kill dhcpd; it is refused here, whoever looked the group up.
pub fn a_group_is_never_deleted_twice_through_one_handle<R: Runtime>(lab: &Lab<R>) {
    let daemon = lab.shared("dhcpd-sha1");
    let (client, name) = (lab.client(&daemon), lab.seat.name("twice"));
    let _ = lab.ask(&client, Remove::new(Lookup::group(&name)));
    lab.ask(&client, AddGroup::new(&name, &Statements::new())).expect("a new group");
    let one = lab.ask(&client, Lookup::group(&name)).expect("the group");
    let other = lab.ask(&client, Lookup::group(&name)).expect("the same");
    assert_eq!(one.handle(), other.handle());

    lab.ask(&client, Delete::new(one.handle())).expect("the first time");
    let before = requests(&client);
    for group in [&one, &other] {
        let stale = Err(Error::StaleHandle(group.handle().number()));
        assert_eq!(lab.ask(&client, Delete::new(group.handle())), stale);
    }
    assert_eq!(requests(&client), before, "nothing was sent");

    // Both at once: the second is queued before the first is answered.
    lab.ask(&client, AddGroup::new(&name, &Statements::new())).expect("a new group");
    let group = lab.ask(&client, Lookup::group(&name)).expect("the group");
    let twice = [Delete::new(group.handle()), Delete::new(group.handle())];
    let outcomes = lab.ask_all(&client, twice, 2);
    assert_eq!(outcomes, [Ok(()), Err(Error::StaleHandle(group.handle().number()))]);
    lab.assert_alive(&daemon);
}

/// A class that matches by hardware address, and a member of it.
pub fn classes_and_subclasses_live_and_die<R: Runtime>(lab: &Lab<R>) {
    let daemon = lab.shared("dhcpd-sha1");
    let (client, mac) = (lab.client(&daemon), lab.seat.mac(7, 1));
    let (class, plain) = (lab.seat.name("class"), lab.seat.name("plain-class"));
    let mut hashstring = vec![1];
    hashstring.extend(mac.octets());
    let member = || Lookup::subclass(&class, &hashstring);
    let _ = lab.ask(&client, Remove::new(member()));
    for name in [&class, &plain] {
        let _ = lab.ask(&client, Remove::new(Lookup::class(name)));
    }

    lab.ask(&client, AddClass::new(&plain)).expect("a class");
    lab.ask(&client, AddClass::new(&class).match_hardware()).expect("a class by hardware");
    assert_eq!(code(lab.ask(&client, AddClass::new(&class))), EXISTS);
    let found = lab.ask(&client, Lookup::class(&class)).expect("the class");
    assert_eq!((found.lease_limit(), found.leases_used()), (Some(0), Some(0)));

    assert_eq!(code(lab.ask(&client, member())), NOT_FOUND);
    let add = || AddSubclass::hardware(&class, HardwareType::ETHERNET, &mac);
    lab.ask(&client, add()).expect("a member");
    assert_eq!(code(lab.ask(&client, add())), EXISTS);
    assert_eq!(lab.ask(&client, member()).expect("the member").leases_used(), Some(0));
    lab.ask(&client, Remove::new(member())).expect("the member");
    assert_eq!(code(lab.ask(&client, member())), NOT_FOUND);
    lab.ask(&client, add().group("staff")).expect("a member in a group");
    lab.ask(&client, Remove::new(member())).expect("the member");

    for name in [&class, &plain] {
        lab.ask(&client, Remove::new(Lookup::class(name))).expect("the class");
        assert_eq!(code(lab.ask(&client, Lookup::class(name))), NOT_FOUND);
    }
    lab.assert_alive(&daemon);
}
