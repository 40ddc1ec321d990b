//! A client session, and a daemon that says what the test wants.

use std::time::{Duration, Instant};

use netlever_core::backoff::Reconnect;
use netlever_core::openvpn::session::Event;
use netlever_core::openvpn::{Config, Error, Management};
use netlever_core::session::{Call, Link, News, Session, Step};

pub(crate) const S: Duration = Duration::from_secs(1);
pub(crate) const GREETING: &str =
    ">INFO:OpenVPN Management Interface Version 5 -- type 'help' for more info\r\n";

pub(crate) struct Table {
    pub(crate) session: Management,
    pub(crate) now: Instant,
    /// What the session has not used yet.
    left: Vec<u8>,
}

impl Table {
    pub(crate) fn new(config: Config) -> Self {
        Self { session: Management::new(config), now: Instant::now(), left: vec![] }
    }

    /// Greeted by 2.6, its `Up` heard.
    pub(crate) fn ready() -> Self {
        Self::ready_with(Config::new(1))
    }

    pub(crate) fn ready_with(config: Config) -> Self {
        let mut table = Self::new(config);
        table.greet();
        assert!(matches!(table.events()[..], [Event::Up { version: 5, .. }]));
        table
    }

    pub(crate) fn greet(&mut self) {
        assert_eq!(self.session.link(), Link::Up);
        self.up();
        self.feed(GREETING);
        assert!(self.session.is_ready());
    }

    pub(crate) fn up(&mut self) {
        self.left.clear();
        self.news(News::Up);
    }

    pub(crate) fn news(&mut self, news: News) {
        self.session.handle_link(self.now, news);
    }

    /// What the session sends now.
    pub(crate) fn out(&mut self) -> String {
        let mut out = vec![];
        while self.session.poll_transmit(self.now, &mut out).is_some() {}
        String::from_utf8(out).unwrap()
    }

    pub(crate) fn feed(&mut self, octets: impl AsRef<[u8]>) {
        self.left.extend(octets.as_ref());
        while !self.left.is_empty() && matches!(self.session.link(), Link::Up | Link::Half) {
            let used = self.session.handle_input(self.now, (), &self.left);
            assert!(used <= self.left.len());
            self.left.drain(..used);
            if used == 0 {
                break;
            }
        }
    }

    pub(crate) fn step<C: Call<Management>>(&mut self, call: &mut C) -> Option<C::Output> {
        match call.step(&mut self.session, self.now) {
            Step::Done(output) => Some(output),
            Step::Wait(_) => None,
        }
    }

    /// Begins a call, which has to wait.
    pub(crate) fn begin<C: Call<Management>>(&mut self, mut call: C) -> C {
        assert!(self.step(&mut call).is_none(), "it waits for its answer");
        call
    }

    /// The answer of a call, which has to be there.
    pub(crate) fn end<C: Call<Management>>(&mut self, call: &mut C) -> C::Output {
        self.step(call).expect("the call has ended")
    }

    /// A whole call: what it sends, and what comes of this answer.
    pub(crate) fn ask<C: Call<Management>>(
        &mut self,
        call: C,
        answer: &str,
    ) -> (String, C::Output) {
        let mut call = self.begin(call);
        let sent = self.out();
        self.feed(answer);
        (sent, self.end(&mut call))
    }

    pub(crate) fn events(&mut self) -> Vec<Event> {
        std::iter::from_fn(|| self.session.poll_event()).collect()
    }

    pub(crate) fn pass(&mut self, time: Duration) {
        self.now += time;
        if self.session.poll_timeout().is_some_and(|at| at <= self.now) {
            self.session.handle_timeout(self.now);
            assert!(self.session.poll_timeout().is_none_or(|at| at > self.now));
        }
    }
}

pub(crate) fn never() -> Config {
    let mut config = Config::new(1);
    config.reconnect = Reconnect::Never;
    config
}

/// Connects when a call waits, hangs up a second after the last.
pub(crate) fn idle() -> Config {
    let mut config = Config::new(1);
    config.idle = Some(S);
    config
}

/// What the `Down`s among the events say.
pub(crate) fn downs(events: Vec<Event>) -> Vec<Error> {
    let why = |event| if let Event::Down { why } = event { Some(why) } else { None };
    events.into_iter().filter_map(why).collect()
}
