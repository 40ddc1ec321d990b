//! One end of a stream that a test plays by hand.

use std::collections::VecDeque;
use std::time::Instant;

use netlever_core::{Link, News, Session, Ticket};

/// Sends what it is given, keeps what it gets, and does nothing of itself.
#[derive(Debug)]
pub struct Hand {
    /// What is to be sent.
    pub out: VecDeque<Vec<u8>>,
    /// What was received.
    pub got: Vec<u8>,
    /// Whether it reads.
    pub reads: bool,
    /// The link that it wants.
    pub link: Link,
    /// What happened to the transport, from the first on.
    pub news: Vec<News>,
    /// When not `None`, this is sent again and again, without end.
    pub flood: Option<Vec<u8>>,
}

impl Default for Hand {
    fn default() -> Self {
        let (out, got, news) = (VecDeque::new(), vec![], vec![]);
        Self { out, got, reads: true, link: Link::Up, news, flood: None }
    }
}

impl Hand {
    /// What was received, as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.got).into()
    }

    /// Sends this.
    pub fn say(&mut self, octets: impl AsRef<[u8]>) {
        let octets = octets.as_ref();
        self.out.extend((!octets.is_empty()).then(|| octets.to_vec()));
    }

    /// Sends this and then hangs up.
    pub fn say_last(&mut self, octets: impl AsRef<[u8]>) {
        self.say(octets);
        self.link = Link::Over;
    }

    /// Whether the far end has said all, or the transport is gone.
    #[must_use]
    pub fn ended(&self) -> bool {
        self.news.iter().any(|news| *news != News::Up)
    }
}

impl Session for Hand {
    type Flow = ();
    type Event = ();

    fn link(&self) -> Link {
        self.link
    }

    fn handle_link(&mut self, _: Instant, news: News) {
        self.news.push(news);
        if matches!(news, News::Down | News::Lost(_)) {
            self.link = Link::Over;
        }
    }

    fn wants_input(&self) -> bool {
        self.reads
    }

    fn handle_input(&mut self, _: Instant, (): (), input: &[u8]) -> usize {
        if !self.reads {
            return 0;
        }
        self.got.extend(input);
        input.len()
    }

    fn handle_timeout(&mut self, _: Instant) {}

    fn poll_transmit(&mut self, _: Instant, out: &mut Vec<u8>) -> Option<()> {
        let octets = match self.out.pop_front() {
            Some(octets) => octets,
            None if self.link == Link::Up => self.flood.clone()?,
            None => return None,
        };
        out.extend(octets);
        Some(())
    }

    fn poll_timeout(&self) -> Option<Instant> {
        None
    }

    fn poll_event(&mut self) -> Option<()> {
        None
    }

    fn poll_done(&mut self) -> Option<Ticket> {
        None
    }

    fn cancel(&mut self, _: Ticket) {}

    fn close(&mut self) {
        self.link = Link::Over;
    }
}
