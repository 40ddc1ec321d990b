//! Status files, read without any daemon.

use serde_json::json;

use crate::run::run_with;

const TWO: &str = "TITLE,OpenVPN 2.4.12 x86_64-pc-linux-gnu built on Aug 21 2023\n\
    TIME,Wed Mar  7 16:03:13 2018,1520438593\n\
    HEADER,CLIENT_LIST,Common Name,Real Address,Virtual Address,Virtual IPv6 Address,\
    Bytes Received,Bytes Sent,Connected Since,Connected Since (time_t),Username,Client ID,Peer ID\n\
    CLIENT_LIST,smith, john,192.0.2.2:1194,10.8.0.2,,3860,3688,Wed Mar  7 15:59:24 2018,\
    1520438364,UNDEF,0,0\n\
    HEADER,ROUTING_TABLE,Virtual Address,Common Name,Real Address,Last Ref,Last Ref (time_t)\n\
    ROUTING_TABLE,10.8.0.2,smith, john,192.0.2.2:1194,Wed Mar  7 16:01:00 2018,1520438460\n\
    GLOBAL_STATS,Max bcast/mcast queue length,1\nEND\n";

#[test]
fn a_file_has_the_shape_of_the_verb() {
    let ran = run_with(&["--json", "openvpn", "parse", "status", "-"], TWO.as_bytes());
    assert_eq!((ran.status, ran.stderr.as_str()), (0, ""), "{ran:?}");
    assert_eq!(
        ran.lines(),
        [json!({
            "title": "OpenVPN 2.4.12 x86_64-pc-linux-gnu built on Aug 21 2023",
            "time": 1_520_438_593,
            "time_time": "2018-03-07T16:03:13Z",
            "time_text": "Wed Mar  7 16:03:13 2018",
            "format": 2,
            "complete": true,
            "clients": [{
                "common_name": "smith, john",
                "real_address": "192.0.2.2:1194",
                "virtual_address": "10.8.0.2",
                "virtual_ipv6_address": null,
                "bytes_received": 3860,
                "bytes_sent": 3688,
                "connected_since": 1_520_438_364,
                "connected_since_time": "2018-03-07T15:59:24Z",
                "connected_since_text": "Wed Mar  7 15:59:24 2018",
                "username": null,
                "client_id": 0,
                "peer_id": 0,
                "data_channel_cipher": null,
            }],
            "routes": [{
                "virtual_address": "10.8.0.2",
                "common_name": "smith, john",
                "real_address": "192.0.2.2:1194",
                "last_ref": 1_520_438_460,
                "last_ref_time": "2018-03-07T16:01:00Z",
                "last_ref_text": "Wed Mar  7 16:01:00 2018",
            }],
            "global_stats": { "Max bcast/mcast queue length": 1 },
        })]
    );
}

#[test]
fn format_one_lacks_columns_and_a_cut_is_told() {
    let text = "OpenVPN CLIENT LIST\nUpdated,2026-11-21 20:49:42\n\
        Common Name,Real Address,Bytes Received,Bytes Sent,Connected Since\n\
        bob,2001:db8::2,1,18446744073709551615,2026-11-21 20:49:42\nROUTING TABLE\n";
    let ran = run_with(&["--json", "openvpn", "parse", "status", "-"], text.as_bytes());
    assert_eq!(ran.status, 0, "{ran:?}");
    assert!(ran.stderr.contains("breaks off"), "{ran:?}");
    let status = &ran.lines()[0];
    assert_eq!((&status["complete"], &status["time"]), (&json!(false), &json!(null)));
    let bob = &status["clients"][0];
    assert_eq!(bob["bytes_sent"], u64::MAX);
    for absent in ["connected_since", "connected_since_time", "client_id", "virtual_address"] {
        assert_eq!(bob.get(absent), Some(&json!(null)), "{absent}");
    }
}

#[test]
fn a_clients_counters_and_what_is_none() {
    let text = "OpenVPN STATISTICS\nUpdated,2026-11-21 20:49:42\nAuth read bytes,7\nEND\n";
    let ran = run_with(&["--json", "openvpn", "parse", "status", "-"], text.as_bytes());
    assert_eq!(ran.lines()[0]["counters"], json!({ "Auth read bytes": 7 }), "{ran:?}");
    let ran = run_with(&["--json", "openvpn", "parse", "status", "-"], b"hello\n");
    assert_eq!((ran.status, &ran.lines()[0]["error"]["kind"]), (2, &json!("usage")), "{ran:?}");
    let ran = run_with(&["openvpn", "parse", "status", "/nonexistent/file"], b"");
    assert_eq!(ran.status, 2, "{ran:?}");
}

#[test]
fn metrics_are_written_for_a_collector() {
    let ran = run_with(&["openvpn", "parse", "status", "--prometheus", "-"], TWO.as_bytes());
    let line =
        "openvpn_client_received_bytes_total{common_name=\"smith, john\",client_id=\"0\"} 3860";
    assert!(ran.stdout.lines().any(|it| it == line), "{ran:?}");
}
