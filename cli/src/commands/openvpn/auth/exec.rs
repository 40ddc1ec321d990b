//! A command that decides.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use netlever_core::openvpn::calls::push;
use netlever_core::openvpn::policy::Decision;
use netlever_core::openvpn::{Octets, Text};
use serde_json::{Value as Json, json};
use zeroize::Zeroizing;

use super::super::render::text;
use super::workers::{Job, Question};

/// Octets of the command's output that are read.
const LONGEST: u64 = 65_536;

/// How often it is looked whether anybody still waits.
const LOOK: Duration = Duration::from_millis(50);

/// Words that begin a line of a client-connect script; any other line is an option to push.
const DIRECTIVES: [&str; 10] = [
    "push",
    "push-reset",
    "push-remove",
    "ifconfig-push",
    "ifconfig-ipv6-push",
    "iroute",
    "iroute-ipv6",
    "config",
    "disable",
    "vlan-pvid",
];

/// Runs the command, and ends it when nobody waits any more.
pub(super) fn decide(command: &str, job: Job<'_>) -> Decision {
    let started = shell(command).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = started else { return Decision::deny("the command cannot be run") };
    // Whoever does not read all of it keeps nobody waiting.
    if let Some(mut stdin) = child.stdin.take() {
        let event = Zeroizing::new(told(job.question).to_string() + "\n");
        std::thread::spawn(move || {
            let _ = stdin.write_all(event.as_bytes());
        });
    }
    let lines = child.stdout.take().map(read);
    let ended = wait(&mut child, lines.as_ref(), &job);
    if ended.is_none() {
        end(&mut child);
    }
    let status = child.wait();
    let (Some(output), Ok(status)) = (ended, status) else {
        return Decision::deny("the command did not decide in time");
    };
    match status.code() {
        Some(0) => accept(&output),
        Some(1) => {
            let said = output.iter().find(|line| !line.is_empty()).cloned();
            let said = said.map(|line| Text::from(line[..line.len().min(256)].to_vec()));
            let reason = said.clone().unwrap_or_else(|| "denied by the command".into());
            Decision::Deny { reason, client_reason: said }
        }
        Some(code) => Decision::deny(format!("the command failed with status {code}")),
        None => Decision::deny("the command was ended by a signal"),
    }
}

/// The system's shell, in a process group of its own.
#[cfg(unix)]
fn shell(command: &str) -> Command {
    use std::os::unix::process::CommandExt;

    let mut shell = Command::new("sh");
    shell.args(["-c", command]).process_group(0);
    shell
}

#[cfg(not(unix))]
fn shell(command: &str) -> Command {
    let mut shell = Command::new("cmd");
    shell.args(["/C", command]);
    shell
}

/// Ends the command, and what it has started.
fn end(child: &mut Child) {
    #[cfg(unix)]
    if let Ok(group) = i32::try_from(child.id()) {
        use nix::sys::signal::{Signal, killpg};
        use nix::unistd::Pid;

        let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
    }
    let _ = child.kill();
}

/// The event as the command reads it: nothing is left out.
fn told(question: &Question) -> Json {
    let environment: Vec<Json> = question
        .env
        .iter()
        .map(|(name, value)| json!([text(Octets(name)), text(Octets(value))]))
        .collect();
    let mut event = json!({
        "event": format!("CLIENT:{}", question.name),
        "client_id": question.cid,
        "key_id": question.kid,
        "environment": environment,
    });
    if let Some(response) = &question.response {
        let decoded = STANDARD.decode(response.as_slice()).map(Zeroizing::new);
        event["response"] = match &decoded {
            Ok(decoded) => text(Octets(decoded)),
            Err(_) => text(Octets(response)),
        };
    }
    event
}

/// Lines as they come, read on a thread of their own.
fn read(stdout: ChildStdout) -> Receiver<Vec<u8>> {
    let (lines, reader) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stdout.take(LONGEST)).split(b'\n') {
            let Ok(mut line) = line else { return };
            if line.last() == Some(&b'\r') {
                line.pop();
            }
            if lines.send(line).is_err() {
                return;
            }
        }
    });
    reader
}

/// Waits for the end of the command; its lines, or `None` when it was too late or not wanted.
fn wait(
    child: &mut Child,
    lines: Option<&Receiver<Vec<u8>>>,
    job: &Job<'_>,
) -> Option<Vec<Vec<u8>>> {
    let (mut output, mut until, mut open) = (Vec::new(), job.until, true);
    loop {
        if job.forgotten.load(Ordering::Relaxed) || Instant::now() >= until {
            return None;
        }
        match lines.filter(|_| open).map(|lines| lines.recv_timeout(LOOK)) {
            Some(Ok(line)) => match pending(&line) {
                Some((limit, decision)) if output.is_empty() => {
                    until = Instant::now() + limit;
                    job.pending(decision);
                }
                _ => output.push(line),
            },
            Some(Err(RecvTimeoutError::Timeout)) => {}
            Some(Err(RecvTimeoutError::Disconnected)) | None => {
                open = false;
                if child.try_wait().ok()?.is_some() {
                    return Some(output);
                }
                std::thread::sleep(Duration::from_millis(5));
            }
        }
    }
}

/// Reads `pending SECONDS EXTRA`.
fn pending(line: &[u8]) -> Option<(Duration, Decision)> {
    let rest = str::from_utf8(line).ok()?.strip_prefix("pending ")?;
    let (seconds, extra) = rest.trim_start().split_once(' ')?;
    let timeout: u32 = seconds.parse().ok()?;
    let extra = extra.trim_start().to_owned().into();
    Some((Duration::from_secs(timeout.into()), Decision::Pending { extra, timeout }))
}

fn accept(output: &[Vec<u8>]) -> Decision {
    let mut config = Vec::new();
    for line in output.iter().filter(|line| !line.trim_ascii().is_empty()) {
        let Ok(line) = str::from_utf8(line) else {
            return Decision::deny("the command's output is not UTF-8");
        };
        let line = line.trim();
        let word = line.split_whitespace().next().unwrap_or_default();
        let directive = DIRECTIVES.contains(&word);
        config.push(if directive { line.to_owned().into() } else { push(line) });
    }
    Decision::accept(config)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_pushed_unless_they_are_directives() {
        let output = [&b"route 10.0.0.0 255.0.0.0"[..], b"", b"push \"dhcp-option DNS 10.0.0.1\""]
            .map(<[u8]>::to_vec);
        let config = [
            "push \"route 10.0.0.0 255.0.0.0\"".into(),
            "push \"dhcp-option DNS 10.0.0.1\"".into(),
        ];
        assert_eq!(accept(&output), Decision::accept(config));
        assert!(matches!(accept(&[vec![0xff]]), Decision::Deny { .. }));
    }

    #[test]
    fn a_line_asks_the_user_for_more() {
        let (limit, decision) = pending(b"pending 30 WEB_AUTH::https://x/y z").unwrap();
        assert_eq!(limit, Duration::from_secs(30));
        let extra = "WEB_AUTH::https://x/y z".into();
        assert_eq!(decision, Decision::Pending { extra, timeout: 30 });
        for line in ["pending", "pending x WEB_AUTH::", "route pending 3 x"] {
            assert!(pending(line.as_bytes()).is_none(), "{line}");
        }
    }
}
