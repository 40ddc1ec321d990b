//! Classes, and subclasses told by match data.

use super::handles::Object;
use super::records::{Class, Subclass};
use super::request::{Outcome, Pairs, Search};
use super::store::Store;
use super::table::Table;
use crate::omapi::code::ResultCode;
use crate::omapi::wire::Attributes;

/// The types' names on the wire.
const CLASS: &str = "class";
const SUBCLASS: &str = "subclass";

/// All classes; a subclass is found by its class and its match data.
#[derive(Debug, Default)]
pub(super) struct Classes {
    pub(super) classes: Table<String, Class>,
    pub(super) subclasses: Table<(u32, Vec<u8>), Subclass>,
}

impl Classes {
    pub(super) fn subclass(&self, class: &str, hash: &[u8]) -> Option<&Subclass> {
        let key = (self.classes.find(class)?, hash.to_vec());
        self.subclasses.get(self.subclasses.find(&key)?)
    }
}

impl Store {
    pub(super) fn find_class(&self, keys: &Pairs<'_>, search: &mut Search) -> Outcome {
        match keys.text("name") {
            Some(name) => search.agree(self.classes.classes.find(name).map(Object::Class)),
            None => Ok(()),
        }
    }

    /// Both the class and the match data are needed; the class must be there.
    pub(super) fn find_subclass(&self, keys: &Pairs<'_>, search: &mut Search) -> Outcome {
        let Some(name) = keys.text("name") else { return Ok(()) };
        let class = self.classes.classes.find(name).ok_or(ResultCode::NOT_FOUND)?;
        let Some(hash) = keys.key("hashstring") else { return Ok(()) };
        let key = (class, hash.to_vec());
        search.agree(self.classes.subclasses.find(&key).map(Object::Subclass))
    }

    pub(super) fn create_class(&mut self, attributes: &Pairs<'_>) -> Outcome<u32> {
        let mut class = Class::default();
        for (name, value) in attributes.iter() {
            self.set_class_attribute(&mut class, name, value)?;
        }
        if class.name.is_empty() {
            return Err(ResultCode::INVALID_ARGUMENT);
        }
        if self.classes.classes.len() >= self.setup.bounds.objects {
            return Err(ResultCode::NO_MEMORY);
        }
        self.classes.classes.insert(class.name.clone(), class).ok_or(ResultCode::EXISTS)
    }

    pub(super) fn set_class(&mut self, number: u32, name: &[u8], value: &[u8]) -> Outcome {
        let Some(mut class) = self.classes.classes.get(number).cloned() else {
            return Err(ResultCode::NOT_FOUND);
        };
        self.set_class_attribute(&mut class, name, value)?;
        if let Some(place) = self.classes.classes.get_mut(number) {
            *place = class;
        }
        Ok(())
    }

    fn set_class_attribute(&mut self, class: &mut Class, name: &[u8], value: &[u8]) -> Outcome {
        match name {
            b"name" => {
                self.not_empty(CLASS, "name", value)?;
                if !class.name.is_empty() {
                    return Err(ResultCode::EXISTS);
                }
                class.name = String::from_utf8_lossy(value).into_owned();
            }
            b"match" => {
                self.not_empty(CLASS, "match", value)?;
                if value != b"hardware" {
                    return Err(ResultCode::INVALID_ARGUMENT);
                }
                class.matches = Some("hardware".to_owned());
            }
            b"group" => class.group = Some(self.class_group(CLASS, value)?),
            b"option" => {
                self.not_empty(CLASS, "option", value)?;
                return Err(ResultCode::UNKNOWN_ATTRIBUTE);
            }
            _ => return Err(ResultCode::UNKNOWN_ATTRIBUTE),
        }
        Ok(())
    }

    fn class_group(&mut self, kind: &'static str, value: &[u8]) -> Outcome<String> {
        self.not_empty(kind, "group", value)?;
        let name = str::from_utf8(value).ok().filter(|name| self.groups.find(*name).is_some());
        name.map(str::to_owned).ok_or(ResultCode::NOT_FOUND)
    }

    pub(super) fn create_subclass(&mut self, attributes: &Pairs<'_>) -> Outcome<u32> {
        let mut subclass = Subclass::default();
        for (name, value) in attributes.iter() {
            self.set_subclass_attribute(&mut subclass, name, value)?;
        }
        let class = self.classes.classes.find(&subclass.class);
        let Some(class) = class.filter(|_| !subclass.hash.is_empty()) else {
            return Err(ResultCode::INVALID_ARGUMENT);
        };
        if self.classes.subclasses.len() >= self.setup.bounds.objects {
            return Err(ResultCode::NO_MEMORY);
        }
        let key = (class, subclass.hash.clone());
        self.classes.subclasses.insert(key, subclass).ok_or(ResultCode::EXISTS)
    }

    pub(super) fn set_subclass(&mut self, number: u32, name: &[u8], value: &[u8]) -> Outcome {
        let Some(mut subclass) = self.classes.subclasses.get(number).cloned() else {
            return Err(ResultCode::NOT_FOUND);
        };
        self.set_subclass_attribute(&mut subclass, name, value)?;
        if let Some(place) = self.classes.subclasses.get_mut(number) {
            *place = subclass;
        }
        Ok(())
    }

    fn set_subclass_attribute(
        &mut self,
        subclass: &mut Subclass,
        name: &[u8],
        value: &[u8],
    ) -> Outcome {
        match name {
            b"name" => {
                self.not_empty(SUBCLASS, "name", value)?;
                if !subclass.class.is_empty() {
                    return Err(ResultCode::EXISTS);
                }
                let class = str::from_utf8(value).unwrap_or_default();
                self.classes.classes.find(class).ok_or(ResultCode::NOT_FOUND)?;
                subclass.class = class.to_owned();
            }
            b"hashstring" => {
                self.not_empty(SUBCLASS, "hashstring", value)?;
                if !subclass.hash.is_empty() {
                    return Err(ResultCode::EXISTS);
                }
                subclass.hash = value.to_vec();
            }
            b"group" => subclass.group = Some(self.class_group(SUBCLASS, value)?),
            _ => return Err(ResultCode::UNKNOWN_ATTRIBUTE),
        }
        Ok(())
    }

    pub(super) fn class_attributes(&self, number: u32) -> Attributes {
        let Some(class) = self.classes.classes.get(number) else { return Attributes::new() };
        let used = u32::try_from(self.leases.billed(&class.name)).unwrap_or(u32::MAX);
        counters(class.lease_limit, used)
    }

    pub(super) fn subclass_attributes(&self, number: u32) -> Attributes {
        match self.classes.subclasses.get(number) {
            Some(subclass) => {
                let class = self.classes.classes.find(&subclass.class);
                let class = class.and_then(|class| self.classes.classes.get(class));
                counters(class.map_or(0, |class| class.lease_limit), 0)
            }
            None => Attributes::new(),
        }
    }
}

fn counters(limit: u32, used: u32) -> Attributes {
    [("lease-limit", limit.to_be_bytes()), ("leases-used", used.to_be_bytes())]
        .into_iter()
        .collect()
}
