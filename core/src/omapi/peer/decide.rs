//! From a request to its answer: the decisions of dhcpd 4.4.3-P1, with its codes and phrases.
//!
//! ```text
//!  OPEN ── type known? ─ no ─► create? ── yes ─► 0x60003 "type required on create"
//!   │         │ yes              └ no ─► as REFRESH
//!   │       search ── refused ─► "object lookup failed"
//!   │         │ found                        │ nothing           │ no key to search by
//!   │   create and exclusive ─► 18     create? no ─► 23     create, whatever was asked:
//!   │   create or update ─► apply             └ yes ─► create    27, or a temporary object
//!   ▼         ▼
//!  UPDATE with the object
//! ```

use std::collections::BTreeSet;

use super::handles::Object;
use super::objects::{Asker, Kind};
use super::request::{Answer, Outcome, Request, integer};
use super::store::Store;
use crate::omapi::code::ResultCode;
use crate::omapi::wire::{Attributes, Opcode};

/// What a handle without an object is answered with.
const UNKNOWN: (ResultCode, &str) = (ResultCode::NOT_FOUND, "no matching handle");

impl Store {
    /// Serves one request. `opened` are the authenticators of its connection.
    pub(super) fn decide(
        &mut self,
        request: &Request<'_>,
        opened: &mut BTreeSet<u32>,
        asker: Asker,
    ) -> Answer {
        let answer = match request.opcode {
            Opcode::Open => self.open(request, opened, asker),
            Opcode::Refresh => self.refresh(request, asker),
            Opcode::Update => self.change(request, asker),
            Opcode::Notify => refuse(ResultCode::NOT_IMPLEMENTED, "notify not implemented yet"),
            Opcode::Delete => {
                let object = self.handles.object(request.handle);
                let (code, text) = object.map_or(UNKNOWN, |object| self.delete(object));
                refuse(code, text)
            }
            // The connection does not let it through.
            Opcode::Status => Answer::Nothing,
        };
        if self.life.runs() { answer } else { Answer::Nothing }
    }

    fn open(&mut self, request: &Request<'_>, opened: &mut BTreeSet<u32>, asker: Asker) -> Answer {
        let flag = |name| flag(request, name);
        let Ok(create) = flag("create") else { return wrong("invalid create flag value") };
        let Ok(update) = flag("update") else { return wrong("invalid update flag value") };
        let Ok(exclusive) = flag("exclusive") else { return wrong("invalid exclusive flag value") };
        let Some((kind, name)) = request.words.get("type").and_then(Kind::from_name) else {
            return if create {
                wrong("type required on create")
            } else {
                self.refresh(request, asker)
            };
        };
        if kind == Kind::Unsearchable {
            return refuse(ResultCode::NOT_IMPLEMENTED, "unsearchable object type");
        }
        let object = match self.find(kind, &request.object) {
            Ok(Some(_)) if create && exclusive => {
                return refuse(ResultCode::EXISTS, "specified object already exists");
            }
            Ok(Some(object)) => {
                if create || update {
                    if kind == Kind::Authenticator {
                        return refuse(ResultCode::SUCCESS, "can't update object");
                    }
                    let applied = self.update(object, &request.object, request.handle, asker);
                    if let Err(code) = applied {
                        return refuse(code, "can't update object");
                    }
                }
                object
            }
            Err(ResultCode::NOT_FOUND) if !create => {
                return refuse(ResultCode::NOT_FOUND, "no object matches specification");
            }
            Err(code) if code != ResultCode::NOT_FOUND => {
                return refuse(code, "object lookup failed");
            }
            // Not found and to be created, or no key at all, which creates in any case.
            _ => match kind {
                Kind::Host | Kind::Group | Kind::Class | Kind::Subclass if create || update => {
                    match self.create(kind, &request.object, asker.now) {
                        Ok(object) => object,
                        Err(code) => return refuse(code, "can't update object"),
                    }
                }
                Kind::Host | Kind::Group | Kind::Class | Kind::Subclass => {
                    return Answer::Object(self.temporary(name), Attributes::new());
                }
                Kind::Interface if request.object.is_empty() && !create && !update => {
                    let up = [("state", "up")].into_iter().collect();
                    return Answer::Object(self.temporary(name), up);
                }
                _ => return refuse(ResultCode::NOT_IMPLEMENTED, "can't create new object"),
            },
        };
        if let Object::Key(number) = object
            && !self.select(number)
        {
            return refuse(ResultCode::INVALID_KEY, "can't select authenticator");
        }
        let answer = self.show(object, asker);
        if let (Object::Key(_), Answer::Object(handle, _)) = (object, &answer) {
            opened.insert(*handle);
        }
        answer
    }

    /// Whether the configuration permits this key.
    fn select(&self, number: usize) -> bool {
        let Some(permitted) = &self.setup.omapi_key else { return true };
        self.setup.keys.get(number).is_some_and(|key| key.name().eq_ignore_ascii_case(permitted))
    }

    fn refresh(&mut self, request: &Request<'_>, asker: Asker) -> Answer {
        match self.living(request.handle) {
            Some(object) => self.show(object, asker),
            None => refuse(UNKNOWN.0, UNKNOWN.1),
        }
    }

    fn change(&mut self, request: &Request<'_>, asker: Asker) -> Answer {
        let Some(object) = self.living(request.handle) else {
            return refuse(UNKNOWN.0, UNKNOWN.1);
        };
        if matches!(object, Object::Key(_)) {
            return refuse(ResultCode::SUCCESS, "cannot update authenticator");
        }
        match self.update(object, &request.object, request.handle, asker) {
            Ok(()) => Answer::Status(ResultCode::SUCCESS, ""),
            Err(code) => refuse(code, "can't update object"),
        }
    }

    /// The object behind a handle. A deleted group is gone at once, unlike a host.
    fn living(&self, handle: u32) -> Option<Object> {
        let object = self.handles.object(handle)?;
        let dead = matches!(object, Object::Group(number) if self.groups.get(number).is_none());
        (!dead).then_some(object)
    }

    /// The object's handle is given before those that its attributes mention.
    fn show(&mut self, object: Object, asker: Asker) -> Answer {
        let handle = self.handles.of(object);
        Answer::Object(handle, self.attributes(object, asker.now))
    }
}

/// Four octets; absent or empty is false.
fn flag(request: &Request<'_>, name: &str) -> Outcome<bool> {
    request.words.key(name).map_or(Ok(false), |value| Ok(integer(value)? != 0))
}

fn wrong(text: &'static str) -> Answer {
    refuse(ResultCode::INVALID_ARGUMENT, text)
}

const fn refuse(code: ResultCode, text: &'static str) -> Answer {
    Answer::Status(code, text)
}
