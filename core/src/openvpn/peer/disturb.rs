//! A reply, and what the faults make of it.

use super::Fault;
use super::store::Store;
use crate::openvpn::wire::Lines;
use crate::session::later;

/// Octets of a line that does not end.
const ENDLESS: usize = 1 << 20;

impl Store {
    /// Sends the reply of the command with this word as these faults want it.
    pub(super) fn send_disturbed(&mut self, mut reply: Vec<u8>, word: &[u8], faults: &[Fault]) {
        let (now, unix) = (self.now, self.unix());
        let mut restarts = false;
        let Some(seat) = &mut self.seat else { return };
        let mut at = None;
        for fault in faults {
            match fault {
                Fault::Flood(count) => {
                    for number in 0..*count {
                        if seat.waiting >= self.setup.bounds.output {
                            self.dropped += 1;
                            continue;
                        }
                        seat.push(None, format!(">LOG:{unix},I,flood {number}\r\n").as_bytes());
                    }
                }
                Fault::Garbage => seat.push(None, b"\x80\xffgarbage, no line of the protocol\r\n"),
                Fault::Glued => reply.truncate(reply.len().saturating_sub(2)),
                Fault::TruncatedBlock => {
                    let lines = Lines::new(&reply).count();
                    let kept = Lines::new(&reply).take(lines / 2);
                    reply = kept.flat_map(|line| [line, b"\r\n"].concat()).collect();
                }
                Fault::EndlessLine => {
                    reply = vec![b'x'; ENDLESS];
                    seat.close();
                }
                Fault::Silence => reply.clear(),
                Fault::CloseAt(end) => {
                    reply.truncate(*end);
                    seat.close();
                }
                Fault::Drop(only) if only.as_ref().is_none_or(|only| only.as_bytes() == word) => {
                    seat.hang_up();
                    return;
                }
                Fault::Slow(delay) => at = Some(later(now, *delay)),
                Fault::Restart => restarts = true,
                _ => {}
            }
        }
        if restarts {
            seat.hang_up();
            self.start();
            return;
        }
        for fault in faults {
            if let Fault::SplitAt(cut, pause) = fault
                && *cut < reply.len()
            {
                let rest = reply.split_off(*cut);
                seat.push(at, &reply);
                at = Some(later(at.unwrap_or(now), *pause));
                reply = rest;
            }
        }
        seat.push(at, &reply);
    }
}
