//! Times as people write them: `5s`, `500ms`, `2m`.

use std::time::Duration;

/// A length of time above zero: a number, also with a fraction, and its unit (`ms`, `s`, `m`, `h`).
/// A number alone is seconds.
pub(crate) fn parse(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is no length of time: write it as 5s, 500ms, 2m or 1h");
    let unit = text.trim_start_matches(|digit: char| digit.is_ascii_digit() || digit == '.');
    let seconds = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(wrong()),
    };
    let number: f64 = text[..text.len() - unit.len()].parse().map_err(|_| wrong())?;
    let time = Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong())?;
    if time.is_zero() || time > LONGEST {
        return Err(format!("{text:?}: a length of time is above zero and at most a year"));
    }
    Ok(time)
}

/// Longer ones would leave the range of the system's clock on some machines.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 3600);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_unit_is_read() {
        for (text, milliseconds) in [
            ("5s", 5000),
            ("500ms", 500),
            ("2m", 120_000),
            ("1h", 3_600_000),
            ("3", 3000),
            ("1.5s", 1500),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
    }

    #[test]
    fn other_text_is_refused() {
        for text in ["", "s", "5 s", "-5s", "5d", "0", "0ms", "1e9s", "99999h", "1.2.3s", "5sé"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
