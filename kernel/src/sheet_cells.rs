//! Values in the XML of a sheet, as the modules of `processors/renderers/xlsx/` write them.

use crate::cells::{Bytes, Odd, Written};
use crate::json_text::{float, is_number};

const LONGEST: usize = 32_767;

/// A text within the XML (ECMA-376 part 1, 22.9.2.19, ST_Xstring); `xml_text.py`.
pub fn text(cell: &[u8], special: &Bytes, out: &mut Vec<u8>) -> Written {
    if cell.len() > LONGEST {
        return Err(Odd);
    }
    let mut start = 0;
    let mut at = special.find(cell, 0);
    while at < cell.len() {
        out.extend_from_slice(&cell[start..at]);
        let rest = &cell[at + 1..];
        start = at + 1;
        match cell[at] {
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'_' if is_like_an_escape(rest) => out.extend_from_slice(b"_x005F_"),
            b'_' => out.push(b'_'),
            0xef if rest.starts_with(b"\xbf\xbe") => {
                out.extend_from_slice(b"_xFFFE_");
                start += 2;
            }
            0xef if rest.starts_with(b"\xbf\xbf") => {
                out.extend_from_slice(b"_xFFFF_");
                start += 2;
            }
            0xef => out.push(0xef),
            b'\\' => {
                out.extend_from_slice(match rest.first() {
                    Some(b'n') => b"&#10;",
                    Some(b'r') => b"&#13;",
                    Some(b't') => b"&#9;",
                    Some(b'b') => b"_x0008_",
                    Some(b'v') => b"_x000B_",
                    Some(b'f') => b"_x000C_",
                    Some(b'\\') => b"\\",
                    _ => return Err(Odd),
                });
                start += 1;
            }
            0 => return Err(Odd),
            control => out.extend_from_slice(format!("_x{control:04X}_").as_bytes()),
        }
        at = special.find(cell, start);
    }
    out.extend_from_slice(&cell[start..]);
    Ok(())
}

/// What stops the copying of a text.
pub fn special() -> Bytes {
    let controls: Vec<u8> = (0..32).filter(|&code| code != b'\t').collect();
    Bytes::of(&[&controls[..], b"&<>_\\\xef"].concat())
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
