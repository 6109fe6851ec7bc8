//! Values in the XML of a sheet, as the modules of `processors/renderers/xlsx/` write them.

use crate::cells::{Bytes, Odd, Written, controls, replaced};
use crate::json_text::{float, is_number};

const LONGEST: usize = 32_767;

/// A text within the XML (ECMA-376 part 1, 22.9.2.19, ST_Xstring); `xml_text.py`.
pub fn text(cell: &[u8], special: &Bytes, out: &mut Vec<u8>) -> Written {
    if cell.len() > LONGEST {
        return Err(Odd);
    }
    replaced(cell, special, out, |rest, out| {
        let (written, length): (&[u8], usize) = match rest[0] {
            b'&' => (b"&amp;", 1),
            b'<' => (b"&lt;", 1),
            b'>' => (b"&gt;", 1),
            b'_' if is_like_an_escape(&rest[1..]) => (b"_x005F_", 1),
            0xef if rest.starts_with(b"\xef\xbf\xbe") => (b"_xFFFE_", 3),
            0xef if rest.starts_with(b"\xef\xbf\xbf") => (b"_xFFFF_", 3),
            b'_' | 0xef => (&rest[..1], 1),
            b'\\' => (escaped(*rest.get(1).ok_or(Odd)?)?, 2),
            0 => return Err(Odd),
            control => {
                out.extend_from_slice(format!("_x{control:04X}_").as_bytes());
                return Ok(1);
            }
        };
        out.extend_from_slice(written);
        Ok(length)
    })
}

/// What the byte after a backslash makes of both.
fn escaped(letter: u8) -> Result<&'static [u8], Odd> {
    match letter {
        b'n' => Ok(b"&#10;"),
        b'r' => Ok(b"&#13;"),
        b't' => Ok(b"&#9;"),
        b'b' => Ok(b"_x0008_"),
        b'v' => Ok(b"_x000B_"),
        b'f' => Ok(b"_x000C_"),
        b'\\' => Ok(b"\\"),
        _ => Err(Odd),
    }
}

/// What stops the copying of a text.
pub fn special() -> Bytes {
    Bytes::of(&[&controls()[..], b"&<>_\\\xef"].concat())
}

/// `_` and these are `_(?=x[0-9A-Fa-f]{4}[_\\\xef\x00-\x08\x0a-\x1f])`.
fn is_like_an_escape(rest: &[u8]) -> bool {
    let [b'x', a, b, c, d, end, ..] = rest else {
        return false;
    };
    [a, b, c, d].iter().all(|digit| digit.is_ascii_hexdigit())
        && (matches!(*end, b'_' | b'\\' | 0xef) || *end < 0x20 && *end != b'\t')
}

const DIGITS: usize = 15;
const LEAST: f64 = 2.225_073_858_507_201_4e-308;
const MOST: f64 = 9.999_999_999_999_99e307;

/// An integer or decimal of as many digits as Excel keeps; `numbers.py`.
pub fn exact(cell: &[u8], alphabet: &Bytes, out: &mut Vec<u8>) -> Written {
    is_number(cell, alphabet)?;
    if cell.iter().filter(|byte| byte.is_ascii_digit()).count() > DIGITS {
        return Err(Odd);
    }
    out.extend_from_slice(cell);
    Ok(())
}

/// A double that Excel can hold.
pub fn double(cell: &[u8], alphabet: &Bytes, out: &mut Vec<u8>) -> Written {
    if is_number(cell, alphabet)? {
        let value = float(cell)?.abs();
        if !(LEAST..=MOST).contains(&value) {
            return Err(Odd);
        }
    }
    out.extend_from_slice(cell);
    Ok(())
}
