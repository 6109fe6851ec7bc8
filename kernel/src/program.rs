//! How whole rows are written: what each column's cells become, and what stands around them.

use std::collections::HashMap;
use std::sync::Mutex;

use memchr::{memchr, memchr2};

use crate::cells::{Bytes, NULL, Odd, Written};
use crate::csv_number::NumberForm;
use crate::csv_text::Dialect;
use crate::moments::Piece;
use crate::{json_text, moments, sheet_cells};

/// What a column's cells become.
pub enum Kind {
    /// As they are, if they consist of these bytes.
    Copied(Bytes),
    /// `t` and `f` by other words.
    Words {
        yes: Vec<u8>,
        no: Vec<u8>,
    },
    CsvText {
        dialect: Dialect,
        guard: bool,
    },
    JsonText(Bytes),
    JsonDocument,
    JsonNumber {
        alphabet: Bytes,
        big_as_text: bool,
    },
    SheetText(Bytes),
    SheetExact(Bytes),
    SheetDouble(Bytes),
    SheetDay,
    SheetTime,
    /// A moment as a spreadsheet's number.
    SheetMoment {
        suffix: Vec<u8>,
        zone: Option<Zone>,
    },
    Day(Vec<Piece>),
    Moment {
        suffix: Vec<u8>,
        pieces: Vec<Piece>,
        zone: Option<Zone>,
    },
    CsvNumber(NumberForm),
}

/// The offsets of a time zone from UTC in seconds, by the day in UTC since 1970-01-01. None for a
/// day on which it changes.
pub struct Zone {
    ask: Ask,
    known: Mutex<HashMap<i64, Option<i64>>>,
}

/// Answers for a day; fails where Python failed, which then meets the same when it writes the row.
pub type Ask = Box<dyn Fn(i64) -> Result<Option<i64>, Odd> + Send + Sync>;

const KEPT: usize = 50_000;

impl Zone {
    pub fn new(ask: Ask) -> Self {
        Self { ask, known: Mutex::new(HashMap::new()) }
    }

    fn offset(&self, day: i64) -> Result<i64, Odd> {
        if let Some(known) = self.known.lock().map_err(|_| Odd)?.get(&day) {
            return known.ok_or(Odd);
        }
        // Asked without the lock: what answers is Python, which may let another thread come here.
        let answer = (self.ask)(day)?;
        let mut known = self.known.lock().map_err(|_| Odd)?;
        if known.len() >= KEPT {
            known.clear();
        }
        known.insert(day, answer);
        answer.ok_or(Odd)
    }
}

/// A column; `null` is what null becomes with all that stands around it, None for nothing at all,
/// not even what stands between cells.
pub struct Column {
    pub kind: Kind,
    pub before: Vec<u8>,
    pub after: Vec<u8>,
    pub null: Option<Vec<u8>>,
}

/// Whole rows of some columns, from `start` to `end` with `between` the cells.
pub struct Program {
    pub start: Vec<u8>,
    pub between: Vec<u8>,
    pub end: Vec<u8>,
    pub columns: Vec<Column>,
}

/// Rows that were written, and where in the block they end.
pub struct Done {
    pub content: Vec<u8>,
    pub rows: usize,
    pub end: usize,
}

impl Program {
    /// Writes the rows of a block of COPY text from `start` on, up to the first that isn't
    /// ordinary.
    pub fn write(&self, block: &[u8], start: usize) -> Done {
        let mut done = Done { content: Vec::new(), rows: 0, end: start };
        let text = block.get(start..).unwrap_or_default();
        if std::str::from_utf8(text).is_err() {
            return done;
        }
        done.content.reserve(4 * text.len());
        while done.end < block.len() {
            let kept = done.content.len();
            match self.row(&block[done.end..], &mut done.content) {
                Ok(length) => {
                    done.rows += 1;
                    done.end += length;
                }
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
        out.extend_from_slice(&self.start);
        let mut at = 0;
        let mut first = true;
        let (last, others) = self.columns.split_last().ok_or(Odd)?;
        for column in others {
            let length = memchr2(b'\t', b'\n', &block[at..]).ok_or(Odd)?;
            if block[at + length] == b'\n' {
                return Err(Odd);
            }
            self.cell(column, &block[at..at + length], &mut first, out)?;
            at += length + 1;
        }
        let length = memchr(b'\n', &block[at..]).ok_or(Odd)?;
        let cell = &block[at..at + length];
        if memchr(b'\t', cell).is_some() {
            return Err(Odd);
        }
        self.cell(last, cell, &mut first, out)?;
        out.extend_from_slice(&self.end);
        Ok(at + length + 1)
    }

    fn cell(&self, column: &Column, cell: &[u8], first: &mut bool, out: &mut Vec<u8>) -> Written {
        let null = cell == NULL;
        if null && column.null.is_none() {
            return Ok(());
        }
        if !std::mem::take(first) {
            out.extend_from_slice(&self.between);
        }
        if let (true, Some(text)) = (null, &column.null) {
            out.extend_from_slice(text);
            return Ok(());
        }
        out.extend_from_slice(&column.before);
        column.kind.write(cell, out)?;
        out.extend_from_slice(&column.after);
        Ok(())
    }
}

impl Kind {
    fn write(&self, cell: &[u8], out: &mut Vec<u8>) -> Written {
        match self {
            Self::Copied(alphabet) => {
                if !alphabet.make_up(cell) {
                    return Err(Odd);
                }
                out.extend_from_slice(cell);
                Ok(())
            }
            Self::Words { yes, no } => {
                out.extend_from_slice(match cell {
                    b"t" => yes,
                    b"f" => no,
                    _ => return Err(Odd),
                });
                Ok(())
            }
            Self::CsvText { dialect, guard } => dialect.text(cell, *guard, out),
            Self::JsonText(special) => json_text::text(cell, special, out),
            Self::JsonDocument => json_text::document(cell, out),
            Self::JsonNumber { alphabet, big_as_text } => {
                json_text::number(cell, alphabet, *big_as_text, out)
            }
            Self::SheetText(special) => sheet_cells::text(cell, special, out),
            Self::SheetExact(alphabet) => sheet_cells::exact(cell, alphabet, out),
            Self::SheetDouble(alphabet) => sheet_cells::double(cell, alphabet, out),
            Self::SheetDay => {
                let day = moments::excel_day(moments::day(cell)?)?;
                out.extend_from_slice(day.to_string().as_bytes());
                Ok(())
            }
            Self::SheetTime => moments::clock_serial(cell, out),
            Self::SheetMoment { suffix, zone } => {
                let moment = moments::moment(cell, suffix)?;
                match zone {
                    None => moment.serial(out),
                    Some(zone) => {
                        let offset = zone.offset(moment.day())?;
                        moment.shifted(offset).serial(out)
                    }
                }
            }
            Self::Day(pieces) => moments::midnight(cell)?.write(pieces, 0, out),
            Self::Moment { suffix, pieces, zone } => {
                let moment = moments::moment(cell, suffix)?;
                match zone {
                    None => moment.write(pieces, 0, out),
                    Some(zone) => {
                        let offset = zone.offset(moment.day())?;
                        moment.shifted(offset).write(pieces, offset, out)
                    }
                }
            }
            Self::CsvNumber(form) => form.write(cell, out),
        }
    }
}
