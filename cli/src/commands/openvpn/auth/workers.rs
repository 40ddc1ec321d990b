//! Threads that decide, so that no client waits for another one's decision.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use netlever_core::openvpn::event::ClientEvent;
use netlever_core::openvpn::policy::{Decision, Token};
use zeroize::Zeroizing;

/// One question, with a copy of what the daemon told.
#[derive(Clone, Debug)]
pub(super) struct Question {
    /// `CONNECT`, `REAUTH` or `CR_RESPONSE`.
    pub(super) name: &'static str,
    pub(super) cid: u64,
    pub(super) kid: Option<u64>,
    /// What the user answered to a question, in base64 as it came.
    pub(super) response: Option<Zeroizing<Vec<u8>>>,
    pub(super) env: Vec<(Vec<u8>, Zeroizing<Vec<u8>>)>,
}

impl Question {
    fn new(event: &ClientEvent<'_>) -> Self {
        let octets = |octets: &[u8]| Zeroizing::new(octets.to_vec());
        let response = match event {
            ClientEvent::CrResponse { response, .. } => Some(octets(response.expose().as_bytes())),
            _ => None,
        };
        let env = event.env();
        let variables = env.iter();
        Self {
            name: event.name(),
            cid: event.cid(),
            kid: event.kid(),
            response,
            env: variables
                .map(|(name, value)| (name.as_bytes().to_vec(), octets(value.as_bytes())))
                .collect(),
        }
    }

    /// The first variable of this name.
    pub(super) fn get(&self, name: &str) -> Option<&[u8]> {
        let found = self.env.iter().find(|variable| variable.0 == name.as_bytes());
        found.map(|variable| variable.1.as_slice())
    }
}

/// A question that a thread has taken up.
pub(super) struct Job<'a> {
    pub(super) question: &'a Question,
    /// When the answer comes too late.
    pub(super) until: Instant,
    /// Set when nobody waits for the answer any more.
    pub(super) forgotten: &'a AtomicBool,
    token: Token,
    results: &'a Results,
}

impl Job<'_> {
    /// Tells that more is asked of the user, before the decision.
    pub(super) fn pending(&self, decision: Decision) {
        self.results.push(self.token, decision);
    }
}

/// A question that waits for a thread.
struct Task {
    token: Token,
    question: Question,
    until: Instant,
    forgotten: Arc<AtomicBool>,
}

/// Decisions that have come, and who waits for one.
#[derive(Default)]
struct Results(Mutex<Held>);

#[derive(Default)]
struct Held {
    decisions: VecDeque<(Token, Decision)>,
    waits: Option<Waker>,
}

impl Results {
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, token: Token, decision: Decision) {
        let waker = {
            let mut held = self.lock();
            held.decisions.push_back((token, decision));
            held.waits.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// So many threads, and the questions that they work on.
pub(super) struct Workers {
    /// `None` when no more come.
    tasks: Option<Sender<Task>>,
    threads: Vec<JoinHandle<()>>,
    results: Arc<Results>,
    /// Of questions that are open: how to tell their thread that they no longer are.
    open: BTreeMap<Token, Arc<AtomicBool>>,
    patience: Duration,
}

impl Workers {
    /// Starts them; each question has so long.
    pub(super) fn start<F>(count: usize, patience: Duration, decide: F) -> Self
    where
        F: Fn(Job<'_>) -> Decision + Send + Sync + 'static,
    {
        let (tasks, todo) = channel();
        let (todo, decide) = (Arc::new(Mutex::new(todo)), Arc::new(decide));
        let results = Arc::<Results>::default();
        let start = |_| {
            let (todo, results, decide) = (todo.clone(), results.clone(), decide.clone());
            std::thread::spawn(move || work(&todo, &results, decide.as_ref()))
        };
        let threads = (0..count).map(start).collect();
        Self { tasks: Some(tasks), threads, results, open: BTreeMap::new(), patience }
    }

    pub(super) fn ask(&mut self, token: Token, event: &ClientEvent<'_>) -> Option<Decision> {
        // A question that goes on has a thread already, which is no longer to answer.
        self.forget(token);
        let forgotten = Arc::new(AtomicBool::new(false));
        self.open.insert(token, forgotten.clone());
        let until = Instant::now() + self.patience;
        let task = Task { token, question: Question::new(event), until, forgotten };
        match self.tasks.as_ref().map(|tasks| tasks.send(task)) {
            Some(Ok(())) => None,
            _ => Some(Decision::deny("nobody decides any more")),
        }
    }

    pub(super) fn poll_decision(&mut self) -> Option<(Token, Decision)> {
        let (token, decision) = self.results.lock().decisions.pop_front()?;
        if !matches!(decision, Decision::Pending { .. }) {
            self.open.remove(&token);
        }
        Some((token, decision))
    }

    pub(super) fn forget(&mut self, token: Token) {
        if let Some(forgotten) = self.open.remove(&token) {
            forgotten.store(true, Ordering::Relaxed);
        }
    }

    /// Ready when there is a decision.
    pub(super) fn poll_ready(&self, cx: &Context<'_>) -> Poll<()> {
        let mut held = self.results.lock();
        if held.decisions.is_empty() {
            held.waits = Some(cx.waker().clone());
            return Poll::Pending;
        }
        Poll::Ready(())
    }
}

impl Drop for Workers {
    /// Commands that still run are ended, and waited for.
    fn drop(&mut self) {
        self.tasks = None;
        for forgotten in self.open.values() {
            forgotten.store(true, Ordering::Relaxed);
        }
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn work(
    todo: &Mutex<Receiver<Task>>,
    results: &Results,
    decide: &(dyn Fn(Job<'_>) -> Decision + Send + Sync),
) {
    loop {
        let task = todo.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Task { token, question, until, forgotten }) = task else { return };
        if forgotten.load(Ordering::Relaxed) || Instant::now() >= until {
            continue;
        }
        let job = Job { question: &question, until, forgotten: &forgotten, token, results };
        let decision = decide(job);
        if !forgotten.load(Ordering::Relaxed) {
            results.push(token, decision);
        }
    }
}
