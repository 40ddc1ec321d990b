//! OMAPI against the real ISC dhcpd, the same properties on each runtime.
//!
//! A runtime's test file is one line of [`dhcpd_suite!`](crate::dhcpd_suite): a `#[test]` for each
//! property here. `scripts/peers` starts the daemons and names them in the file that
//! `NETLEVER_PEERS` points to; without it the tests fail.
//!
//! Daemons are shared by the three runtimes and by the tests of one runtime, which run beside each
//! other. So each runtime has a [`Seat`] with leases, names and hardware addresses of its own, each
//! test its own part of these, and whatever kills, stops or restarts a daemon starts its own.

pub mod broken;
pub mod guards;
pub mod hosts;
pub mod keys;
mod lab;
pub mod leases;
pub mod life;
pub mod lookups;
pub mod pipelining;
pub mod pypureomapi;
pub mod sets;

pub use lab::{Lab, Seat};

/// Every property, as tests named after them.
///
/// ```ignore
/// netlever_conformance::dhcpd_suite!(netlever_tokio::Tokio::new().unwrap(), Seat::TOKIO);
/// ```
#[macro_export]
macro_rules! dhcpd_suite {
    ($runtime:expr, $seat:ident) => {
        $crate::dhcpd_suite! { @each $runtime, $seat,
            lookups {
                leases_by_each_key
                leases_of_the_seed_have_their_fields
                a_lookup_that_finds_nothing_several_or_a_conflict_says_which
                hosts_by_each_key
                groups_and_classes
                failover_control_and_interface
                pool_usage
                a_scan_of_the_whole_pool
            }
            hosts {
                added_in_every_form_and_read_back
                what_dhcpd_refuses
                changed
                deleted
                synced
                a_host_that_cannot_be_replaced_is_put_back
            }
            sets {
                a_group_lives_and_dies
                a_group_is_never_deleted_twice_through_one_handle
                classes_and_subclasses_live_and_die
            }
            leases {
                released
                ended_and_extended
                reserved_by_flags
                every_state
                what_dhcpd_refuses
                what_dhcpd_takes_and_ignores
            }
            keys {
                each_of_the_six_algorithms
                a_wrong_secret
                an_unknown_name
                another_algorithm_than_configured
                another_key_of_the_configuration
                no_key_where_one_is_wanted
                an_unsigned_server
                a_key_on_an_unsigned_server
            }
            guards {
                nothing_that_kills_dhcpd_is_sent
                nothing_that_spoils_the_leases_file_is_sent
            }
            life {
                what_was_made_survives_a_restart
                partner_down
                shutdown
            }
            pipelining {
                many_signed_lookups_md5
                #[ignore = "long"]
                many_signed_lookups_sha512
                mixed_requests_and_answers_of_every_size
                answers_that_grow_while_a_burst_is_out
                #[ignore = "long"]
                several_connections_at_once
                #[ignore = "long"]
                half_a_minute_of_everything
            }
            broken {
                killed_in_the_middle_of_a_batch
                killed_and_nobody_reconnects
                killed_and_started_again
                stopped_and_deadlines_hold
                nobody_listens
            }
            pypureomapi {
                finds_the_same
                hosts_of_one_are_seen_by_the_other
                a_changed_lease_reads_the_same
            }
        }
    };
    (@each $runtime:expr, $seat:ident, $($module:ident { $($(#[$mark:meta])* $test:ident)* })*) => {$(
        mod $module {$(
            #[test]
            $(#[$mark])*
            fn $test() {
                let seat = $crate::dhcpd::Seat::$seat;
                $crate::dhcpd::$module::$test(&$crate::dhcpd::Lab::new($runtime, seat));
            }
        )*}
    )*};
}
