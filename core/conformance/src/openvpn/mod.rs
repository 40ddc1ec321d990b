//! The management interface of the real OpenVPN 2.6, the same properties on each runtime.
//!
//! A runtime's test file is one line of [`openvpn_suite!`](crate::openvpn_suite): a `#[test]` for
//! each property here. `scripts/peers` starts the daemons and names them in the file that
//! `NETLEVER_PEERS` points to; without it the tests fail.
//!
//! A daemon serves one client at a time, so nearly every test has a server and clients of its own;
//! those who share one take turns.

pub mod admission;
pub mod asking;
mod attached;
pub mod attaching;
mod lab;
pub mod life;
pub mod listing;
pub mod prompts;

pub use lab::Lab;

/// Every property, as tests named after them.
///
/// ```ignore
/// netlever_conformance::openvpn_suite!(netlever_tokio::Tokio::new().unwrap(), "tokio");
/// ```
#[macro_export]
macro_rules! openvpn_suite {
    ($runtime:expr, $seat:literal) => {
        $crate::openvpn_suite! { @each $runtime, $seat,
            attaching {
                over_tcp_with_a_password_and_over_a_unix_socket
                a_wrong_or_missing_password
                the_one_place_is_taken
                taking_turns
                a_daemon_that_connects_to_us
            }
            admission {
                accepted
                accepted_with_a_filter
                denied
                pending_until_answered
                reauthenticated
                killed
                a_policy_decides
            }
            listing {
                the_three_formats_agree
                other_transports
                byte_counts
            }
            life {
                held_until_released
                holds_are_released_by_themselves
                signals
                started_again_while_connected
                history_and_live
            }
            asking {
                levels_and_flags
                logs_and_echoes
                ten_thousand_commands_in_one_go
            }
            prompts {
                asked_for_everything
                a_static_challenge
                a_dynamic_challenge
                what_a_client_knows
            }
        }
    };
    (@each $runtime:expr, $seat:literal, $($module:ident { $($(#[$mark:meta])* $test:ident)* })*) => {$(
        mod $module {$(
            #[test]
            $(#[$mark])*
            fn $test() {
                $crate::openvpn::$module::$test(&$crate::openvpn::Lab::new($runtime, $seat));
            }
        )*}
    )*};
}
