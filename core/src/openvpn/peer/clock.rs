//! Time of day as the daemon prints it. The simulated daemon lives in UTC.

use super::Edition;

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// `Wed Mar  7 16:03:13 2018` until 2.4, `2018-03-07 16:03:13` since 2.5.
pub(super) fn text(edition: Edition, unix: u64) -> String {
    let (days, second) = (unix / 86_400, unix % 86_400);
    let (year, month, day) = date(days);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    if edition > Edition::V24 {
        return format!("{year}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}");
    }
    let name = |names: &[&'static str], at: u64| names[at as usize % names.len()];
    let (week, month) = (name(&DAYS, days), name(&MONTHS, month - 1));
    format!("{week} {month} {day:2} {hour:02}:{minute:02}:{second:02} {year}")
}

/// Year, month from 1 and day from 1, of a day since 1970: the Gregorian calendar in eras of 400
/// years that begin in March.
const fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    (era * 400 + year + (month < 3) as u64, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms() {
        let cases = [
            (0, "Thu Jan  1 00:00:00 1970", "1970-01-01 00:00:00"),
            (951_782_400, "Tue Feb 29 00:00:00 2000", "2000-02-29 00:00:00"),
            (1_520_438_593, "Wed Mar  7 16:03:13 2018", "2018-03-07 16:03:13"),
            (1_795_294_182, "Sat Nov 21 20:49:42 2026", "2026-11-21 20:49:42"),
            (4_102_444_799, "Thu Dec 31 23:59:59 2099", "2099-12-31 23:59:59"),
        ];
        for (unix, old, new) in cases {
            assert_eq!(text(Edition::V24, unix), old);
            assert_eq!(text(Edition::V25, unix), new);
        }
    }
}
