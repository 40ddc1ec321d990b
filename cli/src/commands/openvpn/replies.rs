//! Replies whose form is the command's: of `raw`, and of verbs that change something.

use netlever_core::openvpn::calls::Listing;
use netlever_core::openvpn::success::value;
use netlever_core::openvpn::{Answer, Octets};
use serde_json::{Map, Value as Json, json};

use super::listing;
use super::render::{put_time, shown, state, text};
use crate::commands::Context;
use crate::output::Output;

/// Prints what a daemon said to a command that changes something: its own words.
pub(super) fn done(context: &Context, replies: &[Answer<'_>]) {
    let texts = || {
        replies.iter().filter_map(|reply| match reply {
            Answer::Success(text) => Some((true, text.octets())),
            Answer::Preamble(text) | Answer::Line(text) | Answer::Error(text) => {
                Some((false, text.octets()))
            }
            _ => None,
        })
    };
    context.output.print(
        || {
            let mut map = Map::new();
            let said: Vec<_> = texts().filter(|(success, _)| *success).collect();
            let success = said.last().map_or(Json::Null, |(_, words)| text(*words));
            map.insert("success".into(), success);
            let notes = texts().map(|(_, words)| words);
            let notes: Vec<Json> = notes.take(texts().count().max(1) - 1).map(text).collect();
            if !notes.is_empty() {
                map.insert("notes".into(), notes.into());
            }
            map.into()
        },
        |_| {
            let lines: String = texts().map(|(_, words)| shown(words) + "\n").collect();
            if lines.is_empty() { "sent; this command has no answer\n".to_owned() } else { lines }
        },
    );
}

/// Prints the value behind `name=`, as a number where it is one; else the daemon's own words.
pub(super) fn setting(context: &Context, name: &str, replies: &[Answer<'_>]) {
    let found = replies.iter().find_map(|reply| match reply {
        Answer::Success(text) => value(text.octets(), name),
        _ => None,
    });
    let Some(found) = found else { return done(context, replies) };
    let number = found.text().ok().and_then(|digits| digits.parse::<u64>().ok());
    context.output.print(
        || json!({ name: number.map_or_else(|| text(found), Json::from) }),
        |_| shown(found),
    );
}

/// Prints all replies, each in the form of its command.
pub(super) fn print(output: &Output, replies: &[Answer<'_>]) {
    if output.json {
        return output.json_line(&replies.iter().map(json).collect());
    }
    for reply in replies {
        plain(output, reply);
    }
}

/// One reply.
pub(crate) fn json(reply: &Answer<'_>) -> Json {
    match reply {
        Answer::Success(words) => json!({ "success": text(words.octets()) }),
        Answer::Error(words) => json!({ "error": text(words.octets()) }),
        Answer::Preamble(line) | Answer::Line(line) => json!({ "line": text(line.octets()) }),
        Answer::Lines(block) => {
            json!({ "lines": block.lines().map(text).collect::<Vec<_>>() })
        }
        Answer::Version(version) => json!({
            "release": text(version.title.octets()),
            "version": version.release().map(|release| release.to_string()),
            "management_version": version.management,
        }),
        Answer::Status(status) => listing::server_json(status).into(),
        Answer::ClientStatus(status) => listing::client_json(status),
        Answer::States(states) => {
            let states: Vec<Json> = states.iter().map(|it| state(Some(&it)).into()).collect();
            json!({ "states": states })
        }
        Answer::Log(log) => {
            let entries =
                log.iter().map(|it| (it.time, vec![("flags", it.flags), ("message", it.message)]));
            json!({ "log": entries.map(entry).collect::<Vec<_>>() })
        }
        Answer::Echo(echo) => {
            let entries = echo.iter().map(|it| (it.time, vec![("text", it.text)]));
            json!({ "echo": entries.map(entry).collect::<Vec<_>>() })
        }
        Answer::RemoteCount(count) | Answer::Pkcs11Count(count) => json!({ "count": count }),
        Answer::Remotes(remotes) => {
            json!({ "lines": remotes.block().lines().map(text).collect::<Vec<_>>() })
        }
        Answer::Pkcs11Entry(entry) => {
            let certificate = entry.certificate.as_ref();
            let certificate = certificate
                .map(|(id, blob)| [("id", text(id.octets())), ("blob", text(blob.octets()))]);
            let mut map = json!({ "index": entry.index });
            for (name, value) in certificate.into_iter().flatten() {
                map[name] = value;
            }
            map
        }
        _ => Json::Null,
    }
}

fn entry((time, fields): (u64, Vec<(&str, Octets<'_>)>)) -> Json {
    let mut map = Map::new();
    put_time(&mut map, "time", Some(time));
    map.extend(fields.into_iter().map(|(name, octets)| (name.to_owned(), text(octets))));
    map.into()
}

/// The daemon's own lines.
fn plain(output: &Output, reply: &Answer<'_>) {
    let all = |lines: &mut dyn Iterator<Item = Octets<'_>>| -> String {
        lines.map(|line| shown(line) + "\n").collect()
    };
    output.text(&match reply {
        Answer::Success(words) => format!("SUCCESS: {}\n", shown(words.octets())),
        Answer::Error(words) => format!("ERROR: {}\n", shown(words.octets())),
        Answer::Preamble(line) | Answer::Line(line) => shown(line.octets()) + "\n",
        Answer::Lines(block) => all(&mut block.lines()),
        Answer::Version(version) => format!(
            "OpenVPN Version: {}\nManagement Version: {}\n",
            shown(version.title.octets()),
            version.management
        ),
        Answer::Status(status) => {
            return listing::print(output, &Listing::Server(status.clone().into_owned()));
        }
        Answer::ClientStatus(status) => {
            return listing::print(output, &Listing::Client(status.clone().into_owned()));
        }
        Answer::States(states) => all(&mut states.block().lines()),
        Answer::Log(log) => all(&mut log.block().lines()),
        Answer::Echo(echo) => all(&mut echo.block().lines()),
        Answer::Remotes(remotes) => all(&mut remotes.block().lines()),
        Answer::RemoteCount(count) | Answer::Pkcs11Count(count) => count.to_string(),
        Answer::Pkcs11Entry(_) => json(reply).to_string(),
        _ => String::new(),
    });
}
