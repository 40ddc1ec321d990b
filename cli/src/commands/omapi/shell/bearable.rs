//! What a script may ask although it does not do what it seems to.
//!
//! omshell sends everything. Scripts written for it run unchanged, so what is merely surprising is
//! sent with a warning; what would crash the server or cost it its leases file is refused here too.

use netlever_core::omapi::guard::{Refusal, check_open, check_update};
use netlever_core::omapi::values::Family;
use netlever_core::omapi::wire::{Attributes, Dictionary};

/// Whether a refused request harms nothing: mended where it only surprises, it would not be
/// refused.
pub(super) fn bearable(
    refusal: &Refusal,
    object_type: &str,
    message: Option<Dictionary<'_>>,
    object: &Attributes,
    family: Family,
) -> bool {
    let mut refusal = refusal.clone();
    let mut mended = object.clone();
    for _ in 0..3 {
        match refusal {
            Refusal::EndsAlone | Refusal::FlagsAlone => {
                mended.remove("state"); // behind what it belongs to
                mended.push("state", [0, 0, 0, 2]);
            }
            Refusal::NoHardwareType => {
                mended.push("hardware-type", [0, 0, 0, 1]);
            }
            _ => return false,
        }
        let mended = mended.as_dictionary();
        let checked = match message {
            Some(message) => check_open(object_type, message, mended, family),
            None => check_update(Some(object_type), mended, family),
        };
        match checked {
            Ok(()) => return true,
            Err(next) => refusal = next,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn update(object: &Attributes) -> Option<bool> {
        let refusal = check_update(Some("lease"), object.as_dictionary(), Family::V4).err()?;
        Some(bearable(&refusal, "lease", None, object, Family::V4))
    }

    #[test]
    fn a_surprise_is_borne_and_a_crash_behind_it_is_not() {
        let ends: Attributes = [("ends", [1, 2, 3, 4])].into_iter().collect();
        assert_eq!(update(&ends), Some(true));
        let both: Attributes = [("ends", &[1, 2, 3, 4][..]), ("flags", &[4])].into_iter().collect();
        assert_eq!(update(&both), Some(true));
        let empty: Attributes = [("ends", &[1, 2, 3, 4][..]), ("flags", &[])].into_iter().collect();
        assert_eq!(update(&empty), Some(false), "an empty value kills the daemon");
        let unknown: Attributes = [("cltt", [1, 2, 3, 4])].into_iter().collect();
        assert_eq!(update(&unknown), Some(false));
    }

    #[test]
    fn a_host_without_hardware_type_is_borne_but_not_with_a_name_that_is_lost() {
        let message: Attributes =
            [("type", &b"host"[..]), ("create", &[0, 0, 0, 1])].into_iter().collect();
        let borne = |name: &str| {
            let object: Attributes =
                [("name", name.as_bytes()), ("hardware-address", &[2, 0, 0, 0, 0, 1])]
                    .into_iter()
                    .collect();
            let words = message.as_dictionary();
            let refusal =
                check_open("host", words, object.as_dictionary(), Family::V4).unwrap_err();
            bearable(&refusal, "host", Some(words), &object, Family::V4)
        };
        assert!(borne("ws1"));
        assert!(!borne("we ird"));
    }
}
