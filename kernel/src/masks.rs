//! Columns of COPY text under masks, byte for byte as `domain/masks/columns.py` makes them.

use blake2b_simd::{Params, State};
use memchr::{memchr, memchr2, memrchr};

use crate::cells::{Bytes, NULL, Odd, Written};

/// What becomes of a column's cells.
pub enum Mask {
    Kept,
    /// The same in every row, null or not.
    Told(Vec<u8>),
    Pattern(Pattern),
    /// Of an address what is before the last sign is hidden; what is no address, as a whole.
    Address {
        local: Pattern,
        whole: Pattern,
    },
    Prefix(usize),
    Period(Period),
    Interval {
        width: i64,
        fraction: bool,
    },
    Token(State),
}

/// How many characters stay, and what stands for those between them: `hidden` times, or as many.
#[derive(Clone)]
pub struct Pattern {
    pub first: usize,
    pub last: usize,
    pub character: Vec<u8>,
    pub hidden: Option<usize>,
}

#[derive(Clone, Copy)]
pub enum Period {
    Year,
    Quarter,
    Month,
}

impl Period {
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "year" => Self::Year,
            "quarter" => Self::Quarter,
            "month" => Self::Month,
            _ => return None,
        })
    }
}

/// A token of so many hexadecimal digits. None if BLAKE2b has no such key or length.
pub fn token(key: &[u8], person: &[u8], digits: usize) -> Option<Mask> {
    let fits = (1..=64).contains(&key.len())
        && person.len() <= 16
        && digits % 2 == 0
        && (2..=128).contains(&digits);
    fits.then(|| {
        let mut params = Params::new();
        Mask::Token(params.hash_length(digits / 2).key(key).personal(person).to_state())
    })
}

/// Rows of which some columns, each with its index and in order, are masked.
pub struct Masks {
    columns: Vec<(usize, Mask)>,
    escaped: Bytes,
}

/// Rows that were masked, and where in the block they end.
pub struct Done {
    pub content: Vec<u8>,
    pub end: usize,
}

impl Masks {
    /// None if the columns aren't in order.
    pub fn new(columns: Vec<(usize, Mask)>) -> Option<Self> {
        let in_order = columns.windows(2).all(|pair| pair[0].0 < pair[1].0);
        in_order.then(|| Self { columns, escaped: Bytes::of(b"\x08\t\n\x0b\x0c\r\\") })
    }

    /// Masks the rows of a block from `start` on, up to the first that isn't ordinary.
    pub fn write(&self, block: &[u8], start: usize) -> Done {
        let mut done = Done { content: Vec::new(), end: start };
        done.content.reserve(block.len().saturating_sub(start));
        while done.end < block.len() {
            let kept = done.content.len();
            match self.row(&block[done.end..], &mut done.content) {
                Ok(length) => done.end += length,
                Err(Odd) => {
                    done.content.truncate(kept);
                    break;
                }
            }
        }
        done
    }

    /// The length of the row in the block.
    fn row(&self, block: &[u8], out: &mut Vec<u8>) -> Result<usize, Odd> {
        let (mut at, mut index) = (0, 0);
        for (masked, mask) in &self.columns {
            let before = at;
            while index < *masked {
                at += memchr2(b'\t', b'\n', &block[at..]).ok_or(Odd)?;
                if block[at] == b'\n' {
                    return Err(Odd);
                }
                at += 1;
                index += 1;
            }
            out.extend_from_slice(&block[before..at]);
            let length = memchr2(b'\t', b'\n', &block[at..]).ok_or(Odd)?;
            self.cell(mask, &block[at..at + length], out)?;
            at += length;
        }
        let end = at + memchr(b'\n', &block[at..]).ok_or(Odd)? + 1;
        out.extend_from_slice(&block[at..end]);
        Ok(end)
    }

    fn cell(&self, mask: &Mask, cell: &[u8], out: &mut Vec<u8>) -> Written {
        match mask {
            Mask::Told(text) => out.extend_from_slice(text),
            Mask::Kept => out.extend_from_slice(cell),
            _ if cell == NULL => out.extend_from_slice(NULL),
            Mask::Pattern(pattern) => pattern.write(self.text(cell)?, out),
            Mask::Address { local, whole } => {
                let text = self.text(cell)?;
                match memrchr(b'@', cell) {
                    Some(sign) => {
                        local.write(&text[..sign], out);
                        out.extend_from_slice(&cell[sign..]);
                    }
                    None => whole.write(text, out),
                }
            }
            Mask::Prefix(length) => {
                let text = self.text(cell)?;
                out.extend_from_slice(&cell[..after(text, *length)]);
            }
            Mask::Period(period) => period.write(cell, out)?,
            Mask::Interval { width, fraction } => {
                let value = floor(cell, *fraction)?;
                let low = value.div_euclid(*width) * width;
                out.extend_from_slice(format!("[{low},{})", low + width).as_bytes());
            }
            Mask::Token(keyed) => {
                if memchr(b'\\', cell).is_some() {
                    return Err(Odd);
                }
                out.extend_from_slice(keyed.clone().update(cell).finalize().to_hex().as_bytes());
            }
        }
        Ok(())
    }

    /// A cell's characters, where none is escaped or would have to be.
    fn text<'cell>(&self, cell: &'cell [u8]) -> Result<&'cell str, Odd> {
        if self.escaped.find(cell, 0) < cell.len() {
            return Err(Odd);
        }
        std::str::from_utf8(cell).map_err(|_| Odd)
    }
}

impl Pattern {
    fn write(&self, text: &str, out: &mut Vec<u8>) {
        let length = if text.is_ascii() { text.len() } else { text.chars().count() };
        let hidden = length.saturating_sub(self.first + self.last);
        if hidden == 0 {
            self.hide(length, out);
            return;
        }
        let behind = after(text, self.first);
        out.extend_from_slice(&text.as_bytes()[..behind]);
        self.hide(hidden, out);
        let shown = after(&text[behind..], hidden);
        out.extend_from_slice(&text.as_bytes()[behind + shown..]);
    }

    fn hide(&self, characters: usize, out: &mut Vec<u8>) {
        for _ in 0..self.hidden.unwrap_or(characters) {
            out.extend_from_slice(&self.character);
        }
    }
}

/// The bytes that so many characters take, or all.
fn after(text: &str, characters: usize) -> usize {
    if text.is_ascii() {
        return characters.min(text.len());
    }
    text.char_indices().nth(characters).map_or(text.len(), |(at, _)| at)
}

impl Period {
    /// Of a date or a moment of the years 0 to 9999.
    fn write(self, cell: &[u8], out: &mut Vec<u8>) -> Written {
        let [y1, y2, y3, y4, b'-', m1, m2, ..] = *cell else {
            return Err(Odd);
        };
        let digits = [y1, y2, y3, y4, m1, m2].iter().all(u8::is_ascii_digit);
        if !digits || cell.ends_with(b"C") {
            return Err(Odd);
        }
        out.extend_from_slice(&cell[..4]);
        match self {
            Self::Year => (),
            Self::Quarter => {
                let month = (m1 - b'0') * 10 + m2 - b'0';
                out.extend_from_slice(format!("-Q{}", month.div_ceil(3)).as_bytes());
            }
            Self::Month => out.extend_from_slice(&cell[4..7]),
        }
        Ok(())
    }
}

/// Digits with which nothing here overflows.
const DIGITS: usize = 17;

/// The greatest whole number that isn't above a number without an exponent.
fn floor(cell: &[u8], fraction: bool) -> Result<i64, Odd> {
    let unsigned = cell.strip_prefix(b"-").unwrap_or(cell);
    let (whole, behind) = match memchr(b'.', unsigned) {
        Some(point) if fraction && point + 1 < unsigned.len() => {
            (&unsigned[..point], &unsigned[point + 1..])
        }
        Some(_) => return Err(Odd),
        None => (unsigned, &b""[..]),
    };
    if whole.is_empty()
        || whole.len() > DIGITS
        || !whole.iter().chain(behind).all(u8::is_ascii_digit)
    {
        return Err(Odd);
    }
    let value = whole.iter().fold(0, |value, digit| 10 * value + i64::from(digit - b'0'));
    if unsigned.len() == cell.len() {
        return Ok(value);
    }
    let below = behind.iter().any(|&digit| digit != b'0');
    Ok(-value - i64::from(below))
}
