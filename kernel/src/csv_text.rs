//! CSV values by RFC 4180, as `processors/renderers/csv_cells.py` writes them.

use crate::cells::{Bytes, Odd, Written, meaning};

/// What values are measured against.
pub struct Dialect {
    null: Vec<u8>,
    quote_all: bool,
    special: Bytes,
    escaped: Bytes,
    quoted: Bytes,
}

impl Dialect {
    pub fn new(delimiter: u8, null: Vec<u8>, quote_all: bool) -> Self {
        Self {
            null,
            quote_all,
            special: Bytes::of(&[delimiter, b'"', b'\\', b'\r', 0]),
            escaped: Bytes::of(&[b'\\', b'\r', 0]),
            quoted: Bytes::of(&[delimiter, b'"', b'\r', b'\n']),
        }
    }

    /// A text, which a spreadsheet would not run if `guard`.
    pub fn text(&self, cell: &[u8], guard: bool, out: &mut Vec<u8>) -> Written {
        let mark: &[u8] = if guard && is_risky(cell) { b"'" } else { b"" };
        let first = self.special.find(cell, 0);
        if first == cell.len() {
            self.plain(mark, cell, out);
            return Ok(());
        }
        if self.escaped.find(cell, first) == cell.len() {
            quoted(mark, cell, out);
            return Ok(());
        }
        let text = unescaped(cell)?;
        self.value_after(mark, &text, out);
        Ok(())
    }

    /// A value, not null, as it stands in the file.
    pub fn value(&self, text: &[u8], out: &mut Vec<u8>) {
        self.value_after(b"", text, out);
    }

    fn value_after(&self, mark: &[u8], text: &[u8], out: &mut Vec<u8>) {
        if self.quoted.find(text, 0) == text.len() {
            self.plain(mark, text, out);
        } else {
            quoted(mark, text, out);
        }
    }

    /// A value without anything that needs quotes by itself. The empty text and what equals the
    /// null text have them, so that null is something else.
    fn plain(&self, mark: &[u8], text: &[u8], out: &mut Vec<u8>) {
        let like_null = match mark {
            b"" => text.is_empty() || text == self.null,
            _ => self.null == [mark, text].concat(),
        };
        if self.quote_all || like_null {
            quoted(mark, text, out);
        } else {
            out.extend_from_slice(mark);
            out.extend_from_slice(text);
        }
    }
}

fn quoted(mark: &[u8], text: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    out.extend_from_slice(mark);
    let mut rest = text;
    while let Some(quote) = memchr::memchr(b'"', rest) {
        out.extend_from_slice(&rest[..=quote]);
        out.push(b'"');
        rest = &rest[quote + 1..];
    }
    out.extend_from_slice(rest);
    out.push(b'"');
}

/// What the cell stands for. NUL is refused by Python, and a bare CR is nobody's COPY text.
fn unescaped(cell: &[u8]) -> Result<Vec<u8>, Odd> {
    let mut text = Vec::with_capacity(cell.len());
    let mut bytes = cell.iter();
    while let Some(&byte) = bytes.next() {
        text.push(match byte {
            b'\\' => meaning(*bytes.next().ok_or(Odd)?)?,
            0 | b'\r' => return Err(Odd),
            _ => byte,
        });
    }
    Ok(text)
}

/// Whether a spreadsheet might run the cell: as `formula_guard.py` says, to which the names here
/// refer.
fn is_risky(cell: &[u8]) -> bool {
    let Some(&first) = cell.first() else {
        return false;
    };
    let begins = matches!(first, b'=' | b'+' | b'-' | b'@' | b' ' | b'\\' | 0x7f)
        || matches!(first, 0xc2 | 0xe1 | 0xe2 | 0xe3 | 0xef)
        || first < 0x20 && first != b'\t';
    if !begins || cell.starts_with(b"\\N") || is_number(cell) {
        return false;
    }
    if first == b'\\' && matches!(cell.get(1), Some(b'n' | b'r' | b't')) {
        return true;
    }
    let mut rest = cell;
    loop {
        if is_mark(rest) {
            return true;
        }
        match blank(rest) {
            0 => return false,
            length => rest = &rest[length..],
        }
    }
}

fn is_mark(rest: &[u8]) -> bool {
    matches!(rest, [b'=' | b'+' | b'-' | b'@', ..] | [0xef, 0xbc, 0x8b | 0x8d | 0x9d | 0xa0, ..])
}

/// The length of what doesn't show at the beginning.
fn blank(rest: &[u8]) -> usize {
    match rest {
        [b' ' | 0x7f, ..] | [0x00..=0x08 | 0x0a..=0x1f, ..] => 1,
        [b'\\', b'b' | b'f' | b'n' | b'r' | b't' | b'v', ..] => 2,
        [0xc2, 0x80..=0xa0 | 0xad, ..] => 2,
        [0xe1, 0x9a, 0x80, ..] | [0xe1, 0xa0, 0x8e, ..] => 3,
        [0xe2, 0x80, 0x80..=0x8f | 0xa8..=0xaf, ..] | [0xe2, 0x81, 0x9f..=0xaf, ..] => 3,
        [0xe3, 0x80, 0x80, ..] | [0xef, 0xbb, 0xbf, ..] => 3,
        _ => 0,
    }
}

/// `[+-]?(?:[0-9]+(?:[.,][0-9]+)*|[.,][0-9]+)(?:[eE][+-]?[0-9]+)?`
fn is_number(cell: &[u8]) -> bool {
    let mut rest = match cell {
        [b'+' | b'-', rest @ ..] => rest,
        _ => cell,
    };
    match rest {
        [b'0'..=b'9', ..] => {
            rest = after_digits(rest);
            while let [b'.' | b',', b'0'..=b'9', ..] = rest {
                rest = after_digits(&rest[1..]);
            }
        }
        [b'.' | b',', b'0'..=b'9', ..] => rest = after_digits(&rest[1..]),
        _ => return false,
    }
    if let [b'e' | b'E', exponent @ ..] = rest {
        let digits = match exponent {
            [b'+' | b'-', digits @ ..] => digits,
            _ => exponent,
        };
        return !digits.is_empty() && after_digits(digits).is_empty();
    }
    rest.is_empty()
}

fn after_digits(text: &[u8]) -> &[u8] {
    let end = text.iter().position(|byte| !byte.is_ascii_digit());
    &text[end.unwrap_or(text.len())..]
}
