//! Named groups of hosts.

use super::handles::Object;
use super::harm::Harm;
use super::records::Group;
use super::request::{Outcome, Pairs, Search};
use super::statements;
use super::store::Store;
use crate::omapi::code::ResultCode;
use crate::omapi::wire::Attributes;

/// The type's name on the wire.
const GROUP: &str = "group";

impl Store {
    pub(super) fn find_group(&self, keys: &Pairs<'_>, search: &mut Search) -> Outcome {
        match keys.text("name") {
            Some(name) => search.agree(self.groups.find(name).map(Object::Group)),
            None => Ok(()),
        }
    }

    /// A group needs statements, if only one blank.
    pub(super) fn create_group(&mut self, attributes: &Pairs<'_>) -> Outcome<u32> {
        let mut group = Group::default();
        for (name, value) in attributes.iter() {
            self.set_group_attribute(&mut group, name, value)?;
        }
        if group.statements.is_none() {
            return Err(ResultCode::INVALID_ARGUMENT);
        }
        if group.name.is_empty() {
            group.name = format!("ng{:016x}", self.number());
        }
        if self.groups.len() >= self.setup.bounds.objects {
            return Err(ResultCode::NO_MEMORY);
        }
        self.groups.insert(group.name.clone(), group).ok_or(ResultCode::EXISTS)
    }

    pub(super) fn set_group(&mut self, number: u32, name: &[u8], value: &[u8]) -> Outcome {
        let Some(mut group) = self.groups.get(number).cloned() else {
            return Err(ResultCode::NOT_FOUND);
        };
        self.set_group_attribute(&mut group, name, value)?;
        if let Some(place) = self.groups.get_mut(number) {
            *place = group;
        }
        Ok(())
    }

    fn set_group_attribute(&mut self, group: &mut Group, name: &[u8], value: &[u8]) -> Outcome {
        match name {
            b"name" => {
                self.not_empty(GROUP, "name", value)?;
                if !group.name.is_empty() {
                    return Err(ResultCode::EXISTS);
                }
                group.name = String::from_utf8_lossy(value).into_owned();
            }
            b"statements" => {
                self.not_empty(GROUP, "statements", value)?;
                if group.statements.is_some() {
                    return Err(ResultCode::EXISTS);
                }
                group.statements = Some(statements::parse(value)?);
            }
            _ => return Err(ResultCode::NOT_FOUND),
        }
        Ok(())
    }

    pub(super) fn group_attributes(&self, number: u32) -> Attributes {
        self.groups.get(number).map(|group| ("name", &group.name)).into_iter().collect()
    }

    /// Works once: dhcpd 4.4.3-P1 may die of a second time through the same handle. To anything
    /// else the handle is unknown from then on.
    pub(super) fn delete_group(&mut self, number: u32) -> Outcome {
        if self.groups.remove(number).is_none() {
            self.harm(Harm::SecondDelete);
            return Err(ResultCode::NOT_FOUND);
        }
        // Its hosts stay.
        self.deleted_groups.push_back(number);
        if self.deleted_groups.len() > self.setup.bounds.remains
            && let Some(oldest) = self.deleted_groups.pop_front()
        {
            self.handles.forget(Object::Group(oldest));
        }
        Ok(())
    }
}
