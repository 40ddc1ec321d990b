//! What a connection teaches about its later messages: types of objects, and keys.

use std::collections::BTreeMap;

use netlever_core::omapi::key::{Algorithm, Key, KeyError};
use netlever_core::omapi::objects::Object;
use netlever_core::omapi::request::ObjectType;
use netlever_core::omapi::values::Family;
use netlever_core::omapi::wire::{Message, Opcode};

use crate::capture::Side;

use super::item::{Proof, Told};

/// Requests without an answer, and handles, that are remembered at most: 65 536 each. Of more, the
/// lowest numbers are forgotten.
const REMEMBERED: usize = 65_536;

/// The secret with which signatures are checked, under each algorithm that it may be for.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    /// Without a name, the secret is tried for every authenticator.
    name: Option<String>,
    keys: Vec<Key>,
}

impl Keys {
    /// A secret in base64; without an algorithm the length of a signature tells it.
    pub(crate) fn new(
        name: Option<&str>,
        algorithm: Option<Algorithm>,
        secret: &str,
    ) -> Result<Self, KeyError> {
        let algorithms = algorithm.map_or_else(|| Algorithm::ALL.to_vec(), |only| vec![only]);
        let each = algorithms
            .into_iter()
            .map(|algorithm| Key::from_base64(name.unwrap_or("key"), algorithm, secret));
        Ok(Self { name: name.map(str::to_owned), keys: each.collect::<Result<_, _>>()? })
    }
}

/// What one connection has told so far.
#[derive(Debug)]
pub(crate) struct Dialogue {
    keys: Option<Keys>,
    /// The type of objects where the octets do not tell it.
    fallback: String,
    family: Family,
    /// Types of requests by their transaction ids.
    asked: BTreeMap<u32, Asked>,
    /// Types of objects by their handles.
    handles: BTreeMap<u32, String>,
    /// Key names by the handles of their authenticators.
    authenticators: BTreeMap<u32, String>,
}

#[derive(Clone, Debug)]
struct Asked {
    object_type: String,
    /// The key's name, of an OPEN of an authenticator.
    key: Option<String>,
}

impl Dialogue {
    pub(crate) const fn new(keys: Option<Keys>, fallback: String, family: Family) -> Self {
        Self {
            keys,
            fallback,
            family,
            asked: BTreeMap::new(),
            handles: BTreeMap::new(),
            authenticators: BTreeMap::new(),
        }
    }

    /// Explains a message; where the sender is not known, the message itself mostly tells.
    pub(crate) fn explain(
        &mut self,
        side: Option<Side>,
        message: &Message<'_>,
    ) -> (Option<Side>, Box<Told>) {
        let side = side.unwrap_or_else(|| sender(message));
        let proof = self.proof(message);
        let object_type = match side {
            Side::Client => self.request(message),
            Side::Server => self.answer(message),
        };
        let object_type = object_type.unwrap_or_else(|| self.fallback.clone());
        let handle = message.header.handle;
        let object = Object::new(&object_type, handle, message.object.into());
        let told = Told {
            header: message.header,
            signature: message.signature.to_vec(),
            message: message.message.into(),
            object: object.of_family(self.family),
            proof,
        };
        (Some(side), Box::new(told))
    }

    fn request(&mut self, message: &Message<'_>) -> Option<String> {
        let header = message.header;
        let object_type = match message.message.get("type") {
            Some(name) => Some(String::from_utf8_lossy(name).into_owned()),
            None => self.handles.get(&header.handle).cloned(),
        };
        let opens = object_type.as_deref() == Some("authenticator");
        let key = message.object.get("name").filter(|_| opens);
        let key = key.map(|name| String::from_utf8_lossy(name).into_owned());
        if let Some(object_type) = object_type.clone() {
            remember(&mut self.asked, header.tid, Asked { object_type, key });
        }
        object_type
    }

    fn answer(&mut self, message: &Message<'_>) -> Option<String> {
        let header = message.header;
        let Asked { object_type, key } = self.asked.remove(&header.rid)?;
        if message.opcode() == Some(Opcode::Update) && header.handle != 0 {
            remember(&mut self.handles, header.handle, object_type.clone());
            if let Some(key) = key {
                remember(&mut self.authenticators, header.handle, key);
            }
            if object_type == ObjectType::LEASE.as_str() {
                self.neighbours(message);
            }
        }
        Some(object_type)
    }

    /// A lease names other objects by their handles.
    fn neighbours(&mut self, message: &Message<'_>) {
        for (attribute, object_type) in
            [("host", "host"), ("subnet", "subnet"), ("pool", "pool"), ("billing-class", "class")]
        {
            let handle = message.object.get(attribute).and_then(|octets| octets.try_into().ok());
            if let Some(handle @ 1..) = handle.map(u32::from_be_bytes) {
                remember(&mut self.handles, handle, object_type.to_owned());
            }
        }
    }

    fn proof(&self, message: &Message<'_>) -> Proof {
        let (authid, length) = (message.header.authid, message.signature.len());
        match &self.keys {
            _ if authid == 0 => Proof::Unsigned,
            _ if length == 0 => Proof::Claimed,
            None => Proof::Unchecked,
            Some(keys) => {
                let named = (&keys.name, self.authenticators.get(&authid));
                if let (Some(ours), Some(theirs)) = named
                    && !ours.eq_ignore_ascii_case(theirs)
                {
                    return Proof::OtherKey;
                }
                let good = keys
                    .keys
                    .iter()
                    .any(|key| key.algorithm().signature_len() == length && message.verify(key));
                if good { Proof::Good } else { Proof::Wrong }
            }
        }
    }
}

fn remember<T>(known: &mut BTreeMap<u32, T>, number: u32, what: T) {
    known.insert(number, what);
    if known.len() > REMEMBERED {
        known.pop_first();
    }
}

/// An answer names the request that it answers, and STATUS is never a request.
fn sender(message: &Message<'_>) -> Side {
    let answers = message.header.rid != 0 || message.opcode() == Some(Opcode::Status);
    if answers { Side::Server } else { Side::Client }
}
