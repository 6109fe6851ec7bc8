//! Dates, timestamps and instants, as `moments.py` and `xlsx/serials.py` write them.

use std::io::Write;

use crate::cells::{Odd, Written};

/// Excel's day 0, 1899-12-30, in days since 1970-01-01.
const EXCEL_ZERO: i64 = -25_569;
/// Excel believes in a 29 February 1900: its numbers are right from the first of March on.
const EXCEL_FIRST: i64 = -25_508;
const DAY: i64 = 86_400;

/// A moment of a year of four digits; `fraction` as the source wrote it, with its point or empty.
pub struct Moment<'a> {
    day: i64,
    second: i64,
    fraction: &'a [u8],
}

/// The days since 1970-01-01 of `2013-12-31`.
pub fn day(text: &[u8]) -> Result<i64, Odd> {
    let &[y0, y1, y2, y3, b'-', m0, m1, b'-', d0, d1] = text else {
        return Err(Odd);
    };
    let year = 100 * two(y0, y1)? + two(y2, y3)?;
    let (month, day) = (two(m0, m1)?, two(d0, d1)?);
    if year == 0 || !(1..=12).contains(&month) || day == 0 || day > month_length(year, month) {
        return Err(Odd);
    }
    // Years that begin in March, so that a leap day is the last of its year.
    let (shifted, from_march) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days_before = 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400;
    Ok(days_before + (153 * from_march + 2) / 5 + day - 1 - 719_468)
}

/// `2013-12-31 23:59:59.999+00`, where `suffix` is what comes last.
pub fn moment<'a>(text: &'a [u8], suffix: &[u8]) -> Result<Moment<'a>, Odd> {
    let text = text.strip_suffix(suffix).ok_or(Odd)?;
    let (date, clock) = text.split_at_checked(10).ok_or(Odd)?;
    let &[b' ', h0, h1, b':', m0, m1, b':', s0, s1, ref fraction @ ..] = clock else {
        return Err(Odd);
    };
    let (hour, minute, second) = (two(h0, h1)?, two(m0, m1)?, two(s0, s1)?);
    if hour > 23 || minute > 59 || second > 59 {
        return Err(Odd);
    }
    check_fraction(fraction)?;
    Ok(Moment { day: day(date)?, second: 3600 * hour + 60 * minute + second, fraction })
}

impl Moment<'_> {
    /// The day in UTC, since 1970-01-01.
    pub fn day(&self) -> i64 {
        self.day
    }

    /// As clocks show it that are so many seconds ahead.
    pub fn shifted(self, seconds: i64) -> Self {
        let all = self.day * DAY + self.second + seconds;
        Self { day: all.div_euclid(DAY), second: all.rem_euclid(DAY), ..self }
    }

    /// The number that Excel keeps, cut to milliseconds. The sums are those of `serials.py`, in
    /// the same order.
    pub fn serial(&self, out: &mut Vec<u8>) -> Written {
        let days = excel_day(self.day)?;
        let (hour, rest) = (self.second / 3600, self.second % 3600);
        let number = (days as f64 + hour as f64 / 24.0)
            + rest as f64 / DAY as f64
            + milliseconds(self.fraction) as f64 / (1000 * DAY) as f64;
        write_number(number, out)
    }

    /// By the pieces of a pattern; `offset` are the seconds that the clocks are ahead.
    pub fn write(&self, pieces: &[Piece], offset: i64, out: &mut Vec<u8>) -> Written {
        let (year, month, day) = civil(self.day);
        if !(1..=9999).contains(&year) {
            return Err(Odd);
        }
        let (hour, minute, second) = (self.second / 3600, self.second / 60 % 60, self.second % 60);
        let half_day_hour = (hour + 11) % 12 + 1;
        for piece in pieces {
            match piece {
                Piece::Literal(text) => out.extend_from_slice(text),
                Piece::Year => {
                    out.extend_from_slice(&pair(year / 100));
                    out.extend_from_slice(&pair(year % 100));
                }
                Piece::ShortYear => out.extend_from_slice(&pair(year % 100)),
                Piece::Month => out.extend_from_slice(&pair(month)),
                Piece::ShortMonth => number(month, out),
                Piece::Day => out.extend_from_slice(&pair(day)),
                Piece::ShortDay => number(day, out),
                Piece::Hour => out.extend_from_slice(&pair(hour)),
                Piece::ShortHour => number(hour, out),
                Piece::HalfDayHour => out.extend_from_slice(&pair(half_day_hour)),
                Piece::ShortHalfDayHour => number(half_day_hour, out),
                Piece::Half => out.extend_from_slice(if hour < 12 { b"AM" } else { b"PM" }),
                Piece::Minute => out.extend_from_slice(&pair(minute)),
                Piece::Second => out.extend_from_slice(&pair(second)),
                Piece::Millisecond => self.digits(3, out),
                Piece::Microsecond => self.digits(6, out),
                Piece::Rest => {
                    out.extend_from_slice(&pair(minute));
                    out.push(b':');
                    out.extend_from_slice(&pair(second));
                    out.extend_from_slice(self.fraction);
                }
                Piece::Offset => write_offset(offset, false, out),
                Piece::ShortOffset => write_offset(offset, true, out),
            }
        }
        Ok(())
    }

    fn digits(&self, count: usize, out: &mut Vec<u8>) {
        out.extend(self.fraction.iter().skip(1).chain(b"000000").take(count));
    }
}

/// What a pattern says of a moment; `moment_forms.py`.
pub enum Piece {
    Literal(Vec<u8>),
    Year,
    ShortYear,
    Month,
    ShortMonth,
    Day,
    ShortDay,
    Hour,
    ShortHour,
    HalfDayHour,
    ShortHalfDayHour,
    Half,
    Minute,
    Second,
    Millisecond,
    Microsecond,
    /// Minutes, seconds and the fraction just as the source has them.
    Rest,
    /// `+05:30`
    Offset,
    /// The same without minutes that are none.
    ShortOffset,
}

impl Piece {
    /// By its token in a pattern, or another name where it has none.
    pub fn named(name: &str, text: Vec<u8>) -> Option<Self> {
        Some(match name {
            "literal" => Self::Literal(text),
            "YYYY" => Self::Year,
            "YY" => Self::ShortYear,
            "MM" => Self::Month,
            "M" => Self::ShortMonth,
            "DD" => Self::Day,
            "D" => Self::ShortDay,
            "HH" => Self::Hour,
            "H" => Self::ShortHour,
            "hh" => Self::HalfDayHour,
            "h" => Self::ShortHalfDayHour,
            "A" => Self::Half,
            "mm" => Self::Minute,
            "ss" => Self::Second,
            "SSS" => Self::Millisecond,
            "SSSSSS" => Self::Microsecond,
            "rest" => Self::Rest,
            "Z" => Self::Offset,
            "short-offset" => Self::ShortOffset,
            _ => return None,
        })
    }
}

/// A day, with all that is a moment's.
pub fn midnight(text: &[u8]) -> Result<Moment<'_>, Odd> {
    Ok(Moment { day: day(text)?, second: 0, fraction: b"" })
}

fn number(value: i64, out: &mut Vec<u8>) {
    if value >= 10 {
        out.push(b'0' + (value / 10) as u8);
    }
    out.push(b'0' + (value % 10) as u8);
}

/// The number that Excel keeps of a time, `23:59:59.999`.
pub fn clock_serial(text: &[u8], out: &mut Vec<u8>) -> Written {
    let &[h0, h1, b':', m0, m1, b':', s0, s1, ref fraction @ ..] = text else {
        return Err(Odd);
    };
    let (hour, minute, second) = (two(h0, h1)?, two(m0, m1)?, two(s0, s1)?);
    if hour > 24 || minute > 59 || second > 59 {
        return Err(Odd);
    }
    check_fraction(fraction)?;
    let number = (hour as f64 / 24.0 + (60 * minute + second) as f64 / DAY as f64)
        + milliseconds(fraction) as f64 / (1000 * DAY) as f64;
    if number != 0.0 && number < SMALLEST {
        return Err(Odd);
    }
    write_number(number, out)
}

/// Numbers below may be written with an exponent, by each language in another way.
const SMALLEST: f64 = 1e-4;

/// By the fewest digits that give this double.
fn write_number(number: f64, out: &mut Vec<u8>) -> Written {
    write!(out, "{number:?}").map_err(|_| Odd)
}

/// Empty, or a point and at most six digits.
fn check_fraction(fraction: &[u8]) -> Written {
    match fraction {
        [] => Ok(()),
        [b'.', digits @ ..]
            if (1..=6).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit) =>
        {
            Ok(())
        }
        _ => Err(Odd),
    }
}

fn milliseconds(fraction: &[u8]) -> i64 {
    let digits = fraction.iter().skip(1).chain(b"000").take(3);
    digits.fold(0, |sum, digit| 10 * sum + i64::from(digit - b'0'))
}

/// The number that Excel keeps of a day.
pub fn excel_day(day: i64) -> Result<i64, Odd> {
    if day < EXCEL_FIRST { Err(Odd) } else { Ok(day - EXCEL_ZERO) }
}

fn write_offset(seconds: i64, short: bool, out: &mut Vec<u8>) {
    out.push(if seconds < 0 { b'-' } else { b'+' });
    let size = seconds.abs();
    out.extend_from_slice(&pair(size / 3600));
    let (minutes, rest) = (size / 60 % 60, size % 60);
    if short && minutes == 0 && rest == 0 {
        return;
    }
    out.push(b':');
    out.extend_from_slice(&pair(minutes));
    if rest != 0 {
        out.push(b':');
        out.extend_from_slice(&pair(rest));
    }
}

fn civil(day: i64) -> (i64, i64, i64) {
    let since = day + 719_468;
    let era = since.div_euclid(146_097);
    let of_era = since.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, of_year - (153 * from_march + 2) / 5 + 1)
}

fn month_length(year: i64, month: i64) -> i64 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn two(tens: u8, ones: u8) -> Result<i64, Odd> {
    if tens.is_ascii_digit() && ones.is_ascii_digit() {
        Ok(i64::from(tens - b'0') * 10 + i64::from(ones - b'0'))
    } else {
        Err(Odd)
    }
}

fn pair(number: i64) -> [u8; 2] {
    let number = number as u8;
    [b'0' + number / 10, b'0' + number % 10]
}
