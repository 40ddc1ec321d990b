//! The loop of an authorising program, for every runtime.

use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use super::{Authorizer, Decision, Policy, Ruling, Token};
use crate::client::{Calling, Client, Heard};
use crate::openvpn::calls::{Ask, OnLink};
use crate::openvpn::error::Error;
use crate::openvpn::session::{Event, Management};
use crate::runtime::Runtime;

/// Where decisions are put that come later. A clone is another handle on the same one, for any
/// task or thread.
#[derive(Clone, Default)]
pub struct Inbox(Arc<Mutex<Letters>>);

#[derive(Default)]
struct Letters {
    decisions: VecDeque<(Token, Decision)>,
    waker: Option<Waker>,
}

impl Inbox {
    /// Decides about the client of this question.
    pub fn decide(&self, token: Token, decision: Decision) {
        let waker = {
            let mut letters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            letters.decisions.push_back((token, decision));
            letters.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake(); // outside the lock
        }
    }

    fn poll(&self, cx: &Context<'_>) -> Option<(Token, Decision)> {
        let mut letters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let decision = letters.decisions.pop_front();
        if decision.is_none() {
            letters.waker = Some(cx.waker().clone());
        }
        decision
    }
}

impl fmt::Debug for Inbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inbox").finish_non_exhaustive()
    }
}

/// What [`authorise`] tells its caller, for a log.
#[derive(Clone, Copy, Debug)]
pub enum Told<'a> {
    /// An event was heard; of CLIENT events the authorizer knows already.
    Heard(&'a Heard<Event>),
    /// The daemon was told of a ruling, or could not be.
    Ruled(&'a Ruling, &'a Result<(), Error>),
}

/// How many events may wait while the policy is being asked.
const ROOM: usize = 1024;

/// What the loop does next.
enum Next {
    Heard(Option<Heard<Event>>),
    Decided(Token, Decision),
    Ruled(Ruling, Result<(), Error>),
    Time,
}

/// Authorises clients until the session is over: hears its events, asks the policy, sends what it
/// decides. Rulings go out without waiting for each other.
pub async fn authorise<R: Runtime, P: Policy>(
    runtime: &R,
    client: &Client<Management>,
    authorizer: &mut Authorizer<P>,
    inbox: &Inbox,
    mut told: impl FnMut(Told<'_>),
) {
    let clock = runtime.clock();
    let mut listener = client.listen(ROOM);
    attach(client, authorizer);
    let mut sending = VecDeque::new();
    loop {
        let next = {
            let mut heard = pin!(listener.next());
            let mut alarm = pin!(alarm(runtime, authorizer));
            poll_fn(|cx| {
                if let Some(next) = poll_sent(&mut sending, cx) {
                    return Poll::Ready(next);
                }
                if let Some((token, decision)) = inbox.poll(cx) {
                    return Poll::Ready(Next::Decided(token, decision));
                }
                if alarm.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(Next::Time);
                }
                heard.as_mut().poll(cx).map(Next::Heard)
            })
            .await
        };
        let now = clock();
        match next {
            Next::Heard(None) => return,
            Next::Heard(Some(heard)) => {
                match &heard {
                    Heard::Event(event) => authorizer.handle_event(now, event),
                    // The link may have changed in the gap.
                    Heard::Gap(_) => attach(client, authorizer),
                }
                told(Told::Heard(&heard));
            }
            Next::Decided(token, decision) => authorizer.decide(now, token, decision),
            Next::Ruled(ruling, outcome) => told(Told::Ruled(&ruling, &outcome)),
            Next::Time => authorizer.handle_timeout(now),
        }
        while let Some(ruling) = authorizer.poll_ruling(now) {
            let mut calling = client.call(ruling.call());
            let begun = poll_fn(|cx| Poll::Ready(Pin::new(&mut calling).poll(cx))).await;
            sending.push_back((
                ruling,
                match begun {
                    Poll::Ready(outcome) => Sending::Ended(outcome),
                    Poll::Pending => Sending::Waits(calling),
                },
            ));
        }
    }
}

/// A ruling on its way.
enum Sending<'a> {
    Waits(Calling<'a, Management, OnLink<Ask<()>>>),
    Ended(Result<(), Error>),
}

/// The oldest ruling, when it is answered: answers come in order.
fn poll_sent(sending: &mut VecDeque<(Ruling, Sending<'_>)>, cx: &mut Context<'_>) -> Option<Next> {
    let outcome = match &mut sending.front_mut()?.1 {
        Sending::Ended(outcome) => outcome.clone(),
        Sending::Waits(calling) => match Pin::new(calling).poll(cx) {
            Poll::Ready(outcome) => outcome,
            Poll::Pending => return None,
        },
    };
    sending.pop_front().map(|(ruling, _)| Next::Ruled(ruling, outcome))
}

async fn alarm<R: Runtime, P: Policy>(runtime: &R, authorizer: &Authorizer<P>) {
    match authorizer.poll_timeout() {
        Some(at) => runtime.sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// For a link that was there before the listener.
fn attach<P: Policy>(client: &Client<Management>, authorizer: &mut Authorizer<P>) {
    let link = client.with(|session| {
        let version = session.management_version().filter(|_| session.is_ready())?;
        Some((session.link_number(), version))
    });
    if let Some((link, version)) = link {
        authorizer.attach(link, version);
    }
}
