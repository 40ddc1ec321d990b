//! Somebody who is attached to a management interface.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use netlever_core::client::{Heard, Listener};
use netlever_core::openvpn::session::Event;
use netlever_core::openvpn::{Config, Error, Management, event};
use netlever_core::runtime::Runtime;
use netlever_core::{Call, Client, Wire, drive};

use super::lab::PATIENCE;
use crate::lab::until;

/// Somebody who is attached to a management interface, or wants to be, and remembers what it told.
pub(crate) struct Attached<R: Runtime> {
    runtime: R,
    pub(crate) client: Client<Management>,
    listener: Listener<Management>,
    /// What was told and is not asked for yet.
    told: VecDeque<Event>,
    /// Names of all that was told, in order.
    names: Vec<String>,
    /// Whether the transport has ended for good.
    gone: Arc<AtomicBool>,
}

impl<R: Runtime> Attached<R> {
    pub(super) fn new<W>(runtime: &R, config: Config, wire: W) -> Self
    where
        W: Wire<Flow = (), Io: Send> + Send + 'static,
    {
        let client = Client::new(Management::new(config), runtime.clock());
        let (listener, gone) = (client.listen(1 << 14), Arc::new(AtomicBool::new(false)));
        let (driving, end) = (drive(&client, wire), gone.clone());
        runtime.spawn(async move {
            driving.await;
            end.store(true, Ordering::Release);
        });
        let (told, names) = (VecDeque::new(), Vec::new());
        Self { runtime: runtime.clone(), client, listener, told, names, gone }
    }

    /// Makes a call and waits for its end.
    pub(crate) fn ask<C: Call<Management>>(&self, call: C) -> C::Output {
        self.runtime.block_on(self.client.call(call))
    }

    /// Makes many calls at once, and gathers what they give.
    pub(crate) fn ask_all<C: Call<Management>>(
        &self,
        calls: impl IntoIterator<Item = C>,
    ) -> Vec<C::Output> {
        self.runtime.block_on(async {
            let mut batch = self.client.batch(calls, 4096);
            let mut outputs = Vec::new();
            while let Some(output) = batch.next().await {
                outputs.push(output);
            }
            outputs
        })
    }

    /// Waits for the next event of which this gives something. Others stay, to be asked for later.
    pub(crate) fn event<T>(&mut self, what: &str, mut pick: impl FnMut(&Event) -> Option<T>) -> T {
        let until = (self.runtime.clock())() + PATIENCE;
        let mut at = 0;
        loop {
            while at < self.told.len() {
                if let Some(found) = pick(&self.told[at]) {
                    self.told.remove(at);
                    return found;
                }
                at += 1;
            }
            let (runtime, listener) = (&self.runtime, &mut self.listener);
            let heard = runtime.block_on(first(listener.next(), runtime.sleep_until(until)));
            match heard {
                Some(Some(Heard::Event(event))) => {
                    self.names.push(name(&event));
                    self.told.push_back(event);
                }
                Some(other) => panic!("waited for {what}: {other:?}; {:?}", self.told),
                None => panic!("waited for {what} in vain; it was told {:?}", self.told),
            }
        }
    }

    /// Waits for the next notification of which this gives something.
    pub(crate) fn told<T>(
        &mut self,
        what: &str,
        mut pick: impl FnMut(&event::Event<'_>) -> Option<T>,
    ) -> T {
        self.event(what, |event| match event {
            Event::Notification(notification) => pick(&notification.event()),
            _ => None,
        })
    }

    /// Waits until it is attached; the number of the connection.
    pub(crate) fn up(&mut self) -> u64 {
        self.event("a greeting", |event| match event {
            Event::Up { link, .. } => Some(*link),
            _ => None,
        })
    }

    /// Waits until it is attached no more; why.
    pub(crate) fn down(&mut self) -> Error {
        self.event("the end of the link", |event| match event {
            Event::Down { why } => Some(why.clone()),
            _ => None,
        })
    }

    /// Waits for this state.
    pub(crate) fn state(&mut self, name: &str) {
        self.told(name, |event| match event {
            event::Event::State(state) => (state.name == name).then_some(()),
            _ => None,
        });
    }

    /// Takes in all that was told so far, and forgets it.
    pub(crate) fn forget(&mut self) {
        // It is told before the answer.
        let _ = self.ask(netlever_core::openvpn::calls::load_stats());
        while let Some(Some(Heard::Event(event))) =
            self.runtime.block_on(first(self.listener.next(), std::future::ready(())))
        {
            self.names.push(name(&event));
        }
        self.told.clear();
    }

    /// The names of all that was told so far that this begins, in order: `CLIENT:CONNECT`,
    /// `STATE:WAIT`, `HOLD`, `Up`, `Down`.
    pub(crate) fn names(&self, of: &str) -> Vec<&str> {
        let names = self.names.iter().map(String::as_str);
        names.filter(|name| name.starts_with(of)).collect()
    }

    /// Leaves, and waits until it has gone.
    pub(crate) fn leave(self) {
        self.client.close();
        let gone = || self.gone.load(Ordering::Acquire);
        self.runtime.block_on(until(&self.runtime, "the end of the link", gone));
    }
}

fn name(event: &Event) -> String {
    let Event::Notification(notification) = event else {
        let shown = format!("{event:?}");
        return shown.split([' ', '(']).next().unwrap_or_default().to_owned();
    };
    match notification.event() {
        event::Event::State(state) => format!("STATE:{}", state.name),
        event::Event::Client(client) => format!("CLIENT:{}", client.name()),
        _ => notification.view().kind().to_string(),
    }
}

/// What the first future gives; `None` when the second one ends before.
async fn first<T>(one: impl Future<Output = T>, other: impl Future<Output = ()>) -> Option<T> {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|cx| match one.as_mut().poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => other.as_mut().poll(cx).map(|()| None),
    })
    .await
}
