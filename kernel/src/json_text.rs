//! JSON values (RFC 8259), as `processors/renderers/json_cells.py` writes them.

use crate::cells::{Bytes, Odd, Written, controls, replaced};

/// A text as it stands between quotes. COPY text is nearly that already.
pub fn text(cell: &[u8], special: &Bytes, out: &mut Vec<u8>) -> Written {
    replaced(cell, special, out, |rest, out| match rest[0] {
        b'"' => {
            out.extend_from_slice(b"\\\"");
            Ok(1)
        }
        b'\\' => {
            match *rest.get(1).ok_or(Odd)? {
                b'v' => out.extend_from_slice(b"\\u000b"),
                letter @ (b'b' | b'f' | b'n' | b'r' | b't' | b'\\') => {
                    out.extend_from_slice(&[b'\\', letter]);
                }
                _ => return Err(Odd),
            }
            Ok(2)
        }
        control => {
            out.extend_from_slice(format!("\\u{control:04x}").as_bytes());
            Ok(1)
        }
    })
}

/// What stops the copying of a text.
pub fn special() -> Bytes {
    Bytes::of(&[&controls()[..], b"\"\\"].concat())
}

/// JSON as it is, on one line: a line break can only stand between tokens.
pub fn document(cell: &[u8], out: &mut Vec<u8>) -> Written {
    if memchr::memchr2(b'\\', 0, cell).is_none() {
        out.extend_from_slice(cell);
        return Ok(());
    }
    let mut bytes = cell.iter();
    while let Some(&byte) = bytes.next() {
        match byte {
            0 => return Err(Odd),
            b'\\' => match bytes.next() {
                Some(b'\\') => out.push(b'\\'),
                Some(b'n' | b'r' | b't') => out.push(b' '),
                _ => return Err(Odd),
            },
            _ => out.push(byte),
        }
    }
    Ok(())
}

/// A number with the digits that the source gave; with `big_as_text`, a string of what JavaScript
/// would round.
pub fn number(cell: &[u8], alphabet: &Bytes, big_as_text: bool, out: &mut Vec<u8>) -> Written {
    let exponential = is_number(cell, alphabet)?;
    if big_as_text && is_big(cell)? {
        out.push(b'"');
        out.extend_from_slice(cell);
        out.push(b'"');
        return Ok(());
    }
    if exponential && !float(cell)?.is_finite() {
        return Err(Odd);
    }
    out.extend_from_slice(cell);
    Ok(())
}

const SAFE_DIGITS: usize = 15;
const MOST_DIGITS: usize = 38;
const BIGGEST: u128 = 1 << 53;

/// Of an integer, whether they are beyond 2^53.
fn is_big(cell: &[u8]) -> Result<bool, Odd> {
    if cell.len() <= SAFE_DIGITS {
        return Ok(false);
    }
    let digits = cell.strip_prefix(b"-").unwrap_or(cell);
    if digits.len() > MOST_DIGITS {
        return Err(Odd);
    }
    Ok(digits.iter().fold(0u128, |sum, digit| sum * 10 + u128::from(digit - b'0')) > BIGGEST)
}

const LONGEST: usize = 300;

/// Checks that the cell is a number of JSON's grammar and of the alphabet, and within doubles
/// unless it has an exponent, which is returned.
pub fn is_number(cell: &[u8], alphabet: &Bytes) -> Result<bool, Odd> {
    if cell.len() > LONGEST || !alphabet.make_up(cell) {
        return Err(Odd);
    }
    let unsigned = cell.strip_prefix(b"-").unwrap_or(cell);
    let whole = digits(unsigned);
    if whole == 0 || whole > 1 && unsigned[0] == b'0' {
        return Err(Odd);
    }
    let mut rest = &unsigned[whole..];
    if let [b'.', fraction @ ..] = rest {
        let length = digits(fraction);
        if length == 0 {
            return Err(Odd);
        }
        rest = &fraction[length..];
    }
    let [b'e', exponent @ ..] = rest else {
        return if rest.is_empty() { Ok(false) } else { Err(Odd) };
    };
    let power = match exponent {
        [b'+' | b'-', power @ ..] => power,
        _ => exponent,
    };
    if power.is_empty() || digits(power) != power.len() {
        return Err(Odd);
    }
    Ok(true)
}

/// The double that is nearest to the number.
pub fn float(cell: &[u8]) -> Result<f64, Odd> {
    std::str::from_utf8(cell).map_err(|_| Odd)?.parse().map_err(|_| Odd)
}

fn digits(text: &[u8]) -> usize {
    text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len())
}
