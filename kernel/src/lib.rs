//! Rows of Waybill's text formats and workbooks, compiled: byte for byte what the modules under
//! `processors/renderers/` write. [`kind`] lists what columns can be; `compilable` of `csv_types.py`,
//! `json_types.py` and `xlsx/rows.py` say which they are. And masks, as `domain/masks/` lays them
//! over the rows that are read: [`mask`] lists those.

mod cells;
mod csv_number;
mod csv_text;
mod json_text;
mod masks;
mod moments;
mod program;
mod sheet_cells;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict};

use cells::{Bytes, Odd};
use csv_number::NumberForm;
use csv_text::Dialect;
use masks::{Mask, Pattern, Period};
use moments::Piece;
use program::{Column, Kind, Program, Zone};

/// What this module understands; whoever asks for another version must do without.
const VERSION: u32 = 2;

/// How rows are written, made ready once a plan.
#[pyclass(frozen)]
struct Rows(Program);

type Given<'py> = (String, Vec<u8>, Vec<u8>, Option<Vec<u8>>, Bound<'py, PyDict>);

#[pymethods]
impl Rows {
    /// `columns` are tuples of the kind's name, what stands before and after a value, what null
    /// becomes, and what else the kind needs, by name.
    #[new]
    fn new(start: Vec<u8>, between: Vec<u8>, end: Vec<u8>, columns: Vec<Given>) -> PyResult<Self> {
        let columns = columns.into_iter().map(column).collect::<PyResult<_>>()?;
        Ok(Self(Program { start, between, end, columns }))
    }

    /// Writes the rows of a block from `start` on, up to the first that isn't ordinary. Returns
    /// what was written, how many rows, and where in the block they end.
    fn write<'py>(
        &self,
        py: Python<'py>,
        block: &[u8],
        start: usize,
    ) -> (Bound<'py, PyBytes>, usize, usize) {
        let done = self.0.write(block, start);
        (PyBytes::new(py, &done.content), done.rows, done.end)
    }
}

/// How masks are laid over rows, made ready once an extraction.
#[pyclass(frozen)]
struct Masks(masks::Masks);

#[pymethods]
impl Masks {
    /// `columns` are tuples of the column's index from 0, in order, the mask's name, and what else
    /// it needs, by name.
    #[new]
    fn new(columns: Vec<(usize, String, Bound<'_, PyDict>)>) -> PyResult<Self> {
        let columns = columns
            .into_iter()
            .map(|(index, name, more)| Ok((index, mask(&name, &More(more))?)))
            .collect::<PyResult<_>>()?;
        let masks = masks::Masks::new(columns);
        masks.map(Self).ok_or_else(|| PyValueError::new_err("the columns are to be in order"))
    }

    /// Masks the rows of a block from `start` on, up to the first that isn't ordinary. Returns them,
    /// and where in the block they end. Other threads go on meanwhile.
    fn write<'py>(
        &self,
        py: Python<'py>,
        block: &[u8],
        start: usize,
    ) -> (Bound<'py, PyBytes>, usize) {
        let done = py.detach(|| self.0.write(block, start));
        (PyBytes::new(py, &done.content), done.end)
    }
}

fn mask(name: &str, more: &More) -> PyResult<Mask> {
    Ok(match name {
        "kept" => Mask::Kept,
        "told" => Mask::Told(more.bytes("text")?),
        "pattern" => Mask::Pattern(more.pattern()?),
        "address" => {
            let local = more.pattern()?;
            let whole = Pattern { first: 0, last: 0, ..local.clone() };
            Mask::Address { local, whole }
        }
        "prefix" => Mask::Prefix(more.number("length")?),
        "period" => Mask::Period(more.period()?),
        "interval" => Mask::Interval {
            width: more.get("width")?.extract()?,
            fraction: more.flag("fraction")?,
        },
        "token" => {
            let token =
                masks::token(&more.bytes("key")?, &more.bytes("person")?, more.number("digits")?);
            token.ok_or_else(|| PyValueError::new_err("BLAKE2b has no such token"))?
        }
        _ => return Err(PyValueError::new_err(format!("there is no mask {name}"))),
    })
}

fn column(given: Given) -> PyResult<Column> {
    let (name, before, after, null, more) = given;
    Ok(Column { kind: kind(&name, &More(more))?, before, after, null })
}

fn kind(name: &str, more: &More) -> PyResult<Kind> {
    Ok(match name {
        "copied" => Kind::Copied(more.alphabet()?),
        "words" => Kind::Words { yes: more.bytes("yes")?, no: more.bytes("no")? },
        "csv-text" => Kind::CsvText { dialect: more.dialect()?, guard: more.flag("guard")? },
        "json-text" => Kind::JsonText(json_text::special()),
        "json-document" => Kind::JsonDocument,
        "json-number" => {
            Kind::JsonNumber { alphabet: more.alphabet()?, big_as_text: more.flag("big_as_text")? }
        }
        "sheet-text" => Kind::SheetText(sheet_cells::special()),
        "sheet-exact" => Kind::SheetExact(more.alphabet()?),
        "sheet-double" => Kind::SheetDouble(more.alphabet()?),
        "sheet-day" => Kind::SheetDay,
        "sheet-time" => Kind::SheetTime,
        "sheet-moment" => Kind::SheetMoment { suffix: more.bytes("suffix")?, zone: more.zone()? },
        "day" => Kind::Day(more.pieces()?),
        "moment" => Kind::Moment {
            suffix: more.bytes("suffix")?,
            pieces: more.pieces()?,
            zone: more.zone()?,
        },
        "csv-number" => Kind::CsvNumber(NumberForm {
            decimal: more.bytes("decimal")?,
            thousands: more.bytes("thousands")?,
            places: more.get("places")?.extract()?,
            dialect: more.dialect()?,
        }),
        _ => return Err(PyValueError::new_err(format!("there is no kind {name}"))),
    })
}

/// What else a kind needs.
struct More<'py>(Bound<'py, PyDict>);

impl More<'_> {
    fn get(&self, name: &str) -> PyResult<Bound<'_, PyAny>> {
        self.0.get_item(name)?.ok_or_else(|| PyValueError::new_err(format!("{name} is missing")))
    }

    fn bytes(&self, name: &str) -> PyResult<Vec<u8>> {
        self.get(name)?.extract()
    }

    fn byte(&self, name: &str) -> PyResult<u8> {
        match self.bytes(name)?[..] {
            [byte] => Ok(byte),
            _ => Err(PyValueError::new_err(format!("{name} is to be one byte"))),
        }
    }

    fn flag(&self, name: &str) -> PyResult<bool> {
        self.get(name)?.extract()
    }

    fn number(&self, name: &str) -> PyResult<usize> {
        self.get(name)?.extract()
    }

    fn alphabet(&self) -> PyResult<Bytes> {
        Ok(Bytes::of(&self.bytes("alphabet")?))
    }

    fn dialect(&self) -> PyResult<Dialect> {
        Ok(Dialect::new(self.byte("delimiter")?, self.bytes("null")?, self.flag("quote_all")?))
    }

    fn pieces(&self) -> PyResult<Vec<Piece>> {
        let named: Vec<(String, Vec<u8>)> = self.get("pieces")?.extract()?;
        let pieces = named.into_iter().map(|(name, text)| {
            let unknown = || PyValueError::new_err(format!("there is no piece {name}"));
            Piece::named(&name, text).ok_or_else(unknown)
        });
        pieces.collect()
    }

    fn pattern(&self) -> PyResult<Pattern> {
        Ok(Pattern {
            first: self.number("first")?,
            last: self.number("last")?,
            character: self.bytes("character")?,
            hidden: self.get("hidden")?.extract()?,
        })
    }

    fn period(&self) -> PyResult<Period> {
        let name: String = self.get("to")?.extract()?;
        Period::named(&name)
            .ok_or_else(|| PyValueError::new_err(format!("there is no period {name}")))
    }

    /// From a function of a day since 1970-01-01 to seconds, or to None where they change.
    fn zone(&self) -> PyResult<Option<Zone>> {
        let offset_of_day = self.get("offset_of_day")?;
        if offset_of_day.is_none() {
            return Ok(None);
        }
        let offset_of_day = offset_of_day.unbind();
        Ok(Some(Zone::new(Box::new(move |day| {
            Python::attach(|py| {
                let answer = offset_of_day.call1(py, (day,)).map_err(|_| Odd)?;
                answer.extract(py).map_err(|_| Odd)
            })
        }))))
    }
}

#[pymodule]
fn waybill_kernel(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("VERSION", VERSION)?;
    module.add_class::<Masks>()?;
    module.add_class::<Rows>()
}
