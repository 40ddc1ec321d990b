//! Which properties there are.

/// Makes a test of each property; `$runtime` makes a fresh runtime.
#[macro_export]
macro_rules! properties {
    ($runtime:expr; $($module:ident: $($property:ident)+;)+) => {
        $($(
            #[test]
            fn $property() {
                $crate::$module::$property(&$runtime);
                $crate::checked::assert_kept();
            }
        )+)+
    };
}

/// What holds on every runtime, in memory too.
#[macro_export]
macro_rules! every_runtime {
    ($runtime:expr) => {
        $crate::properties! { $runtime;
            calls:
                calls_go_out_together_and_each_gets_its_own_answer
                a_queued_call_has_its_deadline_and_one_too_many_is_busy
                a_dropped_call_disturbs_nobody
                a_dropped_batch_disturbs_nobody
                a_dropped_driver_ends_every_call
                ten_thousand_calls_from_64_tasks_on_one_handle
                a_closed_session_ends_its_calls_in_flight_first
                the_last_handle_closes
                many_connections_share_one_state;
            events:
                a_slow_listener_loses_nothing_while_no_call_is_in_flight
                a_listener_that_calls_in_a_flood_gets_its_answer_and_a_counted_gap
                without_a_listener_events_are_counted
                a_second_listener_takes_over
                a_flood_starves_nobody;
            links:
                a_peer_that_closes_before_a_byte
                a_peer_that_closes_in_the_middle_of_a_message
                a_peer_that_closes_after_the_answer
                a_peer_that_closes_while_calls_wait
                a_refused_connection_ends_a_session_that_dials_once
                a_refused_connection_is_no_hot_loop
                a_lost_link_is_dialled_again
                an_idle_link_is_hung_up_and_dialled_again
                a_message_may_be_as_long_as_the_limit_and_no_longer
                unix_sockets;
            farewells:
                a_server_answers_a_client_that_has_said_all
                a_client_hears_a_server_that_has_said_all
                the_last_answer_is_written_before_the_link_goes
                a_peer_that_never_reads_is_left
                no_reset_overtakes_the_last_words;
            bodies:
                a_body_of_10_mib_in_bounded_memory
                bodies_both_ways_at_once;
            datagrams:
                many_peers_from_three_sockets
                a_retransmission_keeps_its_source_port
                an_unreachable_peer_costs_its_own_exchange_only
                an_answer_from_another_port_is_none
                one_socket_serves_many_peers;
        }
    };
}

/// What needs real sockets and real threads.
#[macro_export]
macro_rules! real_sockets {
    ($runtime:expr) => {
        $crate::properties! { $runtime;
            calls:
                ten_thousand_calls_from_64_threads_on_one_handle;
            links:
                a_name_is_looked_up_and_all_its_addresses_tried
                the_file_of_a_unix_socket_goes_with_its_listener;
            datagrams:
                ipv6_beside_ipv4;
        }
    };
}

/// What takes hours, or bad weather, and so a world of its own.
#[macro_export]
macro_rules! virtual_world {
    ($world:expr) => {
        $crate::properties! { $world;
            links:
                hours_of_backoff_and_a_peer_that_comes_back;
            datagrams:
                a_thousand_peers_from_three_sockets_in_bad_weather;
        }
    };
}
