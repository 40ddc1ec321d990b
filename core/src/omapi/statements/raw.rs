//! Statements that somebody else wrote.

use super::StatementError;

/// Whether `text` is a run of whole statements that dhcpd reads to its end and keeps.
///
/// Blank text passes. Strings may not hold `\`: see the [module](super).
pub(in crate::omapi) fn check(text: &[u8]) -> Result<(), StatementError> {
    let (mut string, mut braces, mut last) = (None, 0_usize, b';');
    for (at, &octet) in text.iter().enumerate() {
        match (octet, string) {
            (b'\\', _) => return Err(StatementError::Backslash { at }),
            (b'"', None) => string = Some(at),
            (b'"', Some(_)) => string = None,
            (b'\t' | b'\n' | b'\r', None) => continue,
            (0..b' ' | 0x7f, _) => return Err(StatementError::RawControl { at, octet }),
            (0x80.., None) => return Err(StatementError::RawControl { at, octet }),
            (b'#', None) => return Err(StatementError::Comment { at }),
            (b'{', None) => braces += 1,
            (b'}', None) => {
                let Some(open) = braces.checked_sub(1) else {
                    return Err(StatementError::Brace { at });
                };
                braces = open;
            }
            (b' ', None) => continue,
            _ => {}
        }
        last = octet;
    }
    if let Some(at) = string {
        return Err(StatementError::OpenString { at });
    }
    if braces > 0 {
        return Err(StatementError::Brace { at: text.len() });
    }
    if matches!(last, b';' | b'}') { Ok(()) } else { Err(StatementError::NoEnd) }
}
