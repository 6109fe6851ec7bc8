//! Numbers as `processors/renderers/csv_numbers.py` writes them: exact, from text to text.

use crate::cells::{Odd, Written};
use crate::csv_text::Dialect;

/// What stands between digits, and how many are kept after the point; None for all.
pub struct NumberForm {
    pub decimal: Vec<u8>,
    pub thousands: Vec<u8>,
    pub places: Option<usize>,
    pub dialect: Dialect,
}

impl NumberForm {
    pub fn write(&self, cell: &[u8], out: &mut Vec<u8>) -> Written {
        let mut text = Vec::with_capacity(2 * cell.len());
        self.form(cell, &mut text)?;
        self.dialect.value(&text, out);
        Ok(())
    }

    fn form(&self, cell: &[u8], out: &mut Vec<u8>) -> Written {
        let unsigned = cell.strip_prefix(b"-").unwrap_or(cell);
        let negative = unsigned.len() < cell.len();
        let (whole, fraction) = match unsigned.iter().position(|&byte| byte == b'.') {
            Some(point) => (&unsigned[..point], &unsigned[point + 1..]),
            None => (unsigned, &b""[..]),
        };
        if whole.is_empty()
            || fraction.is_empty() && whole.len() < unsigned.len()
            || !whole.iter().chain(fraction).all(u8::is_ascii_digit)
        {
            return Err(Odd);
        }
        match self.places {
            Some(places) if places != fraction.len() => {
                let digits = rounded(whole, fraction, places);
                let point = digits.len() - places;
                let zero = digits.iter().all(|&digit| digit == b'0');
                self.join(negative && !zero, &digits[..point], &digits[point..], out);
            }
            _ => self.join(negative, whole, fraction, out),
        }
        Ok(())
    }

    fn join(&self, negative: bool, whole: &[u8], fraction: &[u8], out: &mut Vec<u8>) {
        if negative {
            out.push(b'-');
        }
        for (at, digit) in whole.iter().enumerate() {
            if at > 0 && (whole.len() - at) % 3 == 0 {
                out.extend_from_slice(&self.thousands);
            }
            out.push(*digit);
        }
        if !fraction.is_empty() {
            out.extend_from_slice(&self.decimal);
            out.extend_from_slice(fraction);
        }
    }
}

/// All digits, the last `places` of them after the point. Half away from zero, as PostgreSQL
/// rounds numeric.
fn rounded(whole: &[u8], fraction: &[u8], places: usize) -> Vec<u8> {
    let mut digits = whole.to_vec();
    digits.extend(fraction.iter().chain(std::iter::repeat(&b'0')).take(places));
    if fraction.get(places).is_some_and(|&next| next >= b'5') {
        match digits.iter().rposition(|&digit| digit != b'9') {
            Some(at) => {
                digits[at] += 1;
                digits[at + 1..].fill(b'0');
            }
            None => {
                digits.fill(b'0');
                digits.insert(0, b'1');
            }
        }
    }
    digits
}
