//! The three runtimes, and how a command runs on the one that was asked for.

use clap::ValueEnum;

/// What `--runtime` names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Choice {
    #[default]
    Tokio,
    AsyncStd,
    Blocking,
}

/// Runs a future to its end on the runtime of a [`Choice`]. `$runtime` is bound to a value that
/// implements [`Runtime`](netlever_core::runtime::Runtime); `$future`, which gives a
/// `Result<_, Failure>`, is compiled once for each.
///
/// ```text
/// on_runtime!(context.runtime, runtime => ask(&runtime, &options))
/// ```
macro_rules! on_runtime {
    ($choice:expr, $runtime:ident => $future:expr) => {{
        use netlever_core::runtime::Runtime as _;
        match $choice {
            $crate::runtime::Choice::Tokio => match netlever_tokio::Tokio::new() {
                Ok($runtime) => $runtime.block_on($future),
                Err(why) => Err($crate::failure::Failure::other(format!("tokio: {why}"))),
            },
            $crate::runtime::Choice::AsyncStd => {
                let $runtime = netlever_async_std::AsyncStd;
                $runtime.block_on($future)
            }
            $crate::runtime::Choice::Blocking => match netlever_blocking::Reactor::new() {
                Ok($runtime) => $runtime.block_on($future),
                Err(why) => Err($crate::failure::Failure::other(format!("mio: {why}"))),
            },
        }
    }};
}
pub(crate) use on_runtime;
