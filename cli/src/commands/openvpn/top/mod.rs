//! `top`: a live table of a server's clients.

mod board;
mod draw;

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::io::{self, IsTerminal};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context as Waiting, Poll, Waker};
use std::time::{Duration, Instant};

use clap::Args;
use netlever_core::client::Heard;
use netlever_core::openvpn::Error;
use netlever_core::openvpn::calls::{self, Listing};
use netlever_core::openvpn::session::Event;
use netlever_core::openvpn::status::Format;
use netlever_core::runtime::Runtime;
use ratatui::DefaultTerminal;
use ratatui::crossterm::event::{self, KeyCode, KeyEventKind, KeyModifiers};

use super::daemon::Daemon;
use super::options::{Options, Stay};
use crate::commands::{Context, Ended};
use crate::duration;
use crate::failure::{Failure, Status};
use board::{Board, Key, Wish};

/// The words behind `top`.
#[derive(Debug, Args)]
#[command(after_help = "\
Keys: up, down, page up, page down, home and end move; left and right choose the column that is
sorted by, r turns its order; / filters by name or address, esc clears the filter; x throws a client
out by its id, after a y; space asks at once; q ends. Rates are those since the listing before.

The daemon serves nobody else meanwhile.")]
pub(super) struct Verb {
    /// How often the daemon is asked
    #[arg(long, value_name = "TIME", value_parser = duration::parse, default_value = "2s")]
    every: Duration,
}

/// Keys as they come, and who waits for one.
#[derive(Default)]
struct Keys(Mutex<(VecDeque<Typed>, Option<Waker>)>);

#[derive(Clone, Copy)]
enum Typed {
    Key(Key),
    /// The size has changed.
    Resized,
    /// There is no keyboard any more.
    Gone,
}

impl Keys {
    /// Reads keys on a thread of its own, for as long as the process lives.
    fn read() -> Arc<Self> {
        let keys = Arc::<Self>::default();
        let mine = keys.clone();
        std::thread::spawn(move || {
            loop {
                let typed = match event::read() {
                    Ok(read) => typed(&read),
                    Err(_) => Some(Typed::Gone),
                };
                if let Some(typed) = typed {
                    mine.push(typed);
                }
                if matches!(typed, Some(Typed::Gone)) {
                    return;
                }
            }
        });
        keys
    }

    fn lock(&self) -> MutexGuard<'_, (VecDeque<Typed>, Option<Waker>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, typed: Typed) {
        let waker = {
            let mut held = self.lock();
            held.0.push_back(typed);
            held.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn poll(&self, cx: &Waiting<'_>) -> Poll<Typed> {
        let mut held = self.lock();
        match held.0.pop_front() {
            Some(typed) => Poll::Ready(typed),
            None => {
                held.1 = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

fn typed(read: &event::Event) -> Option<Typed> {
    let key = match read {
        event::Event::Key(key) if key.kind != KeyEventKind::Release => key,
        event::Event::Resize(..) => return Some(Typed::Resized),
        _ => return None,
    };
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    Some(Typed::Key(match key.code {
        KeyCode::Char('c') if control => Key::Interrupt,
        KeyCode::Char(character) if !control => Key::Char(character),
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Escape,
        KeyCode::Backspace => Key::Backspace,
        _ => return None,
    }))
}

/// The terminal, given back however this ends.
struct Screen(DefaultTerminal);

impl Screen {
    fn open() -> Result<Self, Failure> {
        let terminal = ratatui::try_init();
        terminal.map(Self).map_err(|why| Failure::other(format!("the terminal: {why}")))
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// Something that the daemon was asked.
enum Answer {
    Listing(Result<Listing, Error>),
    Killed(u64, Result<(), Error>),
}

type Asked<'a> = Pin<Box<dyn Future<Output = Answer> + 'a>>;

enum Woken {
    Typed(Typed),
    Answer(Answer),
    Due,
}

pub(super) async fn run<R: Runtime>(
    runtime: &R,
    context: &Context,
    options: &Options,
    verb: &Verb,
) -> Ended {
    if context.output.json || !io::stdout().is_terminal() {
        return Err(Failure::usage("top needs a terminal; `status` prints the same once"));
    }
    let target = options.target(context, Stay::Attached)?;
    let daemon = Daemon::connect(runtime, context, target)?;
    attach(&daemon).await?;
    let mut board = Board::new(daemon.peer.clone());
    let (keys, clock) = (Keys::read(), runtime.clock());
    let mut screen = Screen::open()?;
    let (mut due, mut before) = (clock(), None::<Instant>);
    let mut asked: Vec<Asked<'_>> = Vec::new();
    let mut listing = false;
    loop {
        let drawn = screen.0.draw(|frame| draw::board(frame, &mut board));
        drawn.map_err(|why| Failure::other(format!("the terminal: {why}")))?;
        if !listing && clock() >= due {
            listing = true;
            let call = daemon.ask(calls::status(Some(Format::Three)));
            asked.push(Box::pin(async { Answer::Listing(call.await) }));
        }
        let woken = {
            let mut sleep = pin!(runtime.sleep_until(due));
            poll_fn(|cx| {
                for index in 0..asked.len() {
                    if let Poll::Ready(answer) = asked[index].as_mut().poll(cx) {
                        drop(asked.swap_remove(index));
                        return Poll::Ready(Woken::Answer(answer));
                    }
                }
                if let Poll::Ready(typed) = keys.poll(cx) {
                    return Poll::Ready(Woken::Typed(typed));
                }
                if listing { Poll::Pending } else { sleep.as_mut().poll(cx).map(|()| Woken::Due) }
            })
            .await
        };
        match woken {
            Woken::Due | Woken::Typed(Typed::Resized) => {}
            Woken::Typed(Typed::Gone) => return Ok(Status::Done),
            Woken::Typed(Typed::Key(key)) => match board.key(key) {
                Wish::Nothing => {}
                Wish::Quit => return Ok(Status::Done),
                Wish::Refresh => due = clock(),
                Wish::Kill(cid) => {
                    let call = daemon.ask(calls::kill_client(cid, None));
                    asked.push(Box::pin(async move { Answer::Killed(cid, call.await) }));
                }
            },
            Woken::Answer(Answer::Killed(cid, killed)) => {
                board.message = match killed {
                    Ok(()) => format!("client {cid} is thrown out"),
                    Err(why) => why.to_string(),
                };
                due = clock();
            }
            Woken::Answer(Answer::Listing(answer)) => {
                listing = false;
                let now = clock();
                due = now + verb.every;
                match answer {
                    Ok(Listing::Server(status)) => {
                        let after = before.map_or(Duration::ZERO, |before| now - before);
                        board.update(&status, after);
                        before = Some(now);
                        if !status.is_complete() {
                            board.message = super::listing::CUT.to_owned();
                        }
                    }
                    Ok(Listing::Client(_)) => {
                        return Err(Failure::usage("the daemon is a client, and has none itself"));
                    }
                    Err(why) if daemon.is_over() => {
                        return Err(daemon.failure("reading the status", &why));
                    }
                    Err(why) => board.message = why.to_string(),
                }
            }
        }
    }
}

/// Waits until the daemon has greeted.
async fn attach(daemon: &Daemon) -> Result<(), Failure> {
    let mut listener = daemon.listen(1000);
    while let Some(heard) = listener.next().await {
        match heard {
            Heard::Event(Event::Up { .. }) => return Ok(()),
            Heard::Event(Event::Down { why }) => return Err(daemon.failure("attaching", &why)),
            _ => {}
        }
    }
    Err(Failure::other("the session has ended"))
}
