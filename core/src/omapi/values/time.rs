//! Times: seconds since 1970 with two special numbers.

use std::{fmt, str::FromStr};

use super::ValueError;

/// A time as OMAPI carries it: seconds since 1970-01-01T00:00:00Z in 32 bits.
///
/// Two numbers are no moments (dhcpd 4.4.3-P1): 0 is *none* (a lease without an end, a partner
/// never heard of) and 0x7fffffff is *never*, the end of an infinite lease. Text is `none`,
/// `never`, or RFC 3339 in UTC.
///
/// ```
/// use netlever_core::omapi::values::Time;
///
/// assert_eq!(Time(1549885690).to_string(), "2019-02-11T11:48:10Z");
/// assert_eq!("2019-02-11T12:48:10+01:00".parse(), Ok(Time(1549885690)));
/// assert_eq!("1549885690".parse(), Ok(Time(1549885690)));
/// assert_eq!("never".parse(), Ok(Time::NEVER));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Time(pub u32);

impl Time {
    /// No time at all.
    pub const NONE: Self = Self(0);
    /// Later than any moment: an infinite lease.
    pub const NEVER: Self = Self(0x7fff_ffff);

    /// Whether this is [`NONE`](Self::NONE).
    pub const fn is_none(self) -> bool {
        self.0 == Self::NONE.0
    }

    /// Whether this is [`NEVER`](Self::NEVER).
    pub const fn is_never(self) -> bool {
        self.0 == Self::NEVER.0
    }

    /// Seconds since 1970, or `None` when this is no moment (none or never).
    pub const fn unix(self) -> Option<u32> {
        if self.is_none() || self.is_never() { None } else { Some(self.0) }
    }

    /// The moment in RFC 3339, UTC, such as `2019-02-11T11:48:10Z`; `None` when this is no moment.
    pub fn rfc3339(self) -> Option<String> {
        self.unix().map(|_| self.to_string())
    }

    /// The four octets on the wire.
    pub const fn octets(self) -> [u8; 4] {
        self.0.to_be_bytes()
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(unix) = self.unix() else {
            return f.pad(if self.is_none() { "none" } else { "never" });
        };
        let (year, month, day) = date_of(unix / DAY);
        let (hour, minute, second) = (unix / 3600 % 24, unix / 60 % 60, unix % 60);
        f.pad(&format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
    }
}

impl fmt::Debug for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({self})", self.0)
    }
}

impl FromStr for Time {
    type Err = ValueError;

    /// Reads RFC 3339 with whole seconds and any offset, decimal seconds since 1970, `never` or
    /// `none`.
    ///
    /// # Errors
    ///
    /// [`ValueError::Time`] for other text and for moments outside 1970 to 2106;
    /// [`ValueError::SpecialTime`] for a date whose number means none or never.
    fn from_str(text: &str) -> Result<Self, ValueError> {
        match text {
            "never" => return Ok(Self::NEVER),
            "none" => return Ok(Self::NONE),
            _ => {}
        }
        let wrong = || ValueError::Time { text: text.into() };
        if !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit()) {
            return text.parse().map(Self).map_err(|_| wrong());
        }
        let time = rfc3339(text.as_bytes()).map(Self).ok_or_else(wrong)?;
        if time.unix().is_none() {
            return Err(ValueError::SpecialTime { text: text.into(), means: time });
        }
        Ok(time)
    }
}

/// Seconds of a day.
const DAY: u32 = 86_400;
/// Days of 400 years, after which the calendar repeats.
const ERA: u32 = 146_097;
/// Days from 0000-03-01 to 1970-01-01. Years that begin in March have the leap day at their end.
const EPOCH: u32 = 719_468;

/// Year, month and day of a number of days since 1970 (proleptic Gregorian calendar).
const fn date_of(days: u32) -> (u32, u32, u32) {
    let days = days + EPOCH;
    let (era, day) = (days / ERA, days % ERA);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153; // from March
    let of_month = day - (153 * month + 2) / 5 + 1;
    let january = if month >= 10 { 1 } else { 0 };
    let month = if month >= 10 { month - 9 } else { month + 3 };
    (era * 400 + year + january, month, of_month)
}

/// Days since 1970 of a date from 1970 on, which the caller has checked; the inverse of [`date_of`].
const fn days_of(year: u32, month: u32, day: u32) -> u32 {
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, year) = (year / 400, year % 400);
    era * ERA + 365 * year + year / 4 - year / 100 + (153 * month + 2) / 5 + day - 1 - EPOCH
}

/// Seconds since 1970 of a date and time in RFC 3339 without fraction.
fn rfc3339(text: &[u8]) -> Option<u32> {
    let (date, zone) = text.split_at_checked(19)?;
    let [a, b, c, d, b'-', e, f, b'-', g, h, b'T' | b't' | b' ', i, j, b':', k, l, b':', m, n] =
        *date
    else {
        return None;
    };
    let year = two(a, b)? * 100 + two(c, d)?;
    let (month, day) = (two(e, f)?, two(g, h)?);
    let (hour, minute, second) = (two(i, j)?, two(k, l)?, two(m, n)?);
    if year < 1969 || !(1..=12).contains(&month) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    if day == 0 || day > month_days(year, month) {
        return None;
    }
    let offset = match *zone {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), a, b, b':', c, d] => {
            let (hours, minutes) = (two(a, b)?, two(c, d)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let offset = i64::from(hours * 3600 + minutes * 60);
            if sign == b'+' { offset } else { -offset }
        }
        _ => return None,
    };
    // An offset may reach back from the last day of 1969.
    let days = if year == 1969 {
        if (month, day) != (12, 31) {
            return None;
        }
        -1
    } else {
        i64::from(days_of(year, month, day))
    };
    let seconds = i64::from(hour * 3600 + minute * 60 + second);
    u32::try_from(days * i64::from(DAY) + seconds - offset).ok()
}

const fn month_days(year: u32, month: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// The number of two decimal digits.
const fn two(tens: u8, ones: u8) -> Option<u32> {
    if tens.is_ascii_digit() && ones.is_ascii_digit() {
        Some((tens - b'0') as u32 * 10 + (ones - b'0') as u32)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn moments_are_printed_in_utc() {
        for (seconds, text) in [
            (1, "1970-01-01T00:00:01Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_549_885_690, "2019-02-11T11:48:10Z"),
            (1_921_744_800, "2030-11-24T10:00:00Z"),
            (0x7fff_fffe, "2038-01-19T03:14:06Z"),
            (u32::MAX, "2106-02-07T06:28:15Z"),
        ] {
            assert_eq!(Time(seconds).to_string(), text);
            assert_eq!(text.parse(), Ok(Time(seconds)));
        }
    }

    #[test]
    fn two_numbers_are_no_moments() {
        assert_eq!(
            (Time::NONE.to_string(), Time::NEVER.to_string()),
            ("none".into(), "never".into())
        );
        assert_eq!((Time::NONE.unix(), Time::NEVER.rfc3339()), (None, None));
        assert_eq!("2147483647".parse(), Ok(Time::NEVER));
        let text = "2038-01-19T03:14:07Z";
        let means = Time::NEVER;
        assert_eq!(text.parse::<Time>(), Err(ValueError::SpecialTime { text: text.into(), means }));
        assert!("1970-01-01T00:00:00Z".parse::<Time>().is_err());
    }

    #[test]
    fn offsets_reach_over_the_ends() {
        assert_eq!("1969-12-31T23:00:01-01:00".parse(), Ok(Time(1)));
        assert_eq!("2106-02-07T07:28:15+01:00".parse(), Ok(Time(u32::MAX)));
        assert!("2106-02-07T06:28:16Z".parse::<Time>().is_err());
        assert!("1970-01-01T00:59:59+01:00".parse::<Time>().is_err());
    }

    #[test]
    fn impossible_dates_and_other_text_are_refused() {
        for text in [
            "",
            "later",
            "4294967296",
            "-1",
            "+5",
            "2019-02-29T00:00:00Z",
            "2100-02-29T00:00:00Z",
            "2019-13-01T00:00:00Z",
            "2019-00-01T00:00:00Z",
            "2019-01-00T00:00:00Z",
            "2019-01-01T24:00:00Z",
            "2019-01-01T00:60:00Z",
            "2019-01-01T00:00:60Z",
            "2019-01-01T00:00:00",
            "2019-01-01T00:00:00.5Z",
            "2019-01-01T00:00:00+24:00",
            "2019-01-01",
            "1969-12-30T00:00:00Z",
            "0000-01-01T00:00:00Z",
            "2019-01-01T00:00:0éZ",
        ] {
            assert_eq!(text.parse::<Time>(), Err(ValueError::Time { text: text.into() }));
        }
    }

    proptest! {
        #[test]
        fn text_is_read_back(seconds: u32) {
            prop_assert_eq!(Time(seconds).to_string().parse(), Ok(Time(seconds)));
        }

        #[test]
        fn later_is_greater_in_text_too(one in 1_u32.., other in 1_u32..) {
            prop_assume!(!Time(one).is_never() && !Time(other).is_never());
            let (text, other_text) = (Time(one).to_string(), Time(other).to_string());
            prop_assert_eq!(one.cmp(&other), text.cmp(&other_text));
        }

        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,32}") {
            let _ = text.parse::<Time>();
        }
    }
}
