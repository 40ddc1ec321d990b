//! The text of `help`.

use super::Edition;

/// Lines, and in which editions they stand: the first, the last.
const TABLE: &[(Edition, Edition, &[&str])] = &[
    (
        V24,
        NEXT,
        &[
            "auth-retry t           : Auth failure retry mode (none,interact,nointeract).",
            "bytecount n            : Show bytes in/out, update every n secs (0=off).",
            "echo [on|off] [N|all]  : Like log, but only show messages in echo buffer.",
        ],
    ),
    (
        V25,
        NEXT,
        &["cr-response response   : Send a challenge response answer via CR_RESPONSE to server"],
    ),
    (
        V24,
        NEXT,
        &[
            "exit|quit              : Close management session.",
            "forget-passwords       : Forget passwords entered so far.",
            "help                   : Print this message.",
            "hold [on|off|release]  : Set/show hold flag to on/off state, or",
            "                         release current hold and start tunnel.",
            "kill cn                : Kill the client instance(s) having common name cn.",
        ],
    ),
    (V24, V26, &["kill IP:port           : Kill the client instance connecting from IP:port."]),
    (V27, NEXT, &["kill tcp|udp:IP:port   : Kill the client instance connecting from IP:port."]),
    (
        V24,
        NEXT,
        &[
            "load-stats             : Show global server load stats.",
            "log [on|off] [N|all]   : Turn on/off realtime log display",
            "                         + show last N lines or 'all' for entire history.",
            "mute [n]               : Set log mute level to n, or show level if n is absent.",
            "needok type action     : Enter confirmation for NEED-OK request of 'type',",
            "                         where action = 'ok' or 'cancel'.",
            "needstr type action    : Enter confirmation for NEED-STR request of 'type',",
            "                         where action is reply string.",
            "net                    : (Windows only) Show network info and routing table.",
            "password type p        : Enter password p for a queried OpenVPN password.",
            "remote type [host port] : Override remote directive, type=ACCEPT|MOD|SKIP.",
        ],
    ),
    (
        V26,
        NEXT,
        &[
            "remote-entry-count     : Get number of available remote entries.",
            "remote-entry-get  i|all [j]: Get remote entry at index = i to to j-1 or all.",
        ],
    ),
    (
        V24,
        NEXT,
        &[
            "proxy type [host port flags] : Enter dynamic proxy server info.",
            "pid                    : Show process ID of the current OpenVPN process.",
            "pkcs11-id-count        : Get number of available PKCS#11 identities.",
            "pkcs11-id-get index    : Get PKCS#11 identity at index.",
            "client-auth CID KID    : Authenticate client-id/key-id CID/KID (MULTILINE)",
            "client-auth-nt CID KID : Authenticate client-id/key-id CID/KID",
            "client-deny CID KID R [CR] : Deny auth client-id/key-id CID/KID with log reason",
            "                             text R and optional client reason text CR",
        ],
    ),
    (V25, V25, &["client-pending-auth CID MSG : Instruct OpenVPN to send AUTH_PENDING"]),
    (
        V26,
        NEXT,
        &[
            "client-pending-auth CID KID MSG timeout : Instruct OpenVPN to send AUTH_PENDING and \
         INFO_PRE msg",
            "                                      to the client and wait for a final \
         client-auth/client-deny",
        ],
    ),
    (
        V24,
        NEXT,
        &["client-kill CID [M]    : Kill client instance CID with message M (def=RESTART)"],
    ),
    (V24, V25, &["client-pf CID          : Define packet filter for client CID (MULTILINE)"]),
    (V24, NEXT, &["env-filter [level]     : Set env-var filter level"]),
    (
        V27,
        NEXT,
        &[
            "push-update-broad options : Broadcast a message to update the specified options.",
            "push-update-cid CID options : Send an update message to the client identified by CID.",
        ],
    ),
    (
        V24,
        NEXT,
        &[
            "rsa-sig                : Enter a signature in response to >RSA_SIGN challenge",
            "                         Enter signature base64 on subsequent lines followed by END",
        ],
    ),
    (
        V25,
        NEXT,
        &[
            "pk-sig                 : Enter a signature in response to >PK_SIGN challenge",
            "                         Enter signature base64 on subsequent lines followed by END",
        ],
    ),
    (
        V24,
        NEXT,
        &[
            "certificate            : Enter a client certificate in response to >NEED-CERT challenge",
            "                         Enter certificate base64 on subsequent lines followed by END",
            "signal s               : Send signal s to daemon,",
            "                         s = SIGHUP|SIGTERM|SIGUSR1|SIGUSR2.",
            "state [on|off] [N|all] : Like log, but show state history.",
            "status [n]             : Show current daemon status info using format #n.",
            "test n                 : Produce n lines of output for testing/debugging.",
            "username type u        : Enter username u for a queried OpenVPN username.",
            "verb [n]               : Set log verbosity level to n, or show if n is absent.",
            "version [n]            : Set client's version to n or show current version of daemon.",
            "END",
        ],
    ),
];

const V24: Edition = Edition::V24;
const V25: Edition = Edition::V25;
const V26: Edition = Edition::V26;
const V27: Edition = Edition::V27;
const NEXT: Edition = Edition::Next;

/// All lines, with their line ends and the `END`.
pub(super) fn text(edition: Edition) -> String {
    let mut text = format!("Management Interface for {}\r\nCommands:\r\n", edition.title());
    for (first, last, lines) in TABLE {
        if (*first..=*last).contains(&edition) {
            lines.iter().for_each(|line| {
                text += line;
                text += "\r\n";
            });
        }
    }
    text
}
