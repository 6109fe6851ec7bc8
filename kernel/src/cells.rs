//! What a cell of COPY text (PostgreSQL manual, COPY, "Text Format") becomes in a file.
//!
//! A cell that isn't ordinary is left to Python, which knows what to do with it: [`Odd`].

/// Nobody here writes this cell.
#[derive(Debug, PartialEq, Eq)]
pub struct Odd;

/// Whether the cell was written to `out`; if not, what is there is thrown away.
pub type Written = Result<(), Odd>;

/// Null in COPY text.
pub const NULL: &[u8] = b"\\N";

/// A set of bytes.
#[derive(Clone)]
pub struct Bytes([bool; 256]);

impl Bytes {
    pub fn of(members: &[u8]) -> Self {
        let mut set = [false; 256];
        for &member in members {
            set[member as usize] = true;
        }
        Self(set)
    }

    pub fn has(&self, byte: u8) -> bool {
        self.0[byte as usize]
    }

    /// Whether the cell has a byte, and no others than these.
    pub fn make_up(&self, cell: &[u8]) -> bool {
        !cell.is_empty() && cell.iter().all(|&byte| self.has(byte))
    }

    /// Where the first of them is, from `start` on; the end if there is none.
    pub fn find(&self, cell: &[u8], start: usize) -> usize {
        cell[start..]
            .iter()
            .position(|&byte| self.has(byte))
            .map_or(cell.len(), |found| start + found)
    }
}

/// The bytes below the blank, but for the tab, which stands between cells.
pub fn controls() -> Vec<u8> {
    (0..32).filter(|&code| code != b'\t').collect()
}

/// Copies a text but for what begins with a special byte: that is given to `replace`, with the rest
/// of the text, which writes something else and tells how many bytes that was for.
pub fn replaced(
    cell: &[u8],
    special: &Bytes,
    out: &mut Vec<u8>,
    replace: impl Fn(&[u8], &mut Vec<u8>) -> Result<usize, Odd>,
) -> Written {
    let mut start = 0;
    loop {
        let at = special.find(cell, start);
        out.extend_from_slice(&cell[start..at]);
        if at == cell.len() {
            return Ok(());
        }
        start = at + replace(&cell[at..], out)?;
    }
}

/// What the byte after a backslash stands for; `Odd` for what PostgreSQL never writes.
pub fn meaning(letter: u8) -> Result<u8, Odd> {
    match letter {
        b'b' => Ok(0x08),
        b't' => Ok(b'\t'),
        b'n' => Ok(b'\n'),
        b'v' => Ok(0x0b),
        b'f' => Ok(0x0c),
        b'r' => Ok(b'\r'),
        b'\\' => Ok(b'\\'),
        _ => Err(Odd),
    }
}
