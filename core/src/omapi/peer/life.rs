//! How a server ends, and who wants to know.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Instant;

use super::{Server, Timeline};

/// Running, shutting down, or dead.
#[derive(Debug, Default)]
pub(super) struct Life {
    stage: Stage,
    last: u64,
    waiting: BTreeMap<u64, Waker>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Stage {
    #[default]
    Running,
    /// Since `at`, by the wish of a connection, or of nobody.
    Ending {
        at: Instant,
        asker: Option<u64>,
    },
    Aborted,
}

impl Life {
    pub(super) fn runs(&self) -> bool {
        self.stage == Stage::Running
    }

    pub(super) fn aborted(&self) -> bool {
        self.stage == Stage::Aborted
    }

    /// The shutdown begins. Those who wait are to be woken, outside any lock.
    pub(super) fn end(&mut self, at: Instant, asker: Option<u64>) -> Vec<Waker> {
        if !self.runs() {
            return Vec::new();
        }
        self.stage = Stage::Ending { at, asker };
        mem::take(&mut self.waiting).into_values().collect()
    }

    /// The process is gone, as after an assertion that failed.
    pub(super) fn abort(&mut self) -> Vec<Waker> {
        self.stage = Stage::Aborted;
        mem::take(&mut self.waiting).into_values().collect()
    }

    /// When the connection of this number is closed, if the server shuts down.
    pub(super) fn closes(&self, number: u64, timeline: &Timeline) -> Option<Instant> {
        let Stage::Ending { at, asker } = self.stage else { return None };
        let wait = if asker == Some(number) { timeline.asker } else { timeline.others };
        at.checked_add(wait)
    }

    /// When the process ends, if the server shuts down.
    pub(super) fn exits(&self, timeline: &Timeline) -> Option<Instant> {
        let Stage::Ending { at, .. } = self.stage else { return None };
        at.checked_add(timeline.exit)
    }
}

/// Ready when the server begins to shut down, or aborts: then its listener is to be closed, and
/// each connection's driver is to be polled once, since its session has got a deadline.
#[must_use = "it does nothing unless it is polled"]
pub struct Ending {
    server: Server,
    number: u64,
}

impl Ending {
    pub(super) fn new(server: Server) -> Self {
        let number = server.with(|store| {
            store.life.last += 1;
            store.life.last
        });
        Self { server, number }
    }
}

impl Future for Ending {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        // The former waker goes outside the lock: with it may go a task, and its connection.
        let (ready, _former) = self.server.with(|store| match store.life.runs() {
            true => (false, store.life.waiting.insert(self.number, cx.waker().clone())),
            false => (true, None),
        });
        if ready { Poll::Ready(()) } else { Poll::Pending }
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        self.server.with(|store| store.life.waiting.remove(&self.number));
    }
}

impl fmt::Debug for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ending").field("number", &self.number).finish_non_exhaustive()
    }
}
