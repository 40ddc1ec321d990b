//! Octets as people have them: hex on the command line, a file, standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::failure::Failure;

/// The longest input that is read whole, in octets: 64 MiB. Captures are read piece by piece.
pub(crate) const LONGEST: u64 = 64 << 20;

/// The octets of hex digits: white space, colons and `0x` between them do not count.
pub(crate) fn hex(text: &str) -> Result<Vec<u8>, Failure> {
    let mut octets = Vec::with_capacity(text.len() / 2);
    let mut high = None;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if character.is_whitespace() || character == ':' {
            continue;
        }
        let prefix = character == '0' && high.is_none();
        if prefix && characters.next_if(|(_, next)| matches!(next, 'x' | 'X')).is_some() {
            continue;
        }
        let Some(digit) = character.to_digit(16) else {
            let what = format!("{character:?} at character {} is no hex digit", at + 1);
            return Err(Failure::usage(format!("{what}; write 0a0b, 0a:0b, 0a 0b or 0x0a0b")));
        };
        match high.take() {
            None => high = Some(digit),
            Some(high) => octets.push((high << 4 | digit) as u8),
        }
    }
    match high {
        Some(_) => Err(Failure::usage("the hex digits are odd in number: one is missing")),
        None => Ok(octets),
    }
}

/// The octets of a file, or of standard input for `-`, as they are.
pub(crate) fn octets(path: &Path) -> Result<Vec<u8>, Failure> {
    let wrong = |why: io::Error| Failure::usage(format!("reading {}: {why}", path.display()));
    let mut octets = Vec::new();
    let from: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(File::open(path).map_err(wrong)?)
    };
    from.take(LONGEST + 1).read_to_end(&mut octets).map_err(wrong)?;
    if octets.len() as u64 > LONGEST {
        let shown = path.display();
        return Err(Failure::usage(format!("{shown} is longer than {LONGEST} octets")));
    }
    Ok(octets)
}

/// The octets of a file, or of standard input for `-`: as they are, or as hex when there is
/// nothing but hex digits, white space, colons and `0x`. A protocol's own octets hold others.
pub(crate) fn file(path: &Path) -> Result<Vec<u8>, Failure> {
    let octets = octets(path)?;
    let is_hex = |octet: &u8| {
        octet.is_ascii_hexdigit() || octet.is_ascii_whitespace() || b":xX".contains(octet)
    };
    match str::from_utf8(&octets) {
        Ok(text) if octets.iter().all(is_hex) => hex(text),
        _ => Ok(octets),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn hex_as_people_paste_it() {
        for text in ["0a0bff", "0A:0b:ff", "0x0a 0x0b\n0xff", " 0a0 bff ", "0x0a0bff"] {
            assert_eq!(hex(text), Ok(vec![10, 11, 255]), "{text}");
        }
        assert_eq!(hex(""), Ok(vec![]));
        assert_eq!(hex("000x01"), Ok(vec![0, 1]));
    }

    #[test]
    fn other_characters_and_odd_digits_are_refused() {
        for (text, why) in [("0g", "'g' at character 2"), ("abc", "odd"), ("ax0", "'x'")] {
            let failure = hex(text).unwrap_err();
            assert!(failure.message.contains(why), "{text}: {}", failure.message);
        }
    }

    #[test]
    fn a_file_holds_octets_or_hex() {
        let read = |content: &[u8]| {
            let mut made = tempfile::NamedTempFile::new().unwrap();
            made.write_all(content).unwrap();
            file(made.path())
        };
        assert_eq!(read(b"0a:0b\n"), Ok(vec![10, 11]));
        assert_eq!(read(b"\0\0\0d\0\0\0\x18"), Ok(vec![0, 0, 0, 100, 0, 0, 0, 24]));
        assert!(file(Path::new("/nonexistent/file")).is_err());
    }
}
